"""Why something is not as a test expects it, in one line: the cause, before all evidence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pytest_remotelinks.apis.api import Api, Id
from pytest_remotelinks.jira.pending import PendingWrites
from pytest_remotelinks.jira.site import Site
from pytest_remotelinks.jira.write import AcceptedWrite
from pytest_remotelinks.recording.exchange import Exchange, Submission, api_of, data_of, target_id
from pytest_remotelinks.view.compare import nearest_names
from pytest_remotelinks.view.deletions import Deletion, criteria, not_accepted

#: The fate of a submission that has not arrived.
PENDING = "still pending"


def fate(write: AcceptedWrite, arrivals: Sequence[AcceptedWrite]) -> str:
    """Why an accepted submission that has arrived is not stored."""
    rival = write.lost_to
    if rival is None:
        return "dropped when its app was uninstalled"
    if rival.kind != "submit":
        late = f", which was sent before request {write.request} and arrived after it" if rival.number < write.number else ""
        return f"deleted by request {rival.request}{late}"
    numbers = write.sequence, rival.sequence
    if not all(isinstance(number, (int, float)) for number in numbers) or arrivals.index(rival) > arrivals.index(write):
        return f"replaced by request {rival.request}"
    compared = "equals" if numbers[0] == numbers[1] else "is lower than"
    if rival.lost_to is None:
        return f"ignored: {numbers[0]} {compared} the {numbers[1]} that is stored"
    return f"ignored: {numbers[0]} {compared} the {numbers[1]} that was stored, and that was {fate(rival, arrivals)}"


def submission_fate(submission: Submission, pending: PendingWrites, stored: Iterable[AcceptedWrite]) -> str | None:
    """What became of a submission that is not stored; None if it is."""
    data = data_of(submission)
    if any(link.data is data for link in stored):
        return None
    if any(write.data is data and write.kind == "submit" for write in pending):
        return PENDING
    arrived = [write for write in pending.arrivals if write.data is data and write.kind == "submit"]
    if arrived:
        return fate(arrived[-1], pending.arrivals)
    return refusal(submission)


def refusal(submission: Submission) -> str:
    """Why Jira did not accept a submission."""
    exchange = submission.request
    if exchange.status == 202:
        return f"rejected: {submission.errors[0]['message']}" if submission.errors else "rejected"
    return f"refused with its request: {_failed(exchange)}"


def never_sent(api: Api, id: Id, site: Site, exchanges: Sequence[Exchange]) -> str:
    """Where a link was submitted that these requests did not submit, or what was submitted instead."""
    for exchange in tuple(site.record.exchanges):
        if _submits(exchange, api, id):
            sender = f"the app {exchange.app!a}" if exchange.app else "a sender that is not known as an app"
            return f"{sender} submitted it, in request {exchange.number}"
    for other in site.neighbours():
        for exchange in tuple(other.record.exchanges):
            if _submits(exchange, api, id):
                return f"it was submitted to another site, {other.url}, in request {exchange.number} there"
    ids = [submission.id for exchange in exchanges if api_of(exchange) is api for submission in exchange.submissions]
    if not ids:
        return "nothing was submitted"
    near = nearest_names(id, ids, 1)
    return f"did you mean {near[0]!a}?" if near else "only other ids were"


def still_stored(api: Api, stored: AcceptedWrite, pending: PendingWrites, exchanges: Sequence[Exchange]) -> str:
    """Why nothing deleted a link that is stored."""
    waiting = [write for write in pending if write.kind != "submit" and _deletes(write, stored)]
    if waiting:
        return f"its deletion, request {waiting[-1].request}, is still pending"
    arrived = [write for write in pending.arrivals if write.kind != "submit" and _deletes(write, stored)]
    if arrived:
        last = arrived[-1]
        if last.number < stored.number:
            return f"request {stored.request} submitted it after request {last.request} had deleted it"
        return f"its deletion, request {last.request}, was sent after request {stored.request} and arrived before it"
    tried = [one for one in not_accepted(exchanges, "delete", "delete-by-properties") if _was_to_delete(one, api, stored)]
    if tried:
        return f"its deletion, request {tried[-1].number}, was not accepted: {_failed(tried[-1])}"
    return "nothing deleted it"


def no_deletion(api: Api, id: Id, exchanges: Sequence[Exchange], deletions: Sequence[Deletion]) -> str:
    """Why no accepted deletion touched a link; ``deletions`` are those that were accepted."""
    tried = [one for one in not_accepted(exchanges, "delete") if api_of(one) is api and target_id(one) == id]
    if tried:
        return f"request {tried[-1].number} was not: {_failed(tried[-1])}"
    targets = {target: one.request for one in deletions if (target := target_id(one.request)) is not None}
    near = nearest_names(id, targets, 1)
    if near and near[0] != id:
        return f"request {targets[near[0]].number} deleted {near[0]!a}"
    if by_properties := [one for one in deletions if one.request.operation == "delete-by-properties"]:
        last = by_properties[-1]
        return f"request {last.request.number} {'found no such link' if last.stored is None else 'names other properties'}"
    return "none was sent" if not deletions else "only other links were deleted"


def _deletes(write: AcceptedWrite, stored: AcceptedWrite) -> bool:
    return write.key == stored.key if write.kind == "delete" else write.owner == stored.owner and stored.has(write.criteria)


def _was_to_delete(exchange: Exchange, api: Api, stored: AcceptedWrite) -> bool:
    if api_of(exchange) is not api:
        return False
    if exchange.operation == "delete":
        return target_id(exchange) == stored.id
    return exchange.operation == "delete-by-properties" and stored.has(criteria(api, exchange))


def _submits(exchange: Exchange, api: Api, id: Id) -> bool:
    sent_to = api_of(exchange)
    return sent_to is not None and sent_to.name == api.name and any(submission.id == id for submission in exchange.submissions)


def _failed(exchange: Exchange) -> str:
    status = f"status {exchange.status}" if exchange.status else "no answer"
    return f"{status} (fault: {exchange.fault})" if exchange.fault else status
