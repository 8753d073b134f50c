"""What is hashed in place of a query's canonical form: its usual slips, alone and two at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from itertools import chain, product
from urllib.parse import unquote

from pytest_remotelinks.auth.qsh import TOKEN_PARAMETER, all_parameters, canonical_query, encoded

_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_AS_SCRIPT = re.compile("%2[1789A]")

_Pairs = list[tuple[str, str]]


def _in_lower_case(text: str) -> str:
    return _ESCAPE.sub(lambda match: match[0].lower(), text)


def _as_script(text: str) -> str:
    # What JavaScript's encodeURIComponent leaves as it is.
    return _AS_SCRIPT.sub(lambda match: unquote(match[0]), text)


def _same(text: str) -> str:
    return text


def _by_name(pairs: _Pairs, join: Callable[[list[str]], str]) -> _Pairs:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return [(name, join(found)) for name, found in values.items()]


#: What becomes of a name or value that is percent-encoded as it should be.
_ENCODINGS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("", _same),
    ("write a space as %20, not as +", lambda text: text.replace("%20", "+")),
    ("write * as %2A", lambda text: text.replace("%2A", "*")),
    (
        "write a space as %20, * as %2A and ~ as it is: RFC 3986, not a form's encoding",
        lambda text: text.replace("%20", "+").replace("%2A", "*").replace("~", "%7E"),
    ),
    ("percent-encode ! ' ( ) and * too", _as_script),
    ("percent-encode names and values of the query", lambda text: unquote(text, errors="replace")),
    ("percent-encode the query once", lambda text: text.replace("%", "%25")),
    ("write percent-encoding with upper-case digits", _in_lower_case),
)
#: What becomes of the values of a repeated parameter.
_JOININGS: tuple[tuple[str, Callable[[_Pairs], _Pairs]], ...] = (
    ("", lambda pairs: _by_name(pairs, lambda values: ",".join(sorted(values)))),
    ("join the values of a repeated parameter by commas", lambda pairs: pairs),
    ("sort the values of a repeated parameter", lambda pairs: _by_name(pairs, ",".join)),
    (
        "leave the comma between the values of a repeated parameter as it is, not %2C",
        lambda pairs: _by_name(pairs, lambda values: "%2C".join(sorted(values))),
    ),
    ("hash every value of a repeated parameter, not the last one alone", lambda pairs: _by_name(pairs, lambda values: values[-1])),
    ("hash every value of a repeated parameter, not the first one alone", lambda pairs: _by_name(pairs, lambda values: values[0])),
)
_ORDERS = ("", "sort the parameters by their names")
_TOKENS = ("", f"leave the parameter {TOKEN_PARAMETER} out")


class QuerySlips:
    """The slips of one query."""

    def __init__(self, query: str) -> None:
        self._query = query
        self._changed: dict[Callable[[str], str], _Pairs] = {}

    def __call__(self, slips: int) -> Iterator[tuple[str, tuple[str, ...]]]:
        """What may have been hashed with just so many slips, and these."""
        if slips == 0:
            yield canonical_query(self._query), ()
            return
        if not self._query:
            return
        if slips == 1:
            yield "", ("hash the query too",)
        names = [name for name, _ in self._pairs]
        tokens = _TOKENS if TOKEN_PARAMETER in names else _TOKENS[:1]
        joinings = _JOININGS if len(set(names)) < len(names) else _JOININGS[:1]
        orders = _ORDERS if names != sorted(names) else _ORDERS[:1]
        for (encode, change), (join, joined), order, leave_out in product(_ENCODINGS, joinings, orders, tokens):
            made = tuple(filter(None, (encode, join, order, leave_out)))
            if len(made) == slips and (change is _same or self._pairs_after(change) != self._pairs):
                taken = self._pairs_after(change)
                taken = taken if leave_out else [pair for pair in taken if pair[0] != TOKEN_PARAMETER]
                yield _in_order(joined(taken), bool(order)), made
        for leave_out in tokens:
            if slips == 1 + bool(leave_out):
                kept = (part for part in self._query.split("&") if leave_out or part.partition("=")[0] != TOKEN_PARAMETER)
                said = "decode the query, sort its parameters and percent-encode them anew"
                yield "&".join(kept), tuple(filter(None, (said, leave_out)))

    @cached_property
    def _pairs(self) -> _Pairs:
        return [(encoded(name), encoded(value)) for name, value in all_parameters(self._query)]

    def _pairs_after(self, change: Callable[[str], str]) -> _Pairs:
        if change not in self._changed:
            # All at once, which is ten times as quick as one by one; a line break is never in what is encoded.
            texts = change("\n".join(chain.from_iterable(self._pairs))).split("\n")
            if len(texts) == 2 * len(self._pairs):
                self._changed[change] = list(zip(texts[::2], texts[1::2], strict=True))
            else:
                self._changed[change] = [(change(name), change(value)) for name, value in self._pairs]
        return self._changed[change]


def _in_order(pairs: Iterable[tuple[str, str]], as_sent: bool) -> str:
    return "&".join(f"{name}={value}" for name, value in (pairs if as_sent else sorted(pairs)))
