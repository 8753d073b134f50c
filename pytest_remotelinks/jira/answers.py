"""The answers that Jira gives, in their published shapes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from pytest_remotelinks.jira.faults import Ending, Fault

#: Statuses whose published answers have no body.
WITHOUT_BODY = frozenset({302, 401, 403, 404, 429, 503})

_JSON = ("Content-Type", "application/json;charset=UTF-8")
_HTML = ("Content-Type", "text/html;charset=UTF-8")


@dataclass(frozen=True)
class Answer:
    """Status, headers and body of one answer, and what befalls it on its way.

    It is sent ``delay`` seconds late; one that is truncated lacks the second
    half of its body, and of one that is dropped nothing arrives.
    """

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    delay: float = 0.0
    ending: Ending = "whole"


def json_answer(status: int, value: Any) -> Answer:
    # ASCII, so that any string a client sent can be sent back.
    return Answer(status, json.dumps(value, separators=(",", ":")).encode("ascii"), (_JSON,))


def refusal(status: int, errors: Iterable[dict[str, str]], headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """The answer to a request that is refused as a whole."""
    if status in WITHOUT_BODY:
        return Answer(status, headers=headers)
    answer = json_answer(status, list(errors))
    return Answer(status, answer.body, (*answer.headers, *headers))


def garbled(answer: Answer) -> Answer:
    """The same status with a page for people, as a proxy in trouble sends it."""
    page = b"<!DOCTYPE html><html><head><title>One moment</title></head><body>Something went wrong.</body></html>"
    return Answer(answer.status, page, (_HTML, *(header for header in answer.headers if header[0] != "Content-Type")))


def failure_headers(fault: Fault, target: str) -> tuple[tuple[str, str], ...]:
    """What the answer to a request that a fault refuses says of it; ``target`` is the request's."""
    waits = (("Retry-After", str(fault.retry_after)),) if fault.retry_after is not None else ()
    return (*fault.headers, *waits, *((("Location", fault.moved_to + target),) if fault.moved_to else ()))


def befallen(answer: Answer, fault: Fault | None, limits: tuple[tuple[str, str], ...]) -> Answer:
    """The answer with what a limit says in its headers, and with what a fault does to it."""
    if limits:
        answer = replace(answer, headers=(*answer.headers, *limits))
    if fault is None:
        return answer
    # Of an answer without a body nothing but all can be missing.
    ending = "dropped" if fault.ending == "truncated" and not answer.body else fault.ending
    return replace(garbled(answer) if fault.garbled else answer, delay=fault.delay, ending=ending)
