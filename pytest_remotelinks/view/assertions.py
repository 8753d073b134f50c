"""The assertion helpers of a fake Jira, and what they say when they fail."""

from __future__ import annotations

import copy
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pytest_remotelinks.apis.api import Id
from pytest_remotelinks.apis.remotelinks import REMOTE_LINKS
from pytest_remotelinks.jira.apps import AppRegistry
from pytest_remotelinks.jira.panel import ShownAction, ShownLink, shown_actions
from pytest_remotelinks.jira.write import AcceptedWrite
from pytest_remotelinks.recording.exchange import Exchange, RecordedViolation, Submission
from pytest_remotelinks.reports.terminal import report
from pytest_remotelinks.rules.rule import selects
from pytest_remotelinks.rules.selectors import parse_selectors
from pytest_remotelinks.view.compare import differences, nearest_names
from pytest_remotelinks.view.deletions import criteria, criteria_differences, misses, not_accepted, replay
from pytest_remotelinks.view.messages import (
    arrival_section,
    difference_lines,
    expected_line,
    failure,
    pending_hint,
    request_section,
    submission_section,
    times,
    violation_section,
)
from pytest_remotelinks.view.nearest import link_line, members, missing_link, missing_submission, stored_members, stored_submission
from pytest_remotelinks.view.unseen import action_problem
from pytest_remotelinks.view.waiting import Waiting

#: Statuses that say nothing of what was sent.
_PASSING = frozenset({0, 302, 429, *range(500, 600)})


