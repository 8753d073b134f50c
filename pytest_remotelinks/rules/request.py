"""RL1xx: the request as a whole."""

from __future__ import annotations

import json

from pytest_remotelinks.apis.remotelinks import REMOTE_LINKS
from pytest_remotelinks.rules.examples import AUTHORIZATION, LINK, Sent, a_link, example, submission, submitted_text
from pytest_remotelinks.rules.rule import ASSUMPTION, DOCUMENT, Rule

_BULK = f"{REMOTE_LINKS.base}/bulk"

RL101 = Rule(
    code="RL101",
    name="malformed-json",
    severity="error",
    refusal=400,
    summary="A submission's body is JSON in UTF-8.",
    why="A body that cannot be read is refused whole, with every link in it. NaN, a cut body and a wrong Content-Length are the usual causes.",
    source=f"{DOCUMENT}: the body of submitRemoteLinks is application/json, and 400 is its answer to a malformed request",
    broken=example(submitted_text('{"remoteLinks": [{"id": "alert-1", "updateSequenceNumber": NaN}]}')),
    fixed=example(submission()),
)

RL102 = Rule(
    code="RL102",
    name="wrong-content-type",
    severity="error",
    refusal=415,
    summary="A submission is sent as application/json.",
    why="The document names no other content type. Clients that are handed a string instead of an object often send text/plain or a form.",
    source=f"{DOCUMENT}: submitRemoteLinks takes application/json only; that the answer is 415 is {ASSUMPTION}",
    broken=example(submission(headers=(AUTHORIZATION, ("Content-Type", "text/plain")))),
    fixed=example(submission()),
)

RL103 = Rule(
    code="RL103",
    name="malformed-envelope",
    severity="error",
    refusal=400,
    summary="What surrounds the links fits the document's schema.",
    why="An error outside the links cannot be put down to one of them, so the whole request is refused.",
    source=f"{DOCUMENT}: the schema of a submission",
    broken=example(submission(properties={"installation": 1234})),
    fixed=example(submission(properties={"installation": "1234"})),
)

RL108 = Rule(
    code="RL108",
    name="too-many-links",
    severity="error",
    refusal=413,
    summary="A submission holds no more links than the document allows.",
    why="The whole request is refused, so a provider that sends its backlog in one piece delivers none of it.",
    source=f"{DOCUMENT}: remoteLinks holds at most 100 since 2026-06; that the answer is 413 is {ASSUMPTION}",
    broken=example(submission(*(a_link(id=f"alert-{number}") for number in range(101)))),
    fixed=example(submission(*(a_link(id=f"alert-{number}") for number in range(100)))),
)

RL109 = Rule(
    code="RL109",
    name="body-too-large",
    severity="error",
    refusal=413,
    summary="A body stays under the byte limit.",
    why="Jira answers 413 to too much data and asks for fewer links in each request; how much is too much it does not say.",
    source=f"{DOCUMENT}: the answer 413 of submitRemoteLinks; the limit of 5 MiB is {ASSUMPTION}",
    broken=example(submission(*(a_link(id=f"alert-{number}", description="x" * 255) for number in range(4))), byte_limit=1000),
    fixed=example(submission(a_link(description="x" * 255)), byte_limit=1000),
)

RL112 = Rule(
    code="RL112",
    name="duplicate-member",
    severity="error",
    refusal=None,
    summary="An object in a body names each member once.",
    why="Which of the values counts is up to the reader; most keep the last, and the others are lost without a word.",
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
    why="A server that cannot tell where a request ends must refuse it.",
    source="RFC 9112",
    broken=example(Sent("POST", _BULK, (*submission().headers, ("Content-Length", "many")), submission().body)),
    fixed=example(submission()),
)
