"""The catalogue of rules: the checker agrees with its examples."""

from __future__ import annotations

import re
import socket

import pytest

from pytest_remotelinks.contract.document import load_document
from pytest_remotelinks.rules.catalogue import RULES
from pytest_remotelinks.rules.descriptor import check_descriptor
from pytest_remotelinks.rules.violation import Violations


def sent_over_the_wire(jira, request):
    """Send a request byte for byte, however wrong, and wait for its answer."""
    headers = list(request.headers)
    if request.credential is not None:
        headers.append(("Authorization", request.credential.value(jira.token)))
    if request.body is not None and not any(name == "Content-Length" for name, _ in headers):
        headers.append(("Content-Length", str(len(request.content))))
    lines = [f"{request.method} {request.target} HTTP/1.1", "Host: localhost", "Connection: close"]
    head = "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers)])
    with socket.create_connection(("127.0.0.1", int(jira.url.rpartition(":")[2])), timeout=30) as connection:
        connection.sendall(head.encode() + b"\r\n\r\n" + request.content)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    return int(answer.split()[1])


def statuses(jira, example):
    """What each request of an example is answered, one after the other."""
    answered = []
    for request in example.requests:
        jira.advance(request.after)
        if request.refused is not None:
            status, wait = request.refused
            jira.fail_next(status, retry_after=wait)
        jira._faults._rejections.clear()
        if request.rejected is not None:
            jira.reject(request.rejected)
        answered.append(sent_over_the_wire(jira, request))
    return answered


def codes(make_site, example):
    if example.descriptor is not None:
        violations = Violations(())
        check_descriptor(violations, example.descriptor, load_document("2026-06"))
        return [violation.code for violation in violations.found]
    jira = make_site(**example.settings)
    statuses(jira, example)
    return [violation.code for violation in jira.violations]


@pytest.mark.parametrize("code", RULES)
def test_own_words_are_not_redacted(code, make_site):
    """What an example's violations say is redacted only where a credential was sent."""
    example = RULES[code].broken
    if example.descriptor is not None:
        site = Violations(())
        check_descriptor(site, example.descriptor, load_document("2026-06"))
        found = site.found
    else:
        jira = make_site(**example.settings)
        statuses(jira, example)
        found = jira.violations
    for violation in found:
        said = f"{violation.message} {violation.hint}"
        assert "***" not in re.sub(r"'Authorization: \w+ \*\*\*'", "", said)


def test_names_are_unique():
    """Each rule has a name of its own, by which reports show it."""
    names = [rule.name for rule in RULES.values()]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("code", RULES)
def test_broken_example(code, make_site):
    """The first example violates its rule and no other."""
    assert set(codes(make_site, RULES[code].broken)) == {code}


@pytest.mark.parametrize("code", RULES)
def test_fixed_example(code, make_site):
    """The second example violates no rule."""
    assert codes(make_site, RULES[code].fixed) == []


@pytest.mark.parametrize("code", [code for code, rule in RULES.items() if rule.broken.requests])
def test_refusal(code, make_site):
    """The fake answers as the entry says."""
    rule = RULES[code]
    jira = make_site(**rule.broken.settings)
    status = statuses(jira, rule.broken)[-1]
    if rule.refusal is not None:
        assert status == rule.refusal
    elif rule.outcome:
        assert f"answers {status} to" in rule.answer
    else:
        assert status in (200, 202, 404, 429)


@pytest.mark.parametrize("code", RULES)
def test_entry_is_complete(code):
    """An entry has all its texts, as sentences, and two different examples."""
    rule = RULES[code]
    for text in (rule.name, rule.summary, rule.why, rule.source):
        assert text
    assert rule.summary.endswith(".")
    assert rule.why.endswith(".")
    assert rule.broken.text != rule.fixed.text
