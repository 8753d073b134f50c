"""RL104 to RL106, RL110 and RL111: the path that a request goes to, the id in it, and its query."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, unquote_to_bytes

from pytest_remotelinks.apis.api import Id, Operation, Route, Router
from pytest_remotelinks.contract.document import Document
from pytest_remotelinks.contract.explain import explain
from pytest_remotelinks.contract.parameters import is_spread
from pytest_remotelinks.rules.examples import SITE_BASE, Sent, call, example, submission
from pytest_remotelinks.rules.path_mistakes import find_path
from pytest_remotelinks.rules.rule import ASSUMPTION, DOCUMENT, Rule
from pytest_remotelinks.rules.validators import id_fast_path_of, validator_of
from pytest_remotelinks.rules.violation import Violations
from pytest_remotelinks.wire.fix import Fix
from pytest_remotelinks.wire.json_body import pointer_to
from pytest_remotelinks.wire.request import Request

RL104 = Rule(
    code="RL104",
    name="unknown-path",
    severity="error",
    refusal=404,
    summary="A request goes to one of the documented paths.",
    why="Jira answers 404 to all others.",
    source=f"{DOCUMENT}: its paths",
    broken=example(call("GET", "/remotelinks/alert-1")),
    fixed=example(call("GET", "/remotelink/alert-1")),
)

RL105 = Rule(
    code="RL105",
    name="method-not-allowed",
    severity="error",
    refusal=405,
    summary="A request uses one of its path's documented methods.",
    why="Most clients turn a POST that is redirected into a GET, which is refused here.",
    source=f"{DOCUMENT}: the methods of its paths; that the answer is 405 is {ASSUMPTION}",
    broken=example(Sent("PUT", f"{SITE_BASE}/bulk", submission().headers, submission().body)),
    fixed=example(submission()),
)

RL106 = Rule(
    code="RL106",
    name="invalid-id",
    severity="error",
    refusal=None,
    summary="An id in a path is 1 to 255 characters of UTF-8.",
    why="No link can have another id. A read is answered with 404; a deletion is answered with 202 and deletes nothing.",
    source=f"{DOCUMENT}: the parameter remoteLinkId; what is answered is {ASSUMPTION}",
    broken=example(call("GET", "/remotelink/")),
    fixed=example(call("GET", "/remotelink/alert-1")),
    outcome="answers 404 to a read and 202 to a deletion",
)

RL110 = Rule(
    code="RL110",
    name="unencoded-target",
    severity="error",
    refusal=None,
    summary="Ids in a path and values in a query are percent-encoded.",
    why="A slash ends the id and a question mark starts the query: the request then concerns another link, or none.",
    source="RFC 3986, section 2.1, which OpenAPI follows for parameters in a path",
    broken=example(call("GET", "/remotelink/shop/alerts/1")),
    fixed=example(call("GET", "/remotelink/shop%2Falerts%2F1")),
    outcome="answers 404 to a bare slash in an id, and accepts other characters",
)

RL111 = Rule(
    code="RL111",
    name="unknown-parameter",
    severity="warning",
    refusal=None,
    summary="A query has only documented parameters.",
    why="Jira ignores unknown ones. An id with a question mark that is not encoded looks like this too.",
    source=f"{DOCUMENT}: the parameters of its operations",
    broken=example(call("GET", "/remotelink/alert-1?expand=associations")),
    fixed=example(call("GET", "/remotelink/alert-1")),
)

#: What a path segment may contain as it is (RFC 3986, pchar).
_SEGMENT = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*")
_BARE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


def check_route(violations: Violations, document: Document, request: Request, route: Route, redirected: Mapping[str, str]) -> int:
    """Report why a request reaches no operation, and return the status of its answer.

    ``redirected`` has the methods of redirected requests by their targets.
    """
    if request.misrouted:
        violations.add(RL104, request.misrouted, "#path", "use the url or the cloud_id of a site that is running", request.path)
    elif route.runs_on:
        _report_running_on(violations, document, request, route)
    elif missing := _missing_operation(document, request):
        violations.add(
            RL104,
            f"the contract document {document.name} has no operation {missing}",
            "#path",
            f"use one of {', '.join(operation.id for operation in document.operations)}, or a document that has it",
            f"{request.method} {request.path}",
        )
    elif not route.operations:
        violations.add(
            RL104,
            f"the contract document {document.name} has no such path",
            "#path",
            _other_path(document, request),
            request.path,
        )
    else:
        message, hint = _wrong_method(request, route, redirected.get(request.target))
        violations.add(RL105, message, "#method", hint, request.method)
        return 405
    return 404


def _other_path(document: Document, request: Request) -> str | Fix:
    fix = find_path(document, request.path)
    if fix is None:
        return f"use one of {', '.join(document.router.paths)}"
    operation = document.router.route(fix.value.partition("?")[0]).operation(request.method)
    return fix if operation is not None else str(fix.at("#path"))


def _report_running_on(violations: Violations, document: Document, request: Request, route: Route) -> None:
    raw = next(raw for raw in route.raw_ids if "/" in raw)
    if 0 < raw.find("/") == len(raw) - 1:
        message = "a slash follows the id"
        path = request.path.removesuffix(raw) + _encoded(raw.removesuffix("/"))
        hint: str | Fix = Fix("set", path, note="a slash that belongs to the id is written %2F")
    else:
        message = "the path goes on after the id, as if the id had a slash"
        hint = _encoding(request, raw)
    if isinstance(hint, Fix) and not _is_enough(document, request, hint):
        hint = str(hint.at("#path"))
    violations.add(RL110, message, "#path", hint, request.path, refusal=404)


def _is_enough(document: Document, request: Request, fix: Fix) -> bool:
    """Whether a request with another path violates no rule about its path and query."""
    route = document.router.route(fix.value)
    operation = route.operation(request.method)
    # Which slash at the end belongs to the id is not known.
    return (
        operation is not None
        and "?" not in request.target
        and not fix.value.endswith("%2F")
        and all(raw and _is_utf8(raw) for raw in route.raw_ids)
        and id_fast_path_of(document, operation)(route.id)
    )


def _encoding(request: Request, raw: str) -> str | Fix:
    """How to percent-encode an id that is in the path unencoded."""
    how = "percent-encode the id's UTF-8 bytes; in Python: urllib.parse.quote(id, safe='')"
    if "#" in raw or not request.path.endswith(raw):
        return f"{how}; leave out a fragment ('#…') that does not belong to the id"
    return Fix("set", request.path.removesuffix(raw) + _encoded(raw), note=how)


def _is_utf8(raw: str) -> bool:
    """Whether the bytes of an id in a path are UTF-8."""
    try:
        unquote_to_bytes(raw.encode("latin-1")).decode()
    except UnicodeDecodeError:
        return False
    return True


def _encoded(raw: str) -> str:
    """An id as a path has it. Escapes stay; a percent sign that begins none is encoded."""
    return quote(_BARE_PERCENT.sub("%25", raw).encode("latin-1"), safe="!$&'()*+,;=:@%")


def _wrong_method(request: Request, route: Route, redirected: str | None) -> tuple[str, str | Fix]:
    """What is wrong with a method that the path does not have, and what to change."""
    if request.method == "GET" and redirected in route.allowed:
        new_url = f"http://{request.headers.get('Host', '')}{request.base}"
        return (
            f"this is the {redirected} that was redirected: the client followed, and turned it into a GET",
            f"use the new base URL, {new_url}; let the client follow no redirects, and report a 302",
        )
    if request.method.upper() in route.allowed:
        return f"the method is {request.method!a}; methods are written in capitals", Fix("set", request.method.upper())
    return f"this path does not have the method {request.method!a}", f"use {' or '.join(route.allowed)}"


def _missing_operation(document: Document, request: Request) -> str | None:
    """The published operation that the request asks for and the document does not have."""
    if not document.missing:
        return None
    operation = Router(document.api, document.api.operations).route(request.path).operation(request.method)
    return operation.id if operation and operation.id in document.missing else None


def check_id(violations: Violations, document: Document, operation: Operation, request: Request, route: Route) -> Id | None:
    """Check the id in a path, and return it; None if nothing can have such an id."""
    id = route.id
    for raw in route.raw_ids:
        if not _SEGMENT.fullmatch(raw):
            violations.add(
                RL110,
                f"{raw!a} is not percent-encoded",
                "#path",
                _encoding(request, raw),
                raw,
            )
    parts = (id,) if isinstance(id, str) else id
    for raw, part in zip(route.raw_ids, parts, strict=True):
        if not part or not _is_utf8(raw):
            message = "the id's bytes are not UTF-8" if part else "the id in the path is empty"
            violations.add(RL106, message, "#path", f"put the {document.api.noun}'s id into the path, its UTF-8 bytes percent-encoded", raw)
            return None
    if id_fast_path_of(document, operation)(id):
        return id
    for error in validator_of(document).parameter_errors(operation, id):
        if error.location == "path":
            message = "; ".join(explain(found, "the id")[0] for found in error.errors) or "the id does not fit the document"
            hint = f"use the id with which the {document.api.noun} was submitted"
            violations.add(RL106, message, "#path", hint, id)
            return None
    return id


def check_query_encoding(violations: Violations, request: Request) -> None:
    """Report a query with characters that must be percent-encoded."""
    query = request.target.partition("?")[2]
    if "#" in query:
        violations.add(
            RL110,
            "the query has a '#', which begins a fragment",
            "#query",
            "write it %23 where it belongs to a value; leave a fragment out",
        )
    if not query.isascii():
        violations.add(
            RL110,
            "the query is not percent-encoded",
            "#query",
            "percent-encode its UTF-8 bytes; in Python: urllib.parse.urlencode(properties)",
        )


def check_query_names(violations: Violations, document: Document, operation: Operation, request: Request) -> None:
    """Report parameters of a query that the document does not have."""
    check_query_encoding(violations, request)
    described = [parameter for parameter in document.parameters(operation) if parameter["in"] == "query"]
    if any(is_spread(parameter) for parameter in described):
        return
    known = {parameter["name"] for parameter in described}
    for key, value in request.query_pairs:
        if key not in known:
            violations.add(
                RL111,
                f"the operation has no parameter {key!a}",
                "#query" + pointer_to((key,)),
                "leave it out; a '?' that belongs to an id is written %3F" if operation.takes_id else Fix("remove", safe=True),
                value,
            )
