"""Judging one request by a document and all rules."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from pytest_remotelinks.apis.api import Id, Operation, Route
from pytest_remotelinks.contract.document import Document
from pytest_remotelinks.contract.explain import explain
from pytest_remotelinks.contract.schema_error import ParameterError
from pytest_remotelinks.contract.submission_schema import submission_errors
from pytest_remotelinks.rules.actions import check_actions
from pytest_remotelinks.rules.app_history import AppHistory, Stale
from pytest_remotelinks.rules.authorization import check_authorization
from pytest_remotelinks.rules.context import RequestContext
from pytest_remotelinks.rules.future import check_future
from pytest_remotelinks.rules.links import RL201, RL206, check_ids, check_link, unknown_members
from pytest_remotelinks.rules.parameters import check_parameters
from pytest_remotelinks.rules.properties import check_deletion, check_deprecated, check_metadata, check_property_keys
from pytest_remotelinks.rules.request import RL101, RL102, RL103, RL108, RL109, RL112, RL113
from pytest_remotelinks.rules.retries import check_resent, check_retry_timing
from pytest_remotelinks.rules.rule import selects
from pytest_remotelinks.rules.sequence import check_order
from pytest_remotelinks.rules.target import (
    check_id,
    check_query_encoding,
    check_query_names,
    check_route,
    report_unfit_id,
)
from pytest_remotelinks.rules.violation import Violation, Violations
from pytest_remotelinks.wire.json_body import NotJSON, decode, require_shallow
from pytest_remotelinks.wire.pointer import pointer_to
from pytest_remotelinks.wire.redact import redact_target
from pytest_remotelinks.wire.request import Request

if TYPE_CHECKING:
    from pytest_remotelinks.contract.fast_path import Gate
    from pytest_remotelinks.contract.validator import Authority

#: Bytes of body above which a request is answered with 413. Jira's own limit is
#: not published; this is a documented assumption.
BYTE_LIMIT = 5 * 1024 * 1024

#: Links of a submission with a broken one, above which it is refused as a whole. A documented assumption.
LINKS_LIMIT = 10_000

#: Bytes of body above which nothing is read any more.
LARGEST_BODY = 1024 * 1024 * 1024

#: Which refusal wins where several apply: what a server looks at first.
_REFUSAL_ORDER = (404, 405, 401, 403, 413, 415, 400)
_NO_CONTEXT = RequestContext()


@dataclass(frozen=True)
class CheckResult:
    """What the contract says of one request, and what was read from it."""

    operation: Operation | None
    violations: tuple[Violation, ...] = ()
    #: The key of the app that sent the request; empty where that is unknown or nobody asks.
    app: str = ""
    #: The status with which Jira refuses the request, None where it takes it.
    refusal: int | None = None
    #: The methods of the path, for an answer of 405.
    allowed: tuple[str, ...] = ()
    #: The body's JSON value, None where there is none.
    payload: Any = None
    #: The link that a path names; None where it names none that can exist.
    link_id: Id | None = None
    #: What a deletion by properties goes by.
    properties: tuple[tuple[str, str], ...] = ()
    #: By the index of a submitted link, why it is rejected.
    rejections: dict[int, list[Violation]] = field(default_factory=dict)
    #: Association values that no site can know, since they are no keys.
    impossible: frozenset[str] = frozenset()


class Checker:
    """Judges requests by one document; holds nothing of what it has seen.

    Requests that the gate lets through never reach openapi-core, which is
    imported when the first doubtful request comes.
    """

    def __init__(
        self, document: Document, ignore: tuple[str, ...] = (), byte_limit: int = BYTE_LIMIT, next_document: Document | None = None
    ) -> None:
        self.document = document
        self.ignore = ignore
        self.byte_limit = byte_limit
        #: Bytes of a body that are worth keeping: up to the limit, and all of them where the limit is ignored.
        self.kept_bytes = LARGEST_BODY if selects(ignore, "RL109") else byte_limit
        self._next = Checker(next_document, ignore, byte_limit) if next_document else None

    def check(self, request: Request, context: RequestContext = _NO_CONTEXT) -> CheckResult:
        """Judge a request by all that can be said before it takes effect."""
        checked = self._check(request, context)
        if self._next is None:
            return checked
        by_next = self._next._check(request, context)
        warnings = check_future(self._next.document, self.ignore, checked.violations, by_next.violations)
        return replace(checked, violations=(*checked.violations, *warnings))

    def check_effects(
        self, checked: CheckResult, accepted: Container[int], stale: list[Stale], rejected: Mapping[Id, Any], now: float
    ) -> tuple[Violation, ...]:
        """What can be said of a submission once it is known which of its links were accepted.

        ``stale`` are those that bring nothing new, ``rejected`` by id the links
        that were rejected before; ``now`` is in seconds on the site's clock.
        """
        if not stale and not rejected:
            return ()
        violations = Violations(self.ignore)
        violations.name_links(self.document.api, checked.payload)
        links = checked.payload["remoteLinks"]
        check_order(violations, links, stale)
        check_resent(violations, links, accepted, stale, rejected, now)
        return tuple(violations.found)

    def _check(self, request: Request, context: RequestContext) -> CheckResult:
        violations = Violations(self.ignore)
        if request.malformed and not request.method:
            spaces = "percent-encode spaces in the path as %20; " if request.target.count(" ") > 2 else ""
            violations.add(
                RL113, request.malformed, "#request", f"{spaces}let an HTTP library build the request", redact_target(request.target)
            )
            return CheckResult(None, tuple(violations.found), refusal=400)
        route = self.document.router.route(request.path)
        operation = route.operation(request.method)
        app = check_authorization(violations, request, operation, self.document, context)
        history = context.histories.get(app) or AppHistory()
        if operation is not None and not request.misrouted:
            check_retry_timing(violations, request, operation, history, context.began, context.now)
        if operation is None or request.misrouted or "/" in (route.raw_id or ""):
            checked = CheckResult(None, refusal=check_route(violations, self.document, request, route), allowed=route.allowed)
        elif operation.name == "submit":
            checked = self._submission(violations, operation, request)
        else:
            checked = self._without_body(violations, operation, request, route, history)
        if app in context.apps:
            check_actions(violations, checked.payload, context.apps[app].actions)
        return replace(checked, app=app, violations=tuple(violations.found))

    def _submission(self, violations: Violations, operation: Operation, request: Request) -> CheckResult:
        check_query_names(violations, self.document, operation, request)
        self._check_parameters(violations, operation, request)
        content_type = request.headers.get("Content-Type", "")
        if content_type.partition(";")[0].strip().lower() != "application/json":
            violations.add(
                RL102,
                f"the content type is {content_type!a}" if content_type else "there is no Content-Type header",
                "#header/Content-Type",
                "send 'Content-Type: application/json'",
                content_type,
            )
        if request.malformed:
            violations.add(RL113, request.malformed, "#body", "send as many bytes as Content-Length says, or well-formed chunks")
            return CheckResult(operation, refusal=self._refusal(violations) or 400)
        if request.body_size > self.byte_limit:
            violations.add(
                RL109,
                f"the body has {request.body_size} bytes; at most {self.byte_limit} are taken",
                "#body",
                "submit fewer links in each request",
                request.body_size,
            )
            if 413 in violations.refusals or len(request.body) < request.body_size:
                return CheckResult(operation, refusal=self._refusal(violations) or 413)
        try:
            payload, repeated = decode(request.body)
            clean = not repeated and _gate_for(self.document)(payload)
            if not clean:
                require_shallow(payload)
        except NotJSON as error:
            violations.add(RL101, str(error), "#body", error.hint, request.body[:200])
            return CheckResult(operation, refusal=self._refusal(violations) or 400)
        violations.name_links(self.document.api, payload)
        report_repeated(violations, repeated)
        if not clean and _holds_links(payload) and len(payload["remoteLinks"]) > LINKS_LIMIT:
            violations.add(
                RL109,
                f"there are {len(payload['remoteLinks'])} links, some of them broken; at most {LINKS_LIMIT} are looked at one by one",
                "/remoteLinks",
                "submit fewer links in each request",
                len(payload["remoteLinks"]),
            )
            return CheckResult(operation, refusal=self._refusal(violations) or 413, payload=payload)
        if clean:
            links = payload["remoteLinks"]
            if len({link["id"] for link in links}) != len(links):
                check_ids(violations, links)
        else:
            self._check_payload(violations, operation, request, payload)
        return CheckResult(
            operation,
            refusal=self._refusal(violations) or (None if _holds_links(payload) else 400),
            payload=payload,
            rejections=violations.rejections,
            impossible=frozenset(violation.value for violation in violations.found if violation.code == "RL205"),
        )

    def _check_payload(self, violations: Violations, operation: Operation, request: Request, payload: Any) -> None:
        for error in submission_errors(self.document, _authority_for(self.document), operation, payload):
            message, hint = explain(error)
            pointer = pointer_to(error.path)
            if error.path[:1] == ("remoteLinks",) and len(error.path) > 1:
                violations.add(RL201, message, pointer, hint, error.found, link=int(error.path[1]))
            elif error.path == ("remoteLinks",) and error.keyword == "maxItems":
                violations.add(RL108, message, pointer, f"send at most {error.wanted} links in each request", len(error.found))
            else:
                violations.add(RL103, message, pointer, hint, error.found)
        if not isinstance(payload, dict):
            return
        links = payload.get("remoteLinks")
        if isinstance(links, list):
            check_ids(violations, links)
            for index, link in enumerate(links):
                check_link(self.document, violations, index, link)
        if isinstance(payload.get("properties"), dict):
            check_property_keys(violations, payload["properties"], "/properties")
        check_metadata(violations, payload.get("providerMetadata"))
        envelope = {name: value for name, value in payload.items() if name != "remoteLinks"}
        for path, name in unknown_members(self.document.submission_schema, envelope, ()):
            violations.add(
                RL206,
                f"the schema names no member '{name}'; Jira makes nothing of it",
                pointer_to((*path, name)),
                "leave it out, or check its spelling",
            )

    def _without_body(
        self, violations: Violations, operation: Operation, request: Request, route: Route, history: AppHistory
    ) -> CheckResult:
        link_id = self._usable_id(violations, operation, route) if operation.takes_id else None
        self._check_parameters(violations, operation, request)
        if request.query_pairs:
            check_deprecated(violations, request.query_pairs)
        properties: tuple[tuple[str, str], ...] = ()
        if operation.name == "delete-by-properties":
            check_query_encoding(violations, request)
            others = {parameter["name"] for parameter in self.document.judged_parameters(operation) if parameter["in"] == "query"}
            properties = check_deletion(violations, request.query_pairs, history.submitted_keys, others)
        else:
            check_query_names(violations, self.document, operation, request)
        refusal = self._refusal(violations)
        if operation.name == "delete-by-properties" and not properties:
            refusal = refusal or 400
        return CheckResult(operation, refusal=refusal, link_id=link_id, properties=properties)

    def _usable_id(self, violations: Violations, operation: Operation, route: Route) -> Id | None:
        """The id of a path, None where it is none that a link can have."""
        if not check_id(violations, route):
            return None
        if not _id_gate_for(self.document, operation)(route.id):
            for error in _authority_for(self.document).errors(operation, route.id, (), None):
                if isinstance(error, ParameterError) and error.location == "path":
                    report_unfit_id(violations, route, error.errors)
                    return None
        return route.id

    def _check_parameters(self, violations: Violations, operation: Operation, request: Request) -> None:
        judged = self.document.judged_parameters(operation)
        if judged:
            check_parameters(violations, judged, request, lambda: _authority_for(self.document), operation)

    @staticmethod
    def _refusal(violations: Violations) -> int | None:
        return next((status for status in _REFUSAL_ORDER if status in violations.refusals), None)


def report_repeated(violations: Violations, pointers: Iterable[str]) -> None:
    """Report members that were given more than once."""
    for pointer in pointers:
        violations.add(
            RL112,
            "the member stands more than once in its object; all but the last are lost",
            pointer,
            "give each member once",
        )


def _holds_links(payload: Any) -> bool:
    return isinstance(payload, dict) and isinstance(payload.get("remoteLinks"), list)


# Gates and authorities are costly to build and hold no state: one for each document.


@cache
def _gate_for(document: Document) -> Gate:
    from pytest_remotelinks.contract.fast_path import build_gate

    return build_gate(document)


@cache
def _id_gate_for(document: Document, operation: Operation) -> Gate:
    from pytest_remotelinks.contract.fast_path import build_id_gate

    return build_id_gate(document, operation)


@cache
def _authority_for(document: Document) -> Authority:
    from pytest_remotelinks.contract.validator import Authority

    return Authority(document)
