"""What a provider did against the contract, as one value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from pytest_remotelinks.recording.exchange import Exchange

Severity = Literal["error", "warning"]

#: Stands for "there is no offending value", since None is a JSON value.
NO_VALUE: Any = type("NoValue", (), {"__repr__": lambda self: "NO_VALUE"})()


@dataclass(frozen=True)
class Violation:
    """One breach of the contract, with what to change.

    ``pointer`` is a JSON pointer into the request's body, or into the parts of
    the request itself: ``#header/NAME``, ``#path``, ``#query/NAME``, ``#body``.
    ``value`` is what was found there. ``link`` is the index of the remote link
    concerned, if the breach is one link's own.
    """

    code: str
    severity: Severity
    message: str
    pointer: str
    hint: str
    value: Any = field(default=NO_VALUE, repr=False, compare=False)
    link: int | None = field(default=None, repr=False)
    request: Exchange | None = field(default=None, repr=False, compare=False)

    def __str__(self) -> str:
        return f"{self.code} {self.pointer}: {self.message}"
