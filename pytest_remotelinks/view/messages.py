"""What failure messages are made of: lines and sections on what was asked for and what was there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pytest_remotelinks.apis.api import Id
from pytest_remotelinks.jira.pending import PendingWrites
from pytest_remotelinks.recording.exchange import Exchange, Submission
from pytest_remotelinks.reports.terminal import request_line, violation_lines
from pytest_remotelinks.rules.violation import Violation
from pytest_remotelinks.view.compare import Difference, nearest_names
from pytest_remotelinks.wire.text import printable

#: More requests or violations than this are counted, not shown.
_SHOWN = 5


def failure(verdict: str, *evidence: Iterable[str]) -> AssertionError:
    """The error to raise: a verdict, and below it the lines of what led to it."""
    return AssertionError(printable("\n".join([verdict, *(line for lines in evidence for line in lines)])))


def times(count: int) -> str:
    """``once``, ``2 times``"""
    return "once" if count == 1 else f"{count} times"


def expected_line(fields: Mapping[str, Any]) -> list[str]:
    """The fields that were asked for, if any were."""
    return ["  expected: " + ", ".join(f"{name}={value!a}" for name, value in fields.items())] if fields else []


def difference_lines(found: Iterable[Difference]) -> list[str]:
    """A line for each place that is not as expected."""
    return [f"  {difference}" for difference in found]


def id_listing(what: str, id: Id, ids: Sequence[Id]) -> list[str]:
    """The ids that are nearest to one that was not found; ``what`` is what has become of them all."""
    if not ids:
        return [f"  nothing was {what}" if what == "submitted" else f"  nothing is {what}"]
    near = nearest_names(id, ids)
    shown = near or list(dict.fromkeys(ids))[:_SHOWN]
    more = len(set(ids)) - len(shown)
    return [f"  {'nearest ids' if near else 'ids'} {what}: {', '.join(map(ascii, shown))}{f' and {more} more' if more > 0 else ''}"]


def pending_hint(pending: PendingWrites, id: Id) -> list[str]:
    """That writes which may concern the link have not arrived yet, if there are any."""
    writes = [write for write in pending if write.may_concern((*write.owner, id))]
    if not writes:
        return []
    count = "1 write that may concern it is" if len(writes) == 1 else f"{len(writes)} writes that may concern it are"
    return [f"  {count} pending under '{pending.consistency}': call fake_jira.settle() first"]


def waiting_hint(pending: PendingWrites) -> list[str]:
    """That writes are pending for which a test may be waiting in vain, if there are any."""
    count = sum(not write.is_redelivery for write in pending)
    if not count:
        return []
    writes = "1 write is" if count == 1 else f"{count} writes are"
    return [f"  {writes} pending under '{pending.consistency}': to look is no read; call fake_jira.settle(), or let the provider read"]


def request_section(title: str, exchanges: Sequence[Exchange], remarks: Mapping[Exchange, list[str]] | None = None) -> list[str]:
    """The last of some requests, each with what there is to remark and with its violations."""
    if not exchanges:
        return ["", f"{title}: none"]
    lines = ["", f"{title}:"]
    for exchange in exchanges[-_SHOWN:]:
        lines.append(f"  {request_line(exchange)}")
        lines += [f"    {remark}" for remark in (remarks or {}).get(exchange, ())]
        lines += [f"    {line}" for line in _first(exchange.violations)]
    return lines + ([f"  and {len(exchanges) - _SHOWN} before them"] if len(exchanges) > _SHOWN else [])


def arrival_section(pending: PendingWrites, id: Id) -> list[str]:
    """The writes that may concern a link, where they don't arrive in the order in which they were accepted."""
    arrived = [write for write in pending.arrivals if write.may_concern((*write.owner, id))]
    coming = [write for write in pending.in_order() if write.may_concern((*write.owner, id))]
    numbers = [write.number for write in (*arrived, *coming)]
    if numbers == sorted(set(numbers)):
        return []
    lines = [*(f"  {write}" for write in arrived), *(f"  {write}, pending" for write in coming)]
    return ["", f"order of arrival under '{pending.consistency}', if settled now:", *lines]


def submission_section(title: str, submission: Submission, found: Iterable[Difference] = ()) -> list[str]:
    """One submitted link: what became of it, where it is not as expected, what Jira said of it, and its violations."""
    state = "accepted" if submission.accepted else "rejected" if submission.request.status == 202 else "refused with its request"
    lines = ["", f"{title}: {submission.id!a}, {state}, in {request_line(submission.request)}"]
    lines += difference_lines(found)
    for error in submission.errors:
        lines.append(f"  Jira said: {error['message']} (errorTraceId {error['errorTraceId']})")
    return [*lines, *violation_section(submission.violations)]


def violation_section(violations: Sequence[Violation]) -> list[str]:
    """The first of some violations, if there are any."""
    if not violations:
        return []
    return ["", "violations:", *(f"  {line}" for line in _first(violations))]


def _first(violations: Sequence[Violation]) -> list[str]:
    lines = [line for violation in violations[:_SHOWN] for line in violation_lines(violation)]
    return lines + ([f"and {len(violations) - _SHOWN} more"] if len(violations) > _SHOWN else [])
