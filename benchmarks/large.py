"""How long small requests take while a large submission with violations is being checked.

    python benchmarks/large.py

By contract version and submission, in seconds: how long the submission takes,
and the longest and the middle one of the reads that are sent one after the
other meanwhile. The first line has reads without a submission.
"""

from __future__ import annotations

import http.client
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from threading import Thread
from typing import Any

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from support.links import a_link

from pytest_remotelinks import FakeJira

BASE = "/rest/remotelinks/1.0"


def send(jira: FakeJira, method: str, path: str, body: bytes | None = None) -> float:
    """Send a request, and return how long it took."""
    began = time.perf_counter()
    connection = http.client.HTTPConnection(jira.url.removeprefix("http://"), timeout=300)
    connection.request(method, BASE + path, body, {"Authorization": "JWT a.b.c", "Content-Type": "application/json"})
    connection.getresponse().read()
    connection.close()
    return time.perf_counter() - began


def submissions() -> Iterator[tuple[str, dict[str, Any]]]:
    """Submissions under the limits of bytes and values that take long to check."""
    keys = [f"SHOP {number}" for number in range(140_000)]
    yield "empty links", {"remoteLinks": [{}] * 70_000}
    yield "links that are numbers", {"remoteLinks": [1] * 140_000}
    yield "one link, many issues", {"remoteLinks": [a_link(associations=[{"associationType": "issueKeys", "values": keys}])]}
    yield "many properties", {"remoteLinks": [a_link()], "properties": dict.fromkeys(keys, 1)}
    yield "valid links", {"remoteLinks": [a_link(str(number)) for number in range(15_000)]}


def measure(jira: FakeJira, payload: dict[str, Any]) -> tuple[float, list[float]]:
    """How long a submission takes, and the reads meanwhile."""
    took: list[float] = []
    body = json.dumps(payload).encode()
    submission = Thread(target=lambda: took.append(send(jira, "POST", "/bulk", body)))
    submission.start()
    reads = []
    while submission.is_alive():
        reads.append(send(jira, "GET", "/remotelink/other"))
    return took[0], reads


def main() -> None:
    for version in ("2026-06", "2023-06"):
        with FakeJira(contract=version, strict=False) as jira:
            send(jira, "POST", "/bulk", b'{"remoteLinks": [{}]}')  # imports what is needed
            alone = [send(jira, "GET", "/remotelink/other") for _ in range(200)]
            print(f"{version} alone: longest read {max(alone):.3f}, middle {median(alone):.4f}", flush=True)
            for name, payload in submissions():
                took, reads = measure(jira, payload)
                print(f"{version} {name}: {took:.2f}; {len(reads)} reads, longest {max(reads):.3f}, middle {median(reads):.4f}", flush=True)


if __name__ == "__main__":
    main()
