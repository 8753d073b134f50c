"""The assertion helpers of a fake Jira, and what they say when they fail."""

from __future__ import annotations

import re
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn, TypeVar

from pytest_remotelinks.comparison import Difference, differences, nearest_names
from pytest_remotelinks.contract.operations import DELETE_BY_ID, DELETE_BY_PROPERTY
from pytest_remotelinks.contract.property_rules import SEQUENCE_PARAMETER
from pytest_remotelinks.contract.selectors import parse_selectors, selects
from pytest_remotelinks.contract.violation import Violation
from pytest_remotelinks.recording.exchange import Exchange, Submission
from pytest_remotelinks.recording.journal import Journal
from pytest_remotelinks.recording.masking import printable
from pytest_remotelinks.recording.terminal import report, request_line, violation_lines
from pytest_remotelinks.site.associations import issue_keys
from pytest_remotelinks.site.site import Site

Result = TypeVar("Result")


class Assertions(ABC):
    """What a test can assert about a site. All helpers raise AssertionError."""

    _journal: Journal
    _site: Site

    @property
    @abstractmethod
    def url(self) -> str:
        """Base URL of the site."""

    def __init__(self) -> None:
        self._expected: dict[int, Violation] = {}

    # What was sent

    def assert_submitted(self, id: str, **fields: Any) -> Submission:
        """Assert that a submission of the link had these fields, and return the last such one.

        Fields go by the contract's names (``displayName=…``) and compare as a
        subset; values may be matchers such as ``unittest.mock.ANY``.
        ``properties=`` compares the properties that were sent along.
        """
        __tracebackhide__ = True
        candidates = self._submissions_of(id)
        compared = [
            (differences(fields, {"properties": candidate.properties, **_members(candidate)}), candidate) for candidate in candidates
        ]
        for found, candidate in reversed(compared):
            if not found:
                return candidate
        found, nearest = min(reversed(compared), key=lambda pair: len(pair[0])) if compared else ([], None)
        self._fail(f"no submission of {id!a} has the expected fields", id, fields, nearest, found)

    def assert_not_submitted(self, id: str) -> None:
        """Assert that no request submitted the link, accepted or not."""
        __tracebackhide__ = True
        candidates = self._submissions_of(id)
        if candidates:
            self._fail(f"{id!a} was submitted {_times(len(candidates))}", None, {}, candidates[-1], [])

    def assert_accepted(self, id: str) -> Submission:
        """Assert that Jira accepted the link's last submission, and return it."""
        __tracebackhide__ = True
        candidates = self._submissions_of(id)
        if candidates and candidates[-1].accepted:
            return candidates[-1]
        verdict = f"the last submission of {id!a} was not accepted" if candidates else f"{id!a} was never submitted"
        self._fail(verdict, id, {}, candidates[-1] if candidates else None, [])

    def assert_rejected(self, id: str, match: str | None = None) -> Submission:
        """Assert that Jira rejected the link's last submission, and return it.

        ``match`` is a regular expression that one of Jira's messages contains.
        A link without an id goes by ``remoteLinks[INDEX]``.
        """
        __tracebackhide__ = True
        candidates = self._submissions_of(id)
        if not candidates:
            self._fail(f"{id!a} was never submitted", id, {}, None, [])
        last = candidates[-1]
        if last.accepted:
            self._fail(f"the last submission of {id!a} was accepted", None, {}, last, [])
        if match is not None and not any(re.search(match, error["message"]) for error in last.errors):
            self._fail(f"{id!a} was rejected, but no message matches {match!a}", None, {}, last, [])
        return last

    def wait_for_submission(self, id: str, timeout: float = 5.0) -> Submission:
        """Wait until the link is submitted, for ``timeout`` seconds at most, and return its last submission."""
        __tracebackhide__ = True
        seen = 0
        for _ in self._events(timeout):
            arrived = self._journal.exchanges[seen:]
            seen += len(arrived)
            found = [submission for exchange in arrived for submission in exchange.submissions if submission.id == id]
            if found:
                return found[-1]
        self._fail(f"{id!a} was not submitted within {timeout:g} seconds", id, {}, None, [])

    def wait_until(self, predicate: Callable[[], Result], timeout: float = 5.0) -> Result:
        """Wait until the predicate returns something true, for ``timeout`` seconds at most, and return that.

        It is asked again whenever something has happened here: a request, a
        write that arrived, a move of the clock. One that raises AssertionError
        counts as not yet true, so that the helpers that return something will
        do: ``wait_until(lambda: fake_jira.assert_stored("alert-1"))``.
        """
        __tracebackhide__ = True
        reason = ""
        for _ in self._events(timeout):
            try:
                if result := predicate():
                    return result
                reason = f"it returned {result!a}"
            except AssertionError as error:
                reason = str(error)
        raise AssertionError(
            printable("\n".join([f"what was waited for did not come true within {timeout:g} seconds: {reason}", *self._requests_so_far()]))
        )

    def wait_idle(self, quiet: float = 0.1, timeout: float = 5.0) -> None:
        """Wait until no request is under way and none has come for ``quiet`` seconds, for ``timeout`` seconds at most."""
        __tracebackhide__ = True
        deadline = time.monotonic() + timeout
        with self._journal.changed:
            while True:
                now = time.monotonic()
                rest = self._journal.last_active + quiet - now
                if self._journal.under_way == 0 and rest <= 0:
                    return
                if now >= deadline:
                    break
                self._journal.changed.wait(min(deadline - now, rest if self._journal.under_way == 0 else deadline - now))
            under_way = self._journal.under_way
        state = f"{under_way} still under way" if under_way else f"the last one less than {quiet:g} seconds ago"
        raise AssertionError("\n".join([f"requests did not end within {timeout:g} seconds: {state}", *self._requests_so_far()]))

    def _events(self, timeout: float) -> Iterator[None]:
        """Once now, once after everything that happens, and once more when the time is over; lets due writes arrive."""
        deadline = time.monotonic() + timeout
        journal, pending, clock = self._journal, self._site.pending, self._site.clock
        while True:
            with journal.changed:
                pending.arrive()
                events = journal.events
            yield
            with journal.changed:
                while journal.events == events:
                    rest = deadline - time.monotonic()
                    if rest <= 0:
                        break
                    due = pending.next_due()
                    journal.changed.wait(rest if due is None else max(0.0, min(rest, due - clock.now())))
                    if pending.arrive():
                        journal.wake()
                over = journal.events == events
            if over:
                yield
                return

    # What is stored

    def assert_stored(self, id: str, **fields: Any) -> dict[str, Any]:
        """Assert that the link is stored and visible with these fields, and return it.

        ``properties=`` compares the properties that it was submitted with.
        """
        __tracebackhide__ = True
        with self._journal.changed:
            self._site.pending.arrive()
            stored = self._site.store.get(id)
            others = [link.id for link in self._site.store]
        if stored is None:
            lines = [f"{id!a} is not stored", *self._pending_hint(id), *_listing("stored", id, others)]
            raise AssertionError("\n".join([*lines, *self._history(id)]))
        found = differences(fields, {"properties": stored.properties, **stored.data})
        if found:
            lines = [f"{id!a} is stored, with other fields than expected", *_difference_lines(found), *self._pending_hint(id)]
            raise AssertionError("\n".join([*lines, *self._history(id)]))
        return stored.data

    def assert_deleted(self, id: str) -> Exchange:
        """Assert that the provider deleted the link, by id or by properties, and return the last request that did.

        A deletion counts from its acceptance: pending writes are looked at as
        if they had arrived, in their order.
        """
        __tracebackhide__ = True
        found = [exchange for exchange in self._accepted(DELETE_BY_ID, DELETE_BY_PROPERTY) if self._deletes(exchange, id)]
        if not found:
            deletions = [request_line(exchange) for exchange in self._accepted(DELETE_BY_ID, DELETE_BY_PROPERTY)]
            raise AssertionError(
                "\n".join([f"no deletion of {id!a} was accepted", *_requests("deletions that were", deletions), *self._history(id)])
            )
        with self._journal.changed:
            stored = self._site.settled_link(id)
        if stored is not None:
            raise AssertionError(
                "\n".join(
                    [
                        f"{id!a} was deleted, but is or will be stored all the same",
                        f"  a submission with updateSequenceNumber {stored.data.get('updateSequenceNumber')!a} came after the deletion",
                        *self._history(id),
                    ]
                )
            )
        return found[-1]

    def assert_deleted_by(self, **properties: Any) -> Exchange:
        """Assert that a deletion by exactly these properties was accepted, and return its request."""
        __tracebackhide__ = True
        accepted = self._accepted(DELETE_BY_PROPERTY)
        for exchange in reversed(accepted):
            sent = _criteria(exchange)
            if len(sent) == len(properties) and not differences(properties, sent):
                return exchange
        wanted = ", ".join(f"{key}={value!a}" for key, value in properties.items())
        lines = [f"no deletion by exactly {wanted or 'no property'} was accepted"]
        if accepted:
            nearest = min(accepted, key=lambda exchange: len(differences(properties, _criteria(exchange))))
            sent = _criteria(nearest)
            lines += ["", f"nearest: {request_line(nearest)}", *_difference_lines(differences(properties, sent))]
            lines += [f"  {key}: not expected, it is {value!a}" for key, value in sent.items() if key not in properties]
            lines += _violations(nearest.violations)
        else:
            lines += self._requests_so_far()
        raise AssertionError(printable("\n".join(lines)))

    def assert_linked(self, issue_key: str, id: str) -> dict[str, Any]:
        """Assert that the link is stored and associated with the issue, and return it."""
        __tracebackhide__ = True
        stored = self.assert_stored(id)
        keys = issue_keys(stored)
        if issue_key not in keys:
            near = nearest_names(issue_key, keys, 1)
            lines = [f"{id!a} is stored, but not linked to {issue_key!a}", f"  it is linked to {', '.join(map(ascii, keys)) or 'no issue'}"]
            lines += [f"  perhaps {near[0]!a} was meant"] if near else []
            raise AssertionError("\n".join([*lines, *self._pending_hint(id), *self._history(id)]))
        return stored

    # Violations

    def assert_no_violations(self) -> None:
        """Assert that no request broke the contract, warnings included; expected violations don't count."""
        __tracebackhide__ = True
        found = self.unexpected_violations
        if found:
            raise AssertionError(f"the contract was broken {_times(len(found))}\n\n{report(found, self.url)}")

    @contextmanager
    def expect_violations(self, *codes: str) -> Iterator[None]:
        """Within the block, violations of these codes are wanted; each code's absence fails.

        A code may be the beginning of one, such as ``RL2``. Raises ValueError
        for one that covers no rule, or if none is given.
        """
        __tracebackhide__ = True
        selectors = parse_selectors(codes)
        if not selectors:
            raise ValueError("expect_violations() takes the codes that are wanted, such as 'RL201'")
        before = len(self._journal.exchanges)
        yield
        found = [violation for exchange in self._journal.exchanges[before:] for violation in exchange.violations]
        for violation in found:
            if selects(selectors, violation.code):
                self._expected[id(violation)] = violation
        missing = [selector for selector in selectors if not any(violation.code.startswith(selector) for violation in found)]
        if missing:
            lines = [f"no violation of {', '.join(missing)} happened here", *_violations(found)]
            if not found:
                lines += ["", f"{len(self._journal.exchanges) - before} requests came in this block; none broke the contract"]
            raise AssertionError("\n".join(lines))

    @property
    def unexpected_violations(self) -> list[Violation]:
        """Every violation that no ``expect_violations`` block asked for."""
        return [violation for violation in self._journal.violations if id(violation) not in self._expected]

    # What the messages are made of

    def _submissions_of(self, id: str) -> list[Submission]:
        return [submission for submission in self._journal.submissions if submission.id == id]

    def _accepted(self, *operations: str) -> list[Exchange]:
        return [exchange for exchange in tuple(self._journal.exchanges) if exchange.operation in operations and exchange.status == 202]

    def _deletes(self, exchange: Exchange, id: str) -> bool:
        if exchange.operation == DELETE_BY_ID:
            return exchange.link_id == id
        position = self._journal.exchanges.index(exchange)
        sent = _criteria(exchange)
        return any(
            submission.id == id and submission.accepted and not differences(sent, submission.properties)
            for earlier in self._journal.exchanges[:position]
            for submission in earlier.submissions
        )

    def _pending_hint(self, id: str) -> list[str]:
        writes = [write for write in self._site.pending if write.may_concern(id)]
        if not writes:
            return []
        count = "1 write that may concern it is" if len(writes) == 1 else f"{len(writes)} writes that may concern it are"
        return [f"  {count} pending under '{self._site.pending.consistency}': call fake_jira.settle() first"]

    def _history(self, id: str) -> list[str]:
        submissions = self._submissions_of(id)
        if not submissions:
            return self._requests_so_far() if not self._journal.submissions else []
        return _submission_lines("last submission", submissions[-1])

    def _requests_so_far(self) -> list[str]:
        return _requests("requests so far", [request_line(exchange) for exchange in self._journal.exchanges])

    def _fail(self, verdict: str, id: str | None, fields: dict[str, Any], nearest: Submission | None, found: list[Difference]) -> NoReturn:
        __tracebackhide__ = True
        lines = [verdict]
        if fields:
            lines.append("  expected: " + ", ".join(f"{name}={value!a}" for name, value in fields.items()))
        if nearest is not None:
            lines += _submission_lines("nearest submission" if fields else "the submission", nearest, found)
        elif id is not None:
            submitted = [submission.id for submission in self._journal.submissions]
            lines += _listing("submitted", id, submitted)
            near = nearest_names(id, submitted, 1)
            if near:
                lines += _submission_lines("nearest submission", self._submissions_of(near[0])[-1])
            elif not submitted:
                lines += self._requests_so_far()
                lines += _violations(self._journal.violations)
        raise AssertionError(printable("\n".join(lines)))


