"""One injected fault: as a test holds it, and what it does to a request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Generic, Literal, TypeVar, get_args

from pytest_remotelinks.apis.api import Id, OperationName
from pytest_remotelinks.jira.site import Site
from pytest_remotelinks.recording.exchange import Exchange, met

#: The operations that a fault is for; None for all but ``token``.
Operations = OperationName | Sequence[OperationName] | None
OPERATION_NAMES: tuple[OperationName, ...] = get_args(OperationName)

Ending = Literal["whole", "truncated", "dropped"]
Given = TypeVar("Given")

#: Arguments that are not shown, since they are the default.
_DEFAULTS = {"times": 1, "after": 0}


class Fault:
    """An injected fault. Only its own site changes it."""

    def __init__(self, site: Site, name: str, call: str, problem: str = "no request met it") -> None:
        self._site = site
        self._name = name
        self._call, self._problem = call, problem
        self._is_met = False

    @property
    def name(self) -> str:
        """What the record says in ``fault`` of the requests that met it."""
        return self._name

    @property
    def requests(self) -> list[Exchange]:
        """The recorded requests that met it, in order."""
        return [exchange for exchange in self._site.record.so_far() if met(exchange, self)]

    @property
    def remaining(self) -> int | None:
        """How many requests it will still hit; None for a fault that lasts until it is ended."""
        return None

    def __repr__(self) -> str:
        left = "" if self.remaining is None else f", {self.remaining} remaining"
        return f"<Fault {self._call}: {len(self.requests)} met it{left}>"


class FaultBlock(Fault, Generic[Given]):
    """A fault that lasts as long as its ``with`` block; the block is given a value, or the fault itself."""

    def __init__(self, site: Site, lasting: list[Effect], call: str, effect: Effect, given: Any = None) -> None:
        super().__init__(site, effect.name, call, "it was never entered; use it in a with statement")
        #: The effects of the blocks that are entered.
        self._lasting = lasting
        self._given: Any = self if given is None else given
        self._effect = replace(effect, fault=self)

    def __enter__(self) -> Given:
        with self._site.present():
            self._is_met = True
            self._lasting.append(self._effect)
        given: Given = self._given
        return given

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        with self._site.present():
            self._lasting.remove(self._effect)


class PlannedFault(Fault):
    """A fault that waits for its requests."""

    def __init__(self, site: Site, call: str, effect: Effect, times: int, operations: Operations, after: int) -> None:
        super().__init__(site, effect.name, call)
        self.effect = replace(effect, fault=self)
        self.times = whole_number("times", times, 1)
        self.after = whole_number("after", after)
        self._operations = _named(operations)

    @property
    def remaining(self) -> int:
        return self.times

    def is_for(self, operation: OperationName | None) -> bool:
        """Whether it is for requests of the operation; one that names no operation is not for requests for a token."""
        return operation != "token" if self._operations is None else operation in self._operations

    def hit(self) -> Effect:
        self.times -= 1
        self._is_met = True
        return self.effect


class Rejection(Fault):
    """A fault that rejects one link."""

    def __init__(self, site: Site, id: Id, message: str) -> None:
        super().__init__(site, "reject", call_text("reject", id), f"no submission contains {id!r}")
        self.message = message


@dataclass(frozen=True)
class Effect:
    """What a fault does to one request.

    ``name`` is what the record says. With a ``status`` the request gets it and
    takes no effect. Without one it takes effect, and only its response suffers:
    it comes ``delay`` seconds late, is ``garbled`` into something that is not
    JSON, or breaks off.
    """

    name: str
    status: int | None = None
    retry_after: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    #: The URL that the site has now; requests that are sent there are spared.
    moved_to: str = ""
    delay: float = 0.0
    garbled: bool = False
    ending: Ending = "whole"
    #: Whether the connection is closed before the request's body is read.
    unread: bool = False
    #: Whether its Retry-After is meant for requests of every operation.
    concerns_all: bool = False
    fault: Fault | None = None

    @property
    def hides_answer(self) -> bool:
        """Whether the request takes effect and its sender may never know."""
        return self.garbled or self.delay > 0 or self.ending != "whole"


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


def _named(given: Operations) -> frozenset[OperationName] | None:
    """The operations that are named, None for all but ``token``."""
    if given is None:
        return None
    names: tuple[OperationName, ...] = (given,) if isinstance(given, str) else tuple(given)
    for name in names or ("",):
        if name not in OPERATION_NAMES:
            raise ValueError(f"there is no operation {name!r}; use one of {', '.join(OPERATION_NAMES)}, or a list of them")
    return frozenset(names)


def call_text(method: str, *arguments: Any, **options: Any) -> str:
    """The call as a test writes it, without default values."""
    words = [repr(argument) for argument in arguments]
    words += [f"{name}={value!r}" for name, value in options.items() if value not in (None, False, _DEFAULTS.get(name))]
    return f"{method}({', '.join(words)})"
