"""Times: reading those that links carry (RFC 3339), and how exactly waits are measured."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any

#: Seconds by which a request may come too early after a Retry-After: clocks and timers are only so exact.
TOLERANCE = 0.05

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
