"""The report of violations as text for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from pytest_remotelinks.jira.consistency import Policy, Shuffled
from pytest_remotelinks.jira.write import Write
from pytest_remotelinks.recording.exchange import Exchange, RecordedViolation, summary
from pytest_remotelinks.reports.curl import curl_line
from pytest_remotelinks.reports.grouping import Group, grouped
from pytest_remotelinks.rules.catalogue import RULES
from pytest_remotelinks.rules.violation import NO_VALUE, Violation
from pytest_remotelinks.wire.text import counted, preview, printable

#: More faults than this that are first in one request are counted, not shown.
SHOWN_PER_REQUEST = 10
#: More writes than this are counted, not shown.
SHOWN_ARRIVALS = 50
#: More requests with violations than this are counted, not shown.
SHOWN_REQUESTS = 10


def _count_by_code(violations: Sequence[Violation]) -> str:
    """``RL201 (3 times), RL206``"""
    counts = Counter(violation.code for violation in violations)
    return ", ".join(code if count == 1 else f"{code} ({count} times)" for code, count in sorted(counts.items()))


def failure_line(errors: Sequence[RecordedViolation]) -> str:
    """A failed test in one line: the first fault, its place, and the codes of the others. The end may be cut."""
    first, *others = grouped(errors)
    rest = [violation for group in others for violation in group.violations]
    more = f"; and {_count_by_code(rest)}" if rest else ""
    begins = "first in" if len({violation.request for violation in first.violations}) > 1 else "in"
    return printable(f"{first.first.code} {first.message}; {begins} request {first.first.request.number}, {_where(first)}{more}")


def cause_line(assertion: str, errors: Sequence[RecordedViolation]) -> str:
    """What a test's own failure says, and at the end of its first line the fault that probably led to it."""
    first_line, newline, rest = assertion.partition("\n")
    return f"{first_line} - {failure_line(errors)}{newline}{rest}"


def warning_line(violations: Sequence[RecordedViolation]) -> str:
    """Violations of one rule in one line: the first, and how many more there are."""
    first = violations[0]
    more = f" (and {len(violations) - 1} more)" if len(violations) > 1 else ""
    return printable(f"{first.code} in request {first.request.number} at {_place(first)}: {first.message}; {first.hint}{more}")


def request_line(exchange: Exchange) -> str:
    """``request 3: POST /rest/… -> 202``, with secrets redacted and faults named."""
    return printable(f"request {exchange.number}: {summary(exchange)}")


def violation_lines(violations: Sequence[Violation], limit: int) -> list[str]:
    """Violations, each fault once: rule and place, what is wrong, a value, what to change, where to read on."""
    groups = grouped(violations)
    lines = [line for group in groups[:limit] for line in _group_lines(group)]
    rest = [violation for group in groups[limit:] for violation in group.violations]
    return [*lines, *([f"and more: {_count_by_code(rest)}"] if rest else [])]


def _group_lines(group: Group[Any]) -> list[str]:
    first = group.first
    lines = [f"{first.code} {RULES[first.code].name} ({first.severity}) {_where(group)}", f"  {group.message}"]
    if _where(group) != f"at {_place(first)}":
        lines.append(f"  first:  {_place(first)}")
    if first.value is not NO_VALUE:
        value = ascii(first.value) if isinstance(first.value, bytes) else preview(first.value)
        lines.append(f"  value:  {value}")
    lines += [f"  change: {group.hint}", f"  docs:   remotelinks rules {first.code}"]
    return [printable(line) for line in lines]


def faults_report(exchanges: Sequence[Exchange], unmet: Sequence[str] = ()) -> str:
    """The requests that failed with an injected fault, and the faults that no request met; empty without faults."""
    faulty = [request_line(exchange) for exchange in exchanges if exchange.fault]
    lines = ["faults that this test injected:", *_first(faulty, SHOWN_REQUESTS)] if faulty else []
    if unmet:
        lines += ["unmet faults:", *_first(unmet, SHOWN_REQUESTS)]
    return printable("\n".join(lines))


def arrivals_report(policy: Policy, arrivals: Sequence[Write], place: str) -> str:
    """How to get a shuffled arrival order again, and what it was; empty where nothing was shuffled.

    ``place`` is where the policy was set, empty where an option wins over it.
    """
    if not any(isinstance(part, Shuffled) for part in policy.policies):
        return ""
    lines = [
        f"consistency was '{policy}'; to repeat it: "
        + (f"consistency='{policy}' in {place}" if place else f"--remotelinks-consistency={policy}"),
        "writes arrived in this order:" if arrivals else "no write arrived",
        *_first(arrivals, SHOWN_ARRIVALS),
    ]
    return printable("\n".join(lines))


def pending_report(policy: Policy, awaited: Sequence[str]) -> str:
    """The accepted writes that are not visible yet, each with what lets it arrive; empty without any."""
    if not awaited:
        return ""
    lines = [
        f"accepted, and not visible yet with '{policy}':",
        *_first(awaited, SHOWN_ARRIVALS),
        "fake_jira.settle() lets all of them arrive; reading fake_jira.links does not count as a read",
    ]
    return printable("\n".join(lines))


def _first(shown: Sequence[object], limit: int) -> list[str]:
    """A line for each of the first ones, and one that counts the others."""
    more = [f"  and {len(shown) - limit} more"] if len(shown) > limit else []
    return [*(f"  {one}" for one in shown[:limit]), *more]


def report(violations: Sequence[RecordedViolation], base_url: str) -> str:
    """All faults, each with the first request that has it, and that request's curl line, which sends it again."""
    by_request: dict[Exchange, list[RecordedViolation]] = {}
    for group in grouped(violations):
        by_request.setdefault(group.first.request, []).extend(group.violations)
    shown = sorted(by_request, key=lambda exchange: exchange.number)
    lines: list[str] = []
    for exchange in shown[:SHOWN_REQUESTS]:
        lines += [request_line(exchange), ""]
        lines += ["  " + line for line in violation_lines(by_request[exchange], SHOWN_PER_REQUEST)]
        if exchange.request.method:
            lines += ["", f"  {curl_line(exchange, base_url)}"]
        lines.append("")
    if len(shown) > SHOWN_REQUESTS:
        rest = [violation for exchange in shown[SHOWN_REQUESTS:] for violation in by_request[exchange]]
        lines.append(f"and in {counted(len(shown) - SHOWN_REQUESTS, 'more request')}: {_count_by_code(rest)}")
    return "\n".join(lines).rstrip()


def _where(group: Group[Any]) -> str:
    """``at /remoteLinks/17/url (link 'shop#17')``, ``in 100 links of 3 requests: /remoteLinks/*/url``"""
    requests = {id(getattr(violation, "request", None)) for violation in group.violations}
    links = {(id(getattr(one, "request", None)), one.link) for one in group.violations if one.link is not None}
    if len(links) > 1:
        of = f" of {len(requests)} requests" if len(requests) > 1 else ""
        return f"in {len(links)} links{of}: {group.place}"
    if len(requests) > 1:
        return f"in {len(requests)} requests: {group.place}"
    return f"at {group.place or 'the body'}{_link(group.first)}"


def _place(violation: Violation) -> str:
    """``/remoteLinks/17/url (link 'shop#17')``"""
    return f"{violation.pointer or 'the body'}{_link(violation)}"


def _link(violation: Violation) -> str:
    return f" (link {violation.link_id!a})" if violation.link_id is not None else ""
