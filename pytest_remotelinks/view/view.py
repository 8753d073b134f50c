"""What a test reads, asserts and waits for."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from pytest_remotelinks.apis.api import Api, Id
from pytest_remotelinks.jira.apps import AppRegistry
from pytest_remotelinks.jira.panel import Kind, ShownAction, ShownLink, linked_keys, shown_actions, shown_on
from pytest_remotelinks.jira.site import Site
from pytest_remotelinks.jira.write import AcceptedWrite, Write
from pytest_remotelinks.recording.exchange import Exchange, RecordedViolation, Submission, api_of, expect
from pytest_remotelinks.reports.failure import ContractViolation
from pytest_remotelinks.reports.terminal import report
from pytest_remotelinks.rules.selectors import parse_selectors
from pytest_remotelinks.rules.violation import selects
from pytest_remotelinks.view import waiting
from pytest_remotelinks.view.causes import PENDING, never_sent, no_deletion, refusal, still_stored, submission_fate
from pytest_remotelinks.view.compare import differences, nearest_names
from pytest_remotelinks.view.deletions import criteria, criteria_differences, misses, not_accepted, replay
from pytest_remotelinks.view.messages import (
    action_problem,
    arrival_section,
    difference_lines,
    expected_line,
    failure,
    linked_line,
    members,
    missing_link,
    missing_submission,
    pending_hint,
    request_section,
    stored_members,
    stored_submission,
    submission_section,
    submissions_to,
    submitted_keys,
    times,
    violation_section,
    waiting_hint,
)
from pytest_remotelinks.wire.redact import copy_of
from pytest_remotelinks.wire.text import counted

Result = TypeVar("Result")

#: Statuses that say nothing about what was sent.
_PASSING = frozenset({0, 302, 429, *range(500, 600)})


class View:
    """A part of what happened at a site: all of it, or what one app did, or what concerns one API.

    ``assert_…`` and ``wait_…`` raise AssertionError, and TypeError for an id or
    a key of a wrong type. Ids are unique only within an app: of several apps'
    links with one id, any one may be as asserted, and where only one can count
    it is that of the app installed last. The view of an app has only its own links.
    """

    def __init__(self, site: Site, registry: AppRegistry, apis: tuple[Api, ...], app: str | None = None) -> None:
        self._site = site
        self._registry = registry
        #: The APIs whose requests are part of the view; the links are those of the first.
        self._apis = apis
        #: The key of the app whose requests and links are part of it, None for all apps.
        self._only = app

    @property
    def url(self) -> str:
        """Base URL of the site, without a slash at its end; it stays known after stop(). Raises RuntimeError before start()."""
        if self._site.url is None:
            raise RuntimeError("this fake Jira was not started; call start() or use it as a context manager")
        return self._site.url

    # What is stored

    @property
    def links(self) -> dict[Id, dict[str, Any]]:
        """By id, every link that is stored now, as the read operation would return it."""
        found: dict[Id, AcceptedWrite] = {}
        for link in self._stored_links():
            found.setdefault(link.id, link)
        return {id: copy_of(link.data) for id, link in found.items()}

    def link(self, id: Id) -> dict[str, Any] | None:
        """One link as it is stored now, None if it is not stored. This does not count as a read."""
        self._check(id)
        return next((copy_of(stored.data) for stored in self._stored_links(id)), None)

    @property
    def pending(self) -> list[Write]:
        """Accepted writes that are not visible yet, in the order of their acceptance."""
        with self._site.present():
            return [write.public() for write in self._site.pending if not write.is_redelivery and self._has(write.api, write.app)]

    @property
    def arrivals(self) -> list[Write]:
        """Every write that has arrived, in the order of arrival; one that was delivered twice appears twice."""
        with self._site.present():
            return [write.public() for write in self._site.pending.arrivals if self._has(write.api, write.app)]

    # What is displayed

    def issue(self, key: str) -> list[ShownLink]:
        """The links that are displayed on an issue, named by key or id as in the links; the latest ``lastUpdated`` first."""
        return self._shown("issue", key)

    def service(self, key: str) -> list[ShownLink]:
        """The links that are displayed on a service, the latest ``lastUpdated`` first."""
        return self._shown("service", key)

    # What was recorded

    @property
    def requests(self) -> list[Exchange]:
        """Every request with its response, in the order in which they took effect."""
        return [exchange for exchange in self._site.record.so_far() if self._has(api_of(exchange), exchange.app)]

    @property
    def submissions(self) -> list[Submission]:
        """Every submitted link, accepted or not, in order."""
        return [submission for exchange in self.requests for submission in exchange.submissions]

    @property
    def violations(self) -> list[RecordedViolation]:
        """Every violation of the contract, in order; ignored rules are left out."""
        return [violation for exchange in self.requests for violation in exchange.violations]

    # Assertions: what was sent

    def assert_submitted(self, id: Id, **fields: Any) -> Submission:
        """Assert that a submission of the link had these fields, and return the last such one.

        Fields have the contract's names (``displayName=…``) and are compared as
        a subset; values may be matchers such as ``unittest.mock.ANY``.
        ``properties=`` compares the properties that were sent along.
        """
        __tracebackhide__ = True
        self._check(id)
        candidates = self._submissions_of(id)
        compared = [(differences(fields, members(candidate)), candidate) for candidate in candidates]
        for found, candidate in reversed(compared):
            if not found:
                return candidate
        if not compared:
            raise failure(
                f"{id!a} was never submitted: {self._never_sent(id)}",
                expected_line(fields),
                missing_submission(self._api, id, fields, self.requests),
            )
        found, nearest = min(reversed(compared), key=lambda pair: len(pair[0]))
        problem = f"no submission of {id!a} has the expected fields"
        raise failure(problem, expected_line(fields), submission_section("nearest submission", nearest, found))

    def assert_not_submitted(self, id: Id) -> None:
        """Assert that no request submitted the link, accepted or not."""
        __tracebackhide__ = True
        self._check(id)
        candidates = self._submissions_of(id)
        if candidates:
            raise failure(f"{id!a} was submitted {times(len(candidates))}", submission_section("the submission", candidates[-1]))

    def assert_accepted(self, id: Id) -> Submission:
        """Assert that Jira accepted the link's last submission, and return it."""
        __tracebackhide__ = True
        last = self._last_submission(id)
        if not last.accepted:
            raise failure(f"the last submission of {id!a} was not accepted: {refusal(last)}", submission_section("the submission", last))
        return last

    def assert_rejected(self, id: Id, match: str | None = None) -> Submission:
        """Assert that Jira rejected the link's last submission, and return it.

        It did if its response says that something is wrong with the link or the
        request; not if it was busy, down or elsewhere, or did not respond.
        ``match`` is a regular expression that one of Jira's messages contains.
        A link without an id is named by its place: ``remoteLinks[INDEX]``.
        """
        __tracebackhide__ = True
        last = self._last_submission(id)
        if last.accepted:
            raise failure(f"the last submission of {id!a} was accepted", submission_section("the submission", last))
        if last.request.status in _PASSING:
            reason = f"the request failed before it was validated, {refusal(last)}"
            raise failure(f"{id!a} was not rejected: {reason}", submission_section("the submission", last))
        if match is not None and not any(re.search(match, error["message"]) for error in last.errors):
            raise failure(f"{id!a} was rejected, but no message matches {match!a}", submission_section("the submission", last))
        return last

    # Assertions: what is stored

    def assert_stored(self, id: Id, **fields: Any) -> dict[str, Any]:
        """Assert that the link is stored and visible with these fields, and return it.

        ``properties=`` compares the properties that it was submitted with.
        """
        __tracebackhide__ = True
        return copy_of(self._stored(id, fields, expected_line(fields)).data)

    def assert_not_stored(self, id: Id) -> None:
        """Assert that the link is not stored and visible now, whether or not it ever was; a write may be pending."""
        __tracebackhide__ = True
        self._check(id)
        with self._site.present():
            stored = self._stored_links(id)
            if stored:
                raise failure(
                    f"{id!a} is stored: {still_stored(self._api, stored[0], self._site.pending, self.requests)}",
                    self._pending_hint(id),
                    self._submission_of(stored[0]),
                )

    def assert_deleted(self, id: Id) -> Exchange:
        """Assert that the provider deleted the link, by id or by properties, and return the last request that did.

        A deletion counts from its acceptance, and by properties only for what
        it could touch in the order of acceptance. Pending writes count as if
        they had arrived: then the link must not be stored. Of several apps with
        such a link, the one that submitted or deleted it last counts.
        """
        __tracebackhide__ = True
        self._check(id)
        with self._site.present():
            app = self._last_writer(id)
            deletions, remaining = replay(self._api, self.requests, id, app)
            key = self._api.name, app, id
            now, settled = self._site.store.get(key), self._site.settled(key)
            arrivals = arrival_section(self._api, self._site.pending, id)
        found = [deletion.request for deletion in deletions if deletion.touches]
        if found and settled is None:
            return found[-1]
        sequence = self._api.sequence_member
        state = []
        if found and remaining is not None:
            state.append(f"  a submission with {sequence} {remaining.sequence!a} came after the deletion")
        if (remaining is None) != (settled is None):
            state.append(f"  with '{self._site.pending.consistency}' its writes do not arrive in the order in which they were accepted")
        if settled is not None:
            state.append(f"  it {'is' if now is settled else 'will be'} stored with {sequence} {settled.sequence!a}")
        elif remaining is not None:
            state.append(f"  it {'is' if now is None else 'will be'} gone, but for another reason")
        if found:
            problem = f"{id!a} was deleted, but it is or will be stored"
            accepted = request_section("the last deletion", found[-1:])
        else:
            problem = f"no deletion of {id!a} was accepted: {no_deletion(self._api, id, self.requests, deletions)}"
            requests = [deletion.request for deletion in deletions]
            accepted = request_section("accepted deletions", requests, {deletion.request: misses(deletion, id) for deletion in deletions})
        without_effect = self._deletions_without_effect(bool(deletions), "delete", "delete-by-properties")
        raise failure(problem, state, accepted, without_effect, arrivals, self._history(id))

    def assert_deleted_by(self, properties: Mapping[str, Any] | None = None, /, **named: Any) -> Exchange:
        """Assert that a deletion by exactly these properties was accepted, and return its request.

        ``assert_deleted_by(account="acme")``, or with a mapping for names that
        Python does not allow as keywords: ``assert_deleted_by({"account-id": "acme"})``.
        """
        __tracebackhide__ = True
        if properties is not None and not isinstance(properties, Mapping):
            raise TypeError(f"assert_deleted_by() takes the properties as a mapping or by keyword, not {properties!r}")
        expected = {**(properties or {}), **named}
        accepted = [exchange for exchange in self.requests if exchange.operation == "delete-by-properties" and exchange.status == 202]
        compared = [(criteria_differences(expected, criteria(self._api, exchange)), exchange) for exchange in reversed(accepted)]
        found, nearest = min(compared, key=lambda pair: len(pair[0]), default=([], None))
        if nearest is not None and not found:
            return nearest
        wanted = ", ".join(f"{key}={value!a}" for key, value in expected.items())
        raise failure(
            f"no deletion by exactly {wanted or 'no property'} was accepted",
            request_section("nearest", [nearest], {nearest: found}) if nearest is not None else [],
            self._deletions_without_effect(bool(accepted), "delete-by-properties"),
        )

    # Assertions: what is displayed

    def assert_linked(self, id: Id, *, issue: str | None = None, service: str | None = None) -> dict[str, Any]:
        """Assert that the link is displayed on the issue or the service: it is stored and associated with it. Return the link.

        Give exactly one of ``issue`` and ``service``. What the site did not
        know when it accepted the link does not count, and neither does a value
        that is not an issue key.
        """
        __tracebackhide__ = True
        if (issue is None) == (service is None):
            raise TypeError("assert_linked() takes one of issue= and service=")
        kind: Kind = "service" if issue is None else "issue"
        key = service if issue is None else issue
        if not isinstance(key, str):
            raise TypeError(f"{kind} must be a string such as 'SHOP-12', not {key!r}")
        with self._site.present():
            stored = self._stored(id, {}, [f"  expected: linked to the {kind} {key!a}"], kind)
            shown = {link.app for link in self._shown(kind, key) if link.id == id}
            stored = next((link for link in self._stored_links(id) if link.app in shown), stored)
            keys = linked_keys(stored, kind)
            if key not in keys:
                unknown = key in linked_keys(stored, kind, with_unknown=True)
                near = [] if unknown else nearest_names(key, keys, 1)
                cause = self._fate(id, lambda submission: key in submitted_keys(self._api, submission, kind))
                raise failure(
                    f"{id!a} is stored, but not linked to the {kind} {key!a}{f': {cause}' if cause else ''}",
                    [f"  the link names it, but the site does not know the {kind} ({self._api.unknown_member})"] if unknown else [],
                    linked_line(stored, kind),
                    [f"  did you mean {near[0]!a}?"] if near else [],
                    self._pending_hint(id),
                    self._submission_of(stored),
                )
            if not shown:
                raise failure(
                    f"{id!a} is linked to the {kind} {key!a}, but not displayed there",
                    ["  no installed app with a remote link module sent it"],
                    self._submission_of(stored),
                )
            return copy_of(stored.data)

    def assert_action(self, id: Id, action_id: str, url: Any) -> ShownAction:
        """Assert that the stored link offers the action with this URL, and return the action as it is displayed.

        ``url`` is compared with the template filled from the link's
        attributeMap, percent-encoded; it may be a matcher.
        """
        __tracebackhide__ = True
        with self._site.present():
            stored = self._stored(id, {}, [f"  expected: the action {action_id!a}"])
            for link in self._stored_links(id):
                for shown in shown_actions(link.data, self._registry.actions.get(link.app, {})):
                    if shown.action_id == action_id and url == shown.url:
                        return shown
            actions = self._registry.actions.get(stored.app, {})
            problem, *reasons = action_problem(id, action_id, url, stored.data, actions)
            cause = self._fate(id, lambda submission: action_id in (members(submission).get("actionIds") or ()))
            raise failure(f"{problem}{f': {cause}' if cause else ''}", reasons, self._pending_hint(id), self._submission_of(stored))

    # Violations

    def assert_no_violations(self) -> None:
        """Assert that no request violated the contract, warnings included; expected violations don't count. Raises ContractViolation."""
        __tracebackhide__ = True
        found = [violation for violation in self.violations if not violation.expected]
        if found:
            raise ContractViolation(f"the contract was violated {times(len(found))}\n\n{report(found, self.url)}")

    @contextmanager
    def expect_violations(self, *codes: str) -> Iterator[list[RecordedViolation]]:
        """Expect violations of these codes within the block; fail if one of the codes is missing, unless the block raises.

        A code may be the beginning of one, such as ``RL2``. The block is given
        a list, which has the expected violations when the block has ended::

            with fake_jira.expect_violations("RL201") as found:
                upload(alert_without_url)
            assert found[0].pointer == "/remoteLinks/0/url"

        Raises ValueError for a code that is not of a rule, or if none is given.
        """
        __tracebackhide__ = True
        selectors = parse_selectors(codes)
        if not selectors:
            raise ValueError("expect_violations() takes the codes that are expected, such as 'RL201'")
        before = len(self.requests)
        expected: list[RecordedViolation] = []
        try:
            yield expected
        finally:
            # Also where the block raises: a client may well raise because its request was refused.
            came = self.requests[before:]
            found = [violation for exchange in came for violation in exchange.violations]
            expected += [violation for violation in found if selects(selectors, violation.code)]
            for violation in expected:
                expect(violation)
        missing = [selector for selector in selectors if not any(violation.code.startswith(selector) for violation in found)]
        if missing:
            requests = f"{counted(len(came), 'request')} came in this block; none violated the contract"
            raise failure(f"no violation of {', '.join(missing)} happened here", violation_section(found) or ["", requests])

    # Waiting

    def wait_for_submission(self, id: Id, timeout: float = 5.0) -> Submission:
        """Wait until the link is submitted, for ``timeout`` seconds at most, and return its last submission.

        One that came before the call counts too, and so does one that Jira refused.
        """
        __tracebackhide__ = True
        self._check(id)
        seen = 0
        for _ in waiting.events(self._site, timeout):
            arrived = self.requests[seen:]
            seen += len(arrived)
            found = [submission for exchange in arrived for submission in exchange.submissions if submission.id == id]
            if found:
                return found[-1]
        problem = f"{id!a} was not submitted within {timeout:g} seconds: {self._never_sent(id)}"
        raise failure(problem, missing_submission(self._api, id, {}, self.requests))

    def wait_until(self, predicate: Callable[[], Result], timeout: float = 5.0) -> Result:
        """Wait until the predicate returns a true value, for ``timeout`` seconds at most, and return that.

        It is called again whenever something has happened here: a request, a
        write that arrived, a move of the clock. While it raises AssertionError
        it counts as not yet true, so assertions that return something can be
        waited for: ``wait_until(lambda: fake_jira.assert_stored("alert-1"))``.
        Raises TypeError for a coroutine.
        """
        __tracebackhide__ = True
        reason = ""
        for _ in waiting.events(self._site, timeout):
            try:
                result = predicate()
                if inspect.iscoroutine(result):
                    result.close()
                    raise TypeError("wait_until() takes an ordinary function; this one returned a coroutine, which was not awaited")
                if result:
                    return result
                reason = f"it returned {result!a}" + ("; return a value that becomes true" if result is None else "")
            except AssertionError as error:
                reason = str(error)
        raise failure(
            f"the condition did not become true within {timeout:g} seconds: {reason}",
            waiting_hint(self._site.pending),
            request_section("requests so far", self.requests),
        )

    def wait_idle(self, quiet: float = 0.1, timeout: float = 5.0) -> None:
        """Wait until no request is in progress and none has come for ``quiet`` seconds, for ``timeout`` seconds at most."""
        __tracebackhide__ = True
        activity = waiting.idle(self._site.record, quiet, timeout)
        if activity is not None:
            raise failure(f"requests did not end within {timeout:g} seconds: {activity}", request_section("requests so far", self.requests))

    # What the assertions share

    @property
    def _api(self) -> Api:
        return self._apis[0]

    @property
    def _latest_app(self) -> str:
        app = self._registry.latest
        return app.key if app is not None else ""

    def _has(self, api: Api | None, app: str) -> bool:
        """Whether what the app did with the API is part of the view; requests that lead to no API always are."""
        return (api is None or api in self._apis) and (self._only is None or app == self._only)

    def _check(self, id: object) -> None:
        """Raise TypeError for what cannot be an id."""
        __tracebackhide__ = True
        parts = len(self._api.identity)
        if parts == 1:
            if not isinstance(id, str):
                raise TypeError(f"an id is a string such as 'alert-17', not {id!r}")
        elif not (isinstance(id, tuple) and len(id) == parts and all(isinstance(part, str) for part in id)):
            raise TypeError(f"an id is a tuple of strings, ({', '.join(self._api.identity)}), not {id!r}")

    def _shown(self, kind: Kind, key: str) -> list[ShownLink]:
        with self._site.present():
            return [link for link in shown_on(self._site, self._registry, self._api, kind, key) if self._has(self._api, link.app)]

    def _stored_links(self, id: Id | None = None) -> list[AcceptedWrite]:
        """The stored links, or those of an id; those of the app installed last first, which counts where only one can."""
        with self._site.present():
            last = {key: place for place, key in enumerate(reversed(self._registry.keys))}
            links = [link for link in self._site.store if link.api is self._api and self._has(link.api, link.app)]
            return sorted((link for link in links if id in (None, link.id)), key=lambda link: last.get(link.app, len(last)))

    def _last_writer(self, id: Id) -> str:
        """The app that submitted the link or deleted its own last."""
        if self._only is not None:
            return self._only
        exchanges = self.requests
        submitted = {submission.request: submission.request.app for submission in self._submissions_of(id)}
        # A deletion by an app without such a link touches no link.
        apps = set(submitted.values()) or {exchange.app for exchange in exchanges}
        deleted = {deletion.request for app in apps for deletion in replay(self._api, exchanges, id, app)[0] if deletion.touches}
        writers = [exchange.app for exchange in exchanges if exchange in submitted or exchange in deleted]
        return writers[-1] if writers else self._latest_app

    def _submissions_of(self, id: Id) -> list[Submission]:
        return submissions_to(self._api, self.requests, id)

    def _last_submission(self, id: Id) -> Submission:
        __tracebackhide__ = True
        self._check(id)
        candidates = self._submissions_of(id)
        if not candidates:
            raise failure(f"{id!a} was never submitted: {self._never_sent(id)}", missing_submission(self._api, id, {}, self.requests))
        return candidates[-1]

    def _stored(self, id: Id, fields: dict[str, Any], expected: list[str], kind: Kind | None = None) -> AcceptedWrite:
        """The link as it is stored with these fields; ``expected`` and ``kind`` say more of the expectation."""
        __tracebackhide__ = True
        self._check(id)
        # Held until all is said, so that nothing arrives between what was found and why.
        with self._site.present():
            candidates = self._stored_links(id)
            if not candidates:
                raise failure(
                    f"{id!a} is not stored: {self._fate_of(id, fields) or self._never_sent(id)}",
                    expected,
                    missing_link(self._api, id, fields, self.requests, self._stored_links(), self._site.pending, kind),
                )
            found, stored = min(((differences(fields, stored_members(link)), link) for link in candidates), key=lambda pair: len(pair[0]))
            if found:
                cause = self._fate_of(id, fields)
                raise failure(
                    f"{id!a} is stored, with other fields than expected{f': {cause}' if cause else ''}",
                    expected,
                    difference_lines(found),
                    self._pending_hint(id),
                    self._submission_of(stored),
                )
        return stored

    def _fate(self, id: Id, fits: Callable[[Submission], bool]) -> str | None:
        """Why the last submission that fits is not stored; None if it is, or none fits."""
        meant = next((submission for submission in reversed(self._submissions_of(id)) if fits(submission)), None)
        became = submission_fate(meant, self._site.pending, self._stored_links(id)) if meant is not None else None
        if meant is None or became is None:
            return None
        return f"its submission in request {meant.request.number} {'is' if became == PENDING else 'was'} {became}"

    def _fate_of(self, id: Id, fields: dict[str, Any]) -> str | None:
        """Why the last submission with these fields, or the last one if none has them, is not stored; None if it is, or there is none."""
        has_fields = any(not differences(fields, members(submission)) for submission in self._submissions_of(id))
        return self._fate(id, lambda submission: not has_fields or not differences(fields, members(submission)))

    def _never_sent(self, id: Id) -> str:
        return never_sent(self._api, id, self._site, self.requests)

    def _submission_of(self, stored: AcceptedWrite) -> list[str]:
        return stored_submission(stored, self._submissions_of(stored.id), self._site.pending)

    def _pending_hint(self, id: Id) -> list[str]:
        return pending_hint(self._api, self._site.pending, id)

    def _deletions_without_effect(self, others: bool, *operations: str) -> list[str]:
        """Deletions that were not accepted; where there were no others either, what was done instead."""
        without_effect = not_accepted(self.requests, *operations)
        if without_effect:
            return request_section("deletions that were not accepted", without_effect)
        return [] if others else request_section("requests so far", self.requests)

    def _history(self, id: Id) -> list[str]:
        submissions = self._submissions_of(id)
        return submission_section("last submission", submissions[-1]) if submissions else []
