"""One request with its answer, and one submitted link."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cached_property
from json import loads
from typing import Any

from pytest_remotelinks.apis.api import Id, OperationName
from pytest_remotelinks.rules.violation import Violation
from pytest_remotelinks.wire.headers import Headers
from pytest_remotelinks.wire.redact import SecretBytes, redact_target, secret_body, secret_json, secret_value
from pytest_remotelinks.wire.request import Request


@dataclass(frozen=True, eq=False)
class Exchange:
    """One request and the answer it got.

    ``fault`` names the trouble that the test or a limit made of it, and is
    empty where there was none; ``status`` is 0 where the connection was closed
    before the request was read. ``started`` is in seconds since the epoch, ``duration`` in seconds, from the
    first byte of the request's body to the finished answer.

    Every value that could be altered is handed out as a copy. ``raw_json`` is
    the record itself, which the store shares: to look at only.
    """

    incoming: Request = field(repr=False)
    #: What it asked for; None where the path leads to no operation.
    operation: OperationName | None
    status: int
    response_headers: tuple[tuple[str, str], ...]
    response_body: bytes
    started: float
    duration: float
    raw_json: Any = field(default=None, repr=False)
    #: The published id of the operation; None for a request for a token, too.
    operation_id: str | None = None
    #: The id in the path, decoded; None where there is none that can exist.
    link_id: Id | None = None
    #: By the index of a submitted link, Jira's words on why it was rejected.
    rejected: dict[int, list[dict[str, str]]] = field(default_factory=dict, repr=False)
    findings: tuple[Violation, ...] = field(default=(), repr=False)
    #: The key of the app that sent it; empty where that is unknown or the site asks nobody.
    app: str = ""
    fault: str = ""

    @property
    def method(self) -> str:
        return self.incoming.method

    @property
    def path(self) -> str:
        """The path as it was sent, percent-encoded, without the query."""
        return self.incoming.path

    @property
    def query(self) -> dict[str, str]:
        """The query's parameters, decoded; of a repeated one, the last value."""
        return {name: secret_value(name, value) for name, value in self.incoming.query}

    @property
    def headers(self) -> Headers:
        """The request's headers, in any letter case. Credentials are there to read and masked in every repr."""
        return self.incoming.headers

    @cached_property
    def body(self) -> bytes:
        """The request's body, byte for byte; up to the byte limit where it was longer. Its repr masks secrets."""
        return secret_body(self.incoming.body)

    @property
    def json(self) -> Any:
        """The body's JSON value, None where there is none. Members such as ``client_secret`` are masked in its repr."""
        return _read(self.body) if self.raw_json is not None else None

    @property
    def response_json(self) -> Any:
        """The answer's body as JSON, None where there is none, or where a fault made something else of it."""
        return _read(secret_body(self.response_body)) if self.response_body and self._is_json else None

    @property
    def _is_json(self) -> bool:
        return any(name == "Content-Type" and value.startswith("application/json") for name, value in self.response_headers)

    @cached_property
    def violations(self) -> tuple[Violation, ...]:
        """What this request does against the contract."""
        return tuple(replace(finding, request=self) for finding in self.findings)

    @cached_property
    def submissions(self) -> tuple[Submission, ...]:
        """Every link of a submission, in its order, whatever became of it."""
        payload = self.raw_json if self.operation == "submit" and isinstance(self.raw_json, dict) else {}
        links, properties = payload.get("remoteLinks"), payload.get("properties")
        refused = () if self.status == 202 else tuple(self.response_json or ())
        return tuple(
            Submission(
                id=link_name(link, index),
                accepted=self.status == 202 and index not in self.rejected,
                request=self,
                index=index,
                raw_data=link,
                raw_properties=properties if isinstance(properties, dict) else {},
                raw_errors=tuple(self.rejected.get(index, refused)),
            )
            for index, link in enumerate(links if isinstance(links, list) else ())
        )

    def __repr__(self) -> str:
        return f"<Exchange {self.method} {redact_target(self.incoming.target)} -> {self.outcome}>"

    @property
    def outcome(self) -> str:
        """The status, or that there was none, and the fault that had a part in it."""
        status = str(self.status) if self.status else "no answer"
        return f"{status} (fault: {self.fault})" if self.fault else status


@dataclass(frozen=True, eq=False, repr=False)
class Submission:
    """One link as it was submitted.

    Every value that could be altered is handed out as a copy. What is ``raw``
    is the record itself, which the store shares: to look at only.
    """

    id: Id
    accepted: bool
    request: Exchange
    index: int
    raw_data: Any
    raw_properties: dict[str, Any]
    raw_errors: tuple[dict[str, str], ...]

    @property
    def data(self) -> Any:
        """The link itself, an object unless the provider sent something else."""
        return deepcopy(self.raw_data)

    @property
    def properties(self) -> dict[str, Any]:
        """The properties that were submitted with it."""
        return deepcopy(self.raw_properties)

    @property
    def errors(self) -> tuple[dict[str, str], ...]:
        """Jira's own words on why the link, or the whole request, was refused: ``{"message": …, "errorTraceId": …}`` each."""
        return deepcopy(self.raw_errors)

    def __repr__(self) -> str:
        return (
            f"Submission(id={self.id!r}, data={self.raw_data!r}, properties={self.raw_properties!r}, "
            f"accepted={self.accepted!r}, errors={self.raw_errors!r})"
        )

    @property
    def violations(self) -> tuple[Violation, ...]:
        """The breaches of this link, and those of the request as a whole."""
        return tuple(violation for violation in self.request.violations if violation.link in (None, self.index))


def _read(body: bytes) -> Any:
    # Read again, which takes a fraction of the time of deepcopy().
    value = loads(body.decode())
    return secret_json(value) if isinstance(body, SecretBytes) else value


def link_name(link: Any, index: int) -> str:
    """The link's id; ``remoteLinks[INDEX]`` for one that has none."""
    link_id = link.get("id") if isinstance(link, dict) else None
    return link_id if isinstance(link_id, str) else f"remoteLinks[{index}]"
