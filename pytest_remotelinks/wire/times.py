"""Times: reading those that links carry (RFC 3339), and how exactly waits are measured."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

#: Seconds by which a request may come too early after a Retry-After: clocks and timers are only so exact.
TOLERANCE = 0.05

_FRACTION = re.compile(r"\.(\d+)")


def read_time(value: Any) -> datetime | None:
    """The moment that a text names with its zone, None for anything else; fractions count to the microsecond."""
    if not isinstance(value, str):
        return None
    # Python 3.10 reads neither "Z" nor other fractions than of three or six digits.
    text = _FRACTION.sub(lambda match: f".{match[1]:0<6.6}", value.upper().replace("Z", "+00:00"))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
