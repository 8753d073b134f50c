"""What a message says of something that was not there: the nearest thing that was, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_remotelinks.apis.api import Id
from pytest_remotelinks.jira.write import AcceptedWrite
from pytest_remotelinks.recording.exchange import Exchange, Submission, data_of, properties_of
from pytest_remotelinks.view.compare import differences, nearest_names
from pytest_remotelinks.view.deletions import replay
from pytest_remotelinks.view.messages import difference_lines, id_listing, pending_hint, request_section, submission_section
from pytest_remotelinks.view.seen import Seen


def missing_submission(seen: Seen, id: Id, fields: Mapping[str, Any]) -> list[str]:
    """What there was where no submission has the id."""
    submitted = seen.submissions
    ids = [submission.id for submission in submitted]
    lines = id_listing("submitted", id, ids)
    if not submitted:
        return lines + request_section("requests so far", seen.exchanges)
    near = nearest_names(id, ids, 1)
    candidates = [submission for submission in submitted if not near or submission.id == near[0]]
    # The last one where several are as near.
    found, nearest = min(
        ((differences({"id": id, **fields}, members(candidate)), candidate) for candidate in reversed(candidates)),
        key=lambda pair: len(pair[0]),
    )
    lines += submission_section("nearest submission", nearest, found)
    unread = [exchange for exchange in seen.exchanges if _is_unread(exchange)]
    return lines + (request_section("requests of which no link was read", unread) if unread else [])


def missing_link(seen: Seen, id: Id, fields: Mapping[str, Any], issue_key: str | None) -> list[str]:
    """What there was where a link is not stored."""
    ids = [link.id for link in seen.links]
    submissions = seen.submissions_of(id)
    near = nearest_names(id, ids, 1)
    lines = [*pending_hint(seen.pending, id), *id_listing("stored", id, ids)]
    deletions, remaining = replay(seen.exchanges, id, submissions[-1].request.app if submissions else "")
    if remaining is None and (effective := [deletion for deletion in deletions if deletion.touches and deletion.stored]):
        lines += request_section("its deletion", [effective[-1].request])
    if submissions:
        lines += submission_section("last submission", submissions[-1], differences(fields, members(submissions[-1])))
    if near and (nearest := next((link for link in seen.links if link.id == near[0]), None)):
        lines += ["", f"nearest link that is stored: {nearest.id!a}"]
        lines += difference_lines(differences({"id": id, **fields}, stored_members(nearest)))
        lines += link_line(nearest) if issue_key is not None else []
        lines += stored_submission(seen, nearest)
    elif not submissions:
        lines += missing_submission(seen, id, fields)
    return lines


def stored_submission(seen: Seen, stored: AcceptedWrite) -> list[str]:
    """The submission that a link is stored by, and the last one of the link if that is another."""
    submissions = [submission for submission in seen.submissions_of(stored.id) if submission.request.app == stored.app]
    lines = []
    for submission in submissions:
        if data_of(submission) is stored.data:
            lines += submission_section("its submission", submission)
            if submission is not submissions[-1]:
                lines += submission_section("last submission", submissions[-1])
    return lines


def link_line(stored: AcceptedWrite) -> list[str]:
    """The issues that a stored link is shown on."""
    return [f"  it is linked to {', '.join(map(ascii, stored.api.issue_keys(stored.data, stored.unknown))) or 'no issue'}"]


def stored_members(stored: AcceptedWrite) -> dict[str, Any]:
    """What the fields of an expectation are compared with, of a stored link."""
    return {"properties": stored.properties, **stored.data}


def members(submission: Submission) -> dict[str, Any]:
    """What the fields of an expectation are compared with, of a submitted link."""
    data = data_of(submission)
    return {"properties": properties_of(submission), **(data if isinstance(data, dict) else {})}


def _is_unread(exchange: Exchange) -> bool:
    """Whether a request may have been meant to submit links, and none of them is known."""
    meant = exchange.operation == "submit" or (exchange.operation is None and bool(exchange.request.body))
    return meant and exchange.status != 202 and not exchange.submissions
