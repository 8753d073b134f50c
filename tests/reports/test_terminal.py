"""The report of violations for a terminal."""

from __future__ import annotations

from pytest_remotelinks import Violation
from pytest_remotelinks.reports.terminal import SHOWN_PER_REQUEST, SHOWN_REQUESTS, failure_line, report, violation_lines, warning_line


def test_violation_has_all_parts(jira, provider, link):
    """A violation says what is wrong, the value, what to change and where to read on."""
    provider.submit(link("shop#17", url="<string>"))
    lines = violation_lines(jira.violations[0])
    assert lines[0] == "RL201 link-schema (error) at /remoteLinks/0/url (link 'shop#17')"
    assert [line.split(":")[0].strip() for line in lines[2:]] == ["value", "change", "docs"]
    assert lines[-1] == "  docs:   remotelinks rules RL201"


def test_violation_without_link_or_value():
    """What a violation does not have is left out."""
    lines = violation_lines(Violation("RL101", "error", "the body is not JSON", "", "send JSON"))
    assert lines[0] == "RL101 malformed-json (error) at the body"
    assert lines[1:] == ["  the body is not JSON", "  change: send JSON", "  docs:   remotelinks rules RL101"]


def test_failure_line(jira, provider, link):
    """A failed test in one line has the codes, and the request and the link of the first violation."""
    provider.submit(link())
    provider.submit(link("shop#17", url="<string>"))
    assert failure_line(jira.violations) == "RL201: the provider violated the remote links contract, in request 2 (link 'shop#17')"
    provider.submit(link("2", url="<string>", type="x"))
    assert failure_line(jira.violations).startswith("RL201 (3 times): the provider violated the remote links contract, first in request 2 ")


def test_failure_line_without_link(jira, provider):
    """A violation that is not of one link is named by its request alone."""
    provider.post(b"{")
    assert failure_line(jira.violations) == "RL101: the provider violated the remote links contract, in request 1"


def test_warning_line(jira, provider, link):
    """Several violations of one rule are one line with the first of them."""
    provider.submit(link(severity="x"), link("2", severity="x"))
    line = warning_line(jira.violations)
    assert line.startswith("RL206 in request 1 at /remoteLinks/0/severity (link '1'): ")
    assert line.endswith(" (and 1 more)")


def test_report_names_each_request(jira, provider, link):
    """Each request is named once, with its number, its violations and its curl line."""
    provider.submit(link(severity="x"), link("2", severity="x"))
    provider.read("1")
    provider.submit(link("3", severity="x"))
    lines = report(jira.violations, jira.url).splitlines()
    assert [line for line in lines if line.startswith("request ")] == [
        f"request {number}: POST /rest/remotelinks/1.0/bulk -> 202" for number in (1, 3)
    ]
    assert sum(line.startswith("  curl ") for line in lines) == 2


def test_report_is_bounded(jira, provider, link):
    """Many violations of one request, and many requests, are counted."""
    provider.submit(*(link(str(number), severity="x") for number in range(SHOWN_PER_REQUEST + 2)))
    for _ in range(SHOWN_REQUESTS):
        provider.submit(link(severity="x"))
    text = report([violation for violation in jira.violations if violation.code == "RL206"], jira.url)
    assert "and more of this request: RL206 (2 times)" in text
    assert text.endswith("and in 1 more requests: RL206")


def test_report_escapes_control_characters(jira, provider, link):
    """Control characters that a client sent are escaped."""
    provider.submit(link("a\x1b[31m", url="\x1b]0;x"))
    assert "\x1b" not in report(jira.violations, jira.url)
    assert "\x1b" not in failure_line(jira.violations)
