"""What pytest may show of a failed comparison that secrets take part in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from pytest_remotelinks.contract.headers import MASK, SECRET_HEADERS, SECRET_PARAMETERS, Headers
from pytest_remotelinks.contract.secret import Secret, SecretBytes, is_scheme
from pytest_remotelinks.contract.secret_parameters import masked_body

#: Levels of nesting that are looked into; below them a repr masks what is a secret by itself.
_DEPTH = 12


class _Shown:
    """What stands for a value of which pytest would compare the fields, one by one."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def veiled(op: str, left: object, right: object) -> tuple[object, object] | None:
    """Both sides without their secrets, and without what stands in their place on the other side; None where there are none.

    pytest takes a text apart without asking for its repr, so it must not get to see it.
    """
    if not (_has_secrets(left) or _has_secrets(right)):
        return None
    if op in ("in", "not in") and isinstance(left, str) and isinstance(right, str):
        whole, part = (str(side) for side in (right, left))
        if isinstance(right, Secret):
            return _alone(Secret(part) if not is_scheme(part) else part, 1), _alone(right, 1)
        return _alone(left, 1), whole.replace(part, MASK)
    first, second = _pair(left, right, _DEPTH)
    # What is nested too deep to be masked is shown by its repr, which masks it.
    return (_Shown(repr(left)), _Shown(repr(right))) if _has_secrets(first) or _has_secrets(second) else (first, second)


def explain(op: str, left: object, right: object) -> list[str]:
    """The one line of an explanation that has no details."""
    return [f"{left!r} {op} {right!r}"]


def _has_secrets(value: object) -> bool:
    try:
        return _holds_secret(value, _DEPTH, set())
    except Exception:  # somebody else's value that cannot be looked into, which is for pytest to tell
        return False


def _holds_secret(value: object, depth: int, seen: set[int]) -> bool:
    if isinstance(value, (Secret, SecretBytes, Headers)):
        return True
    if isinstance(value, (str, bytes, int, float)) or depth == 0 or id(value) in seen:
        return False
    seen.add(id(value))
    inner: Iterable[object] = ()
    if isinstance(value, Mapping):
        inner = value.values()
    elif isinstance(value, (list, tuple, set, frozenset)):
        inner = value
    elif is_dataclass(value):
        inner = (getattr(value, field.name, None) for field in fields(value) if field.compare)
    return any(_holds_secret(one, depth - 1, seen) for one in inner)


def _pair(left: Any, right: Any, depth: int) -> tuple[Any, Any]:
    if isinstance(left, (Secret, SecretBytes)) or isinstance(right, (Secret, SecretBytes)):
        return _masks(left, right)
    if is_dataclass(left) and type(left) is type(right):
        return (_Shown(repr(left)), _Shown(repr(right))) if _has_secrets(left) or _has_secrets(right) else (left, right)
    if depth > 0 and isinstance(left, Mapping) and isinstance(right, Mapping):
        pairs = {name: _pair(left[name], right[name], depth - 1) for name in left if name in right}
        first, second = ({name: pair[index] for name, pair in pairs.items()} for index in (0, 1))
        return _members(left, first, depth), _members(right, second, depth)
    if depth > 0 and type(left) in (list, tuple) and type(right) in (list, tuple):
        entries = [_pair(one, other, depth - 1) for one, other in zip(left, right, strict=False)]
        return _entries(left, [one for one, _ in entries], depth), _entries(right, [other for _, other in entries], depth)
    return _alone(left, depth), _alone(right, depth)


def _masks(left: Any, right: Any) -> tuple[Any, Any]:
    """What two values look like of which one is a secret: the other one may be nearly the same."""
    if isinstance(left, str) and isinstance(right, str):
        shown = [text if is_scheme(text) else repr(Secret(text))[1:-1] for text in map(str, (left, right))]
        differ = left != right and shown[0] == shown[1]
        return shown[0], f"{shown[1]} (another value)" if differ else shown[1]
    if isinstance(left, bytes) and isinstance(right, bytes):
        shown = [masked_body(bytes(body)) for body in (left, right)]
        differ = left != right and shown[0] == shown[1]
        return shown[0].encode("latin-1"), (f"{shown[1]} (with another secret)" if differ else shown[1]).encode("latin-1")
    return _alone(left, _DEPTH), _alone(right, _DEPTH)


def _entries(side: Any, paired: list[Any], depth: int) -> Any:
    return type(side)([*paired, *(_alone(inner, depth - 1) for inner in side[len(paired) :])])


def _members(side: Mapping[Any, Any], paired: dict[Any, Any], depth: int) -> dict[Any, Any]:
    return {name: paired[name] if name in paired else _member(name, value, depth) for name, value in side.items()}


def _member(name: object, value: Any, depth: int) -> Any:
    named = isinstance(name, str) and name.lower() in SECRET_HEADERS | SECRET_PARAMETERS
    return _alone(Secret(value) if named and isinstance(value, str) else value, depth - 1)


def _alone(value: Any, depth: int) -> Any:
    """A value that is compared with nothing."""
    if isinstance(value, Secret):
        return repr(value)[1:-1]
    if isinstance(value, SecretBytes):
        return value.shown.encode("latin-1")
    if depth > 0 and isinstance(value, Mapping) and _has_secrets(value):
        return _members(value, {}, depth)
    if depth > 0 and type(value) in (list, tuple) and _has_secrets(value):
        return type(value)(_alone(inner, depth - 1) for inner in value)
    if isinstance(value, (set, frozenset)):
        return type(value)(_alone(inner, depth - 1) for inner in value)
    if is_dataclass(value) and _has_secrets(value):
        return _Shown(repr(value))
    return value
