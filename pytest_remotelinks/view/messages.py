"""What failure messages are made of: lines and sections on what was expected and what was there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pytest_remotelinks.apis.api import Api, Id
from pytest_remotelinks.contract.descriptor import Action
from pytest_remotelinks.jira.panel import Kind, linked_keys, named_keys
from pytest_remotelinks.jira.pending import PendingWrites
from pytest_remotelinks.jira.write import AcceptedWrite
from pytest_remotelinks.recording.exchange import Exchange, Submission, api_of, data_of, properties_of
from pytest_remotelinks.reports.terminal import request_line, violation_lines
from pytest_remotelinks.rules.violation import Violation
from pytest_remotelinks.view.causes import submission_fate
from pytest_remotelinks.view.compare import Difference, differences, nearest_names
from pytest_remotelinks.view.deletions import replay
from pytest_remotelinks.wire.redact import redact_text
from pytest_remotelinks.wire.text import counted, printable

#: More requests or violations than this are counted, not shown.
_SHOWN = 5


def failure(problem: str, *evidence: Iterable[str]) -> AssertionError:
    """The error to raise: the problem, and below it the lines of what led to it."""
    return AssertionError(printable(redact_text("\n".join([problem, *(line for lines in evidence for line in lines)]))))


def times(count: int) -> str:
    """``once``, ``2 times``"""
    return "once" if count == 1 else f"{count} times"


# Lines


def expected_line(fields: Mapping[str, Any]) -> list[str]:
    """The fields that were expected, if any were."""
    return ["  expected: " + ", ".join(f"{name}={value!a}" for name, value in fields.items())] if fields else []


def difference_lines(found: Iterable[Difference]) -> list[str]:
    """A line for each place that is not as expected."""
    return [f"  {difference}" for difference in found]


def pending_hint(api: Api, pending: PendingWrites, id: Id) -> list[str]:
    """That writes which may concern the link have not arrived yet, if there are any."""
    writes = [write for write in pending if write.api is api and write.may_concern((*write.owner, id))]
    if not writes:
        return []
    verb = "is" if len(writes) == 1 else "are"
    count = counted(len(writes), "write")
    return [f"  {count} that may concern it {verb} still pending ('{pending.consistency}'): call fake_jira.settle() first"]


def waiting_hint(pending: PendingWrites) -> list[str]:
    """That writes are pending, so that a test may be waiting in vain."""
    count = sum(not write.is_redelivery for write in pending)
    if not count:
        return []
    verb = "is" if count == 1 else "are"
    return [
        f"  {counted(count, 'write')} {verb} still pending ('{pending.consistency}'). Reading `fake_jira.links` does not count "
        "as a read; call `fake_jira.settle()`, or let the provider read"
    ]


def linked_line(stored: AcceptedWrite, kind: Kind) -> list[str]:
    """The issues or services that a stored link is displayed on."""
    return [f"  it is linked to {', '.join(map(ascii, linked_keys(stored, kind))) or f'no {kind}'}"]


# Sections


def request_section(title: str, exchanges: Sequence[Exchange], remarks: Mapping[Exchange, list[str]] | None = None) -> list[str]:
    """The last of some requests, each with its remarks and its violations."""
    if not exchanges:
        return ["", f"{title}: none"]
    lines = ["", f"{title}:"]
    for exchange in exchanges[-_SHOWN:]:
        lines.append(f"  {request_line(exchange)}")
        lines += [f"    {remark}" for remark in (remarks or {}).get(exchange, ())]
        lines += [f"    {line}" for line in violation_lines(exchange.violations, _SHOWN)]
    return lines + ([f"  and {len(exchanges) - _SHOWN} before them"] if len(exchanges) > _SHOWN else [])


def submission_section(title: str, submission: Submission, found: Iterable[Difference] = (), became: str | None = None) -> list[str]:
    """One submitted link: what became of it, where it is not as expected, what Jira said about it, and its violations."""
    state = "accepted" if submission.accepted else "rejected" if submission.request.status == 202 else "refused with its request"
    lines = ["", f"{title}: {submission.id!a}, {state}, in {request_line(submission.request)}"]
    if became is not None and submission.accepted:
        api, data = api_of(submission.request), data_of(submission)
        sequence = f"{api.sequence_member} {data.get(api.sequence_member)!a}: " if api is not None else ""
        lines.append(f"  {sequence}{became}")
    lines += difference_lines(found)
    for error in submission.errors:
        lines.append(f"  Jira said: {error['message']} (errorTraceId {error['errorTraceId']})")
    return [*lines, *violation_section(submission.violations)]


def violation_section(violations: Sequence[Violation]) -> list[str]:
    """The first of some violations, if there are any."""
    if not violations:
        return []
    return ["", "violations:", *(f"  {line}" for line in violation_lines(violations, _SHOWN))]


def arrival_section(api: Api, pending: PendingWrites, id: Id) -> list[str]:
    """The writes that may concern a link, where they don't arrive in the order in which they were accepted."""
    arrived = [write for write in pending.arrivals if write.api is api and write.may_concern((*write.owner, id))]
    coming = [write for write in pending.in_order() if write.api is api and write.may_concern((*write.owner, id))]
    numbers = [write.number for write in (*arrived, *coming)]
    if numbers == sorted(set(numbers)):
        return []
    lines = [*(f"  {write}" for write in arrived), *(f"  {write}, pending" for write in coming)]
    return ["", f"arrival order with '{pending.consistency}', if settled now:", *lines]


