"""Text and bytes that are not shown: equal to what was sent, with a masked repr."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytest_remotelinks.contract.mask import MASK, masked_credential

#: Schemes of credentials, which are no secrets, in lower case.
SCHEMES = frozenset({"jwt", "bearer", "basic"})


class Secret(str):
    """A string that its repr masks, so that no failing test prints it with its local variables.

    Parts of it and sums with it are secrets too; what ``str()`` and f-strings
    make of it is plain text.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        scheme, space, _ = str(self).partition(" ")
        return repr(masked_credential(str(self)) if space and scheme.lower() in SCHEMES else MASK)

    def __radd__(self, other: str) -> Secret:
        return Secret(str(other) + str(self))


class SecretBytes(bytes):
    """Bytes with secrets in them; ``shown`` is what its repr says instead."""

    shown: str

    def __new__(cls, content: bytes, shown: str) -> SecretBytes:
        found = super().__new__(cls, content)
        found.shown = shown
        return found

    def __repr__(self) -> str:
        return repr(self.shown.encode("latin-1", "replace"))

    def __reduce__(self) -> tuple[type[SecretBytes], tuple[bytes, str]]:
        return SecretBytes, (bytes(self), self.shown)


def is_scheme(text: str) -> bool:
    """Whether a text is the scheme of a credential, or nothing at all."""
    return text.strip().lower() in SCHEMES | {""}


def _part(value: Any) -> Any:
    if isinstance(value, str):
        return value if is_scheme(value) else Secret(value)
    return type(value)(map(_part, value)) if isinstance(value, (tuple, list)) else value


def _keeping(name: str) -> Callable[..., Any]:
    plain = getattr(str, name)

    def method(self: Secret, *arguments: Any, **named: Any) -> Any:
        return _part(plain(self, *arguments, **named))

    method.__name__ = name
    return method


for _name in (
    *("__add__", "__getitem__", "partition", "rpartition", "split", "rsplit", "splitlines", "removeprefix", "removesuffix"),
    *("strip", "lstrip", "rstrip", "lower", "upper", "casefold", "swapcase", "replace"),
):
    setattr(Secret, _name, _keeping(_name))
