"""Requests that overlap: what each gets, and in which order they are recorded."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from support.raw import BASE, connect, everything, head

from pytest_remotelinks import FakeJira

DROPPED = "drop_connection before the request was read"


def begin(jira: FakeJira, name: str = "slow") -> socket.socket | None:
    """Send the head of a deletion, and wait until it was read; None if the connection was dropped then."""
    client = connect(jira.url)
    client.sendall(head("DELETE", f"{BASE}/remotelink/1", "Content-Length: 1", "Expect: 100-continue", f"X-Name: {name}"))
    if client.recv(100).startswith(b"HTTP/1.1 100 "):
        return client
    client.close()
    return None


def end(client: socket.socket) -> int:
    """Send the body, and return the status of the answer; 0 if there is none."""
    with client:
        client.sendall(b"x")
        answer = everything(client)
    return int(answer.split()[1]) if answer else 0


@contextmanager
def under_way(jira: FakeJira) -> Iterator[None]:
    """A deletion whose head is read before the block, and whose body after it; it is answered in full."""
    client = begin(jira)
    assert client is not None
    yield
    assert end(client) == 202


def faults(jira: FakeJira) -> list[tuple[int, str]]:
    return [(exchange.status, exchange.fault) for exchange in jira.requests]


def test_drop_after_one_of_two(jira, provider):
    """Of two requests that overlap, the one whose head comes second is dropped, and the record says so of it alone."""
    fault = jira.drop_connection(after=1)
    with under_way(jira), pytest.raises(requests.ConnectionError):
        provider.read("1")
    assert faults(jira) == [(0, DROPPED), (202, "")]
    assert fault.requests == jira.requests[:1]


def test_drop_planned_too_late(jira, provider):
    """A drop that is planned when a request's head was read is for the next request."""
    with under_way(jira):
        fault = jira.drop_connection()
    assert (fault.remaining, faults(jira)) == (1, [(202, "")])
    with pytest.raises(requests.ConnectionError):
        provider.read("1")
    assert faults(jira)[1:] == [(0, DROPPED)]


def test_drop_behind_another_fault(jira, provider):
    """A request that began while another fault was next is not dropped in its place."""
    jira.fail_next(500)
    jira.drop_connection()
    with under_way(jira):
        assert provider.read("1").status_code == 500
    assert faults(jira) == [(500, "fail_next"), (202, "")]
    with pytest.raises(requests.ConnectionError):
        provider.read("1")


def test_drop_at_the_new_name(jira):
    """A request to the new name of a renamed site is dropped before it is read, and not answered."""
    jira.drop_connection()
    with jira.renamed() as url, pytest.raises(requests.ConnectionError):
        requests.get(f"{url}{BASE}/remotelink/1", headers={"Authorization": "JWT a.b.c"}, timeout=30)
    assert faults(jira) == [(0, DROPPED)]


PLANS = st.lists(st.tuples(st.sampled_from(["drop", "drop", "fail", "garble"]), st.integers(1, 2), st.integers(0, 2)), max_size=4)
#: Each number begins a request when it comes first, and ends it when it comes again.
STEPS = st.permutations([number for number in range(4) for _ in range(2)])


@pytest.fixture(scope="module")
def shared() -> Iterator[FakeJira]:
    """One site for all examples."""
    with FakeJira(strict=False) as jira:
        yield jira


@given(plans=PLANS, steps=STEPS)
def test_record_of_drops_is_true(shared, plans, steps):
    """However requests overlap, the record says of those that were dropped, and of no others, that they were."""
    shared.reset()
    drops = []
    for kind, times, after in plans:
        if kind == "drop":
            drops.append((shared.drop_connection(times, after=after), times, after))
        elif kind == "fail":
            shared.fail_next(times=times, after=after)
        else:
            shared.garble_next(times=times, after=after)
    begun: list[int] = []
    open_ones: dict[int, socket.socket] = {}
    statuses: dict[int, int] = {}
    for number in steps:
        if number in open_ones:
            statuses[number] = end(open_ones.pop(number))
        elif number not in begun:
            begun.append(number)
            client = begin(shared, str(number))
            if client is None:
                statuses[number] = 0
            else:
                open_ones[number] = client

    recorded = {int(exchange.request.headers["X-Name"]): exchange for exchange in shared.requests}
    assert {number: exchange.status for number, exchange in recorded.items()} == statuses
    dropped = {number for number, exchange in recorded.items() if exchange.fault == DROPPED}
    assert dropped == {number for number, status in statuses.items() if status == 0}
    for fault, times, after in drops:
        met = [int(exchange.request.headers["X-Name"]) for exchange in fault.requests]
        assert len(met) + fault.remaining == times
        assert all(number in dropped and begun.index(number) >= after for number in met)
        if len(plans) == 1:
            assert met == begun[after : after + times]


# What is checked outside the lock


def large(link, count):
    """A submission that takes long to check: each of its properties violates a rule."""
    return json.dumps({"remoteLinks": [link()], "properties": {f"key {number}": number for number in range(count)}}).encode()


def test_reads_during_a_long_check(jira, provider, link):
    """Reads that come while a large submission is checked are answered first, and waiting goes on."""
    body = large(link, 15_000)
    with connect(jira.url) as client:
        client.sendall(head("POST", f"{BASE}/bulk", "Content-Type: application/json", f"Content-Length: {len(body)}") + body)
        jira.wait_until(lambda: jira._site.record.under_way == 1, timeout=30)
        assert [provider.read("1").status_code for _ in range(3)] == [404] * 3
        jira.wait_idle(quiet=0, timeout=60)
        assert [exchange.operation for exchange in jira.requests] == ["read"] * 3 + ["submit"]
        assert [exchange.number for exchange in jira.requests] == [1, 2, 3, 4]
        assert everything(client).startswith(b"HTTP/1.1 400 ")


def test_history_of_a_long_check(jira, provider, link):
    """What happens while a submission is checked counts for it: the link that is stored meanwhile is newer."""
    slow = link("2", associations=[{"associationType": "issueKeys", "values": [f"SHOP {number}" for number in range(30_000)]}])
    body = json.dumps({"remoteLinks": [link("1", updateSequenceNumber=1), slow]}).encode()
    with connect(jira.url) as client:
        client.sendall(head("POST", f"{BASE}/bulk", "Content-Type: application/json", f"Content-Length: {len(body)}") + body)
        jira.wait_until(lambda: jira._site.record.under_way == 1, timeout=30)
        provider.submit(link("1", updateSequenceNumber=2))
        everything(client)
    assert [exchange.submissions[0].data["updateSequenceNumber"] for exchange in jira.requests] == [2, 1]
    assert "RL401" in [violation.code for violation in jira.requests[1].violations]
    jira.assert_stored("1", updateSequenceNumber=2)


def test_broken_submissions_at_once(jira, provider, link):
    """Broken submissions that are checked at the same time each get the violations of their own."""
    broken = [
        ({"displayName": 5}, "/remoteLinks/0/displayName"),
        ({"url": "<string>"}, "/remoteLinks/0/url"),
        ({"type": "x"}, "/remoteLinks/0/type"),
        ({"lastUpdated": "now"}, "/remoteLinks/0/lastUpdated"),
    ]

    def submit(number):
        members, pointer = broken[number % len(broken)]
        messages = provider.submit(link(str(number), **members)).json()["rejectedRemoteLinks"][str(number)]
        return [message["message"].split(":")[0] for message in messages] == [pointer]

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(submit, range(80)))
    assert len({message.pointer for message in jira.violations}) == len(broken)
    assert len(jira.violations) == 80
