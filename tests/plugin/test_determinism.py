"""The same seed gives the same record, whatever else runs, and in whatever order."""

from __future__ import annotations

import pytest
from support.project import ini

PROJECT = """
import http.client
import json
from pathlib import Path

import pytest

BASE = "/rest/remotelinks/1.0"

def send(jira, method, path, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", int(jira.url.rpartition(":")[2]), timeout=30)
    try:
        connection.request(method, BASE + path, json.dumps(body) if body else None,
                           {"Authorization": "JWT a.b.c", "Content-Type": "application/json"})
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        pass
    finally:
        connection.close()

def submit(jira, id, sequence):
    link = {"id": id, "updateSequenceNumber": sequence, "displayName": "name", "url": "https://scanner.example/1",
            "type": "security", "lastUpdated": "2026-01-31T12:00:00Z"}
    send(jira, "POST", "/bulk", {"remoteLinks": [link, {"id": "broken"}], "properties": {"account": id}})

def scenario(jira):
    jira.rate_limit(30)
    jira.fail_next(429, operation="read", retry_after=5)
    jira.drop_connection(applied=True, operation="delete", after=1)
    jira.garble_next("truncated", times=2, operation="submit", after=2)
    jira.reject("c", "not now")
    for number in range(1, 8):
        for id in "abc":
            submit(jira, id, number)
        send(jira, "DELETE", "/remotelink/a")
        send(jira, "GET", "/remotelink/b")
        jira.advance(7)
        send(jira, "DELETE", "/bulkByProperties?account=b")
        send(jira, "PUT", "/bulk")
    jira.settle()

def record(jira):
    # Times are left out, and with them the remaining waits.
    times = ("X-RateLimit-Reset", "Retry-After")
    for exchange in jira.requests:
        request = exchange.request
        yield [request.method, request.target, request.body.decode(), exchange.status, exchange.fault, exchange.operation,
               [pair for pair in exchange.response.headers.pairs if pair[0] not in times],
               exchange.response.body.decode(),
               [[found.code, found.pointer, found.code == "RL701" or found.message] for found in exchange.violations]]
    yield [str(write) for write in jira.arrivals]
    yield jira.links

@pytest.mark.remotelinks(consistency="shuffled:2026", strict=False)
@pytest.mark.parametrize("run", range(RUNS))
def test_it(fake_jira, run):
    scenario(fake_jira)
    Path(f"record-{run}.json").write_text(json.dumps(list(record(fake_jira)), indent=1))
"""


def records_of(project, runs, run):
    project.makepyfile(test_it=PROJECT.replace("RUNS", str(runs)))
    run("-W", "ignore").assert_outcomes(passed=runs)
    return [(project.path / f"record-{number}.json").read_bytes() for number in range(runs)]


def test_same_seed_same_record(project):
    """The same seed gives the same record, with every kind of fault in it."""
    first, *others = records_of(project, 3, project.runpytest)
    assert others == [first, first]
    for planned in (b"rate_limit", b"fail_next", b"drop_connection after", b"garble_next: truncated", b", again", b"RL7"):
        assert planned in first


@pytest.mark.slow
def test_same_seed_same_record_under_xdist(project):
    """A hundred runs in two processes leave the same record."""
    project.makeini(ini(plugins=""))
    records = records_of(project, 100, lambda *options: project.runpytest_subprocess("-n", "2", *options, timeout=300))
    assert len(set(records)) == 1
