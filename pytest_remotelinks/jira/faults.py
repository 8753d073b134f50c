"""Faults: what befalls a request that is not its sender's doing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from pytest_remotelinks.apis.api import OperationName

#: The operations that a fault is meant for; None for all but ``token``.
Operations = OperationName | Iterable[OperationName] | None
OPERATION_NAMES: tuple[OperationName, ...] = get_args(OperationName)

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
    operations: frozenset[OperationName] | None
    after: int

    def concerns(self, operation: OperationName | None) -> bool:
        """Whether it is meant for requests of the operation; one that names none is not meant for requests for a token."""
        return operation != "token" if self.operations is None else operation in self.operations


def operations_named(given: Operations) -> frozenset[OperationName] | None:
    """The operations that are named, None for all but ``token``. Raises ValueError for a name that does not exist."""
    if given is None:
        return None
    names: list[OperationName] = [given] if isinstance(given, str) else list(given)
    for name in names:
        if name not in OPERATION_NAMES:
            raise ValueError(f"there is no operation {name!r}; use one of {', '.join(OPERATION_NAMES)}, or a list of them")
    return frozenset(names)


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
