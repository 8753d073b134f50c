"""One request with its response, and one submitted link."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pytest_remotelinks.apis.api import Api, Id, OperationName
from pytest_remotelinks.rules.violation import Violation
from pytest_remotelinks.wire.redact import copy_of, redact_target, redact_value
from pytest_remotelinks.wire.request import Request
from pytest_remotelinks.wire.response import Response


@dataclass(frozen=True, eq=False, repr=False)
class Exchange:
    """One request and its response.

    ``number`` counts the site's requests from 1, in the order in which they
    took effect. ``fault`` names the fault that was injected, and is empty
    where there was none. ``started`` is in seconds since the epoch,
    ``duration`` in seconds, from the first byte of the request's body to the
    finished response.
    """

    number: int
    #: None where the path leads to no operation.
    operation: OperationName | None
    #: The operation's published id; None for a request for a token, too.
    operation_id: str | None
    started: float
    duration: float
    #: The key of the app that sent it; empty where that is unknown, and while no app was installed.
    app: str
    fault: str
    _request: Request
    _response: Response
    #: The API that it was sent to; None for a request for a token.
    _api: Api | None = None
    #: The payload, the very objects that the site stores.
    _payload: Any = None
    #: The id in the path, None where there is none that can exist.
    _target_id: Id | None = None
    #: By the index of a submitted link, Jira's words on why it was rejected.
    _rejected: dict[int, list[dict[str, str]]] = field(default_factory=dict)
    _violations: tuple[Violation, ...] = ()
    #: The faults that it met, as the test holds them.
    _faults: tuple[object, ...] = ()
    #: The codes whose violations the test expects of this request.
    _expected: set[str] = field(default_factory=set)

    @cached_property
    def request(self) -> Request:
        """The request: ``method``, ``target``, ``path``, ``query``, ``headers``, ``body``, ``json``."""
        return self._request.redacted()

    @cached_property
    def response(self) -> Response:
        """The response: ``status``, ``headers``, ``body``, ``json``."""
        return self._response.redacted()

    @property
    def status(self) -> int:
        """The response's status; 0 if the connection was closed without a response."""
        return self._response.status

    @cached_property
    def violations(self) -> tuple[RecordedViolation, ...]:
        """The rules of the contract that this request violates."""
        return tuple(RecordedViolation(**vars(violation), request=self) for violation in self._violations)

    @cached_property
    def submissions(self) -> tuple[Submission, ...]:
        """The links of a submission in their order, accepted or not."""
        api = self._api
        entities = api.entities(self._payload) if api is not None and self.operation == "submit" else None
        if api is None or entities is None:
            return ()
        properties = api.properties_of(self._payload)
        refused = () if self.status == 202 else tuple(self.response.json or ())
        return tuple(
            Submission(
                id=api.label_of(entity, index),
                accepted=self.status == 202 and index not in self._rejected,
                request=self,
                _index=index,
                _data=entity,
                _properties=properties,
                _errors=tuple(self._rejected.get(index, refused)),
            )
            for index, entity in enumerate(entities)
        )

    def __repr__(self) -> str:
        return f"<Exchange {self.number}: {summary(self)}>"


@dataclass(frozen=True, kw_only=True)
class RecordedViolation(Violation):
    """A violation, and the request that it was found in."""

    request: Exchange = field(repr=False, compare=False)

    @property
    def expected(self) -> bool:
        """Whether an ``expect_violations`` block asked for it."""
        return self.code in self.request._expected


@dataclass(frozen=True, eq=False, repr=False)
class Submission:
    """One link as it was submitted. Values that could be altered are handed out as copies."""

    id: Id
    accepted: bool
    request: Exchange
    _index: int
    _data: Any
    _properties: dict[str, Any]
    _errors: tuple[dict[str, str], ...]

    @property
    def data(self) -> Any:
        """The link itself, an object unless the provider sent something else."""
        return copy_of(self._data)

    @property
    def properties(self) -> dict[str, Any]:
        """The properties that were submitted with it."""
        return copy_of(self._properties)

    @property
    def errors(self) -> tuple[dict[str, str], ...]:
        """Jira's own words on why the link, or the whole request, was refused: ``{"message": …, "errorTraceId": …}`` each."""
        return deepcopy(self._errors)

    @property
    def violations(self) -> tuple[RecordedViolation, ...]:
        """The violations of this link, and those of the request as a whole."""
        return tuple(violation for violation in self.request.violations if violation.link in (None, self._index))

    def __repr__(self) -> str:
        return (
            f"Submission(id={self.id!r}, data={redact_value(self._data)!r}, properties={redact_value(self._properties)!r}, "
            f"accepted={self.accepted!r}, errors={self._errors!r})"
        )


# What the package reads of a record, and a user cannot: the recorded objects themselves, not to be altered.


def summary(exchange: Exchange) -> str:
    """``POST /rest/… -> 202 (fault: …)``, without secrets."""
    request = exchange._request
    status = str(exchange.status) if exchange.status else "no answer"
    fault = f" (fault: {exchange.fault})" if exchange.fault else ""
    return f"{request.method} {redact_target(request.target)} -> {status}{fault}".strip()


def api_of(exchange: Exchange) -> Api | None:
    """The API that the request was sent to; None for a request for a token."""
    return exchange._api


def payload_of(exchange: Exchange) -> Any:
    """The request's payload, None where none was read."""
    return exchange._payload


def met(exchange: Exchange, fault: object) -> bool:
    """Whether the request met the fault."""
    return any(one is fault for one in exchange._faults)


def expect(violation: RecordedViolation) -> None:
    """Note that the test expects violations of this rule in this request."""
    violation.request._expected.add(violation.code)


def target_id(exchange: Exchange) -> Id | None:
    """The id in the request's path, decoded; None where there is none that can exist."""
    return exchange._target_id


def data_of(submission: Submission) -> Any:
    """The submitted link, the very object that the site stores."""
    return submission._data


def properties_of(submission: Submission) -> dict[str, Any]:
    """The properties that were submitted with the link."""
    return submission._properties
