"""The trouble of one site: what is planned, what lasts, and what befalls the next request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from pytest_remotelinks.apis.api import OperationName
from pytest_remotelinks.jira.faults import Fault, Planned, operations_named, seconds, whole_number
from pytest_remotelinks.jira.rate_limit import RateLimit, Wait


@dataclass(frozen=True)
class Plans:
    """The trouble that is to come."""

    planned: list[Planned]
    limit: RateLimit | None
    rejections: dict[str, str]


class Trouble:
    """Not safe for several threads at once: the owner holds a lock."""

    def __init__(self) -> None:
        self._planned: list[Planned] = []
        #: Faults that befall every request until they are over, the last one first.
        self._lasting: list[Fault] = []
        #: By app and operation, the wait that its last refusal asked for.
        self._waits: dict[tuple[str, str], Wait] = {}
        self.limit: RateLimit | None = None
        #: By id, with which words links are rejected.
        self.rejections: dict[str, str] = {}

    def plan(self, fault: Fault, times: int, operation: OperationName | Iterable[OperationName] | None, after: int) -> None:
        """Let a fault befall the next requests. Raises ValueError for a number or an operation that cannot be."""
        self._planned.append(Planned(fault, whole_number("times", times, 1), operations_named(operation), whole_number("after", after)))

    def set_limit(self, requests: int | None, per: float, cost: int | None) -> None:
        """Limit the requests, or lift the limit where both are None. Raises ValueError for a limit that cannot be."""
        for name, value in (("requests", requests), ("cost", cost)):
            if value is not None:
                whole_number(name, value, 1)
        seconds("per", per, 0.001)
        self.limit = None if requests is None and cost is None else RateLimit(requests, cost, per)

    @contextmanager
    def lasting(self, fault: Fault) -> Iterator[None]:
        """A fault that befalls every request within the block."""
        self._lasting.append(fault)
        try:
            yield
        finally:
            self._lasting.remove(fault)

    def befall_unread(self, operation: OperationName | None) -> Fault | None:
        """The fault that closes the connection before the request is read, if that is what comes next."""
        if self._lasting:
            return None
        planned = self._next(operation)
        return self._take(planned, operation) if planned is not None and planned.fault.unread else None

    def befall(self, operation: OperationName | None, app: str, cost: int, began: float, now: float, host: str = "") -> Fault | None:
        """What befalls a request, None where nothing does.

        What lasts comes first, then waits and limits, then what is planned, in
        the order of planning. ``began`` is when the request did, and ``now`` when
        it is answered, in seconds on the site's clock; ``host`` is the name and
        port at which it came.
        """
        for fault in reversed(self._lasting):
            if not fault.moved_to or urlsplit(fault.moved_to).netloc != host.lower():
                return fault
        wait = self._waits.get((app, operation or ""))
        if wait is not None and wait.refuses(began, now):
            return Fault("a request before Retry-After had passed", wait.status, wait.left(now))
        if self.limit is not None and (refused := self.limit.take(cost, began, now)) is not None:
            return Fault("rate_limit", 429, refused[0], (("RateLimit-Reason", refused[1]),), concerns_all=True)
        taken = self._take(self._next(operation), operation)
        if taken is not None and taken.retry_after is not None and taken.status is not None:
            wait = self._waits[app, operation or ""] = Wait(status=taken.status)
            wait.start(taken.retry_after, now)
        return taken

    def _next(self, operation: OperationName | None) -> Planned | None:
        """Of what is planned for such a request, the first that does not let it pass."""
        return next((planned for planned in self._planned if planned.after == 0 and planned.concerns(operation)), None)

    def _take(self, taken: Planned | None, operation: OperationName | None) -> Fault | None:
        """Count the request, for the fault that it meets with and for those that let it pass."""
        for planned in self._planned:
            if planned is taken:
                planned.times -= 1
            elif planned.after > 0 and planned.concerns(operation):
                planned.after -= 1
        self._planned = [planned for planned in self._planned if planned.times > 0]
        return taken.fault if taken is not None else None

    def headers(self) -> tuple[tuple[str, str], ...]:
        """What every answer says of the limit."""
        return self.limit.headers() if self.limit is not None else ()

    def snapshot(self) -> Plans:
        """What is planned now, to be restored; waits that were asked for are none of it."""
        limit = self.limit and RateLimit(self.limit.requests, self.limit.cost, self.limit.per)
        return Plans([replace(planned) for planned in self._planned], limit, dict(self.rejections))

    def restore(self, plans: Plans) -> None:
        """Go back to what was planned."""
        self._planned = [replace(planned) for planned in plans.planned]
        self.limit = plans.limit and RateLimit(plans.limit.requests, plans.limit.cost, plans.limit.per)
        self.rejections = dict(plans.rejections)
        self._waits.clear()

    def clear(self) -> None:
        """End all trouble that is planned or counted; what lasts ends with its block."""
        self._planned.clear()
        self._waits.clear()
        self.rejections.clear()
        self.limit = None
