"""Injected faults: what a test plans, and which fault the next request gets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Generic, Literal, TypeVar, get_args
from urllib.parse import urlsplit

from pytest_remotelinks.apis.api import Id, OperationName
from pytest_remotelinks.jira.rate_limit import RateLimit, Wait
from pytest_remotelinks.jira.site import Site
from pytest_remotelinks.recording.exchange import Exchange, met

#: The operations that a fault is for; None for all but ``token``.
Operations = OperationName | Sequence[OperationName] | None
OPERATION_NAMES: tuple[OperationName, ...] = get_args(OperationName)

Ending = Literal["whole", "truncated", "dropped"]
Given = TypeVar("Given")
AnyFault = TypeVar("AnyFault", bound="Fault")

#: What is not worth saying of a call, since it is so by default.
_DEFAULTS = {"times": 1, "after": 0}


class Fault:
    """An injected fault. Only its own site changes it."""

    def __init__(self, site: Site, name: str, call: str, problem: str = "no request met it") -> None:
        self._site = site
        self._name = name
        #: The call that injected it, and what to say of it if no request met it.
        self._call, self._problem = call, problem
        self._is_met = False

    @property
    def name(self) -> str:
        """What the record says in ``fault`` of the requests that met it."""
        return self._name

    @property
    def requests(self) -> list[Exchange]:
        """The recorded requests that met it, in order."""
        return [exchange for exchange in tuple(self._site.record.exchanges) if met(exchange, self)]

    @property
    def remaining(self) -> int | None:
        """How many requests it will still hit; None for a fault that lasts until it is ended."""
        return None

    def __repr__(self) -> str:
        left = "" if self.remaining is None else f", {self.remaining} remaining"
        return f"<Fault {self._call}: {len(self.requests)} met it{left}>"


class FaultBlock(Fault, Generic[Given]):
    """A fault that lasts as long as its ``with`` block; the block is given a value, or the fault itself."""

    def __init__(self, faults: Faults, call: str, effect: Effect, given: Any = None) -> None:
        super().__init__(faults.site, effect.name, call, "it was never entered; use it in a with statement")
        self._faults = faults
        self._given: Any = self if given is None else given
        self._effect = replace(effect, fault=self)

    def __enter__(self) -> Given:
        with self._site.present():
            self._is_met = True
            self._faults.lasting.append(self._effect)
        given: Given = self._given
        return given

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        with self._site.present():
            self._faults.lasting.remove(self._effect)


class _PlannedFault(Fault):
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


class _Rejection(Fault):
    """A fault that rejects one link."""

    def __init__(self, site: Site, id: Id, message: str) -> None:
        super().__init__(site, "reject", _call("reject", id), f"no submission contains {id!r}")
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


@dataclass(frozen=True)
class Arrival:
    """What decides which fault a request gets.

    ``began`` is when the request did, and ``now`` when it is answered, in
    seconds on the site's clock; ``host`` is the name and port that it was sent to.
    """

    operation: OperationName | None
    api: str
    app: str
    cost: int
    began: float
    now: float
    host: str


@dataclass(frozen=True)
class Plans:
    """The faults that are to come."""

    planned: list[tuple[_PlannedFault, int, int]]
    limit: tuple[RateLimit, Fault] | None
    rejections: dict[Id, _Rejection]
    tracked: list[Fault]


class Faults:
    """The faults of one site.

    ``times`` is how many requests a fault hits, ``after`` how many it lets
    pass before, and ``operation`` narrows both. Requests for a token meet
    planned faults only if these name them; blocks and rate limits hold for the
    whole site. All raise ValueError for a value that is not possible.
    """

    def __init__(self, site: Site) -> None:
        self.site = site
        self._planned: list[_PlannedFault] = []
        #: What every request gets until the block ends; the last one counts.
        self.lasting: list[Effect] = []
        #: By API, app and operation, the wait that its last refusal asked for.
        self._waits: dict[tuple[str, str, OperationName | None], Wait] = {}
        self._limit: tuple[RateLimit, Fault] | None = None
        self._rejections: dict[Id, _Rejection] = {}
        #: All of them that some request should meet.
        self._tracked: list[Fault] = []

    # What a test calls

    def fail_next(
        self, status: int = 503, *, times: int = 1, operation: Operations = None, retry_after: int | None = None, after: int = 0
    ) -> Fault:
        """Refuse the next requests with a status from 400 to 599."""
        if isinstance(status, bool) or not isinstance(status, int) or not 400 <= status <= 599:
            raise ValueError(f"status must be a number from 400 to 599, not {status!r}")
        call = _call("fail_next", status, times=times, operation=operation, retry_after=retry_after, after=after)
        return self._plan(call, Effect("fail_next", status, _retry_after(retry_after)), times, operation, after)

    def drop_connection(self, times: int = 1, *, operation: Operations = None, applied: bool = False, after: int = 0) -> Fault:
        """Close the connection of the next requests, before they are read or after they took effect."""
        effect = (
            Effect("drop_connection after the request took effect", ending="dropped")
            if applied
            else Effect("drop_connection before the request was read", unread=True)
        )
        call = _call("drop_connection", times=times, operation=operation, applied=applied, after=after)
        return self._plan(call, effect, times, operation, after)

    def delay_next(self, delay: float, *, times: int = 1, operation: Operations = None, after: int = 0) -> Fault:
        """Answer the next requests ``delay`` seconds late."""
        call = _call("delay_next", delay, times=times, operation=operation, after=after)
        return self._plan(call, Effect(f"delay_next by {seconds('delay', delay):g} s", delay=delay), times, operation, after)

    def garble_next(
        self, how: Literal["html", "truncated"] = "html", *, times: int = 1, operation: Operations = None, after: int = 0
    ) -> Fault:
        """Corrupt the responses to the next requests."""
        if how not in ("html", "truncated"):
            raise ValueError(f"how must be 'html' or 'truncated', not {how!r}")
        ending: Ending = "truncated" if how == "truncated" else "whole"
        call = _call("garble_next", how, times=times, operation=operation, after=after)
        return self._plan(call, Effect(f"garble_next: {how}", garbled=how == "html", ending=ending), times, operation, after)

    def maintenance(self, retry_after: int | None = None) -> FaultBlock[Fault]:
        """Answer every request within the block with 503."""
        effect = Effect("maintenance", 503, _retry_after(retry_after))
        return self._track(FaultBlock(self, _call("maintenance", retry_after=retry_after), effect))

    def renamed(self, url: str) -> FaultBlock[str]:
        """Within the block the site has another URL than the given one, which answers 302; the block is given the new URL."""
        parts = urlsplit(url)
        name = parts.hostname or ""
        other = {"127.0.0.1": "localhost", "localhost": "127.0.0.1"}.get(name)
        if other is None:
            raise ValueError(f"a site on {name} has no second name; let it listen on host='127.0.0.1' or 'localhost' to rename it")
        new_url = parts._replace(netloc=f"{other}:{parts.port}").geturl()
        return self._track(FaultBlock(self, _call("renamed"), Effect("renamed", 302, moved_to=new_url), new_url))

    def reject(self, id: Id, message: str = "The remote link was rejected.") -> Fault:
        """Reject a link in every submission from now on, with this message."""
        with self.site.present():
            fault = self._rejections[id] = _Rejection(self.site, id, message)
            return self._track(fault)

    def rate_limit(self, requests: int | None = None, *, per: float = 60.0, cost: int | None = None) -> Fault:
        """Limit the requests, or their cost, in ``per`` seconds of the site's clock; without numbers the limit is lifted."""
        for name, value in (("requests", requests), ("cost", cost)):
            if value is not None:
                whole_number(name, value, 1)
        seconds("per", per, 0.001)
        fault = Fault(self.site, "rate_limit", _call("rate_limit", requests, per=per, cost=cost))
        with self.site.present():
            self._limit = None if requests is None and cost is None else (RateLimit(requests, cost, per), fault)
        return fault

    def unmet(self) -> list[str]:
        """In words, the faults that no request met and the blocks that were never entered. A rate limit may well not be reached."""
        with self.site.present():
            return [f"{fault._call}: {fault._problem}" for fault in self._tracked if not fault._is_met]

    def _plan(self, call: str, effect: Effect, times: int, operations: Operations, after: int) -> Fault:
        fault = _PlannedFault(self.site, call, effect, times, operations, after)
        with self.site.present():
            self._planned.append(fault)
            return self._track(fault)

    def _track(self, fault: AnyFault) -> AnyFault:
        with self.site.present():
            self._tracked.append(fault)
        return fault

    # What a request gets. The caller holds the site's lock.

    def next_unread(self, operation: OperationName | None) -> Effect | None:
        """The fault that closes the connection before the request is read, if that is the next one."""
        if self.lasting:
            return None
        planned = self._next(operation)
        return self._take(planned, operation) if planned is not None and planned.effect.unread else None

    def next_fault(self, arrival: Arrival) -> Effect | None:
        """What a request gets: blocks come first, then waits and limits, then planned faults in the order of planning."""
        for effect in reversed(self.lasting):
            if not effect.moved_to or urlsplit(effect.moved_to).netloc != arrival.host.lower():
                return effect
        sender = arrival.api, arrival.app, arrival.operation
        wait = self._waits.get(sender)
        if wait is not None and wait.refuses(arrival.began, arrival.now):
            return Effect("sent before Retry-After had passed", wait.status, wait.left(arrival.now))
        if self._limit is not None:
            limit, fault = self._limit
            refused = limit.take(arrival.cost, arrival.began, arrival.now)
            if refused is not None:
                return Effect("rate_limit", 429, refused[0], (("RateLimit-Reason", refused[1]),), concerns_all=True, fault=fault)
        taken = self._take(self._next(arrival.operation), arrival.operation)
        if taken is not None and taken.retry_after is not None and taken.status is not None:
            wait = self._waits[sender] = Wait(status=taken.status)
            wait.start(taken.retry_after, arrival.now)
        return taken

    def rejections_of(self, ids: Iterable[Id | None]) -> dict[Id, _Rejection]:
        """Of the links that are submitted, those to reject."""
        found = {id: self._rejections[id] for id in ids if id in self._rejections} if self._rejections else {}
        for fault in found.values():
            fault._is_met = True
        return found

    def limit_headers(self) -> tuple[tuple[str, str], ...]:
        """What every response says of the rate limit."""
        return self._limit[0].headers() if self._limit is not None else ()

    def _next(self, operation: OperationName | None) -> _PlannedFault | None:
        """Of the faults planned for such a request, the first that does not let it pass."""
        return next((planned for planned in self._planned if planned.after == 0 and planned.is_for(operation)), None)

    def _take(self, taken: _PlannedFault | None, operation: OperationName | None) -> Effect | None:
        """Count the request, for the fault that it gets and for those that let it pass."""
        for planned in self._planned:
            if planned is not taken and planned.after > 0 and planned.is_for(operation):
                planned.after -= 1
        effect = taken.hit() if taken is not None else None
        self._planned = [planned for planned in self._planned if planned.times > 0]
        return effect

    # Starting over. The caller holds the site's lock.

    def snapshot(self) -> Plans:
        """What is planned now, to be restored; waits that were asked for are not part of it."""
        planned = [(fault, fault.times, fault.after) for fault in self._planned]
        return Plans(planned, _fresh(self._limit), dict(self._rejections), list(self._tracked))

    def restore(self, plans: Plans) -> None:
        """Go back to what was planned."""
        for fault, times, after in plans.planned:
            fault.times, fault.after = times, after
        self._planned = [fault for fault, _, _ in plans.planned]
        self._limit = _fresh(plans.limit)
        self._rejections = dict(plans.rejections)
        self._tracked = list(plans.tracked)
        self._waits.clear()

    def clear(self) -> None:
        """Drop every fault that is planned or counted; a block ends only itself."""
        for fault in self._planned:
            fault.times = 0
        self.restore(Plans([], None, {}, []))


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


def _retry_after(given: int | None) -> int | None:
    return None if given is None else whole_number("retry_after", given)


def _named(given: Operations) -> frozenset[OperationName] | None:
    """The operations that are named, None for all but ``token``."""
    if given is None:
        return None
    names: tuple[OperationName, ...] = (given,) if isinstance(given, str) else tuple(given)
    for name in names or ("",):
        if name not in OPERATION_NAMES:
            raise ValueError(f"there is no operation {name!r}; use one of {', '.join(OPERATION_NAMES)}, or a list of them")
    return frozenset(names)


def _fresh(limit: tuple[RateLimit, Fault] | None) -> tuple[RateLimit, Fault] | None:
    """The same limit, with no request counted."""
    return None if limit is None else (RateLimit(limit[0].requests, limit[0].cost, limit[0].per), limit[1])


def _call(method: str, *arguments: Any, **options: Any) -> str:
    """The call as a test writes it, without what is so by default."""
    words = [repr(argument) for argument in arguments]
    words += [f"{name}={value!r}" for name, value in options.items() if value not in (None, False, _DEFAULTS.get(name))]
    return f"{method}({', '.join(words)})"
