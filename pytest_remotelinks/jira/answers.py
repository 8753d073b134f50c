"""The answers that Jira gives, in their published shapes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pytest_remotelinks.apis.api import Api, OperationName
from pytest_remotelinks.jira.fault import Effect, Ending
from pytest_remotelinks.rules.links import ASSOCIATION_VALUES_LIMIT

#: Statuses whose published answers have no body.
WITHOUT_BODY = frozenset({302, 401, 403, 404, 429, 503})

_JSON = ("Content-Type", "application/json;charset=UTF-8")
_HTML = ("Content-Type", "text/html;charset=UTF-8")


@dataclass(frozen=True)
class Answer:
    """Status, headers and body of one answer, and how it is sent.

    It is sent ``delay`` seconds late; a truncated one lacks the second half of
    its body, and of a dropped one nothing arrives.
    """

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    delay: float = 0.0
    ending: Ending = "whole"


def json_answer(status: int, value: Any) -> Answer:
    # ASCII, so that any string a client sent can be sent back.
    return Answer(status, json.dumps(value, separators=(",", ":")).encode("ascii"), (_JSON,))


def unknown_associations(api: Api, unknown: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """The unknown values of a submission's associations, by type: several entries of a type where one may not have them all."""
    return [
        {api.association_type_member: name, api.association_values_member: list(values[start : start + ASSOCIATION_VALUES_LIMIT])}
        for name, values in unknown.items()
        for start in range(0, len(values), ASSOCIATION_VALUES_LIMIT)
    ]


def refusal(
    status: int, errors: Iterable[dict[str, str]], headers: tuple[tuple[str, str], ...] = (), operation: OperationName | None = None
) -> Answer:
    """The answer to a request that is refused as a whole; ``operation`` is where it led."""
    # The documents have a 404 for reads only: any other is one of the errors that they do not name, which have a body.
    if status in WITHOUT_BODY and not (status == 404 and operation not in (None, "read")):
        return Answer(status, headers=headers)
    answer = json_answer(status, list(errors))
    return Answer(status, answer.body, (*answer.headers, *headers))


def garbled(answer: Answer) -> Answer:
    """The same status with an HTML page, as a failing proxy sends it."""
    page = b"<!DOCTYPE html><html><head><title>One moment</title></head><body>Something went wrong.</body></html>"
    return Answer(answer.status, page, (_HTML, *(header for header in answer.headers if header[0] != "Content-Type")))


def failure_headers(effect: Effect, target: str) -> tuple[tuple[str, str], ...]:
    """The headers of the answer to a request that a fault refuses; ``target`` is the request's."""
    waits = (("Retry-After", str(effect.retry_after)),) if effect.retry_after is not None else ()
    return (*effect.headers, *waits, *((("Location", effect.moved_to + target),) if effect.moved_to else ()))


def with_fault(answer: Answer, effect: Effect | None, limits: tuple[tuple[str, str], ...]) -> Answer:
    """The answer with the headers of a rate limit, and with what a fault does to it."""
    if limits:
        answer = replace(answer, headers=(*answer.headers, *limits))
    if effect is None:
        return answer
    # An answer without a body cannot be cut: nothing of it arrives.
    ending = "dropped" if effect.ending == "truncated" and not answer.body else effect.ending
    return replace(garbled(answer) if effect.garbled else answer, delay=effect.delay, ending=ending)
