"""The answers that Jira gives, in their published shapes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

#: Statuses whose published answers have no body.
WITHOUT_BODY = frozenset({401, 403, 404, 429, 503})

_JSON = ("Content-Type", "application/json;charset=UTF-8")


@dataclass(frozen=True)
class Answer:
    """Status, headers and body of one answer."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


def json_answer(status: int, value: Any) -> Answer:
    # ASCII, so that any string a client sent can be sent back.
    return Answer(status, json.dumps(value, separators=(",", ":")).encode("ascii"), (_JSON,))


def refusal(status: int, errors: Iterable[dict[str, str]], allowed: tuple[str, ...] = ()) -> Answer:
    """The answer to a request that is refused as a whole."""
    headers = (("Allow", ", ".join(allowed)),) if status == 405 else ()
    if status in WITHOUT_BODY:
        return Answer(status, headers=headers)
    answer = json_answer(status, list(errors))
    return Answer(status, answer.body, (*answer.headers, *headers))
