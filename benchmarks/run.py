"""What the plugin costs, measured against a bare pytest-httpserver in one run.

Ours and the bare server are measured in turns, so that other load of the
machine affects both. Only the ratios of one run mean anything.

    python benchmarks/run.py [--quick]
"""

from __future__ import annotations

import argparse
import http.client
import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from pytest_remotelinks import FakeJira
from pytest_remotelinks.apis.remotelinks import REMOTE_LINKS
from pytest_remotelinks.auth.qsh import canonical_requests
from pytest_remotelinks.auth.qsh_mistakes import find_mistake
from pytest_remotelinks.check.files import check_file
from pytest_remotelinks.contract.document import _loaded, load_document
from pytest_remotelinks.wire.headers import Headers
from pytest_remotelinks.wire.request import Request as Sent

PUBLISHED = Path(__file__).resolve().parents[2] / "shared" / "contract" / "published" / "jira-software-2026-06-10.json"
PATH = "/rest/remotelinks/1.0/bulk"
SEQUENCE = 1_769_860_800_000
_SEQUENCE = str(SEQUENCE).encode()
HEADERS = {"Authorization": "JWT x", "Content-Type": "application/json"}

APP = {
    "key": "scanner",
    "name": {"value": "Scanner"},
    "homeUrl": "https://scanner.example",
    "actions": [
        {
            "actionId": "dismiss",
            "actionLabel": {"value": {"value": "Dismiss"}},
            "templateUrl": "https://scanner.example/dismiss?alert={alert}",
        },
    ],
}


def link(number: int, **members: Any) -> dict[str, Any]:
    return {
        "schemaVersion": "1.0",
        "id": f"shop#{number}",
        "updateSequenceNumber": SEQUENCE,
        "displayName": f"SQL injection in checkout, alert {number}",
        "url": f"https://scanner.example/shop/alerts/{number}",
        "type": "security",
        "description": "The order number reaches the database unescaped. " * 3,
        "lastUpdated": "2026-01-31T12:00:00Z",
        "associations": [{"associationType": "issueKeys", "values": ["SHOP-12", "SHOP-13"]}],
        "status": {"appearance": "removed", "label": "OPEN"},
        **members,
    }


def body(count: int, **members: Any) -> bytes:
    return json.dumps({"remoteLinks": [link(number, **members) for number in range(count)], "properties": {"account": "a"}}).encode()


def bare_handler(request: Request) -> Response:
    json.loads(request.get_data())
    return Response(b'{"acceptedRemoteLinks":[]}', 202, content_type="application/json")


def post(port: int, payload: bytes, headers: dict[str, str] = HEADERS) -> float:
    """Send one submission on a connection of its own and return the milliseconds until its answer was read."""
    begun = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", PATH, payload, headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status == 202
    return (time.perf_counter() - begun) * 1000


def submissions(rounds: int, sizes: dict[str, bytes], app: dict[str, Any] | None = None) -> dict[str, tuple[float, float]]:
    """By name, the median milliseconds of a submission: ours, and the bare handler's. With an app, it signs.

    Each submission updates the links of the one before, since sending them again
    unchanged would be a violation.
    """
    results = {}
    with FakeJira(app=app) as jira, HTTPServer(port=0) as server:
        server.expect_request(PATH).respond_with_handler(bare_handler)
        our_port = int(jira.url.rpartition(":")[2])
        for name, payload in sizes.items():
            ours, bare = [], []
            for turn in range(rounds):
                if turn % 10 == 0:
                    # Each side drops its record as between tests, so that the garbage collector works for both alike.
                    jira.reset()
                    server.clear_log()
                headers = {**HEADERS, "Authorization": jira.authorization("POST", PATH)} if app else HEADERS
                updates = [payload.replace(_SEQUENCE, str(SEQUENCE + turn * 5 + number).encode()) for number in range(5)]
                ours += [post(our_port, update, headers) for update in updates]
                bare += [post(server.port, update) for update in updates]
            results[name] = (median(ours[20:]), median(bare[20:]))
    return results


def in_turns(rounds: int, *measurements: Callable[[], float]) -> list[float]:
    """The median of each measurement, taken in turns."""
    taken: list[list[float]] = [[] for _ in measurements]
    for _ in range(rounds):
        for measure, results in zip(measurements, taken, strict=True):
            results.append(measure())
    return [median(results) for results in taken]


