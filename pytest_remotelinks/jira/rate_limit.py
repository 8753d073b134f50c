"""Rate limits: how many requests a site takes in a time, and how long a client must wait after that."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime, timezone

from pytest_remotelinks.wire.times import TOLERANCE

#: Seconds above which a wait does not grow, unless a test says otherwise.
LONGEST_WAIT = 60
#: The share of a limit below which Jira warns that it is near.
NEAR = 0.2


@dataclass
class Wait:
    """A wait that refusals ask for: until its end requests are refused, and one that ignores a refusal doubles it."""

    #: Its end, in seconds on the site's clock, and how long it lasts.
    until: float = 0.0
    seconds: int = 0
    #: The status of the refusals.
    status: int = 429
    #: Seconds above which it does not grow.
    longest: int = LONGEST_WAIT
    #: When it began.
    asked_at: float = 0.0

    def start(self, seconds: int, now: float) -> None:
        self.seconds, self.until, self.asked_at = seconds, now + seconds, now

    def left(self, now: float) -> int:
        """The whole seconds that are still to wait."""
        return max(1, math.ceil(self.until - now))

    def refuses(self, ignored: float | None, has_waited: bool, now: float) -> bool:
        """Whether a request is refused.

        ``ignored`` is when the Retry-After was answered that the request
        ignores, None if it ignores none; ``has_waited`` says whether it comes
        at the end of one. Of several workers that were refused together, the
        first that comes too early doubles the wait: the others ignore what was
        answered before that.
        """
        if has_waited or now >= self.until - TOLERANCE:
            return False
        if ignored is not None and ignored >= self.asked_at:
            self.start(max(self.seconds, min(2 * self.seconds, self.longest)), now)
        return True


@dataclass
class RateLimit:
    """At most so many requests, or so much cost, in a window of ``per`` seconds.

    A window begins with the first request after the last one ended. The cost of
    a request is 1, and 1 more for each link that it submits: Jira publishes
    that there is a quota by cost, and not how it is counted.
    """

    requests: int | None
    cost: int | None
    per: float
    #: Seconds above which a wait does not grow.
    longest_wait: int = LONGEST_WAIT
    _window_end: float = 0.0
    _requests_used: int = 0
    _cost_used: int = 0
    _wait: Wait = field(init=False)
    _reason: str = ""

    def __post_init__(self) -> None:
        self._wait = Wait(longest=self.longest_wait)

    def take(self, cost: int, ignored: float | None, has_waited: bool, now: float) -> tuple[int, str] | None:
        """Count a request; return the seconds to wait and the reason if it is over the limit."""
        if self._wait.refuses(ignored, has_waited, now):
            self._window_end = max(self._window_end, self._wait.until)
            return self._wait.left(now), self._reason
        if now >= self._window_end - TOLERANCE:
            self._window_end, self._requests_used, self._cost_used = now + self.per, 0, 0
        too_many = self.requests is not None and self._requests_used + 1 > self.requests
        too_costly = self.cost is not None and self._cost_used + cost > self.cost
        if not (too_many or too_costly):
            self._requests_used += 1
            self._cost_used += cost
            return None
        self._wait.start(max(1, math.ceil(self._window_end - now)), now)
        self._reason = "jira-quota-based" if too_many else "jira-cost-based"
        return self._wait.seconds, self._reason

    def headers(self) -> tuple[tuple[str, str], ...]:
        """What every response says of the limit; of two limits, the one that is nearer."""
        counts = [(self.requests, self._requests_used), (self.cost, self._cost_used)]
        rests = [(max(0, limit - used) / limit, limit, max(0, limit - used)) for limit, used in counts if limit is not None]
        share, limit, remaining = min(rests)
        near = (("X-RateLimit-NearLimit", "true"),) if share < NEAR else ()
        # To the minute, so the next one: a client that waits until then has waited long enough.
        end = datetime.fromtimestamp(math.ceil(self._window_end / 60) * 60, timezone.utc)
        return (
            ("X-RateLimit-Limit", str(limit)),
            ("X-RateLimit-Remaining", str(remaining)),
            ("X-RateLimit-Reset", end.strftime("%Y-%m-%dT%H:%MZ")),
            *near,
        )
