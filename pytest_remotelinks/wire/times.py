"""Times: the clocks of a test run, reading those that links carry (RFC 3339), and how exactly waits are measured."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any

#: Seconds by which a request may come too early after a Retry-After: clocks and timers are only so exact.
TOLERANCE = 0.05

# A test may freeze or move the clocks. What waits and delays needs those that really run, so they are kept
# when pytest starts, as pytest does itself; freezegun would find the functions themselves in a module.
#: Seconds that only grow, for waits and durations.
steady: Callable[[], float] = partial(time.perf_counter)
_wall: Callable[[], float] = partial(time.time)


def real_time() -> float:
    """Seconds since the epoch, whatever the test's clock says."""
    time_machine = sys.modules.get("time_machine")
    if time_machine is not None:
        # It changes the functions themselves, and has a way around that, but only as long as it does.
        with suppress(ValueError):
            return float(time_machine.escape_hatch.time.time())
    return _wall()


def provider_time() -> float:
    """Seconds since the epoch on the clock that a provider in this process has: a test may have frozen or moved it."""
    return time.time()


def clock_text(seconds: float) -> str:
    """Seconds since the epoch as a time in UTC."""
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")


_FRACTION = re.compile(r"\.(\d+)")
_LEAP_SECOND = re.compile(r"(.{10}T\d\d:\d\d):60(?:\.\d+)?(.*)")
#: The first moment that Python has.
FIRST = datetime.min.replace(tzinfo=timezone.utc)


def read_time(value: Any) -> datetime | None:
    """The moment that a text names with its zone, None for anything else; fractions count to the microsecond.

    A leap second is the first moment after it. The year 0, which Python does
    not have, counts as the first moment that it has.
    """
    if not isinstance(value, str):
        return None
    # Python 3.10 reads neither "Z" nor other fractions than of three or six digits.
    text = _FRACTION.sub(lambda match: f".{match[1]:0<6.6}", value.upper().replace("Z", "+00:00"))
    leap = _LEAP_SECOND.match(text)
    try:
        moment = datetime.fromisoformat(f"{leap[1]}:59{leap[2]}" if leap else text)
    except ValueError:
        return FIRST if text.startswith("0000-") else None
    if moment.tzinfo is None:
        return None
    try:
        return moment + timedelta(seconds=1) if leap else moment
    except OverflowError:  # the last second of the year 9999
        return moment
