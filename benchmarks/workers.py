"""Whether several workers get through one rate limit, by two recipes for retries.

    python benchmarks/workers.py [RUNS]

Each run has 20 workers and 40 submissions, of which the site takes 30 in a
second. It is complete if all are accepted. The wait is the longest Retry-After
that a worker was answered, in seconds.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from support.links import a_link
from support.workers import RECIPES, WORKERS

from pytest_remotelinks import FakeJira


def main(runs: int) -> None:
    payloads = [{"remoteLinks": [a_link(str(number))]} for number in range(2 * WORKERS)]
    for name, recipe in RECIPES.items():
        complete, longest = 0, 0
        blamed: Counter[str] = Counter()
        for _ in range(runs):
            with FakeJira() as jira:
                jira.rate_limit(30, per=1)
                complete += recipe(jira, payloads) == [202] * len(payloads)
                blamed.update(violation.code for violation in jira.violations)
                waits = [int(exchange.response.headers.get("Retry-After", "0")) for exchange in jira.requests]
                longest = max(longest, *waits)
        print(f"{name}: {complete} of {runs} complete; longest wait {longest} s; violations: {dict(blamed) or 'none'}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
