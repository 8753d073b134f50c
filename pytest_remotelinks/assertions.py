"""The assertion helpers of a fake Jira, and what they say when they fail."""

from __future__ import annotations

import copy
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pytest_remotelinks.comparison import differences, nearest_names
from pytest_remotelinks.contract.operations import DELETE_BY_ID, DELETE_BY_PROPERTY
from pytest_remotelinks.contract.property_rules import SEQUENCE_PARAMETER
from pytest_remotelinks.contract.selectors import parse_selectors, selects
from pytest_remotelinks.contract.violation import Violation
from pytest_remotelinks.evidence import (
    difference_lines,
    expected_line,
    failure,
    id_listing,
    members,
    missing_submission,
    pending_hint,
    request_section,
    submission_section,
    times,
    violation_section,
)
from pytest_remotelinks.recording.exchange import Exchange, Submission
from pytest_remotelinks.recording.terminal import report, request_line
from pytest_remotelinks.site.associations import issue_keys
from pytest_remotelinks.waiting import Waiting


class Assertions(Waiting, ABC):
    """What a test can assert about a site. All helpers raise AssertionError."""

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
        compared = [(differences(fields, members(candidate)), candidate) for candidate in candidates]
        for found, candidate in reversed(compared):
            if not found:
                return candidate
        verdict = f"no submission of {id!a} has the expected fields"
        if not compared:
            raise failure(verdict, missing_submission(self._journal, id, fields))
        found, nearest = min(reversed(compared), key=lambda pair: len(pair[0]))
        raise failure(verdict, expected_line(fields), submission_section("nearest submission", nearest, found))

    def assert_not_submitted(self, id: str) -> None:
        """Assert that no request submitted the link, accepted or not."""
        __tracebackhide__ = True
        candidates = self._submissions_of(id)
        if candidates:
            raise failure(f"{id!a} was submitted {times(len(candidates))}", submission_section("the submission", candidates[-1]))

    def assert_accepted(self, id: str) -> Submission:
        """Assert that Jira accepted the link's last submission, and return it."""
        __tracebackhide__ = True
        last = self._last_submission(id)
        if not last.accepted:
            raise failure(f"the last submission of {id!a} was not accepted", submission_section("the submission", last))
        return last

    def assert_rejected(self, id: str, match: str | None = None) -> Submission:
        """Assert that Jira rejected the link's last submission, and return it.

        ``match`` is a regular expression that one of Jira's messages contains.
        A link without an id goes by ``remoteLinks[INDEX]``.
        """
        __tracebackhide__ = True
        last = self._last_submission(id)
        if last.accepted:
            raise failure(f"the last submission of {id!a} was accepted", submission_section("the submission", last))
        if match is not None and not any(re.search(match, error["message"]) for error in last.raw_errors):
            raise failure(f"{id!a} was rejected, but no message matches {match!a}", submission_section("the submission", last))
        return last

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
            raise failure(
                f"{id!a} is not stored", pending_hint(self._site.pending, id), id_listing("stored", id, others), self._history(id)
            )
        found = differences(fields, {"properties": stored.properties, **stored.data})
        if found:
            raise failure(
                f"{id!a} is stored, with other fields than expected",
                difference_lines(found),
                pending_hint(self._site.pending, id),
                self._history(id),
            )
        return copy.deepcopy(stored.data)

    def assert_deleted(self, id: str) -> Exchange:
        """Assert that the provider deleted the link, by id or by properties, and return the last request that did.

        A deletion counts from its acceptance: pending writes are looked at as
        if they had arrived, in their order.
        """
        __tracebackhide__ = True
        found = [exchange for exchange in self._accepted(DELETE_BY_ID, DELETE_BY_PROPERTY) if self._deletes(exchange, id)]
        if not found:
            deletions = self._accepted(DELETE_BY_ID, DELETE_BY_PROPERTY)
            raise failure(f"no deletion of {id!a} was accepted", request_section("deletions that were", deletions), self._history(id))
        with self._journal.changed:
            stored = self._site.settled_link(id)
        if stored is not None:
            raise failure(
                f"{id!a} was deleted, but is or will be stored all the same",
                [f"  a submission with updateSequenceNumber {stored.data.get('updateSequenceNumber')!a} came after the deletion"],
                self._history(id),
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
        lines: list[str] = []
        if accepted:
            nearest = min(accepted, key=lambda exchange: len(differences(properties, _criteria(exchange))))
            sent = _criteria(nearest)
            lines += ["", f"nearest: {request_line(nearest)}", *difference_lines(differences(properties, sent))]
            lines += [f"  {key}: not expected, it is {value!a}" for key, value in sent.items() if key not in properties]
            lines += violation_section(nearest.violations)
        else:
            lines += request_section("requests so far", self._journal.exchanges)
        raise failure(f"no deletion by exactly {wanted or 'no property'} was accepted", lines)

    def assert_linked(self, issue_key: str, id: str) -> dict[str, Any]:
        """Assert that the link is stored and associated with the issue, and return it."""
        __tracebackhide__ = True
        stored = self.assert_stored(id)
        keys = issue_keys(stored)
        if issue_key not in keys:
            near = nearest_names(issue_key, keys, 1)
            raise failure(
                f"{id!a} is stored, but not linked to {issue_key!a}",
                [f"  it is linked to {', '.join(map(ascii, keys)) or 'no issue'}"],
                [f"  perhaps {near[0]!a} was meant"] if near else [],
                pending_hint(self._site.pending, id),
                self._history(id),
            )
        return stored

    # Violations

    def assert_no_violations(self) -> None:
        """Assert that no request broke the contract, warnings included; expected violations don't count."""
        __tracebackhide__ = True
        found = self.unexpected_violations
        if found:
            raise AssertionError(f"the contract was broken {times(len(found))}\n\n{report(found, self.url)}")

    @contextmanager
    def expect_violations(self, *codes: str) -> Iterator[None]:
        """Within the block, violations of these codes are wanted; each code's absence fails, unless the block raises.

        A code may be the beginning of one, such as ``RL2``. Raises ValueError
        for one that covers no rule, or if none is given.
        """
        __tracebackhide__ = True
        selectors = parse_selectors(codes)
        if not selectors:
            raise ValueError("expect_violations() takes the codes that are wanted, such as 'RL201'")
        before = len(self._journal.exchanges)
        try:
            yield
        finally:
            # Also where the block raises: a client may well do so on being refused.
            found = [violation for exchange in self._journal.exchanges[before:] for violation in exchange.violations]
            self._expected.update((id(violation), violation) for violation in found if selects(selectors, violation.code))
        missing = [selector for selector in selectors if not any(violation.code.startswith(selector) for violation in found)]
        if missing:
            came = len(self._journal.exchanges) - before
            raise failure(
                f"no violation of {', '.join(missing)} happened here",
                violation_section(found) if found else ["", f"{came} requests came in this block; none broke the contract"],
            )

    @property
    def unexpected_violations(self) -> list[Violation]:
        """Every violation that no ``expect_violations`` block asked for."""
        return [violation for violation in self._journal.violations if id(violation) not in self._expected]

    # What was there

    def _submissions_of(self, id: str) -> list[Submission]:
        return [submission for submission in self._journal.submissions if submission.id == id]

    def _last_submission(self, id: str) -> Submission:
        __tracebackhide__ = True
        candidates = self._submissions_of(id)
        if not candidates:
            raise failure(f"{id!a} was never submitted", missing_submission(self._journal, id, {}))
        return candidates[-1]

    def _accepted(self, *operations: str) -> list[Exchange]:
        return [exchange for exchange in tuple(self._journal.exchanges) if exchange.operation in operations and exchange.status == 202]

    def _deletes(self, exchange: Exchange, id: str) -> bool:
        if exchange.operation == DELETE_BY_ID:
            return exchange.link_id == id
        position = self._journal.exchanges.index(exchange)
        sent = _criteria(exchange)
        return any(
            submission.id == id and submission.accepted and not differences(sent, submission.raw_properties)
            for earlier in self._journal.exchanges[:position]
            for submission in earlier.submissions
        )

    def _history(self, id: str) -> list[str]:
        submissions = self._submissions_of(id)
        if submissions:
            return submission_section("last submission", submissions[-1])
        return [] if self._journal.submissions else request_section("requests so far", self._journal.exchanges)


def _criteria(exchange: Exchange) -> dict[str, str]:
    return {key: value for key, value in exchange.query.items() if key != SEQUENCE_PARAMETER}
