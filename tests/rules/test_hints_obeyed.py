"""Hints survive being obeyed: a fix ends its violation, and no other violation comes in its place.

``benchmarks/hints.py`` does the same without HTTP, for tens of thousands of inputs.
"""

from __future__ import annotations

import json
import re
import socket
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import event, given
from support.broken import PROPERTIES, broken_payloads, broken_requests, full_link, request_of, unmet

from pytest_remotelinks import check_submission
from pytest_remotelinks.wire.fix import fixed_request
from pytest_remotelinks.wire.json_body import steps_of

pytestmark = pytest.mark.both_versions


@pytest.fixture
def violations_of(make_site, version):
    """Sends a request to a site where links with properties were submitted before, and gives its violations."""
    # Whether a link is newer than another one is checked only if both are accepted.
    jira = make_site(contract=version, consistency="immediate", ignore=["RL4"])
    port = urlsplit(jira.url).port
    first = request_of({"remoteLinks": [full_link(99)], "properties": PROPERTIES})

    def send(request):
        jira.reset()
        for one in (first, request):
            headers = [*one.headers.pairs, ("Host", "localhost"), ("Content-Length", str(len(one.body))), ("Connection", "close")]
            lines = [f"{one.method} {urlsplit(jira.url).path}{one.target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
            with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
                connection.sendall("".join(f"{line}\r\n" for line in [*lines, ""]).encode("latin-1") + one.body)
                while connection.recv(65536):
                    pass
        return jira.requests[1].violations

    return send


@pytest.mark.parametrize("inputs", [broken_payloads().map(request_of), broken_requests()], ids=["submissions", "requests"])
def test_fix_ends_its_violation(violations_of, inputs):
    """A request that is changed as one of its violations says does not have it any more, and has no new one."""

    @given(request=inputs)
    def obey(request):
        before = violations_of(request)
        for violation in before:
            if violation.fix is None:
                continue
            event(f"{violation.code} {violation.fix.action}")
            after = violations_of(fixed_request(request, violation.fix))
            assert unmet(violation, before, after) == [], violation.hint

    obey()


@given(payload=broken_payloads())
def test_fixes_of_a_submission_come_to_an_end(version, payload):
    """Fixed one violation after the other, a submission has only violations left that have no fix."""
    for _ in range(60):
        fixes = [violation.fix for violation in check_submission(payload, version, ignore="RL9") if violation.fix]
        if not fixes:
            break
        payload = fixes[0].apply(payload)
    assert fixes == []


def _letters(value):
    return re.sub(r"[\W_t]", "", unquote(str(value)).casefold())


@given(payload=broken_payloads())
def test_safe_fix_keeps_what_was_sent(version, payload):
    """A safe fix changes the form of a value, cuts a displayed text, or leaves out nothing; it guesses nothing."""
    for violation in check_submission(payload, version, ignore="RL9"):
        fix = violation.fix
        if fix is None or not fix.safe:
            continue
        old = payload
        for step in steps_of(fix.pointer):
            old = old[int(step) if isinstance(old, list) else step]
        if fix.action == "set":
            assert fix.value == old if isinstance(old, float) and isinstance(fix.value, int) else _letters(fix.value) == _letters(old)
        elif fix.action == "rename":
            assert _letters(fix.value) == _letters(steps_of(fix.pointer)[-1])
        elif fix.action == "remove":
            assert not old
        elif fix.action == "truncate":
            assert steps_of(fix.pointer)[-1] in ("displayName", "description", "label")


def test_checks_find_wrong_hints():
    """What a fix must achieve is not achieved by a change that leaves the violation, or brings another one."""
    payload = {"remoteLinks": [{**full_link(1), "type": "secruity", "url": "x"}, full_link(2)]}
    before = check_submission(payload)
    (found,) = (violation for violation in before if violation.pointer.endswith("type"))
    wrong = {**payload["remoteLinks"][0], "type": "security", "id": "alert-2"}
    assert unmet(found, before, before) == [("RL201", "/remoteLinks/0/type")]
    assert unmet(found, before, check_submission({"remoteLinks": [wrong, full_link(2)]})) == [("RL204", "/remoteLinks/1/id")]
    assert unmet(found, before, check_submission(found.fix.apply(payload))) == []
    assert json.loads(request_of(payload).body) == payload
