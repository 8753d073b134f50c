"""A process that was forked from the one in which the fake runs."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")

PRELUDE = """
import http.client, os, signal, socket, sys, threading, time
from pytest_remotelinks import FakeJira

PATH = "/rest/remotelinks/1.0"

def send(jira, method, path, body=None):
    connection = http.client.HTTPConnection(jira.url.removeprefix("http://"), timeout=30)
    headers = {"Authorization": jira.authorization(method, PATH + path), "Content-Type": "application/json"}
    connection.request(method, PATH + path, body, headers)
    status = connection.getresponse().status
    connection.close()
    return status

def in_child(act):
    # What act() returns in a forked child; a child that hangs is ended by the alarm.
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        signal.alarm(30)
        try:
            os.write(writing, repr(act()).encode())
        except BaseException as error:
            os.write(writing, f"{type(error).__name__}: {error}".encode())
        os._exit(0)
    os.close(writing)
    with open(reading) as pipe:
        result = pipe.read()
    os.waitpid(child, 0)
    return result
"""


def run(code):
    """Run code in a process of its own, without pytest's threads; return what it prints."""
    code = PRELUDE + textwrap.dedent(code)
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_fork_under_load():
    """A child that is forked while requests are checked gets an error at once, and does not hang."""
    lines = run("""
        with FakeJira(strict=False) as jira:
            done = threading.Event()
            def load():
                while not done.is_set():
                    send(jira, "POST", "/bulk", b'{"remoteLinks": [{"id": 1}]}')
            threads = [threading.Thread(target=load) for _ in range(4)]
            for thread in threads:
                thread.start()
            jira.wait_until(lambda: len(jira.requests) > 20, timeout=30)
            for _ in range(20):
                print(in_child(lambda: jira.links))
            done.set()
            for thread in threads:
                thread.join()
    """)
    assert len(lines) == 20
    assert {line.partition(";")[0] for line in lines} == {"RuntimeError: this process is a fork of the one in which the fake Jira runs"}


USES = [
    "jira.links",
    "jira.requests",
    "jira.violations",
    "jira.pending",
    "jira.issue('SHOP-1')",
    "jira.token()",
    "jira.settle()",
    "jira.reset()",
    "jira.fail_next()",
    "fault.requests",
    "setattr(jira, 'known_issues', {'SHOP-1'})",
    "jira.assert_submitted('1')",
    "jira.wait_for_submission('1')",
    "jira.wait_idle()",
    "jira.maintenance().__enter__()",
]


def test_uses_in_a_forked_child():
    """In a forked child everything that reads or changes the site says where to do it."""
    lines = run(f"""
        with FakeJira(strict=False) as jira:
            fault = jira.drop_connection(operation="token")
            for use in {USES!r}:
                print(in_child(lambda: eval(use)))
    """)
    hint = "send requests to its URL from here, and use everything else of it in the process that started it"
    assert lines == [f"RuntimeError: this process is a fork of the one in which the fake Jira runs; {hint}"] * len(USES)


def test_requests_of_a_forked_child():
    """A forked child can sign requests and send them, and its parent sees them."""
    lines = run("""
        with FakeJira(strict=False) as jira:
            jira.install({"key": "scanner", "name": {"value": "Scanner"}, "homeUrl": "https://scanner.example"})
            print(in_child(lambda: send(jira, "GET", "/remotelink/1")))
            print([exchange.status for exchange in jira.requests], jira.violations)
    """)
    assert lines == ["404", "[404] []"]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a child keeps the port open")
def test_stop_while_a_child_lives():
    """``stop()`` ends the threads and the port, whatever a forked child still has open; in the child it does nothing."""
    lines = run("""
        jira = FakeJira(strict=False).start()
        def child():
            jira.stop()
            return "stopped"
        print(in_child(child), send(jira, "GET", "/remotelink/1"))
        reading, writing = os.pipe()
        if not os.fork():
            os.close(writing)
            os.read(reading, 1)
            os._exit(0)
        jira.stop()
        print([thread.name for thread in threading.enumerate() if thread.name.startswith("remotelinks")])
        try:
            send(jira, "GET", "/remotelink/1")
        except ConnectionRefusedError:
            print("refused")
        os.close(writing)
    """)
    assert lines == ["'stopped' 404", "[]", "refused"]


def test_site_of_a_forked_child():
    """A forked child can have a fake of its own."""
    lines = run("""
        def child():
            with FakeJira(strict=False) as own:
                return send(own, "GET", "/remotelink/1"), len(own.requests)
        with FakeJira(strict=False) as jira:
            print(in_child(child), len(jira.requests))
    """)
    assert lines == ["(404, 1) 0"]


def test_fixture_in_a_forked_child(pytester):
    """In a child that is forked within a session, the fixtures make a site that is reached there."""
    pytester.makepyfile(
        """
        import os
        import urllib.error
        import urllib.request

        def status(url):
            try:
                urllib.request.urlopen(url, timeout=30)
            except urllib.error.HTTPError as error:
                return error.code

        def test_child(make_fake_jira):
            make_fake_jira()
            child = os.fork()
            if not child:
                result = 1
                try:
                    jira = make_fake_jira(strict=False)
                    result = not (status(jira.url + "/unknown") == 404 and len(jira.requests) == 1)
                finally:
                    os._exit(result)
            assert os.waitpid(child, 0)[1] == 0
        """
    )
    pytester.runpytest_subprocess("-W", "ignore").assert_outcomes(passed=1)
