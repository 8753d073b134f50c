"""The faults of a site: planning them, and which one the next request gets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeVar
from urllib.parse import urlsplit

from pytest_remotelinks.apis.api import Id, OperationName
from pytest_remotelinks.jira.fault import (
    Effect,
    Ending,
    Fault,
    FaultBlock,
    Operations,
    PlannedFault,
    Rejection,
    call_text,
    seconds,
    whole_number,
)
from pytest_remotelinks.jira.rate_limit import LONGEST_WAIT, RateLimit, Wait
from pytest_remotelinks.jira.site import Site

AnyFault = TypeVar("AnyFault", bound=Fault)


@dataclass(frozen=True)
class Arrival:
    """What decides which fault a request gets.

    ``now`` is in seconds on the site's clock; ``host`` is the name and port
    that the request was sent to.
    """

    operation: OperationName | None
    api: str
    app: str
    cost: int
    now: float
    host: str
    #: When the Retry-After was answered that its sender ignores, None if it ignores none.
    ignored: float | None
    #: The operations whose Retry-After its sender has waited for; the empty name is for all.
    waited_for: frozenset[str]


@dataclass(frozen=True)
class Plans:
    """The faults that are to come."""

    planned: list[tuple[PlannedFault, int, int]]
    limit: tuple[RateLimit, Fault] | None
    rejections: dict[Id, Rejection]
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
        self._planned: list[PlannedFault] = []
        #: What every request gets until the block ends; the last one counts.
        self._lasting: list[Effect] = []
        #: By API, app and operation, the wait that its last refusal asked for.
        self._waits: dict[tuple[str, str, OperationName | None], Wait] = {}
        self._limit: tuple[RateLimit, Fault] | None = None
        self._rejections: dict[Id, Rejection] = {}
        #: All of them that some request should meet.
        self._tracked: list[Fault] = []

    # What a test calls

    def fail_next(
        self, status: int = 503, *, times: int = 1, operation: Operations = None, retry_after: int | None = None, after: int = 0
    ) -> Fault:
        """Refuse the next requests with a status from 400 to 599."""
        if isinstance(status, bool) or not isinstance(status, int) or not 400 <= status <= 599:
            raise ValueError(f"status must be a number from 400 to 599, not {status!r}")
        call = call_text("fail_next", status, times=times, operation=operation, retry_after=retry_after, after=after)
        return self._plan(call, Effect("fail_next", status, _retry_after(retry_after)), times, operation, after)

    def drop_connection(self, times: int = 1, *, operation: Operations = None, applied: bool = False, after: int = 0) -> Fault:
        """Close the connection of the next requests, before they are read or after they took effect."""
        effect = (
            Effect("drop_connection after the request took effect", ending="dropped")
            if applied
            else Effect("drop_connection before the request was read", unread=True)
        )
        call = call_text("drop_connection", times=times, operation=operation, applied=applied, after=after)
        return self._plan(call, effect, times, operation, after)

    def delay_next(self, delay: float, *, times: int = 1, operation: Operations = None, after: int = 0) -> Fault:
        """Answer the next requests ``delay`` seconds late."""
        call = call_text("delay_next", delay, times=times, operation=operation, after=after)
        return self._plan(call, Effect(f"delay_next by {seconds('delay', delay):g} s", delay=delay), times, operation, after)

    def garble_next(
        self, how: Literal["html", "truncated"] = "html", *, times: int = 1, operation: Operations = None, after: int = 0
    ) -> Fault:
        """Corrupt the responses to the next requests."""
        if how not in ("html", "truncated"):
            raise ValueError(f"how must be 'html' or 'truncated', not {how!r}")
        ending: Ending = "truncated" if how == "truncated" else "whole"
        call = call_text("garble_next", how, times=times, operation=operation, after=after)
        return self._plan(call, Effect(f"garble_next: {how}", garbled=how == "html", ending=ending), times, operation, after)

    def maintenance(self, retry_after: int | None = None) -> FaultBlock[Fault]:
        """Answer every request within the block with 503."""
        effect = Effect("maintenance", 503, _retry_after(retry_after))
        return self._track(FaultBlock(self.site, self._lasting, call_text("maintenance", retry_after=retry_after), effect))

    def renamed(self, url: str) -> FaultBlock[str]:
        """Within the block the site has another URL than the given one, which answers 302; the block is given the new URL."""
        parts = urlsplit(url)
        name = parts.hostname or ""
        other = {"127.0.0.1": "localhost", "localhost": "127.0.0.1"}.get(name)
        if other is None:
            raise ValueError(f"a site on {name} has no second name; let it listen on host='127.0.0.1' or 'localhost' to rename it")
        new_url = parts._replace(netloc=f"{other}:{parts.port}").geturl()
        return self._track(FaultBlock(self.site, self._lasting, call_text("renamed"), Effect("renamed", 302, moved_to=new_url), new_url))

    def reject(self, id: Id, message: str = "The remote link was rejected.") -> Fault:
        """Reject a link in every submission from now on, with this message."""
        with self.site.present():
            fault = self._rejections[id] = Rejection(self.site, id, message)
            return self._track(fault)

    def rate_limit(
        self, requests: int | None = None, *, per: float = 60.0, cost: int | None = None, longest_wait: int = LONGEST_WAIT
    ) -> Fault:
        """Limit the requests, or their cost, in ``per`` seconds of the site's clock; without numbers the limit is lifted.

        A wait that is ignored grows up to ``longest_wait`` seconds.
        """
        for name, value in (("requests", requests), ("cost", cost)):
            if value is not None:
                whole_number(name, value, 1)
        seconds("per", per, 0.001)
        whole_number("longest_wait", longest_wait, 1)
        fault = Fault(self.site, "rate_limit", call_text("rate_limit", requests, per=per, cost=cost))
        with self.site.present():
            self._limit = None if requests is None and cost is None else (RateLimit(requests, cost, per, longest_wait), fault)
        return fault

    def unmet(self) -> list[str]:
        """In words, the faults that no request met and the blocks that were never entered. A rate limit may well not be reached."""
        with self.site.present():
            return [f"{fault._call}: {fault._problem}" for fault in self._tracked if not fault._is_met]

    def _plan(self, call: str, effect: Effect, times: int, operations: Operations, after: int) -> Fault:
        fault = PlannedFault(self.site, call, effect, times, operations, after)
        with self.site.present():
            self._planned.append(fault)
            return self._track(fault)

    def _track(self, fault: AnyFault) -> AnyFault:
        with self.site.present():
            self._tracked.append(fault)
        return fault

    # What a request gets. The caller holds the site's lock.

    def next_unread(self, operation: OperationName | None, host: str) -> Effect | None:
        """The fault that closes the connection before the request is read, if that is the next one.

        This alone gives a request such a fault, and counts it for those that
        let it pass: once it is read, it is too late.
        """
        if self._block(host) is not None:
            return None
        planned = _next(operation, self._planned)
        if planned is not None and planned.effect.unread:
            return self._take(planned, operation, self._planned)
        return self._take(None, operation, [planned for planned in self._planned if planned.effect.unread])

    def next_fault(self, arrival: Arrival) -> Effect | None:
        """What a request gets: blocks come first, then waits and limits, then planned faults in the order of planning."""
        if (block := self._block(arrival.host)) is not None:
            return block
        sender = arrival.api, arrival.app, arrival.operation
        wait = self._waits.get(sender)
        if wait is not None and wait.refuses(arrival.ignored, arrival.operation in arrival.waited_for, arrival.now):
            return Effect("sent before Retry-After had passed", wait.status, wait.left(arrival.now))
        if self._limit is not None:
            limit, fault = self._limit
            refused = limit.take(arrival.cost, arrival.ignored, "" in arrival.waited_for, arrival.now)
            if refused is not None:
                return Effect("rate_limit", 429, refused[0], (("RateLimit-Reason", refused[1]),), concerns_all=True, fault=fault)
        possible = [planned for planned in self._planned if not planned.effect.unread]
        taken = self._take(_next(arrival.operation, possible), arrival.operation, possible)
        if taken is not None and taken.retry_after is not None and taken.status is not None:
            wait = self._waits[sender] = Wait(status=taken.status)
            wait.start(taken.retry_after, arrival.now)
        return taken

    def rejections_of(self, ids: Iterable[Id | None]) -> dict[Id, Rejection]:
        """Of the links that are submitted, those to reject."""
        found = {id: self._rejections[id] for id in ids if id in self._rejections} if self._rejections else {}
        for fault in found.values():
            fault._is_met = True
        return found

    def limit_headers(self) -> tuple[tuple[str, str], ...]:
        """What every response says of the rate limit."""
        return self._limit[0].headers() if self._limit is not None else ()

    def _block(self, host: str) -> Effect | None:
        """What the block that was entered last gives to a request to the host."""
        blocks = (effect for effect in reversed(self._lasting) if not effect.moved_to or urlsplit(effect.moved_to).netloc != host.lower())
        return next(blocks, None)

    def _take(self, taken: PlannedFault | None, operation: OperationName | None, counting: list[PlannedFault]) -> Effect | None:
        """Count the request, for the fault that it gets and for those that let it pass."""
        for planned in counting:
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


def _next(operation: OperationName | None, possible: Iterable[PlannedFault]) -> PlannedFault | None:
    """Of the faults planned for such a request, the first that does not let it pass."""
    return next((planned for planned in possible if planned.after == 0 and planned.is_for(operation)), None)


def _retry_after(given: int | None) -> int | None:
    return None if given is None else whole_number("retry_after", given)


def _fresh(limit: tuple[RateLimit, Fault] | None) -> tuple[RateLimit, Fault] | None:
    """The same limit, with no request counted."""
    if limit is None:
        return None
    counted, fault = limit
    return RateLimit(counted.requests, counted.cost, counted.per, counted.longest_wait), fault
