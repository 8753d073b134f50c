"""RL1xx: the request as a whole."""

from __future__ import annotations

import json

from pytest_remotelinks.apis.remotelinks import REMOTE_LINKS
from pytest_remotelinks.rules.rule import (
    ASSUMPTION,
    AUTHORIZATION,
    DOCUMENT,
    LINK,
    Rule,
    Sent,
    a_link,
    example,
    submission,
    submitted_text,
)

_BULK = f"{REMOTE_LINKS.base}/bulk"

RL101 = Rule(
    "RL101",
    "malformed-json",
    "error",
    400,
    "A submission's body is JSON in UTF-8.",
    "A body that cannot be read is refused whole, with every link in it. NaN, a cut body and a wrong Content-Length are the usual causes.",
    f"{DOCUMENT}: the body of submitRemoteLinks is application/json, and 400 is its answer to a malformed request",
    example(submitted_text('{"remoteLinks": [{"id": "alert-1", "updateSequenceNumber": NaN}]}')),
    example(submission()),
)

RL102 = Rule(
    "RL102",
    "wrong-content-type",
    "error",
    415,
    "A submission is sent as application/json.",
    "The document names no other content type. Clients that are handed a string instead of an object often send text/plain or a form.",
    f"{DOCUMENT}: submitRemoteLinks takes application/json only; that the answer is 415 is {ASSUMPTION}",
    example(submission(headers=(AUTHORIZATION, ("Content-Type", "text/plain")))),
    example(submission()),
)

RL103 = Rule(
    "RL103",
    "malformed-envelope",
    "error",
    400,
    "What surrounds the links fits the document's schema.",
    "An error outside the links cannot be put down to one of them, so the whole request is refused.",
    f"{DOCUMENT}: the schema of a submission",
    example(submission(properties={"installation": 1234})),
    example(submission(properties={"installation": "1234"})),
)

RL108 = Rule(
    "RL108",
    "too-many-links",
    "error",
    413,
    "A submission holds no more links than the document allows.",
    "The whole request is refused, so a provider that sends its backlog in one piece delivers none of it.",
    f"{DOCUMENT}: remoteLinks holds at most 100 since 2026-06; that the answer is 413 is {ASSUMPTION}",
    example(submission(*(a_link(id=f"alert-{number}") for number in range(101)))),
    example(submission(*(a_link(id=f"alert-{number}") for number in range(100)))),
)

RL109 = Rule(
    "RL109",
    "body-too-large",
    "error",
    413,
    "A body stays under the byte limit.",
    "Jira answers 413 to too much data and asks for fewer links in each request; how much is too much it does not say.",
    f"{DOCUMENT}: the answer 413 of submitRemoteLinks; the limit of 5 MiB is {ASSUMPTION}",
    example(submission(*(a_link(id=f"alert-{number}", description="x" * 255) for number in range(4))), byte_limit=1000),
    example(submission(a_link(description="x" * 255)), byte_limit=1000),
)

RL112 = Rule(
    "RL112",
    "duplicate-member",
    "error",
    None,
    "An object in a body names each member once.",
    "Which of the values counts is up to the reader; most keep the last, and the others are lost without a word.",
    "RFC 8259, section 4",
    example(submitted_text('{"remoteLinks": [{"displayName": "Alert", ' + json.dumps(LINK)[1:] + "]}")),
    example(submission()),
)

RL113 = Rule(
    "RL113",
    "malformed-http",
    "error",
    400,
    "Request line, headers and body length are well-formed HTTP.",
    "A server that cannot tell where a request ends must refuse it.",
    "RFC 9112",
    example(Sent("POST", _BULK, (*submission().headers, ("Content-Length", "many")), submission().body)),
    example(submission()),
)