def _members(submission: Submission) -> dict[str, Any]:
    return submission.data if isinstance(submission.data, dict) else {}


def _criteria(exchange: Exchange) -> dict[str, str]:
    return {key: value for key, value in exchange.query.items() if key != SEQUENCE_PARAMETER}


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _difference_lines(found: Sequence[Difference]) -> list[str]:
    return [f"  {difference}" for difference in found]


def _listing(what: str, id: str, ids: Sequence[str]) -> list[str]:
    if not ids:
        return [f"  nothing was {what}" if what == "submitted" else f"  nothing is {what}"]
    near = nearest_names(id, ids)
    shown = near or list(dict.fromkeys(ids))[:5]
    more = len(set(ids)) - len(shown)
    return [f"  {'nearest ids' if near else 'ids'} {what}: {', '.join(map(ascii, shown))}{f' and {more} more' if more > 0 else ''}"]


def _requests(title: str, lines: Sequence[str]) -> list[str]:
    if not lines:
        return ["", f"{title}: none"]
    return ["", f"{title}:", *(f"  {line}" for line in lines[-5:]), *([f"  and {len(lines) - 5} before them"] if len(lines) > 5 else [])]


def _submission_lines(title: str, submission: Submission, found: Sequence[Difference] = ()) -> list[str]:
    state = "accepted" if submission.accepted else "rejected"
    lines = ["", f"{title}: {submission.id!a}, {state}, in {request_line(submission.request)}"]
    lines += _difference_lines(found)
    for error in submission.errors:
        lines.append(f"  Jira said: {error['message']} (errorTraceId {error['errorTraceId']})")
    return [*lines, *_violations(submission.violations)]


def _violations(violations: Sequence[Violation]) -> list[str]:
    if not violations:
        return []
    lines = ["", "violations:"]
    for violation in violations[:5]:
        lines += [f"  {line}" for line in violation_lines(violation)]
    return lines + ([f"  and {len(violations) - 5} more"] if len(violations) > 5 else [])