# What was there instead


def missing_submission(api: Api, id: Id, fields: Mapping[str, Any], exchanges: Sequence[Exchange]) -> list[str]:
    """What there was where no submission has the id."""
    submitted = submissions_to(api, exchanges)
    ids = [submission.id for submission in submitted]
    lines = _ids("submitted", id, ids)
    if not submitted:
        return lines + request_section("requests so far", exchanges)
    near = nearest_names(id, ids, 1)
    candidates = [submission for submission in submitted if not near or submission.id == near[0]]
    # The last one where several are as near.
    found, nearest = min(
        (
            ([*_id_difference(api, id, candidate.id), *differences(fields, members(candidate))], candidate)
            for candidate in reversed(candidates)
        ),
        key=lambda pair: len(pair[0]),
    )
    lines += submission_section("nearest submission", nearest, found)
    unread = [exchange for exchange in exchanges if _is_unread(exchange)]
    return lines + (request_section("requests of which no link was read", unread) if unread else [])


def missing_link(
    api: Api,
    id: Id,
    fields: Mapping[str, Any],
    exchanges: Sequence[Exchange],
    links: Sequence[AcceptedWrite],
    pending: PendingWrites,
    kind: Kind | None,
) -> list[str]:
    """What there was where a link is not stored; ``kind`` is that of the place where it was expected to be displayed."""
    ids = [link.id for link in links]
    submissions = submissions_to(api, exchanges, id)
    near = nearest_names(id, ids, 1)
    lines = [*pending_hint(api, pending, id), *_ids("stored", id, ids)]
    deletions, remaining = replay(api, exchanges, id, submissions[-1].request.app if submissions else "")
    if remaining is None and (effective := [deletion for deletion in deletions if deletion.touches and deletion.stored]):
        lines += request_section("its deletion", [effective[-1].request])
    if submissions:
        became = submission_fate(submissions[-1], pending, links)
        lines += submission_section("last submission", submissions[-1], differences(fields, members(submissions[-1])), became)
    if near and (nearest := next((link for link in links if link.id == near[0]), None)):
        lines += ["", f"nearest link that is stored: {nearest.id!a}"]
        lines += difference_lines([*_id_difference(api, id, nearest.id), *differences(fields, stored_members(nearest))])
        lines += linked_line(nearest, kind) if kind is not None else []
        lines += stored_submission(nearest, submissions_to(api, exchanges, nearest.id), pending)
    elif not submissions:
        lines += missing_submission(api, id, fields, exchanges)
    return lines


