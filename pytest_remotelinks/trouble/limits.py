"""Limits: how many requests an app may send in a time, and how long it must wait then."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime, timezone

#: Seconds above which a wait does not grow any more.
LONGEST_WAIT = 3600
#: The share of a limit below which Jira warns that it is near.
NEAR = 0.2


@dataclass
class Wait:
    """A Retry-After that was given: who comes before it has passed waits longer."""

    until: float = 0.0
    seconds: int = 0
    #: The status of the answer that asked for it.
    status: int = 429

    def start(self, seconds: int, now: float) -> None:
        self.seconds, self.until = seconds, now + seconds

    def ignored(self, now: float, tolerance: float = 0.05) -> bool:
        """Whether a request comes too early; then the wait starts again, twice as long."""
        if now >= self.until - tolerance:
            return False
        self.start(max(1, min(2 * self.seconds, LONGEST_WAIT)), now)
        return True


@dataclass
class RateLimit:
    """So many requests, or so much cost, in a window of ``per`` seconds.

    A window begins with the first request after the last one ended. The cost of
    a request is 1, and 1 more for each link that it submits: Jira publishes
    that there is a quota by cost, and not how it is counted.
    """

    requests: int | None
    cost: int | None
    per: float
    _window_end: float = 0.0
    _requests_used: int = 0
    _cost_used: int = 0
    _wait: Wait = field(default_factory=Wait)

    def take(self, cost: int, now: float) -> tuple[int, str] | None:
        """Count a request; return the seconds to wait and the reason where it is over the limit."""
        reason = "jira-quota-based" if self.requests is not None else "jira-cost-based"
        if self._wait.ignored(now):
            self._window_end = max(self._window_end, self._wait.until)
            return self._wait.seconds, reason
        if now >= self._window_end - 0.05:
            self._window_end, self._requests_used, self._cost_used = now + self.per, 0, 0
        too_many = self.requests is not None and self._requests_used + 1 > self.requests
        too_costly = self.cost is not None and self._cost_used + cost > self.cost
        if not (too_many or too_costly):
            self._requests_used += 1
            self._cost_used += cost
            return None
        self._wait.start(max(1, math.ceil(self._window_end - now)), now)
        return self._wait.seconds, "jira-quota-based" if too_many else "jira-cost-based"

    def headers(self) -> tuple[tuple[str, str], ...]:
        """What every answer says of the limit."""
        limit, used = (self.requests, self._requests_used) if self.requests is not None else (self.cost or 0, self._cost_used)
        remaining = max(0, limit - used)
        near = (("X-RateLimit-NearLimit", "true"),) if remaining < NEAR * limit else ()
        # To the minute, so the next one: a client that waits until then has waited long enough.
        end = datetime.fromtimestamp(math.ceil(self._window_end / 60) * 60, timezone.utc)
        return (
            ("X-RateLimit-Limit", str(limit)),
            ("X-RateLimit-Remaining", str(remaining)),
            ("X-RateLimit-Reset", end.strftime("%Y-%m-%dT%H:%MZ")),
            *near,
        )
