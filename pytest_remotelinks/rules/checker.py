"""Check one request by a document and all rules: this module only calls them, in their order."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pytest_remotelinks.apis.api import Id, Operation, Route
from pytest_remotelinks.contract.document import Document
from pytest_remotelinks.rules.actions import check_actions
from pytest_remotelinks.rules.authorization import check_authorization
from pytest_remotelinks.rules.context import RequestContext
from pytest_remotelinks.rules.future import check_future
from pytest_remotelinks.rules.links import RL205, check_ids, check_links, check_members
from pytest_remotelinks.rules.parameters import check_parameters
from pytest_remotelinks.rules.properties import check_deletion, check_deprecated, check_metadata, check_property_keys
from pytest_remotelinks.rules.request import (
    BYTE_LIMIT,
    LARGEST_BODY,
    RL109,
    Unreadable,
    check_content_encoding,
    check_content_type,
    check_http,
    check_schema,
    read_payload,
)
from pytest_remotelinks.rules.retries import AppHistory, Stale, check_resent, check_retry_timing
from pytest_remotelinks.rules.sequence import check_sequence
from pytest_remotelinks.rules.target import check_id, check_query_encoding, check_query_names, check_route
from pytest_remotelinks.rules.violation import Violation, Violations, selects
from pytest_remotelinks.wire.json_body import pointer_to
from pytest_remotelinks.wire.request import Request

#: Which refusal wins if several apply: what a server checks first.
_REFUSAL_ORDER = (404, 405, 401, 403, 413, 415, 400)
_NO_CONTEXT = RequestContext()


@dataclass(frozen=True)
class CheckResult:
    """What the contract says of one request, and what was read from it."""

    operation: Operation | None
    violations: tuple[Violation, ...] = ()
    #: The key of the app that sent the request, empty if it is unknown.
    app: str = ""
    #: The status with which Jira refuses the request, None if it accepts it.
    refusal: int | None = None
    #: The methods of the path, for an answer of 405.
    allowed: tuple[str, ...] = ()
    #: The body's JSON value, None if there is none.
    payload: Any = None
    #: The id in the path, None if there is none that can exist.
    link_id: Id | None = None
    #: The criteria of a deletion by properties.
    properties: tuple[tuple[str, str], ...] = ()
    #: By the index of a submitted link, why it is rejected.
    rejections: dict[int, list[Violation]] = field(default_factory=dict)
    #: Association values that no site can know, since they are not keys.
    impossible: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Content:
    """Where a request leads, and what the contract says of what it submits, for any sender and any past."""

    route: Route
    #: The operation of its path and method, None if there is none.
    operation: Operation | None
    violations: Violations
    #: What was read of a submission, None for every other request.
    submission: CheckResult | None
    #: The same by the next contract, None if there is none.
    by_next: Content | None


class Checker:
    """Checks requests by one document. It has no state, so that threads may share it.

    Submissions that pass the fast path never reach openapi-core, which is
    imported for the first one that does not.
    """

    def __init__(
        self, document: Document, ignore: tuple[str, ...] = (), byte_limit: int = BYTE_LIMIT, next_document: Document | None = None
    ) -> None:
        self.document = document
        self.ignore = ignore
        self.byte_limit = byte_limit
        #: How many bytes of a body to keep: up to the limit, and all of them if the limit is ignored.
        self.kept_bytes = LARGEST_BODY if selects(ignore, RL109.code) else byte_limit
        self._next = Checker(next_document, ignore, byte_limit) if next_document else None

    def check(self, request: Request, context: RequestContext = _NO_CONTEXT, content: Content | None = None) -> CheckResult:
        """Check a request by all that can be said before it takes effect; ``content`` is what ``check_content()`` returned."""
        content = content or self.check_content(request)
        checked = self._check(request, content, context)
        if self._next is None or content.by_next is None:
            return checked
        by_next = self._next._check(request, content.by_next, context)
        warnings = check_future(self._next.document, self.ignore, checked.violations, by_next.violations)
        return replace(checked, violations=(*checked.violations, *warnings))

    def check_content(self, request: Request) -> Content:
        """The part of the check that needs no context, and nearly all of the time: of a large submission, seconds."""
        route = self.document.router.route(request.path)
        operation = route.operation(request.method)
        violations = Violations(self.ignore)
        submission = None
        if operation is not None and operation.name == "submit" and not request.misrouted:
            submission = self._submission(violations, operation, request)
        return Content(route, operation, violations, submission, self._next.check_content(request) if self._next else None)

    def check_effects(
        self, checked: CheckResult, accepted: Container[int], stale: list[Stale], rejected: Mapping[Id, Any], now: float
    ) -> tuple[Violation, ...]:
        """Check a submission by what can only be said once it is known which of its links were accepted.

        ``stale`` are those that are not newer than before, ``rejected`` by id
        the links that were rejected before; ``now`` is in seconds on the site's
        clock.
        """
        if not stale and not rejected:
            return ()
        api = self.document.api
        entities = api.entities(checked.payload) or []
        violations = Violations(self.ignore)
        violations.name_links(api, checked.payload)
        if stale:
            check_sequence(violations, api, entities, stale)
        check_resent(violations, api, entities, accepted, stale, rejected, now)
        return tuple(violations.found)

    def _check(self, request: Request, content: Content, context: RequestContext) -> CheckResult:
        violations = Violations(self.ignore)
        malformed = bool(request.malformed) and check_http(violations, request)
        if not request.method:
            return CheckResult(None, tuple(violations.found), refusal=400)
        route, operation = content.route, content.operation
        app = check_authorization(violations, request, operation, self.document, context)
        history = context.histories.get(app) or AppHistory(self.document.api)
        if operation is not None and not request.misrouted:
            check_retry_timing(violations, request, operation, history, context.began, context.now)
        if operation is None or request.misrouted or route.runs_on:
            status = check_route(violations, self.document, request, route, context.redirected)
            checked = CheckResult(None, refusal=status, allowed=route.allowed)
        elif content.submission is not None:
            violations.extend(content.violations)
            checked = replace(content.submission, refusal=_refusal(violations) or content.submission.refusal)
        else:
            checked = self._without_body(violations, operation, request, route, history)
        if app in context.apps:
            check_actions(violations, self.document.api, checked.payload, context.apps[app].actions)
        # A server refuses what is not HTTP before it reads anything else.
        refusal = 400 if malformed else checked.refusal
        return replace(checked, app=app, violations=tuple(violations.found), refusal=refusal)

    def _submission(self, violations: Violations, operation: Operation, request: Request) -> CheckResult:
        document, api = self.document, self.document.api
        if "?" in request.target:
            check_query_names(violations, document, operation, request)
        self._check_parameters(violations, operation, request)
        check_content_type(violations, request)
        try:
            check_content_encoding(violations, request)
            payload, clean = read_payload(violations, document, request, self.byte_limit)
            violations.name_links(api, payload)
            if not clean:
                self._check_payload(violations, operation, payload)
        except Unreadable as problem:
            return CheckResult(operation, refusal=problem.status)
        entities = api.entities(payload)
        if clean and entities is not None and len(set(map(api.identify, entities))) != len(entities):
            check_ids(violations, api, entities)
        return CheckResult(
            operation,
            refusal=400 if entities is None else None,
            payload=payload,
            rejections=violations.rejections,
            impossible=frozenset(violation.value for violation in violations.found if violation.code == RL205.code),
        )

    def _check_payload(self, violations: Violations, operation: Operation, payload: Any) -> None:
        document, api = self.document, self.document.api
        check_schema(violations, document, operation, payload)
        if not isinstance(payload, dict):
            return
        if (entities := api.entities(payload)) is not None:
            check_ids(violations, api, entities)
            check_links(violations, document, entities)
        check_property_keys(violations, api.properties_of(payload), pointer_to((api.properties_member,)))
        if api.metadata_member in payload:
            check_metadata(violations, payload[api.metadata_member], api.metadata_member)
        check_members(violations, document, payload)

    def _check_parameters(self, violations: Violations, operation: Operation, request: Request) -> None:
        if self.document.checked_parameters(operation):
            check_parameters(violations, self.document, operation, request)

    def _without_body(
        self, violations: Violations, operation: Operation, request: Request, route: Route, history: AppHistory
    ) -> CheckResult:
        document = self.document
        id = check_id(violations, document, operation, request, route) if operation.takes_id else None
        self._check_parameters(violations, operation, request)
        check_deprecated(violations, document.api, request.query_pairs)
        if operation.name != "delete-by-properties":
            if "?" in request.target:
                check_query_names(violations, document, operation, request)
            return CheckResult(operation, refusal=_refusal(violations), link_id=id)
        check_query_encoding(violations, request)
        parameters = {parameter["name"] for parameter in document.checked_parameters(operation) if parameter["in"] == "query"}
        criteria = check_deletion(violations, document.api, request.query_pairs, history.submitted_keys, parameters)
        # Without criteria it is refused even if the rule is ignored: it would delete everything.
        return CheckResult(operation, refusal=_refusal(violations) or (None if criteria else 400), properties=criteria)


def _refusal(violations: Violations) -> int | None:
    return next((status for status in _REFUSAL_ORDER if status in violations.refusals), None)
