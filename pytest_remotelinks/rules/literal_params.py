"""What a query meant that sends the document's free parameters under their name, ``params``.

HTTP libraries write a nested object in many ways. Only some of them keep what
was meant.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Collection, Container
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

from pytest_remotelinks.contract.near import meant

_Pairs = tuple[tuple[str, str], ...]
#: ``params[accountId]`` and ``params.accountId``, also in a list: axios, qs, superagent, jQuery, and OpenAPI's deepObject.
#: ``params__accountId`` is how Python's keyword arguments say it. A submission calls the same object ``properties``.
_MEMBER = re.compile(r"(?i:params|properties)(?:\[\d*\])*(?:\[([^][]*[^][\d][^][]*)\]|\.([^.\d].*)|__(.+))(?:\[\d*\])?")
#: ``params``, ``params[]`` and ``params[0]``.
_WHOLE = re.compile(r"(?i:params|properties)(?:\[\d*\])?")
#: A bracket in a key that was encoded twice.
_ENCODED = re.compile("%5[BbDd]")
#: A word that is a property's name rather than a value.
_WORD = re.compile(r"[A-Za-z][A-Za-z_.-]*")
#: What languages make of an object or list that they only know how to print. Java's keeps what was meant if it has no
#: further comma or equals sign.
_PRINTED = re.compile(r"\s*[\[{(<]|\w+[\[(]|class |System\.|#<|Array$|$")
_JAVA = re.compile(r"\{([^=,{}]+=[^=,{}]*(?:, [^=,{}]+=[^=,{}]*)*)\}")
#: What separates names and values in OpenAPI's styles form (without explode), pipeDelimited and spaceDelimited, and in a
#: query within the query.
_SEPARATORS = re.compile(r"[,|]")
_KEY = re.compile(r"[A-Za-z][\w.-]*")


@dataclass(frozen=True)
class LiteralParams:
    """The parameters of a query that are named ``params`` in some way, and the ones that were meant.

    ``meant`` is empty if that is not known. ``names`` are the names that were
    meant even if their values are lost, ``only_names`` whether the query has
    nothing else of them.
    """

    sent: _Pairs
    meant: _Pairs = ()
    names: tuple[str, ...] = ()
    only_names: bool = False


def find_literal_params(query: _Pairs, submitted: Collection[str]) -> LiteralParams | None:
    """The literal ``params`` of a query, None if it has none.

    A property can have that name. So it is not literal if a property of that
    key was submitted, or if its value is not what a library makes of an object.
    """
    query = tuple((key, value) for key, value in query if key not in submitted)
    members = {pair: member for pair in query if (member := _member(*pair, submitted))}
    whole = tuple(pair for pair in query if _WHOLE.fullmatch(pair[0]) and not _is_misspelled(pair[0], submitted))
    values = [value for _, value in whole]
    read = _read(values, submitted)
    only_names = bool(whole) and not read and _are_names(whole, submitted)
    if not members and (not whole or not (read or only_names or _is_of_object(whole))):
        return None
    pairs = tuple(members[pair] for pair in query if pair in members) + read
    words = [part for value in values for part in _SEPARATORS.split(value) if part in submitted or (only_names and _KEY.fullmatch(part))]
    names = (*(name for name, _ in pairs), *words)
    allowed = tuple(name for name in names if name and ":" not in name and not name.startswith("_"))
    sent = tuple(pair for pair in query if pair in members) + whole
    return LiteralParams(sent, pairs if allowed == names and (read or not whole) else (), allowed, only_names)


def _member(key: str, value: str, submitted: Collection[str]) -> tuple[str, str] | None:
    """The property that a parameter is meant to be as a member of an object; None if it is not written as one."""
    if _ENCODED.search(key):
        # So was the value.
        key, value = unquote(key), unquote(value)
    found = _MEMBER.fullmatch(key)
    if found is None or (found[3] and found[3] not in submitted) or _is_misspelled(key, submitted):
        return None
    name = found[1] or found[2] or found[3]
    is_quoted = len(name) > 2 and name[0] == name[-1] and name[0] in "\"'"
    return name[1:-1] if is_quoted else name, value


def _is_misspelled(key: str, submitted: Collection[str]) -> bool:
    """Whether a submitted property has the key in another spelling."""
    near = meant(key, submitted)
    return near is not None and near.certain


def _are_names(whole: _Pairs, submitted: Collection[str]) -> bool:
    """Whether only the names of an object were sent, as requests does."""
    parts = [part for _, value in whole for part in _SEPARATORS.split(value)]
    if all(part in submitted for part in parts):
        return True
    # One word can also be a value, so it has to look like a name.
    pattern = _WORD if submitted else _KEY
    return len(whole) == 1 and whole[0][0].lower() == "params" and pattern.fullmatch(whole[0][1]) is not None


def _is_of_object(whole: _Pairs) -> bool:
    """Whether a library made this of an object, though what was meant is lost."""
    key, value = whole[0]
    return len(whole) > 1 or key.endswith("]") or _PRINTED.match(value) is not None


def _read(values: list[str], submitted: Container[str]) -> _Pairs:
    """The names and values that were meant, none if that is not known."""
    pieces = [_from_value(value) for value in values]
    if all(pieces):
        return tuple(pair for piece in pieces for pair in piece)
    if len(values) > 1:
        return _alternating(values, submitted) if values[0] in submitted else ()
    (value,) = values
    parts = _SEPARATORS.split(value)
    if len(parts) == 1 and value.partition(" ")[0] in submitted:
        parts = value.split(" ")
    return _from_java(value) or _from_query(value) or _alternating(parts, submitted)


def _from_value(text: str) -> _Pairs:
    """The pairs of an object or list, written as JSON or as Python's repr."""
    value = _literal(text)
    if isinstance(value, dict):
        return _from_pairs(list(value.items()))
    if not isinstance(value, (list, tuple)):
        return ()
    return _from_pairs(list(value)) or (_alternating(list(value), ()) if all(isinstance(part, str) for part in value) else ())


def _literal(text: str) -> Any:
    for read in (json.loads, ast.literal_eval):
        try:
            return read(text.strip())
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
    return None


def _from_pairs(pairs: list[Any]) -> _Pairs:
    if not all(isinstance(pair, (list, tuple)) and len(pair) == 2 and isinstance(pair[0], str) for pair in pairs):
        return ()
    # How anything but a text or an integer was submitted can only be guessed.
    if not all(isinstance(value, (str, int)) and not isinstance(value, bool) for _, value in pairs):
        return ()
    return tuple((name, str(value)) for name, value in pairs)


def _from_java(text: str) -> _Pairs:
    match = _JAVA.fullmatch(text)
    return () if match is None else tuple((name, value) for name, _, value in (part.partition("=") for part in match[1].split(", ")))


def _from_query(text: str) -> _Pairs:
    pairs = parse_qsl(text, keep_blank_values=True) if "=" in text else []
    return tuple(pairs) if all(_KEY.fullmatch(name) for name, _ in pairs) else ()


def _alternating(parts: list[str], submitted: Container[str]) -> _Pairs:
    """Names and values in turn, unless all of them are names."""
    names, values = parts[::2], parts[1::2]
    is_pairs = len(names) == len(values) and all(map(_KEY.fullmatch, names)) and not all(part in submitted for part in parts)
    return tuple(zip(names, values, strict=True)) if is_pairs else ()
