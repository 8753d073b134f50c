"""A mechanical change that ends a violation: as a value, as a sentence, and applied to JSON and to requests."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from urllib.parse import quote, unquote_plus

from pytest_remotelinks.wire.headers import Headers
from pytest_remotelinks.wire.json_body import steps_of
from pytest_remotelinks.wire.redact import REDACTED, is_secret_name, redact_header, redact_target, redact_value, secret_value
from pytest_remotelinks.wire.request import Request
from pytest_remotelinks.wire.text import preview

Action = Literal["set", "remove", "rename", "truncate", "strip", "wrap"]


@dataclass(frozen=True)
class Fix:
    """One change to what was sent.

    ``pointer`` is the place that changes, written like a violation's.
    ``value`` depends on the action: the new value to ``set``, the new name to
    ``rename`` to, the number of characters to ``truncate`` to, the member to
    ``wrap`` into (None wraps into a list). A fix is ``safe`` if it neither
    guesses nor loses anything that matters. ``note`` continues the sentence.
    """

    action: Action
    value: Any = None
    pointer: str = ""
    safe: bool = False
    note: str = field(default="", compare=False)

    def at(self, pointer: str) -> Fix:
        """The fix with a place, unless it has one; a secret value has a redacted repr."""
        placed = self if self.pointer else replace(self, pointer=pointer)
        holds_text = placed.action == "set" and isinstance(placed.value, str)
        return replace(placed, value=secret_value(_name(placed), placed.value)) if holds_text else placed

    def apply(self, payload: Any) -> Any:
        """The payload after the change; the given one stays as it is. Raises ValueError where the fix does not apply."""
        if self.pointer.startswith("#"):  # a part of the request that is not its body
            raise _inapplicable(self)
        return _changed(payload, steps_of(self.pointer), self)

    def __str__(self) -> str:
        """What to change, in words."""
        return f"{_SENTENCES[self.action](self)}{'; ' if self.note else ''}{self.note}"


def fixed_request(request: Request, fix: Fix) -> Request:
    """The request after the change. Raises ValueError where the fix does not apply."""
    where, _, name = fix.pointer.partition("/")
    name = steps_of("/" + name)[0]
    if not where:
        body = json.dumps(fix.apply(request.json)).encode()
        return replace(request, body=body, body_size=len(body))
    if where == "#method" and fix.action == "set":
        return replace(request, method=fix.value)
    if where == "#path" and fix.action == "set":
        query = request.target[len(request.path) :]
        return replace(request, target=fix.value + query)
    if where == "#query":
        parts = [part for part in request.target.partition("?")[2].split("&") if part]
        query = fix.value if not name and fix.action == "set" else "&".join(_changed_query(parts, name, fix))
        return replace(request, target=request.path + (f"?{query}" if query else ""))
    if where == "#header":
        return replace(request, headers=Headers(_changed_headers(request.headers.pairs, name, fix)))
    raise _inapplicable(fix)


# In JSON


def _changed(value: Any, steps: Sequence[str], fix: Fix) -> Any:
    if not steps:
        return _CHANGES[fix.action](value, fix) if fix.action in _CHANGES else _refuse(fix)
    step, rest = steps[0], steps[1:]
    if isinstance(value, list):
        index = int(step) if step.isdecimal() else len(value)
        if index >= len(value):
            raise _inapplicable(fix)
        if not rest and fix.action == "remove":
            return [*value[:index], *value[index + 1 :]]
        return [*value[:index], _changed(value[index], rest, fix), *value[index + 1 :]]
    if not isinstance(value, dict) or (step not in value and (rest or fix.action != "set")):
        raise _inapplicable(fix)
    if not rest and fix.action == "remove":
        return {name: inner for name, inner in value.items() if name != step}
    if not rest and fix.action == "rename":
        if fix.value in value:
            raise _inapplicable(fix)
        return {fix.value if name == step else name: inner for name, inner in value.items()}
    return {**value, step: _changed(value.get(step), rest, fix)}


def _text(value: Any, fix: Fix) -> str:
    return value if isinstance(value, str) else _refuse(fix)


_CHANGES: dict[str, Callable[[Any, Fix], Any]] = {
    "set": lambda value, fix: fix.value,
    "truncate": lambda value, fix: _text(value, fix)[: fix.value],
    "strip": lambda value, fix: _text(value, fix).strip(),
    "wrap": lambda value, fix: [value] if fix.value is None else {fix.value: value if isinstance(value, list) else [value]},
}


# In a request


def _changed_query(parts: list[str], name: str, fix: Fix) -> list[str]:
    """The parts of a query; those that stay are as they were sent."""
    changed = []
    for part in parts:
        key, equals, value = part.partition("=")
        if unquote_plus(key) != name:
            changed.append(part)
        elif fix.action == "rename":
            changed.append(quote(fix.value, safe="") + equals + value)
        elif fix.action == "set":
            changed.append(f"{key}={quote(fix.value, safe='')}")
        elif fix.action != "remove":
            raise _inapplicable(fix)
    return changed


def _changed_headers(pairs: Sequence[tuple[str, str]], name: str, fix: Fix) -> list[tuple[str, str]]:
    others = [(key, value) for key, value in pairs if key.lower() != name.lower()]
    if fix.action == "set":
        return [*others, (name, fix.value)]
    if fix.action == "remove":
        return others
    if fix.action == "rename":
        return [*others, *((fix.value, value) for key, value in pairs if key.lower() == name.lower())]
    raise _inapplicable(fix)


def _inapplicable(fix: Fix) -> ValueError:
    return ValueError(f"there is nothing to {fix.action} at {fix.pointer or 'the top'}")


def _refuse(fix: Fix) -> Any:
    raise _inapplicable(fix)


# In words


def _name(fix: Fix) -> str:
    return steps_of("/" + fix.pointer.partition("/")[2])[-1]


def _is_secret(fix: Fix) -> bool:
    return is_secret_name(_name(fix))


def _set(fix: Fix) -> str:
    if fix.pointer.startswith("#header"):
        return f"send '{_name(fix)}: {redact_header(_name(fix), fix.value)}'"
    if fix.pointer == "#query":
        return f"send {redact_target('?' + fix.value)}"
    if _is_secret(fix):
        return f"send {REDACTED}"
    return f"send {fix.value!a}" if fix.pointer.startswith("#") else f"send {preview(redact_value(fix.value), 200)}"


def _wrap(fix: Fix) -> str:
    return "put it into a list" if fix.value is None else f'put it into {{"{fix.value}": […]}}'


_SENTENCES: dict[str, Callable[[Fix], str]] = {
    "set": _set,
    "remove": lambda fix: f"leave {_name(fix)!a} out",
    "rename": lambda fix: f"rename {_name(fix)!a} to {fix.value!a}",
    "truncate": lambda fix: f"cut it to {fix.value} characters",
    "strip": lambda fix: "remove the white space around it",
    "wrap": _wrap,
}
