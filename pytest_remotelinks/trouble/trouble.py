"""The trouble of one site: what is planned, what lasts, and what befalls the next request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pytest_remotelinks.trouble.faults import Fault, Planned, operations_named, seconds, whole_number
from pytest_remotelinks.trouble.limits import RateLimit, Wait


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

    def plan(self, fault: Fault, times: int, operation: str | None, after: int) -> None:
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

    def befall_unread(self, operation: str | None) -> Fault | None:
        """The fault that closes the connection before the request is read, if one is due."""
        planned = next((planned for planned in self._planned if planned.fault.unread and planned.takes(operation)), None)
        return planned.fault if planned else None

    def befall(self, operation: str | None, app: str, cost: int, now: float, host: str = "") -> Fault | None:
        """What befalls a request, None where nothing does.

        ``now`` is in seconds on the site's clock, ``host`` the name and port at
        which the request came.
        """
        for fault in reversed(self._lasting):
            if not (fault.moved_to and fault.moved_to.endswith(f"//{host}")):
                return fault
        wait = self._waits.get((app, operation or ""))
        if wait is not None and wait.ignored(now):
            return Fault("a request before Retry-After had passed", wait.status, wait.seconds)
        if self.limit is not None and (refused := self.limit.take(cost, now)) is not None:
            return Fault("rate_limit", 429, refused[0], (("RateLimit-Reason", refused[1]),))
        planned = next((planned for planned in self._planned if not planned.fault.unread and planned.takes(operation)), None)
        if planned is None:
            return None
        fault = planned.fault
        if fault.retry_after is not None and fault.status is not None:
            wait = self._waits[app, operation or ""] = Wait(status=fault.status)
            wait.start(fault.retry_after, now)
        return fault

    def headers(self) -> tuple[tuple[str, str], ...]:
        """What every answer says of the limit."""
        return self.limit.headers() if self.limit is not None else ()

    def clear(self) -> None:
        """End all trouble that is planned or counted; what lasts ends with its block."""
        self._planned.clear()
        self._waits.clear()
        self.rejections.clear()
        self.limit = None