def stored_submission(stored: AcceptedWrite, submissions: Sequence[Submission], pending: PendingWrites) -> list[str]:
    """Of a link's submissions, the one that it is stored by, and the last one if that is another."""
    of_app = [submission for submission in submissions if submission.request.app == stored.app]
    lines = []
    for submission in of_app:
        if data_of(submission) is stored.data:
            others = submission is not of_app[-1]
            lines += submission_section("its submission", submission, became="stored" if others else None)
            if others:
                lines += submission_section("last submission", of_app[-1], became=submission_fate(of_app[-1], pending, [stored]))
    return lines


def action_problem(id: Id, action_id: str, url: Any, link: Mapping[str, Any], actions: Mapping[str, Action]) -> list[str]:
    """Why an action is not displayed as a test expects it; ``actions`` are those of the app that sent the link."""
    named = link.get("actionIds")
    offered = [name for name in named if isinstance(name, str)] if isinstance(named, list) else []
    if action_id not in offered:
        near = nearest_names(action_id, offered, 1)
        hint = f"; did you mean {near[0]!a}?" if near else ""
        if action_id in actions and (not near or near[0] not in actions):
            instead = f" instead of {near[0]!a}" if near else ""
            hint = f"; the module has {action_id!a}, so name it there{instead}"
        return [f"{id!a} does not offer the action {action_id!a}", f"  its actionIds are {', '.join(map(ascii, offered)) or 'none'}{hint}"]
    action = actions.get(action_id)
    if action is None:
        known = ", ".join(map(ascii, actions)) or "no action"
        near = nearest_names(action_id, actions, 1)
        hint = f"did you mean {near[0]!a}?" if near else "install() it"
        return [f"{id!a} offers {action_id!a}, but it is not displayed", f"  the module of the app that sent the link has {known}; {hint}"]
    attributes = link.get("attributeMap")
    missing = action.unfilled(attributes)
    if missing:
        given = ", ".join(map(ascii, attributes)) if isinstance(attributes, Mapping) and attributes else "no attribute"
        return [
            f"the action {action_id!a} of {id!a} is not displayed, since its URL is incomplete",
            f"  {', '.join(f'{{{name}}}' for name in missing)} in {action.template_url!a} has no value; attributeMap has {given}",
        ]
    return [
        f"the action {action_id!a} of {id!a} has another URL",
        f"  url: expected {url!a}, it is {action.url(attributes)!a}",
    ]


def submissions_to(api: Api, exchanges: Iterable[Exchange], id: Id | None = None) -> list[Submission]:
    """What was submitted to the API, or only what has the id, in order."""
    submitted = (submission for exchange in exchanges if api_of(exchange) is api for submission in exchange.submissions)
    return [submission for submission in submitted if id in (None, submission.id)]


def submitted_keys(api: Api, submission: Submission, kind: Kind) -> list[str]:
    """The issues or services that a submitted link names."""
    return [value for _, value in named_keys(api, data_of(submission), kind)]


def members(submission: Submission) -> dict[str, Any]:
    """What the expected fields are compared with, of a submitted link."""
    data = data_of(submission)
    return {"properties": properties_of(submission), **(data if isinstance(data, dict) else {})}


def stored_members(stored: AcceptedWrite) -> dict[str, Any]:
    """What the expected fields are compared with, of a stored link."""
    return {"properties": stored.properties, **stored.data}


def _ids(what: str, id: Id, ids: Sequence[Id]) -> list[str]:
    """The ids that are nearest to one that was not found; ``what`` is what has become of them all."""
    if not ids:
        return [f"  nothing was {what}" if what == "submitted" else f"  nothing is {what}"]
    near = nearest_names(id, ids)
    shown = near or list(dict.fromkeys(ids))[:_SHOWN]
    more = len(set(ids)) - len(shown)
    return [f"  {'nearest ids' if near else 'ids'} {what}: {', '.join(map(ascii, shown))}{f' and {more} more' if more > 0 else ''}"]


def _id_difference(api: Api, expected: Id, actual: Id) -> list[Difference]:
    return [] if expected == actual else [Difference(", ".join(api.identity), expected, actual)]


def _is_unread(exchange: Exchange) -> bool:
    """Whether a request may have been meant to submit links, and none of them is known."""
    meant = exchange.operation == "submit" or (exchange.operation is None and bool(exchange.request.body))
    return meant and exchange.status != 202 and not exchange.submissions
