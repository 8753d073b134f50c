"""Find the name that a misspelled one was meant to be."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

#: How alike two names are, from 0 to 1, above which one is taken for the other.
_ALIKE = 0.77
#: Characters of the longest name that is compared; the published ones are much shorter.
_COMPARED = 64


@dataclass(frozen=True)
class Meant:
    """The name that was meant. It is ``certain`` if only letter case, separators or white space differ."""

    name: str
    certain: bool


def meant(name: str, candidates: Iterable[str]) -> Meant | None:
    """The one candidate that the name was meant to be; None if there is none, or more than one."""
    if len(name) > _COMPARED:
        return None
    plain = _plain(name)
    by_plain: dict[str, list[str]] = {}
    for candidate in candidates:
        by_plain.setdefault(_plain(candidate), []).append(candidate)
    by_plain.pop("", None)
    if plain in by_plain:
        found, certain = [plain], True
    else:
        found, certain = difflib.get_close_matches(plain, by_plain, n=2, cutoff=_ALIKE), False
    names = [candidate for one in found for candidate in by_plain[one]]
    return Meant(names[0], certain) if len(names) == 1 else None


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name.casefold())
