"""Judging a payload in a unit test, without HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_remotelinks.apis.remotelinks import REMOTE_LINKS
from pytest_remotelinks.contract.diff.versions import successor
from pytest_remotelinks.contract.document import NEWEST, load_document
from pytest_remotelinks.rules.checker import Checker
from pytest_remotelinks.rules.selectors import parse_selectors
from pytest_remotelinks.rules.violation import Violation
from pytest_remotelinks.wire.headers import Headers
from pytest_remotelinks.wire.json_body import NotJSON, decode
from pytest_remotelinks.wire.request import Request

#: What is said of parameters, which a payload does not have.
_OF_PARAMETERS = ("RL107",)
#: What is said of a request as a whole, and not of links that wait to be sent.
_OF_REQUESTS = ("RL103", "RL108", "RL109", "RL204")
_SENT = Headers([("Authorization", "JWT aaaa.bbbb.cccc"), ("Content-Type", "application/json")])
_METHOD, _TARGET = "POST", REMOTE_LINKS.base + REMOTE_LINKS.operation("submit").path


def check_submission(
    payload: Any, contract: str | Path = NEWEST, ignore: str | Iterable[str] = (), next_contract: str | Path | None = None
) -> list[Violation]:
    """What breaks the contract in a submission's payload: an object, or JSON as text or bytes.

    By the same rules as ``FakeJira``, in the order of the request; empty where
    nothing does. ``contract``, ``ignore`` and ``next_contract`` are as there.
    Parameters and headers, which a payload does not have, are not asked for.

    Raises ContractError for a document that cannot be used, and ValueError for
    a selector that covers no rule. For a Python value that JSON cannot say it
    raises TypeError where its type has no place in JSON, and ValueError where
    it contains itself, is nested deeper than Python follows, or holds a number
    of thousands of digits; NaN and infinities are RL101.
    """
    return _judged(_as_json(payload), contract, parse_selectors(ignore), next_contract)


def check_link(
    link: Any, contract: str | Path = NEWEST, ignore: str | Iterable[str] = (), next_contract: str | Path | None = None
) -> list[Violation]:
    """What breaks the contract in one remote link; pointers lead into the link. Otherwise as ``check_submission``."""
    return _spliced(b'{"remoteLinks":[', _as_json(link), b"]}", "/remoteLinks/0", contract, ignore, next_contract)


def check_links(
    links: Any, contract: str | Path = NEWEST, ignore: str | Iterable[str] = (), next_contract: str | Path | None = None
) -> list[Violation]:
    """What breaks the contract in a list of links, however many requests they will be sent in. Otherwise as ``check_link``."""
    return _spliced(b'{"remoteLinks":', _as_json(links), b"}", "/remoteLinks", contract, ignore, next_contract)


def _as_json(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    try:
        return json.dumps(value).encode()
    except TypeError as error:
        raise TypeError(f"the payload cannot be sent as JSON: {error}") from None
    except RecursionError:
        raise ValueError("the payload cannot be sent as JSON: it is nested deeper than Python follows") from None
    except ValueError as error:
        raise ValueError(f"the payload cannot be sent as JSON: {error}") from None


def _spliced(
    before: bytes,
    text: bytes,
    after: bytes,
    place: str,
    contract: str | Path,
    ignore: str | Iterable[str],
    next_contract: str | Path | None,
) -> list[Violation]:
    """What is wrong with a text that is a part of a payload; as one it is judged only if it is JSON by itself."""
    selectors = (*parse_selectors(ignore), *_OF_REQUESTS)
    try:
        decode(text)
    except NotJSON:
        return _judged(text, contract, selectors, next_contract)
    return [_below(place, violation) for violation in _judged(before + text + after, contract, selectors, next_contract)]


def _judged(body: bytes, contract: str | Path, ignore: tuple[str, ...], next_contract: str | Path | None) -> list[Violation]:
    document = load_document(contract)
    newer = load_document(next_contract) if next_contract else successor(document)
    checker = Checker(document, (*ignore, *_OF_PARAMETERS), next_document=newer)
    return list(checker.check(Request(_METHOD, _TARGET, _SENT, body, len(body))).violations)


def _below(prefix: str, violation: Violation) -> Violation:
    if violation.pointer == prefix or violation.pointer.startswith(prefix + "/"):
        return replace(violation, pointer=violation.pointer[len(prefix) :])
    return violation