def child(*words: str, cwd: Path) -> tuple[float, str]:
    """Run Python and return the milliseconds of processor time that it took, and what it printed."""
    before = getrusage(RUSAGE_CHILDREN)
    # Compiled modules are kept, as they are for users.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run([sys.executable, *words], cwd=cwd, env=environment, capture_output=True, text=True, check=True)
    after = getrusage(RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000, done.stdout


PYTEST = ("-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:hypothesispytest")
TIMED = """
import time
from statistics import median
import pytest

TAKEN = []

@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item):
    begun = time.perf_counter()
    result = yield
    TAKEN.append((time.perf_counter() - begun) * 1000)
    return result

def pytest_sessionfinish():
    # The first test starts the server and the last one stops it.
    print("MEDIAN", median(TAKEN[1:-1]))
"""


def a_test(folder: Path, rounds: int, count: int) -> tuple[float, float]:
    """Milliseconds of an empty test from its set-up to its report: with fake_jira, and with httpserver."""

    def run(fixture: str) -> Callable[[], float]:
        place = folder / fixture
        place.mkdir()
        (place / "conftest.py").write_text(TIMED)
        test = f"import pytest\n@pytest.mark.parametrize('n', range({count}))\ndef test_it(n, {fixture}):\n    pass\n"
        (place / "test_it.py").write_text(test)
        return lambda: float(child(*PYTEST, "-s", cwd=place)[1].split("MEDIAN ")[1].split()[0])

    ours, bare = in_turns(rounds, run("fake_jira"), run("httpserver"))
    return ours, bare


START_OURS = """
from pytest_remotelinks import FakeJira
server = FakeJira().start()
port = int(server.url.rpartition(":")[2])
"""
START_BARE = """
from pytest_httpserver import HTTPServer
from werkzeug import Response
server = HTTPServer(port=0)
server.start()
server.expect_request(PATH).respond_with_handler(lambda request: Response(json.dumps(json.loads(request.get_data())), 202))
port = server.port
"""


def first_use(folder: Path, rounds: int) -> tuple[float, float]:
    """Milliseconds from the first import to the first answer, in a process that has pytest: ours, and bare."""

    def measure(name: str, start: str) -> Callable[[], float]:
        script = folder / f"{name}.py"
        script.write_text(
            "import time, http.client, json, logging, pytest\n"
            f"PATH, BODY, HEADERS = {PATH!r}, {body(1)!r}, {HEADERS!r}\n"
            f"begun = time.perf_counter()\n{start}\n"
            "connection = http.client.HTTPConnection('127.0.0.1', port)\n"
            "connection.request('POST', PATH, BODY, HEADERS)\n"
            "assert connection.getresponse().status == 202\n"
            "print((time.perf_counter() - begun) * 1000)\n"
        )
        return lambda: float(child(str(script), cwd=folder)[1])

    ours, bare = in_turns(rounds, measure("ours", START_OURS), measure("bare", START_BARE))
    return ours, bare


def unused(folder: Path, rounds: int) -> tuple[float, float, float]:
    """Processor milliseconds of a pytest run with one empty test: with the plugin, without it, and without pytest-httpserver's too."""
    (folder / "test_empty.py").write_text("def test_it():\n    pass\n")
    run = [*PYTEST, "test_empty.py"]
    without = ["-p", "no:remotelinks"]
    results = in_turns(
        rounds,
        lambda: child(*run, cwd=folder)[0],
        lambda: child(*run, *without, cwd=folder)[0],
        lambda: child(*run, *without, "-p", "no:pytest_httpserver", cwd=folder)[0],
    )
    return results[0], results[1], results[2]


def timed(work: Callable[[], object]) -> Callable[[], float]:
    """A measurement of the milliseconds that some work takes."""

    def measure() -> float:
        begun = time.perf_counter()
        work()
        return (time.perf_counter() - begun) * 1000

    return measure


def load(path: Path, rounds: int) -> tuple[float, float, float]:
    """Milliseconds of loading a whole document for the first time, of json.load on it, and of asking for it again."""

    def first() -> None:
        _loaded.clear()
        load_document(path)

    def plain() -> None:
        with path.open(encoding="utf-8") as file:
            json.load(file)

    results = in_turns(rounds, timed(first), timed(plain), timed(lambda: load_document(path)))
    return results[0], results[1], results[2]


def offline(rounds: int) -> tuple[float, float]:
    """Milliseconds of `remotelinks check` on 8,000 broken links in 4 MB, without writing it out, and of json.loads on them."""
    content = json.dumps([link(number, url="<string>") for number in range(8_000)], indent=2).encode()
    ours, plain = in_turns(
        rounds,
        timed(lambda: check_file("links.json", content, "2023-06", (), None)),
        timed(lambda: json.loads(content)),
    )
    return ours, plain


def wrong_hash(rounds: int) -> tuple[float, float]:
    """Milliseconds of looking for the mistake behind a wrong qsh over 4 kB of query, and of the right one's hash."""
    query = "&".join(f"property{number}=some%20value" for number in range(150))
    request = Sent("DELETE", f"/rest/remotelinks/1.0/bulkByProperties?{query}", Headers())
    search, right = in_turns(
        rounds,
        timed(lambda: find_mistake(REMOTE_LINKS, request, canonical_requests(request), "0" * 64)),
        timed(lambda: canonical_requests(request)[0].hash),
    )
    return search, right


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the rounds; the numbers are rough")
    quick = parser.parse_args().quick
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # the bare server would spend its time on writing to the terminal
    rows: list[tuple[str, float, float, str]] = []
    counts = {"1 link": body(1), "10 links": body(10), "100 links": body(100)}
    for name, (ours, bare) in submissions(20 if quick else 200, counts).items():
        rows.append((f"a valid submission of {name}", ours, bare, f"{ours / bare:.2f} times; aim 1.5"))
    acting = body(100, actionIds=["dismiss"], attributeMap={"alert": "7"})
    for name, (ours, bare) in submissions(20 if quick else 200, {"1 link": body(1), "100 links with actions": acting}, APP).items():
        rows.append((f"the same, signed: {name}", ours, bare, f"{ours / bare:.2f} times; aim 1.5"))
    for name, (ours, bare) in submissions(
        5 if quick else 30, {"1 link": body(1, url="<string>"), "100 links": body(100, url="<string>")}
    ).items():
        rows.append((f"a submission of {name}, all broken", ours, bare, f"{ours / bare:.2f} times"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "tests").mkdir()
        ours, bare = a_test(folder / "tests", 3 if quick else 9, 400)
        rows.append(("an empty test with the fixture", ours, bare, f"{ours - bare:+.3f} ms; aim 0.2"))
        ours, bare = first_use(folder, 3 if quick else 15)
        rows.append(("first use, to the first answer", ours, bare, f"{ours - bare:+.0f} ms; aim 150"))
        ours, bare, none = unused(folder, 5 if quick else 31)
        rows.append(("pytest with the plugin unused", ours, bare, f"{ours - bare:+.1f} ms; aim 5"))
        rows.append(("  of which pytest-httpserver's own plugin", bare, none, f"{bare - none:+.1f} ms"))
    if PUBLISHED.exists():
        ours, bare, again = load(PUBLISHED, 5 if quick else 31)
        rows.append(("the whole document of 2026, first time", ours, bare, f"{ours / bare:.2f} times json.load; aim 3"))
        rows.append(("the whole document of 2026, once more", again, bare, f"{again / bare:.2f} times json.load"))
    ours, bare = offline(1 if quick else 5)
    rows.append(("remotelinks check of 8,000 broken links", ours, bare, f"{ours / bare:.0f} times json.loads"))
    ours, bare = wrong_hash(10 if quick else 100)
    rows.append(("a wrong qsh over 4 kB of query", ours, bare, f"{ours:.1f} ms"))
    print(f"{'medians in milliseconds':44}{'ours':>10}{'bare':>10}  compared")
    for what, ours, bare, compared in rows:
        print(f"{what:44}{ours:10.3f}{bare:10.3f}  {compared}")
    print("\nThe milliseconds are this machine's at this moment; compare only within one run.")


if __name__ == "__main__":
    main()
