"""Whether hints survive being obeyed: fix generated broken submissions and requests as their violations say, and check again.

    python benchmarks/hints.py [--inputs 25000] [--requests 5000] [--seed 1]

For each contract version it prints how many inputs there were, how many
violations they had, how many of those have a fix, and how many fixes failed:
the violation stayed, or another one came. It exits with 1 if any did, and
prints the first of each kind. ``tests/rules/test_hints_obeyed.py`` does the
same over HTTP with fewer inputs.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support.broken import PROPERTIES, broken_payloads, broken_requests, request_of, unmet

from pytest_remotelinks.apis.remotelinks import REMOTE_LINKS
from pytest_remotelinks.contract.document import load_document
from pytest_remotelinks.rules.checker import Checker
from pytest_remotelinks.rules.context import RequestContext
from pytest_remotelinks.rules.retries import AppHistory
from pytest_remotelinks.rules.violation import Violation
from pytest_remotelinks.wire.fix import fixed_request
from pytest_remotelinks.wire.request import Request

VERSIONS = ("2023-06", "2026-06")


class Tally:
    """Checks what it is given, obeys each fix, and counts."""

    def __init__(self, version: str) -> None:
        self._checker = Checker(load_document(version))
        self._context = RequestContext(histories={"": AppHistory(REMOTE_LINKS, set(PROPERTIES))})
        self.counts: Counter[str] = Counter()
        self.kinds: Counter[str] = Counter()
        self.failures: dict[tuple[str, str], str] = {}

    def _check(self, request: Request) -> tuple[Violation, ...]:
        return self._checker.check(request, self._context).violations

    def add(self, request: Request) -> None:
        """Check a request, and again after each of its fixes."""
        before = self._check(request)
        self.counts.update(inputs=1, broken=bool(before), violations=len(before))
        for violation in before:
            if (fix := violation.fix) is None:
                continue
            self.counts.update(fixes=1, safe=fix.safe)
            self.kinds[f"{violation.code} {fix.action}"] += 1
            fixed = fixed_request(request, fix)
            if wrong := unmet(violation, before, self._check(fixed)):
                self.counts.update(failures=1)
                sent = f"{request.method} {request.target}\n{request.headers!r}\n{request.body[:1500].decode()}"
                self.failures.setdefault((violation.code, fix.action), f"{violation}\n  {violation.hint}\n  then: {wrong}\n{sent}")


def generate(inputs: st.SearchStrategy[Any], count: int, start: int, use: Callable[[Any], None]) -> None:
    """Use so many generated inputs."""

    @seed(start)
    @settings(max_examples=count, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(inputs)
    def each(value: Any) -> None:
        use(value)

    each()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=25_000, help="submissions for each version, of which one in five is not broken")
    parser.add_argument("--requests", type=int, default=5_000, help="broken requests for each version")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    failed = False
    for version in VERSIONS:
        for name, strategy, count in (
            ("submissions", broken_payloads(), options.inputs),
            ("requests", broken_requests(), options.requests),
        ):
            tally, begun = Tally(version), time.perf_counter()
            generate(
                strategy, count, options.seed, lambda one, tally=tally: tally.add(one if isinstance(one, Request) else request_of(one))
            )  # type: ignore[misc]
            print(f"{version} {name}: {json.dumps(tally.counts)}, {time.perf_counter() - begun:.0f} s")
            print(f"  {', '.join(f'{kind} {number}' for kind, number in sorted(tally.kinds.items()))}")
            for (code, action), text in tally.failures.items():
                failed = True
                print(f"\nFAILED {code} {action}: {text}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
