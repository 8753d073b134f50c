"""A site's time: real time, moved on by the test."""

from __future__ import annotations

import time


class Clock:
    """Seconds since the epoch; runs like a real clock and never backwards."""

    def __init__(self) -> None:
        self._ahead = time.time() - time.monotonic()

    def now(self) -> float:
        """The site's time, in seconds since the epoch."""
        return time.monotonic() + self._ahead

    def advance(self, seconds: float) -> None:
        """Move the clock on. Raises ValueError for less than nothing."""
        if not 0 <= seconds < float("inf"):
            raise ValueError(f"a clock can be moved on by 0 seconds or more, not by {seconds!r}")
        self._ahead += seconds
