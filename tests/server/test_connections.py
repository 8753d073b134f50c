"""Connections: however many are open, the next client is served, and stopping ends all of them."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import threading

import pytest
import requests
from support.raw import BASE, connect, everything, head

from pytest_remotelinks import FakeJira
from pytest_remotelinks.server import connection
from pytest_remotelinks.server.acceptor import THREAD_NAME
from pytest_remotelinks.server.listener import Listener

READ = head("GET", f"{BASE}/remotelink/1")


def threads():
    return {thread for thread in threading.enumerate() if thread.name.startswith(THREAD_NAME)}


@pytest.fixture
def own_threads():
    """The threads that were started since the test began."""
    before = threads()
    return lambda: threads() - before


@pytest.fixture
def site(own_threads, monkeypatch):
    """A site that never gives up a connection of its own accord."""
    for limit in ("IDLE_LIMIT", "SILENCE_LIMIT", "HEAD_LIMIT", "BODY_LIMIT"):
        monkeypatch.setattr(connection, limit, 600.0)
    with FakeJira() as site:
        yield site


@pytest.fixture
def opened():
    """Opens connections, which are closed at the end."""
    with contextlib.ExitStack() as stack:
        yield lambda url, count: [stack.enter_context(connect(url)) for _ in range(count)]


def is_served(url):
    """Whether a further client is served, though no other connection ends."""
    return requests.get(url + f"{BASE}/remotelink/1", headers={"Authorization": "JWT x"}, timeout=30).status_code == 404


def have_ended(threads):
    """Whether the threads end; a machine under load may need a moment for hundreds."""
    for thread in threads:
        thread.join(timeout=30)
    return not any(thread.is_alive() for thread in threads)


@pytest.mark.parametrize("count", [17, 100, 300])
def test_open_connections(site, opened, own_threads, count):
    """Connections that are only open keep no other client out, and end with the site."""
    clients = opened(site.url, count)
    assert is_served(site.url)
    started = own_threads()
    site.stop()
    assert have_ended(started)
    assert {client.recv(1) for client in clients} == {b""}
    assert len(site.requests) == 1


def test_trickling_connections(site, opened, own_threads):
    """Connections that send a byte now and then keep no other client out, and end with the site."""
    clients = opened(site.url, 40)
    for byte in b"GET /rest":
        for client in clients:
            client.send(bytes([byte]))
        assert is_served(site.url)
    started = own_threads()
    site.stop()
    assert have_ended(started)
    assert {exchange.status for exchange in site.requests} == {404}


def test_unfinished_bodies(site, opened, own_threads):
    """Requests whose bodies do not go on keep no other client out, and are not recorded when the site stops."""
    clients = opened(site.url, 40)
    for client in clients:
        client.sendall(head("POST", f"{BASE}/bulk", "Content-Length: 1000") + b"{")
    assert is_served(site.url)
    started = own_threads()
    site.stop()
    assert have_ended(started)
    assert len(site.requests) == 1


def test_delayed_answers(site, opened, own_threads):
    """Answers that are delayed keep no other client out, and are dropped when the site stops."""
    site.delay_next(60, times=40)
    clients = opened(site.url, 40)
    for client in clients:
        client.sendall(READ)
    site.wait_until(lambda: len(site.requests) == 40)
    assert is_served(site.url)
    started = own_threads()
    site.stop()
    assert have_ended(started)
    assert {everything(client) for client in clients} == {b""}


def test_threads_are_kept(site, own_threads):
    """Clients that come one after the other share a few threads."""
    for _ in range(100):
        assert is_served(site.url)
    assert len(own_threads()) < 50


def test_open_connection_is_used_later(site, opened):
    """A connection that was opened ahead is used when its client comes to it."""
    (client,) = opened(site.url, 1)
    assert is_served(site.url)
    client.sendall(READ)
    assert everything(client).startswith(b"HTTP/1.1 404 ")


def test_listener_starts_again(own_threads):
    """A listener that was stopped can be started again, and stopping it twice does nothing."""
    listener = Listener()
    for _ in range(2):
        listener.start()
        assert requests.get(listener.url, timeout=30).status_code == 503
        started = own_threads()
        listener.stop()
        listener.stop()
        assert have_ended(started)
        with pytest.raises(OSError):
            connect(listener.url)


def test_ipv6():
    """A listener on an IPv6 address has it in brackets in its URL."""
    try:
        listener = Listener("::1")
        listener.start()
    except OSError:
        pytest.skip("this machine has no IPv6")
    try:
        assert listener.url == f"http://[::1]:{listener.port}"
        assert requests.get(listener.url, timeout=30).status_code == 503
    finally:
        listener.stop()


# What one connection does


def test_pipelined_requests(site, opened):
    """Of requests that are sent without waiting the first is answered, and the answer ends the connection."""
    (client,) = opened(site.url, 1)
    client.sendall(READ * 3)
    answer = everything(client)
    assert answer.count(b"HTTP/1.1") == 1
    assert b"\r\nConnection: close\r\n" in answer
    assert len(site.requests) == 1


def test_half_closed_connection(site, opened):
    """A client that ends its side after sending gets its answer."""
    (client,) = opened(site.url, 1)
    client.sendall(READ)
    client.shutdown(socket.SHUT_WR)
    assert everything(client).startswith(b"HTTP/1.1 404 ")


def test_empty_lines_before_a_request(site, opened):
    """Empty lines before a request are ignored."""
    (client,) = opened(site.url, 1)
    client.sendall(b"\r\n\r\n" + READ)
    assert everything(client).startswith(b"HTTP/1.1 404 ")
    site.assert_no_violations()


def test_connection_without_a_request(site, opened):
    """A connection that is closed without a request is not recorded."""
    (client,) = opened(site.url, 1)
    client.shutdown(socket.SHUT_WR)
    assert everything(client) == b""
    assert site.requests == []


def test_answer_to_head(site, opened):
    """An answer to HEAD has the length of a body, and no body."""
    (client,) = opened(site.url, 1)
    client.sendall(head("HEAD", f"{BASE}/remotelink/1"))
    fields, _, body = everything(client).partition(b"\r\n\r\n")
    assert body == b""
    assert f"Content-Length: {len(site.requests[0].response.body)}".encode() in fields
    assert b"Content-Length: 0" not in fields


def test_answer_while_the_body_is_sent(site, opened):
    """A client that still sends when it is answered gets to read the answer."""
    (client,) = opened(site.url, 1)
    client.sendall(b"POST / HTTP/2.0\r\n\r\n" + b"x" * 3_000_000)
    assert everything(client).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    ("version", "fields", "continues"),
    [
        ("HTTP/1.1", "Expect: 100-continue\r\nContent-Length: 2", 1),
        ("HTTP/1.1", "Expect: 100-Continue\r\nTransfer-Encoding: chunked", 1),
        ("HTTP/1.1", "Expect: 100-continue\r\nContent-Length: 0", 0),
        ("HTTP/1.0", "Expect: 100-continue\r\nContent-Length: 2", 0),
        ("HTTP/1.1", "Content-Length: 2", 0),
    ],
)
def test_expect_continue(site, opened, version, fields, continues):
    """A client that waits for 100 Continue gets it once; others do not get it."""
    (client,) = opened(site.url, 1)
    client.sendall(f"POST {BASE}/bulk {version}\r\nHost: x\r\nAuthorization: JWT x\r\n{fields}\r\n\r\n".encode())
    early = client.recv(65536) if continues else b""
    client.sendall(b"2\r\n{}\r\n0\r\n\r\n" if "chunked" in fields else b"{}" if not fields.endswith("0") else b"")
    answer = early + everything(client)
    assert answer.count(b"HTTP/1.1 100 Continue\r\n\r\n") == continues
    assert answer.count(b"HTTP/1.1 415 ") + answer.count(b"HTTP/1.1 400 ") == 1


def test_expect_continue_of_a_body_over_the_limit(site, opened):
    """A client that asks before it sends too large a body gets 413 instead of 100 Continue."""
    (client,) = opened(site.url, 1)
    fields = "Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 50000000"
    client.sendall(f"POST {BASE}/bulk HTTP/1.1\r\nHost: x\r\nAuthorization: JWT x\r\n{fields}\r\n\r\n".encode())
    assert everything(client).startswith(b"HTTP/1.1 413 ")
    (violation,) = site.violations
    assert (violation.code, violation.value) == ("RL109", 50_000_000)


def test_sockets_that_tests_must_not_open(site, monkeypatch):
    """A plugin that forbids sockets in tests, by another class, does not keep other processes out."""

    class Forbidden(socket.socket):
        def __new__(cls, *args, **kwargs):
            raise RuntimeError("tests must not open sockets")

    monkeypatch.setattr(socket, "socket", Forbidden)
    script = (
        "import sys, urllib.request; print(urllib.request.urlopen(urllib.request.Request(sys.argv[1], headers={'Authorization': 'JWT x'})))"
    )
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", script, site.url + "/none"], capture_output=True, text=True, timeout=60, check=False)
        assert "HTTP Error 404" in done.stderr
