"""The report of violations for a terminal."""

from __future__ import annotations

from pytest_remotelinks import Violation
from pytest_remotelinks.reports.terminal import SHOWN_PER_REQUEST, SHOWN_REQUESTS, failure_line, report, violation_lines, warning_line


def test_violation_has_all_parts(jira, provider, link):
    """A violation says what is wrong, the value, what to change and where to read on."""
    provider.submit(link("shop#17", url="<string>"))
    lines = violation_lines(jira.violations, 1)
    assert lines[0] == "RL201 link-schema (error) at /remoteLinks/0/url (link 'shop#17')"
    assert [line.split(":")[0].strip() for line in lines[2:]] == ["value", "change", "docs"]
    assert lines[-1] == "  docs:   remotelinks rules RL201"


def test_violation_without_link_or_value():
    """What a violation does not have is left out."""
    lines = violation_lines([Violation("RL101", "error", "the body is not JSON", "", "send JSON")], 1)
    assert lines[0] == "RL101 malformed-json (error) at the body"
    assert lines[1:] == ["  the body is not JSON", "  change: send JSON", "  docs:   remotelinks rules RL101"]


def test_failure_line(jira, provider, link):
    """A failed test in one line has the first fault, where it is, and the codes of the others."""
    provider.submit(link())
    provider.submit(link("shop#17", url="<string>"))
    line = "RL201 url \"<string>\" is not a valid URI; in request 2, at /remoteLinks/0/url (link 'shop#17')"
    assert failure_line(jira.violations) == line
    provider.submit(link("2", type="x"), link("3", type="y", url="https://a.example/ "))
    assert failure_line(jira.violations).endswith("; first in request 2, in 2 links of 2 requests: /remoteLinks/*/url; and RL201 (2 times)")


def test_failure_line_without_link(jira, provider):
    """A violation that is not of one link is named by its request alone."""
    provider.post(b"{")
    line = failure_line(jira.violations)
    assert line.startswith("RL101 the body is not JSON: ")
    assert line.endswith("; in request 1, at #body")


def test_warning_line(jira, provider, link):
    """Several violations of one rule are one line with the first of them."""
    provider.submit(link(severity="x"), link("2", severity="x"))
    line = warning_line(jira.violations)
    assert line.startswith("RL206 in request 1 at /remoteLinks/0/severity (link '1'): ")
    assert line.endswith(" (and 1 more)")


def test_report_names_each_request(jira, provider, link):
    """A request that is the first with a fault is named, with its number, its faults and its curl line."""
    provider.submit(link(severity="x"), link("2", severity="x"))
    provider.read("1")
    provider.submit(link("3", severity="x"))
    provider.submit(link("4", color="x", type="x"))
    lines = report(jira.violations, jira.url).splitlines()
    assert [line for line in lines if line.startswith("request ")] == [
        f"request {number}: POST /rest/remotelinks/1.0/bulk -> 202" for number in (1, 4)
    ]
    assert "  RL206 unknown-member (warning) in 4 links of 3 requests: /remoteLinks/*" in lines
    assert sum(line.startswith("  curl ") for line in lines) == 2


def test_one_fault_in_many_links(jira, provider, link):
    """One fault in many links, of one request or of several, is one entry with the first place, its value and one curl line."""
    provider.submit(*(link(str(number), type=f"secruit{number}") for number in range(100)))
    text = report(jira.violations, jira.url)
    assert len(jira.violations) == 100
    assert text.count("RL201 link-schema (error) in 100 links: /remoteLinks/*/type\n") == text.count("RL201") - 1 == text.count("curl") == 1
    assert "    first:  /remoteLinks/0/type (link '0')\n    value:  \"secruit0\"\n" in text
    for number in range(200, 205):
        provider.submit(link(str(number), type="x"))
    text = report(jira.violations, jira.url)
    assert "in 105 links of 6 requests: /remoteLinks/*/type\n" in text
    assert text.count("curl") == text.count("request 1:") == 1


def test_missing_members_of_a_link(jira, provider):
    """The missing members of one link are one entry."""
    provider.post(b'{"remoteLinks": [{"id": "1"}]}')
    assert len(jira.violations) == 5
    lines = violation_lines(jira.violations, 10)
    assert lines[:2] == [
        "RL201 link-schema (error) at /remoteLinks/0 (link '1')",
        "  the remote link lacks the members 'updateSequenceNumber', 'displayName', 'url', 'type', 'lastUpdated'",
    ]
    assert "  change: add 'updateSequenceNumber', 'displayName', 'url', 'type', 'lastUpdated'" in lines
    assert len(lines) == 5


def test_many_missing_members():
    """Very many names are counted."""
    found = [Violation("RL103", "error", f"the body lacks the member 'm{number}'", "", f"add 'm{number}'") for number in range(15)]
    assert violation_lines(found, 1)[1].endswith("'m8', 'm9' and 5 more")


def test_other_faults_stay_apart(jira, provider, link):
    """Faults with other words, places or rules are entries of their own."""
    provider.submit(link("1", url=5, type="x", displayName="", color="x"), link("2", url="<string>", status={"appearance": "x"}))
    headers = [line for line in report(jira.violations, jira.url).splitlines() if "link-schema" in line or "unknown-member" in line]
    assert len(headers) == len(jira.violations) == 6


def test_fault_in_many_requests(jira, provider):
    """A fault of requests as a whole counts them."""
    for _ in range(3):
        provider.send("GET", "/remotelink/1", headers={"Authorization": "x"})
    assert violation_lines(jira.violations, 1)[0] == "RL502 malformed-authorization (error) in 3 requests: #header/Authorization"


def test_report_is_bounded(jira, provider, link):
    """Many faults of one request, and many requests, are counted."""
    members = {f"m{number}": {} for number in range(SHOWN_PER_REQUEST + 2)}
    provider.submit(link(status={"appearance": "default", "label": "x"}), properties={**members})
    for number in range(SHOWN_REQUESTS):
        provider.delete_by(**{f"p{'x' * number}y": "1"})
    text = report(jira.violations, jira.url)
    assert "  and more: RL103" in text
    assert text.endswith("and in 1 more request: RL304")


def test_report_escapes_control_characters(jira, provider, link):
    """Control characters that a client sent are escaped."""
    provider.submit(link("a\x1b[31m", url="\x1b]0;x"))
    assert "\x1b" not in report(jira.violations, jira.url)
    assert "\x1b" not in failure_line(jira.violations)