class Assertions(Waiting, ABC):
    """What a test can assert about a site. All helpers raise AssertionError.

    Ids are unique only within an app. Of several apps' links with one id, any
    will do that is as asserted; ``fake_jira.of(app)`` looks at one app alone.
    """

    _registry: AppRegistry

    @property
    @abstractmethod
    def url(self) -> str:
        """Base URL of the site."""

    @abstractmethod
    def issue(self, key: str) -> list[ShownLink]:
        """The links that people see on an issue."""

    def __init__(self) -> None:
        super().__init__()
        self._expected: dict[int, RecordedViolation] = {}

    # What was sent

    def assert_submitted(self, id: Id, **fields: Any) -> Submission:
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
            raise failure(verdict, expected_line(fields), missing_submission(self._seen, id, fields))
        found, nearest = min(reversed(compared), key=lambda pair: len(pair[0]))
        raise failure(verdict, expected_line(fields), submission_section("nearest submission", nearest, found))

    def assert_not_submitted(self, id: Id) -> None:
        """Assert that no request submitted the link, accepted or not."""
        __tracebackhide__ = True
        candidates = self._submissions_of(id)
        if candidates:
            raise failure(f"{id!a} was submitted {times(len(candidates))}", submission_section("the submission", candidates[-1]))

    def assert_accepted(self, id: Id) -> Submission:
        """Assert that Jira accepted the link's last submission, and return it."""
        __tracebackhide__ = True
        last = self._last_submission(id)
        if not last.accepted:
            raise failure(f"the last submission of {id!a} was not accepted", submission_section("the submission", last))
        return last

    def assert_rejected(self, id: Id, match: str | None = None) -> Submission:
        """Assert that Jira rejected the link's last submission, and return it.

        It did if it answered that there is something wrong with it; not if it
        was busy, down or elsewhere, or never answered.
        ``match`` is a regular expression that one of Jira's messages contains.
        A link without an id goes by ``remoteLinks[INDEX]``.
        """
        __tracebackhide__ = True
        last = self._last_submission(id)
        if last.accepted:
            raise failure(f"the last submission of {id!a} was accepted", submission_section("the submission", last))
        if last.request.status in _PASSING:
            raise failure(f"{id!a} was not rejected: Jira did not come to judge it", submission_section("the submission", last))
        if match is not None and not any(re.search(match, error["message"]) for error in last.errors):
            raise failure(f"{id!a} was rejected, but no message matches {match!a}", submission_section("the submission", last))
        return last

    # What is stored

    def assert_stored(self, id: Id, **fields: Any) -> dict[str, Any]:
        """Assert that the link is stored and visible with these fields, and return it.

        ``properties=`` compares the properties that it was submitted with.
        """
        __tracebackhide__ = True
        return copy.deepcopy(self._stored(id, fields).data)

    def assert_deleted(self, id: Id) -> Exchange:
        """Assert that the provider deleted the link, by id or by properties, and return the last request that did.

        A deletion counts from its acceptance, and by properties only for what
        it could touch in the order of acceptance. Pending writes are looked at
        as if they had arrived: then the link must not be stored. Of several
        apps with such a link, the one is meant that submitted or deleted it last.
        """
        __tracebackhide__ = True
        with self._site.present():
            app = self._last_writer(id)
            key = REMOTE_LINKS.name, app, id
            deletions, remaining = replay(self._seen.exchanges, id, app)
            now, settled = self._site.store.get(key), self._site.settled(key)
            arrivals = arrival_section(self._site.pending, id)
        found = [deletion.request for deletion in deletions if deletion.touches]
        if found and settled is None:
            return found[-1]
        state = []
        if found and remaining is not None:
            state.append(f"  a submission with {remaining.api.sequence_member} {remaining.sequence!a} came after the deletion")
        if (remaining is None) != (settled is None):
            state.append(f"  under '{self._site.pending.consistency}' its writes arrive in another order than they were accepted in")
        if settled is not None:
            state.append(f"  it {'is' if now is settled else 'will be'} stored with {settled.api.sequence_member} {settled.sequence!a}")
        elif remaining is not None:
            state.append(f"  it {'is' if now is None else 'will be'} gone all the same")
        if found:
            verdict = f"{id!a} was deleted, but is or will be stored all the same"
            accepted = request_section("the last deletion", found[-1:])
        else:
            verdict = f"no deletion of {id!a} was accepted"
            requests = [deletion.request for deletion in deletions]
            accepted = request_section("deletions that were", requests, {deletion.request: misses(deletion, id) for deletion in deletions})
        without_effect = self._deletions_without_effect(bool(deletions), "delete", "delete-by-properties")
        raise failure(verdict, state, accepted, without_effect, arrivals, self._history(id))

    def assert_deleted_by(self, **properties: Any) -> Exchange:
        """Assert that a deletion by exactly these properties was accepted, and return its request."""
        __tracebackhide__ = True
        accepted = [
            exchange for exchange in self._seen.exchanges if exchange.operation == "delete-by-properties" and exchange.status == 202
        ]
        compared = [(criteria_differences(properties, criteria(exchange)), exchange) for exchange in reversed(accepted)]
        found, nearest = min(compared, key=lambda pair: len(pair[0]), default=([], None))
        if nearest is not None and not found:
            return nearest
        wanted = ", ".join(f"{key}={value!a}" for key, value in properties.items())
        raise failure(
            f"no deletion by exactly {wanted or 'no property'} was accepted",
            request_section("nearest", [nearest], {nearest: found}) if nearest is not None else [],
            self._deletions_without_effect(bool(accepted), "delete-by-properties"),
        )

    def assert_linked(self, issue_key: str, id: Id) -> dict[str, Any]:
        """Assert that people see the link on the issue: that it is stored, associated with it and shown there; and return it.

        An issue that the site did not know when it took the link does not
        count, and neither does what is no issue key.
        """
        __tracebackhide__ = True
        stored = self._stored(id, {}, issue_key)
        shown = {link.app for link in self.issue(issue_key) if link.id == id}
        stored = next((link for link in self._stored_links(id) if link.app in shown), stored)
        keys = stored.api.issue_keys(stored.data, stored.unknown)
        if issue_key not in keys:
            unknown = issue_key in stored.api.issue_keys(stored.data)
            near = [] if unknown else nearest_names(issue_key, keys, 1)
            raise failure(
                f"{id!a} is stored, but not linked to {issue_key!a}",
                ["  the link names it, but the issue is unknown to the site (unknownAssociations)"] if unknown else [],
                link_line(stored),
                [f"  perhaps {near[0]!a} was meant"] if near else [],
                pending_hint(self._site.pending, id),
                stored_submission(self._seen, stored),
            )
        if not shown:
            raise failure(
                f"{id!a} is linked to {issue_key!a}, but nobody sees it there",
                ["  no installed app with a remote link module sent it"],
                stored_submission(self._seen, stored),
            )
        return copy.deepcopy(stored.data)

    def assert_action(self, id: Id, action_id: str, url: Any) -> ShownAction:
        """Assert that the stored link offers the action, that it leads to the URL, and return it as people see it.

        ``url`` is compared with the template filled from the link's
        attributeMap, percent-encoded; it may be a matcher.
        """
        __tracebackhide__ = True
        stored = self._stored(id, {})
        for link in self._stored_links(id):
            for shown in shown_actions(link.data, self._registry.actions.get(link.app, {})):
                if shown.action_id == action_id and url == shown.url:
                    return shown
        actions = self._registry.actions.get(stored.app, {})
        problem, *reasons = action_problem(id, action_id, url, stored.data, actions)
        raise failure(problem, reasons, pending_hint(self._site.pending, id), stored_submission(self._seen, stored))

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
        before = len(self._record.exchanges)
        try:
            yield
        finally:
            # Also where the block raises: a client may well do so on being refused.
            came = [exchange for exchange in self._record.exchanges[before:] if self._is_seen(exchange.app)]
            found = [violation for exchange in came for violation in exchange.violations]
            self._expected.update((id(violation), violation) for violation in found if selects(selectors, violation.code))
        missing = [selector for selector in selectors if not any(violation.code.startswith(selector) for violation in found)]
        if missing:
            raise failure(
                f"no violation of {', '.join(missing)} happened here",
                violation_section(found) if found else ["", f"{len(came)} requests came in this block; none broke the contract"],
            )

    @property
    def unexpected_violations(self) -> list[RecordedViolation]:
        """Every violation that no ``expect_violations`` block asked for."""
        found = (violation for exchange in self._seen.exchanges for violation in exchange.violations)
        return [violation for violation in found if id(violation) not in self._expected]

    # What was there

    @property
    def _latest_app(self) -> str:
        app = self._registry.latest
        return app.key if app is not None else ""

    def _last_writer(self, id: Id) -> str:
        """The app that submitted the link or deleted its own last."""
        if self._only is not None:
            return self._only
        exchanges = self._seen.exchanges
        submitted = {submission.request: submission.request.app for submission in self._submissions_of(id)}
        # A deletion by an app that has no such link touches nobody's.
        apps = set(submitted.values()) or {exchange.app for exchange in exchanges}
        deleted = {deletion.request for app in apps for deletion in replay(exchanges, id, app)[0] if deletion.touches}
        writers = [exchange.app for exchange in exchanges if exchange in submitted or exchange in deleted]
        return writers[-1] if writers else self._latest_app

    def _stored_links(self, id: Id) -> list[AcceptedWrite]:
        """The stored links of an id; first that of the app installed last, which counts where only one can."""
        latest = self._latest_app
        links = [link for link in self._seen.links if link.id == id]
        return sorted(links, key=lambda link: link.app != latest)

    def _submissions_of(self, id: Id) -> list[Submission]:
        return self._seen.submissions_of(id)

    def _last_submission(self, id: Id) -> Submission:
        __tracebackhide__ = True
        candidates = self._submissions_of(id)
        if not candidates:
            raise failure(f"{id!a} was never submitted", missing_submission(self._seen, id, {}))
        return candidates[-1]

    def _stored(self, id: Id, fields: dict[str, Any], issue_key: str | None = None) -> AcceptedWrite:
        """The link as it is stored with these fields; the issue key is what a message says of the expectation."""
        __tracebackhide__ = True
        candidates = self._stored_links(id)
        if not candidates:
            raise failure(
                f"{id!a} is not stored",
                expected_line(fields) if issue_key is None else [f"  expected: linked to {issue_key!a}"],
                missing_link(self._seen, id, fields, issue_key),
            )
        found, stored = min(((differences(fields, stored_members(link)), link) for link in candidates), key=lambda pair: len(pair[0]))
        if found:
            raise failure(
                f"{id!a} is stored, with other fields than expected",
                expected_line(fields),
                difference_lines(found),
                pending_hint(self._site.pending, id),
                stored_submission(self._seen, stored),
            )
        return stored

    def _deletions_without_effect(self, others: bool, *operations: str) -> list[str]:
        """Deletions that were not accepted; where there were no others either, what was done instead."""
        without_effect = not_accepted(self._seen.exchanges, *operations)
        if without_effect:
            return request_section("deletions that were not accepted", without_effect)
        return [] if others else request_section("requests so far", self._seen.exchanges)

    def _history(self, id: Id) -> list[str]:
        submissions = self._submissions_of(id)
        return submission_section("last submission", submissions[-1]) if submissions else []
