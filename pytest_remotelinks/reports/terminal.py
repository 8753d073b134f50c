"""The report of violations as text for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pytest_remotelinks.jira.consistency import Policy, Shuffled
from pytest_remotelinks.jira.write import Write
from pytest_remotelinks.recording.exchange import Exchange, RecordedViolation, summary
from pytest_remotelinks.reports.curl import curl_line
from pytest_remotelinks.rules.catalogue import RULES
from pytest_remotelinks.rules.violation import NO_VALUE, Violation
from pytest_remotelinks.wire.text import preview, printable

#: More violations than this of one request are counted, not shown.
SHOWN_PER_REQUEST = 10
#: More writes than this are counted, not shown.
SHOWN_ARRIVALS = 50
#: More requests with violations than this are counted, not shown.
SHOWN_REQUESTS = 10


def count_by_code(violations: Sequence[Violation]) -> str:
    """``RL201 (3 times), RL206``"""
    counts = Counter(violation.code for violation in violations)
    return ", ".join(code if count == 1 else f"{code} ({count} times)" for code, count in sorted(counts.items()))


def failure_line(errors: Sequence[RecordedViolation]) -> str:
    """A failed test in one line: the codes, and where to find the first violation."""
    request, link = f"request {errors[0].request.number}", _link(errors[0])
    where = f"first in {request}{link}" if len(errors) > 1 else f"in {request}{link}"
    return printable(f"{count_by_code(errors)}: the provider violated the remote links contract, {where}")


def warning_line(violations: Sequence[RecordedViolation]) -> str:
    """Violations of one rule in one line: the first, and how many more there are."""
    first = violations[0]
    more = f" (and {len(violations) - 1} more)" if len(violations) > 1 else ""
    return printable(f"{first.code} in request {first.request.number} at {_place(first)}: {first.message}; {first.hint}{more}")


def request_line(exchange: Exchange) -> str:
    """``request 3: POST /rest/… -> 202``, with secrets redacted and faults named."""
    return printable(f"request {exchange.number}: {summary(exchange)}")


def violation_lines(violation: Violation) -> list[str]:
    """One violation: rule and place, what is wrong, the value, what to change, where to read on."""
    rule = RULES[violation.code]
    lines = [f"{violation.code} {rule.name} ({violation.severity}) at {_place(violation)}", f"  {violation.message}"]
    if violation.value is not NO_VALUE:
        value = ascii(violation.value) if isinstance(violation.value, bytes) else preview(violation.value)
        lines.append(f"  value:  {value}")
    lines += [f"  change: {violation.hint}", f"  docs:   remotelinks rules {violation.code}"]
    return [printable(line) for line in lines]


def faults_report(exchanges: Sequence[Exchange], unmet: Sequence[str] = ()) -> str:
    """The requests that failed with an injected fault, and the faults that no request met; empty without faults."""
    faulty = [f"  {request_line(exchange)}" for exchange in exchanges if exchange.fault]
    lines = ["faults that this test injected:", *faulty[:SHOWN_REQUESTS]] if faulty else []
    if len(faulty) > SHOWN_REQUESTS:
        lines.append(f"  and {len(faulty) - SHOWN_REQUESTS} more")
    if unmet:
        lines += ["unmet faults:", *(f"  {printable(words)}" for words in unmet[:SHOWN_REQUESTS])]
    if len(unmet) > SHOWN_REQUESTS:
        lines.append(f"  and {len(unmet) - SHOWN_REQUESTS} more")
    return "\n".join(lines)


def arrivals_report(policy: Policy, arrivals: Sequence[Write], place: str) -> str:
    """How to get a shuffled arrival order again, and what it was; empty where nothing was shuffled.

    ``place`` is where the policy was set, empty where an option wins over it.
    """
    if not any(isinstance(part, Shuffled) for part in policy.policies):
        return ""
    shown = [f"  {write}" for write in arrivals[:SHOWN_ARRIVALS]]
    more = len(arrivals) - len(shown)
    lines = [
        f"consistency was '{policy}'; to repeat it: "
        + (f"consistency='{policy}' in {place}" if place else f"--remotelinks-consistency={policy}"),
        "writes arrived in this order:" if shown else "no write arrived",
        *shown,
        *([f"  and {more} more"] if more > 0 else []),
    ]
    return printable("\n".join(lines))


def report(violations: Sequence[RecordedViolation], base_url: str) -> str:
    """All violations, request by request, each request with the curl line that sends it again."""
    by_request: dict[Exchange, list[RecordedViolation]] = {}
    for violation in violations:
        by_request.setdefault(violation.request, []).append(violation)
    lines: list[str] = []
    for exchange, found in list(by_request.items())[:SHOWN_REQUESTS]:
        lines += [request_line(exchange), ""]
        for violation in found[:SHOWN_PER_REQUEST]:
            lines += ["  " + line for line in violation_lines(violation)]
        if len(found) > SHOWN_PER_REQUEST:
            lines.append(f"  and more of this request: {count_by_code(found[SHOWN_PER_REQUEST:])}")
        if exchange.request.method:
            lines += ["", f"  {curl_line(exchange, base_url)}"]
        lines.append("")
    if len(by_request) > SHOWN_REQUESTS:
        rest = [violation for found in list(by_request.values())[SHOWN_REQUESTS:] for violation in found]
        lines.append(f"and in {len(by_request) - SHOWN_REQUESTS} more requests: {count_by_code(rest)}")
    return "\n".join(lines).rstrip()


def _place(violation: Violation) -> str:
    """``/remoteLinks/17/url (link 'shop#17')``"""
    return f"{violation.pointer or 'the body'}{_link(violation)}"


def _link(violation: Violation) -> str:
    return f" (link {violation.link_id!a})" if violation.link_id is not None else ""
