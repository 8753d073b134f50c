"""Comparing what a test expects of a link with what is there."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pytest_remotelinks.apis.api import Id
from pytest_remotelinks.wire.redact import is_secret_name, redact_value

_MISSING = type("Missing", (), {"__repr__": lambda self: "nothing"})()


@dataclass(frozen=True)
class Difference:
    """One place where a link is not what was expected."""

    path: str
    expected: Any
    actual: Any
    remark: str = ""

    def __str__(self) -> str:
        is_secret = any(map(is_secret_name, self.path.split(".")))
        actual = "it is missing" if self.actual is _MISSING else f"it is {redact_value(self.actual, is_secret)!a}"
        return f"{self.path}: expected {self.expected!a}, {actual}{self.remark}"


def differences(expected: Any, actual: Any, path: str = "") -> list[Difference]:
    """Where ``actual`` falls short of ``expected``.

    Objects are compared as subsets, lists entry by entry, everything else with
    ``==``, the expectation on the left so that matchers decide.
    """
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        found = []
        for name, wanted in expected.items():
            place = f"{path}.{name}" if path else str(name)
            if name in actual:
                found += differences(wanted, actual[name], place)
            else:
                near = difflib.get_close_matches(str(name).replace("_", ""), [str(key) for key in actual], n=1)
                found.append(Difference(place, wanted, _MISSING, f"; there is {near[0]!r}" if near else ""))
        return found
    if isinstance(expected, (list, tuple)) and isinstance(actual, (list, tuple)):
        if len(expected) != len(actual):
            return [Difference(path, expected, actual, f" ({len(actual)} entries instead of {len(expected)})")]
        return [found for index, wanted in enumerate(expected) for found in differences(wanted, actual[index], f"{path}[{index}]")]
    # JSON's true is not its 1, though Python's is.
    if {type(expected), type(actual)} in ({bool, int}, {bool, float}) or expected != actual:
        return [Difference(path, expected, actual)]
    return []


def nearest_names(name: Id, candidates: Iterable[Id], limit: int = 3) -> list[Id]:
    """Candidates most like the name, best first."""
    by_text = {candidate if isinstance(candidate, str) else "/".join(candidate): candidate for candidate in candidates}
    near = difflib.get_close_matches(name if isinstance(name, str) else "/".join(name), by_text, n=limit, cutoff=0.4)
    return [by_text[text] for text in near]
