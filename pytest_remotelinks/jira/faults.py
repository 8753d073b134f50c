"""Faults: what befalls a request that is not its sender's doing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pytest_remotelinks.apis.remotelinks import DELETE_BY_ID, DELETE_BY_PROPERTY, OPERATIONS, READ, SUBMIT

#: Stands for a request for a token, which is no operation of the contract.
TOKEN = "token"
#: The names by which a test speaks of operations; an operation's own id does as well.
OPERATION_NAMES: dict[str, frozenset[str]] = {
    "submit": frozenset({SUBMIT}),
    "read": frozenset({READ}),
    "delete": frozenset({DELETE_BY_ID, DELETE_BY_PROPERTY}),
    "delete-by-id": frozenset({DELETE_BY_ID}),
    "delete-by-properties": frozenset({DELETE_BY_PROPERTY}),
    TOKEN: frozenset({TOKEN}),
    **{operation.id: frozenset({operation.id}) for operation in OPERATIONS},
}

Ending = Literal["whole", "truncated", "dropped"]


@dataclass(frozen=True)
class Fault:
    """One trouble.

    ``name`` is how the record calls it. With a ``status`` the request is
    answered so and takes no effect; without one it takes effect and only its
    answer suffers: it comes ``delay`` seconds late, is ``garbled`` into
    something that is no JSON, or ends before its end.
    """

    name: str
    status: int | None = None
    retry_after: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    #: The URL that the site has now; requests that come there are spared.
    moved_to: str = ""
    delay: float = 0.0
    garbled: bool = False
    ending: Ending = "whole"
    #: Whether the connection is closed before the request's body is read.
    unread: bool = False
    #: Whether its Retry-After is meant for requests of every operation.
    concerns_all: bool = False

    @property
    def hides_answer(self) -> bool:
        """Whether the request takes effect and its sender may never get to know."""
        return self.garbled or self.delay > 0 or self.ending != "whole"


@dataclass
class Planned:
    """A fault that waits for its requests."""

    fault: Fault
    times: int
    operations: frozenset[str] | None
    after: int

    def concerns(self, operation: str | None) -> bool:
        """Whether it is meant for requests of the operation; one that names none is not meant for requests for a token."""
        return operation != TOKEN if self.operations is None else operation in self.operations


def operations_named(name: str | None) -> frozenset[str] | None:
    """The ids of the operations that a name stands for, None for all. Raises ValueError for a name that is none."""
    if name is None:
        return None
    if name not in OPERATION_NAMES:
        raise ValueError(f"there is no operation {name!r}; use one of {', '.join(OPERATION_NAMES)}")
    return OPERATION_NAMES[name]


def whole_number(name: str, value: object, least: int = 0) -> int:
    """The value, if it is a whole number of at least ``least``; otherwise raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ValueError(f"{name} must be a whole number, {least} or more, not {value!r}")
    return value


def seconds(name: str, value: object, above: float = 0.0) -> float:
    """The value, if it is a number of seconds from ``above`` on; otherwise raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not above <= value < float("inf"):
        raise ValueError(f"{name} must be a number of seconds, {above:g} or more, not {value!r}")
    return value
