"""Select rules by code, or by the beginning of one."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_remotelinks.rules.catalogue import RULES


def parse_selectors(given: str | Iterable[str]) -> tuple[str, ...]:
    """Read rule codes or their beginnings, from a list or from one string with commas.

    Raises ValueError for one that selects no rule.
    """
    names = given.split(",") if isinstance(given, str) else list(given)
    for name in names:
        if not isinstance(name, str):
            raise ValueError(f"{name!r} is not a rule code; give strings such as 'RL206' or 'RL2'")
    selectors = tuple(name.strip() for name in names if name.strip())
    for selector in selectors:
        if not selector.startswith("RL") or not any(code.startswith(selector) for code in RULES):
            raise ValueError(f"{selector!r} selects no rule; give a code such as 'RL206' or the beginning of one, such as 'RL2'")
    return selectors
