"""The usual mistakes in a path: what is wrong with one that the document does not have, and the path that was meant."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable

from pytest_remotelinks.contract.document import Document
from pytest_remotelinks.wire.fix import Fix

_ESCAPE = re.compile("%([0-9A-Fa-f]{2})")


def find_path(document: Document, path: str) -> Fix | None:
    """The documented path that was meant, and what is wrong with the one that was sent; None if it is another one."""
    mistakes = []
    for mistake, correct in _MISTAKES:
        corrected = correct(path, document)
        if corrected == path:
            continue
        path = corrected
        mistakes.append(mistake)
        route = document.router.route(path.partition("?")[0])
        if route.operations and not route.runs_on:
            return Fix("set", path, note=", and ".join(mistakes))
    return None


def _below_base(path: str, document: Document) -> str:
    return path[max(0, path.rfind(document.api.base + "/")) :]


def _without_escapes(path: str, document: Document) -> str:
    """The path without the escapes of what a path and the beginning of a query have as it is."""

    def character(escape: re.Match[str]) -> str:
        found = chr(int(escape[1], 16))
        return found if re.fullmatch(r"[A-Za-z0-9._~/?-]", found) else escape[0]

    return _ESCAPE.sub(character, path)


def _in_case_of_the_document(path: str, document: Document) -> str:
    fixed = [documented.partition("{")[0] for documented in document.router.paths]
    like = max((one for one in fixed if path.lower().startswith(one.lower())), key=len, default="")
    return like + path[len(like) :]


#: What is wrong, and the path without this mistake. One path may have several.
_MISTAKES: tuple[tuple[str, Callable[[str, Document], str]], ...] = (
    ("a fragment ('#…') is not sent to servers", lambda path, _: path.partition("#")[0]),
    ("the base URL ends with a slash", lambda path, _: re.sub(r"\A//+", "/", path)),
    ("there are two slashes in a row", lambda path, _: re.sub("//+", "/", path)),
    ("the path has segments of dots", lambda path, _: posixpath.normpath(path) if "/." in path else path),
    ("the base URL ends with a path of its own", _below_base),
    ("a slash is at the end", lambda path, _: path.rstrip("/")),
    ("';…' is not a part of the path", lambda path, _: re.sub(";[^/]*", "", path)),
    ("its own characters are percent-encoded", _without_escapes),
    ("upper and lower case differ", _in_case_of_the_document),
)
