"""A site's time: real time, moved forward by the test."""

from __future__ import annotations

import time


class Clock:
    """Gives seconds since the epoch; never runs backwards."""

    def __init__(self) -> None:
        self._ahead = time.time() - time.monotonic()

    def now(self) -> float:
        """The site's time, in seconds since the epoch."""
        return time.monotonic() + self._ahead

    def advance(self, seconds: float) -> None:
        """Move the clock forward. Raises ValueError for a negative number."""
        if not 0 <= seconds < float("inf"):
            raise ValueError(f"a clock can be moved forward by 0 seconds or more, not by {seconds!r}")
        self._ahead += seconds
