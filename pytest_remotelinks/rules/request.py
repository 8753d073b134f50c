"""RL1xx: the request as a whole. Its body is read here."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from pytest_remotelinks.apis.api import Api, Operation
from pytest_remotelinks.contract.document import Document
from pytest_remotelinks.contract.explain import explain, subject_of
from pytest_remotelinks.rules.examples import AUTHORIZATION, LINK, SITE_BASE, Sent, a_link, example, submission, submitted_text
from pytest_remotelinks.rules.links import RL201
from pytest_remotelinks.rules.payload import Payload
from pytest_remotelinks.rules.rule import ASSUMPTION, DOCUMENT, Rule
from pytest_remotelinks.rules.schema_hints import schema_hint
from pytest_remotelinks.rules.validators import fast_path_of, validator_of
from pytest_remotelinks.rules.violation import NO_VALUE, Violations
from pytest_remotelinks.wire.fix import Fix
from pytest_remotelinks.wire.json_body import NotJSON, decode, holds_more_values, pointer_to, require_shallow, steps_of
from pytest_remotelinks.wire.request import Request

RL101 = Rule(
    code="RL101",
    name="malformed-json",
    severity="error",
    refusal=400,
    summary="A submission's body is JSON in UTF-8.",
    why="Jira refuses a body that it cannot read, with every link in it. NaN, a truncated body and a wrong Content-Length are the usual causes.",
    source=f"{DOCUMENT}: the body of submitRemoteLinks is application/json, and 400 is its answer to a malformed request",
    broken=example(submitted_text('{"remoteLinks": [{"id": "alert-1", "updateSequenceNumber": NaN}]}')),
    fixed=example(submission()),
)

RL102 = Rule(
    code="RL102",
    name="wrong-content-type",
    severity="error",
    refusal=415,
    summary="A submission is sent as application/json, and not compressed.",
    why="The document has no other content type, and no content encoding. Clients that are given a string instead of an object often send text/plain or a form.",
    source=f"{DOCUMENT}: submitRemoteLinks has application/json only; that the answer is 415 is {ASSUMPTION}; for encodings it is RFC 9110's",
    broken=example(submission(headers=(AUTHORIZATION, ("Content-Type", "text/plain")))),
    fixed=example(submission()),
)

RL103 = Rule(
    code="RL103",
    name="malformed-envelope",
    severity="error",
    refusal=400,
    summary="What surrounds the links in a submission fits the document's schema.",
    why="An error outside the links concerns all of them, so Jira refuses the whole request.",
    source=f"{DOCUMENT}: the schema of a submission",
    broken=example(submission(properties={"installation": 1234})),
    fixed=example(submission(properties={"installation": "1234"})),
)

RL108 = Rule(
    code="RL108",
    name="too-many-links",
    severity="error",
    refusal=413,
    summary="A submission has no more links than the document allows.",
    why="Jira refuses the whole request, so a provider that sends its backlog in one request delivers none of it.",
    source=f"{DOCUMENT}: remoteLinks has at most 100 entries since 2026-06; that the answer is 413 is {ASSUMPTION}",
    broken=example(submission(*(a_link(id=f"alert-{number}") for number in range(101)))),
    fixed=example(submission(*(a_link(id=f"alert-{number}") for number in range(100)))),
)

RL109 = Rule(
    code="RL109",
    name="body-too-large",
    severity="error",
    refusal=413,
    summary="A body is no larger than the byte limit.",
    why="Jira answers 413 to too much data and asks for fewer links in each request. How much is too much is not published.",
    source=f"{DOCUMENT}: the answer 413 of submitRemoteLinks; the limit of 5 MiB is {ASSUMPTION}",
    broken=example(submission(*(a_link(id=f"alert-{number}", description="x" * 255) for number in range(4))), byte_limit=1000),
    fixed=example(submission(a_link(description="x" * 255)), byte_limit=1000),
)

RL112 = Rule(
    code="RL112",
    name="duplicate-member",
    severity="error",
    refusal=None,
    summary="An object in a body has each member at most once.",
    why="Which of the values counts depends on the parser. Most keep the last one and drop the others silently.",
    source="RFC 8259, section 4",
    broken=example(submitted_text('{"remoteLinks": [{"displayName": "Alert", ' + json.dumps(LINK)[1:] + "]}")),
    fixed=example(submission()),
)

RL113 = Rule(
    code="RL113",
    name="malformed-http",
    severity="error",
    refusal=400,
    summary="Request line, headers and body length are well-formed HTTP.",
    why="A server that cannot tell what is asked or where a request ends must refuse it, and so does a proxy on the way to Jira.",
    source="RFC 9112: sections 3 (request line, Host), 5 (headers), 6 and 7 (body); RFC 9110: section 5",
    broken=example(Sent("POST", f"{SITE_BASE}/bulk", (*submission().headers, ("Content-Length", "many")), submission().body)),
    fixed=example(submission()),
)

#: The largest body in bytes that is not answered with 413. Jira's own limit is not published; this is a documented assumption.
BYTE_LIMIT = 5 * 1024 * 1024

#: Bytes of a body beyond which it is not read, even if RL109 is ignored.
LARGEST_BODY = 1024 * 1024 * 1024

#: JSON values of a submission with violations, above which it is refused as a whole: checking each would take too long.
#: A documented assumption.
VALUES_LIMIT = 150_000


class Unreadable(Exception):
    """A body cannot be read; ``status`` is what Jira answers, even if the rule is ignored."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def check_http(violations: Violations, request: Request) -> bool:
    """Report what is not well-formed HTTP, and return whether the request is refused for it."""
    counts = [
        violations.add(RL113, found.message, found.pointer, found.hint, NO_VALUE if found.value is None else found.value)
        for found in request.malformed
    ]
    return any(counts) or not request.method or not request.is_whole


