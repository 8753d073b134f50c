"""RL104 to RL106, RL110 and RL111: where a request goes, and how its target is written."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pytest_remotelinks.apis.api import Operation, Route, Router
from pytest_remotelinks.apis.remotelinks import REMOTE_LINKS
from pytest_remotelinks.contract.document import Document
from pytest_remotelinks.contract.explain import explain
from pytest_remotelinks.contract.parameters import is_spread
from pytest_remotelinks.contract.schema_error import SchemaError
from pytest_remotelinks.rules.examples import Sent, call, example, submission
from pytest_remotelinks.rules.rule import ASSUMPTION, DOCUMENT, Rule
from pytest_remotelinks.rules.violation import Violations
from pytest_remotelinks.wire.pointer import pointer_to
from pytest_remotelinks.wire.redact import redact_parameter
from pytest_remotelinks.wire.request import Request

_BULK = f"{REMOTE_LINKS.base}/bulk"

RL104 = Rule(
    code="RL104",
    name="unknown-path",
    severity="error",
    refusal=404,
    summary="A request goes to one of the documented paths.",
    why="Nothing answers anywhere else.",
    source=f"{DOCUMENT}: its paths",
    broken=example(call("GET", "/remotelinks/alert-1")),
    fixed=example(call("GET", "/remotelink/alert-1")),
)

RL105 = Rule(
    code="RL105",
    name="method-not-allowed",
    severity="error",
    refusal=405,
    summary="A path is used with one of its documented methods.",
    why="A POST that follows a redirect becomes a GET in most clients, and ends here.",
    source=f"{DOCUMENT}: the methods of its paths; that the answer is 405 is {ASSUMPTION}",
    broken=example(Sent("PUT", _BULK, submission().headers, submission().body)),
    fixed=example(submission()),
)

RL106 = Rule(
    code="RL106",
    name="invalid-id",
    severity="error",
    refusal=None,
    summary="An id in a path is 1 to 255 characters of UTF-8.",
    why="No link can have another id: a read answers 404, and a deletion deletes nothing though it answers 202.",
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
    summary="What stands in a path or a query is percent-encoded.",
    why="A slash ends the id, a question mark starts the query: the request concerns another link, or none.",
    source="RFC 3986, section 2.1, which OpenAPI follows for parameters in a path",
    broken=example(call("GET", "/remotelink/shop/alerts/1")),
    fixed=example(call("GET", "/remotelink/shop%2Falerts%2F1")),
    outcome="answers 404 to a bare slash in an id, and takes the rest as it was meant",
)

RL111 = Rule(
    code="RL111",
    name="unknown-parameter",
    severity="warning",
    refusal=None,
    summary="A query names only documented parameters.",
    why="What Jira does not know has no effect. An id with a question mark that is not encoded looks like this too.",
    source=f"{DOCUMENT}: the parameters of its operations",
    broken=example(call("GET", "/remotelink/alert-1?expand=associations")),
    fixed=example(call("GET", "/remotelink/alert-1")),
)


#: What may stand in a path's segment as it is (RFC 3986, pchar).
_SEGMENT = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*")


def check_route(violations: Violations, document: Document, request: Request, route: Route) -> int:
    """Report why a request leads to no operation, and return the status that it gets."""
    if request.misrouted:
        violations.add(RL104, request.misrouted, "#path", "use the url or the cloud_id of a site that is running", request.path)
        status = 404
    elif "/" in (route.raw_id or ""):
        violations.add(
            RL110,
            "the path goes on after the link's id, as if the id held a slash",
            "#path",
            f"percent-encode the id as one segment: {route.raw_id!a} becomes {(route.raw_id or '').replace('/', '%2F')!a}",
            request.path,
            refusal=404,
        )
        status = 404
    elif lacking := _lacking(document, request.method, request.path):
        violations.add(
            RL104,
            f"the contract document {document.name} has no operation {lacking}",
            "#path",
            f"use one of {', '.join(operation.id for operation in document.operations)}, or a document that has it",
            f"{request.method} {request.path}",
        )
        status = 404
    elif not route.operations:
        violations.add(
            RL104,
            "no operation of the remote links API has this path",
            "#path",
            f"use one of {', '.join(document.router.paths)}",
            request.path,
        )
        status = 404
    else:
        violations.add(
            RL105,
            f"this path does not have the method {request.method!a}",
            "#method",
            f"use {' or '.join(route.allowed)}",
            request.method,
        )
        status = 405
    return status


def _lacking(document: Document, method: str, path: str) -> str | None:
    """The published operation that the request asks for and the document does not have."""
    if not document.missing:
        return None
    operation = Router(document.api, document.api.operations).route(path).operation(method)
    return operation.id if operation and operation.id in document.missing else None


def check_id(violations: Violations, route: Route) -> bool:
    """Judge the id of a path by itself; tell whether a link can have it."""
    raw, link_id = route.raw_id or "", route.id
    if not _SEGMENT.fullmatch(raw):
        violations.add(
            RL110,
            f"{raw!a} is not percent-encoded",
            "#path",
            "percent-encode the id's UTF-8 bytes; in Python: urllib.parse.quote(id, safe='')",
            raw,
        )
    if link_id and "\ufffd" not in link_id:
        return True
    problem = "the id in the path is empty" if not link_id else "the id's bytes are not UTF-8"
    violations.add(RL106, problem, "#path", "put the link's id into the path, its UTF-8 bytes percent-encoded", raw)
    return False


def report_unfit_id(violations: Violations, route: Route, errors: Sequence[SchemaError]) -> None:
    """Report an id that the document does not allow."""
    message = "; ".join(explain(found)[0] for found in errors) or "does not fit the document"
    violations.add(RL106, f"the id {message}", "#path", "use the id under which the link was submitted", route.id)


def check_query_encoding(violations: Violations, request: Request) -> None:
    """Report a query that holds what must be percent-encoded."""
    query = request.target.partition("?")[2]
    if not query.isascii():
        violations.add(
            RL110,
            "the query is not percent-encoded",
            "#query",
            "percent-encode its UTF-8 bytes; in Python: urllib.parse.urlencode(properties)",
        )


def check_query_names(violations: Violations, document: Document, operation: Operation, request: Request) -> None:
    """Report parameters of a query that the document does not describe."""
    check_query_encoding(violations, request)
    if not request.query_pairs:
        return
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
                "leave it out; a '?' that belongs to an id is written %3F",
                redact_parameter(key, value),
            )