def check_content_type(violations: Violations, request: Request) -> None:
    """Report a submission that is not sent as JSON."""
    content_type = request.headers.get("Content-Type", "")
    if content_type.partition(";")[0].strip().lower() != "application/json":
        violations.add(
            RL102,
            f"the content type is {content_type!a}" if content_type else "there is no Content-Type header",
            "#header/Content-Type",
            Fix("set", "application/json", safe=True),
            content_type,
        )


def check_content_encoding(violations: Violations, request: Request) -> None:
    """Report a submission that is compressed or says so. Raises Unreadable if it cannot be read."""
    sent = request.headers.get("Content-Encoding", "")
    if all(coding.strip().lower() in ("", "identity") for coding in sent.split(",")):
        return
    place = "#header/Content-Encoding"
    if request.body.lstrip()[:1] in (b"{", b"["):
        violations.add(RL102, f"Content-Encoding is {sent!a}, but the body is not compressed", place, Fix("remove"), sent)
    elif violations.add(
        RL102,
        f"the body is compressed: Content-Encoding is {sent!a}",
        place,
        "leave out 'Content-Encoding' and send the body uncompressed",
        sent,
    ):
        raise Unreadable(415)


def read_payload(violations: Violations, document: Document, request: Request, byte_limit: int) -> tuple[Any, bool]:
    """The JSON value of a submission's body, and whether it is already known to violate no rule. Raises Unreadable."""
    _check_length(violations, request, byte_limit)
    try:
        payload, repeated = decode(request.body)
        clean = not repeated and fast_path_of(document)(payload)
        if not clean:
            require_shallow(payload)
    except NotJSON as error:
        violations.add(RL101, str(error), "#body", error.hint, request.body[:200])
        raise Unreadable(400) from None
    report_duplicate_members(violations, repeated)
    return payload, clean


def _check_length(violations: Violations, request: Request, byte_limit: int) -> None:
    if not request.is_whole:
        raise Unreadable(400)
    if request.body_size > byte_limit:
        counts = violations.add(
            RL109,
            f"the body has {request.body_size} bytes; at most {byte_limit} are accepted",
            "#body",
            "submit fewer links in each request",
            request.body_size,
        )
        if counts or len(request.body) < request.body_size:
            raise Unreadable(413)


def report_duplicate_members(violations: Violations, pointers: Iterable[str]) -> None:
    """Report members that an object has more than once."""
    for pointer in pointers:
        name = subject_of(steps_of(pointer), "the body")
        violations.add(RL112, f"{name} is a duplicate member; all values but the last are ignored", pointer, "send each member once")


def _subject(api: Api, path: tuple[str | int, ...]) -> str:
    is_entity = path[:1] == (api.list_member,) and len(path) == 2
    return f"the {api.noun}" if is_entity else subject_of(path, "the body")


def check_schema(violations: Violations, document: Document, operation: Operation, payload: Any) -> None:
    """Report where a submission does not fit the document's schema: RL201 in a link, RL103 and RL108 elsewhere."""
    list_member = document.api.list_member
    if holds_more_values(payload, VALUES_LIMIT) and violations.add(
        RL109,
        f"the body has violations and more than {VALUES_LIMIT} values, too many to check each",
        "#body",
        "submit fewer links in each request",
    ):
        raise Unreadable(413)
    hinted = Payload(document, payload)
    for error in validator_of(document).body_errors(operation, json.dumps(payload).encode()):
        message, stated = explain(error, _subject(document.api, error.path))
        hint = schema_hint(hinted, error, stated)
        pointer = pointer_to(error.path)
        if error.path[:1] == (list_member,) and len(error.path) > 1:
            violations.add(RL201, message, pointer, hint, error.found, link=int(error.path[1]))
        elif error.path == (list_member,) and error.keyword == "maxItems":
            violations.add(RL108, message, pointer, f"send at most {error.wanted} in each request", len(error.found))
        else:
            violations.add(RL103, message, pointer, hint, error.found)
