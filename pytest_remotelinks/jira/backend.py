"""One request's way through the fake: check it, apply it, record it, answer it."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from pytest_remotelinks.apis.api import Api, Id, Operation
from pytest_remotelinks.jira.answers import Answer, failure_headers, json_answer, refusal, unknown_associations, with_fault
from pytest_remotelinks.jira.apps import AppRegistry
from pytest_remotelinks.jira.fault import Effect, Fault
from pytest_remotelinks.jira.faults import Arrival, Faults
from pytest_remotelinks.jira.oauth import TOKEN_PATH, TokenEndpoint
from pytest_remotelinks.jira.site import Outcome, Site
from pytest_remotelinks.recording.exchange import Exchange
from pytest_remotelinks.rules.checker import Checker, CheckResult
from pytest_remotelinks.rules.retries import AppHistory
from pytest_remotelinks.rules.violation import Violation
from pytest_remotelinks.wire.headers import Headers
from pytest_remotelinks.wire.request import Request
from pytest_remotelinks.wire.response import Response
from pytest_remotelinks.wire.times import steady

_REASONS = {
    400: "The request is malformed.",
    405: "The path does not have this method.",
    413: "The data is too large. Submit less in each request.",
    415: "The content type is not application/json.",
}

#: By the index of a submitted entity, Jira's words on why it is rejected.
Errors = dict[int, list[dict[str, str]]]


@dataclass(frozen=True)
class _Result:
    """What a request led to."""

    answer: Answer
    errors: Errors = field(default_factory=dict)
    #: The violations that were found when it was applied.
    violations: tuple[Violation, ...] = ()
    #: The faults that rejected some of its entities.
    rejections: tuple[Fault, ...] = ()


_UNREAD = _Result(Answer(0, ending="dropped"))


class Backend:
    """Answers requests as Jira would, and records them.

    There is one checker for each API; a request that is sent to none of them
    is checked by the first.
    """

    def __init__(self, checkers: Sequence[Checker], site: Site, faults: Faults, registry: AppRegistry) -> None:
        self._checkers = tuple(checkers)
        self._site = site
        self._faults = faults
        self._registry = registry
        self.token_endpoint = TokenEndpoint(registry, site, faults)
        #: By API and app, what the app did before.
        self._histories: dict[str, defaultdict[str, AppHistory]] = {
            checker.document.api.name: defaultdict(partial(AppHistory, checker.document.api)) for checker in self._checkers
        }
        #: Set when delayed answers are not to be waited for any more.
        self.abandoned = threading.Event()
        #: By target, the method of the last request, if it was answered with a redirect.
        self._redirected: dict[str, str] = {}
        self._traces = 0

    @property
    def site(self) -> Site:
        """The site that it answers for."""
        return self._site

    @property
    def kept_bytes(self) -> int:
        """How many bytes of a body are to be kept."""
        return max(checker.kept_bytes for checker in self._checkers)

    def forget(self) -> None:
        """Forget what every app did, and drop the answers that are delayed."""
        self.abandon_waiting()
        self.abandoned = threading.Event()
        for histories in self._histories.values():
            histories.clear()
        self._redirected.clear()
        self.token_endpoint.forget()
        self._traces = 0

    def forget_app(self, app: str) -> None:
        """Forget what an app did."""
        for histories in self._histories.values():
            histories.pop(app, None)

    def forget_refusals(self) -> None:
        """Forget which requests were refused: the installed apps have changed, so they may pass now."""
        for histories in self._histories.values():
            for history in histories.values():
                history.forget_refusals()

    def abandon_waiting(self) -> None:
        """Drop the answers that are delayed."""
        self.abandoned.set()

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """Count a request as under way from its first byte until its answer is ready to be sent."""
        self._site.record.begin()
        try:
            yield
        finally:
            self._site.record.end()

    def drop_unread(self, request: Request, started: float) -> Answer | None:
        """The answer to a request of which only the head is known; None where its body is to be read."""
        checker = self._checker_of(request)
        operation = checker.document.router.route(request.path).operation(request.method)
        name = "token" if request.path == TOKEN_PATH else operation.name if operation else None
        with self._site.present():
            effect = self._faults.next_unread(name, _host(request))
            if effect is None:
                return None
            self._record(request, checker.document.api, CheckResult(operation), _UNREAD, effect, started, steady())
            return _UNREAD.answer

    def answer(self, request: Request, started: float, clock: float) -> Answer:
        """Answer a request that began at ``started`` (epoch) and ``clock`` (monotonic), in seconds."""
        if request.path == TOKEN_PATH:
            return self.token_endpoint.answer(request, started, clock)
        checker = self._checker_of(request)
        api = checker.document.api
        # This may take seconds, in which other requests are answered.
        content = checker.check_content(request)
        with self._site.present() as now:
            began = now - (steady() - clock)
            histories = self._histories[api.name]
            checked = checker.check(request, self._registry.context(began, now, histories, self._redirected), content)
            self._registry.remember(request)
            history = histories[checked.app]
            effect = self._faults.next_fault(_arrival(request, api, checked, history, began, now))
            self._redirected.pop(request.target, None)
            if effect is not None and effect.status is not None:
                result = _Result(self._fail(effect, effect.status, request, checked.operation))
                if effect.moved_to:
                    self._redirected[request.target] = request.method
            elif checked.refusal is not None:
                result = _Result(self._refuse(checked, checked.refusal))
            elif checked.operation is not None and checked.operation.name == "submit":
                result = self._submit(checker, checked, history, effect, now)
            else:
                result = _Result(self._read_or_delete(api, checked, history))
            answer = with_fault(result.answer, effect, self._faults.limit_headers())
            if checked.operation is not None and not (effect is not None and effect.hides_answer):
                wait, concerns_all = (effect.retry_after, effect.concerns_all) if effect is not None else (None, False)
                history.remember_answer(request, checked.operation, answer.status, wait, now, concerns_all)
            self._record(request, api, checked, result, effect, started, clock, answer)
            self._site.pending.count_answer()
        return answer

    def _checker_of(self, request: Request) -> Checker:
        return next((checker for checker in self._checkers if checker.document.api.bases.match(request.path)), self._checkers[0])

    def _record(
        self,
        request: Request,
        api: Api,
        checked: CheckResult,
        result: _Result,
        effect: Effect | None,
        started: float,
        clock: float,
        answer: Answer = _UNREAD.answer,
    ) -> None:
        record = self._site.record
        record.add(
            Exchange(
                number=record.count + 1,
                operation=checked.operation.name if checked.operation else None,
                operation_id=checked.operation.id if checked.operation else None,
                started=started,
                duration=steady() - clock,
                app=checked.app,
                fault=effect.name if effect is not None else "",
                _request=request,
                _response=Response(answer.status, Headers(answer.headers), answer.body),
                _api=api,
                _payload=checked.payload,
                _target_id=checked.link_id,
                _rejected=result.errors,
                _violations=(*checked.violations, *result.violations),
                _faults=(effect.fault, *result.rejections) if effect is not None else result.rejections,
            )
        )

    def _fail(self, effect: Effect, status: int, request: Request, operation: Operation | None) -> Answer:
        reason = f"{_REASONS.get(status, 'Jira is not available.')} ({effect.name})"
        headers = failure_headers(effect, request.target)
        return refusal(status, [self._error(reason)], headers, operation.name if operation is not None else None)

    def _refuse(self, checked: CheckResult, status: int) -> Answer:
        reasons = [violation for violation in checked.violations if violation.severity == "error" and violation.link is None]
        texts = [_sentence(violation) for violation in reasons] or [_REASONS.get(status, "The request is refused.")]
        headers = (("Allow", ", ".join(checked.allowed)),) if status == 405 else ()
        return refusal(status, [self._error(text) for text in texts], headers)

    def _submit(self, checker: Checker, checked: CheckResult, history: AppHistory, effect: Effect | None, now: float) -> _Result:
        api = checker.document.api
        entities = api.entities(checked.payload) or []
        properties = api.properties_of(checked.payload)
        rejections = self._faults.rejections_of(map(api.id_of, entities))
        unwanted = {id: rejection.message for id, rejection in rejections.items()}
        outcome = self._site.submit(api, entities, properties, checked.rejections, checked.impossible, checked.app, unwanted)
        # A client that got no answer may send everything again.
        is_answered = effect is None or not effect.hides_answer
        accepted = set(outcome.accepted)
        stale = history.remember_accepted(entities, properties, outcome.accepted, now, is_answered)
        violations = checker.check_effects(checked, accepted, stale, history.rejected, now)
        if is_answered and (history.rejected or len(accepted) < len(entities)):
            history.remember_rejected(entities, accepted)
        history.submitted_keys.update(properties)
        errors = {index: [self._error(_sentence(violation)) for violation in found] for index, found in checked.rejections.items()}
        errors.update({index: [self._error(reason)] for index, reason in outcome.rejected.items()})
        return _Result(json_answer(202, _submitted(api, entities, outcome, errors)), errors, violations, tuple(rejections.values()))

    def _read_or_delete(self, api: Api, checked: CheckResult, history: AppHistory) -> Answer:
        operation, id = checked.operation, checked.link_id
        if operation is not None and operation.name == "read":
            entity = self._site.read(api, id, checked.app) if id is not None else None
            return json_answer(200, entity) if entity is not None else Answer(404)
        if operation is not None and operation.name == "delete-by-properties":
            self._site.delete_by(api, checked.properties, checked.app)
        elif id is not None:
            self._site.delete(api, id, checked.app)
        if operation is not None:
            history.remember_deletion(operation, id, checked.properties)
        return Answer(202)

    def _error(self, message: str) -> dict[str, str]:
        self._traces += 1
        return {"message": message, "errorTraceId": f"{self._traces:016x}"}


def _arrival(request: Request, api: Api, checked: CheckResult, history: AppHistory, began: float, now: float) -> Arrival:
    name = checked.operation.name if checked.operation else None
    promise, waited_for = None, frozenset[str]()
    if name is not None:
        promise, waited_for = history.promises.arrive(request, name, began, now)
    return Arrival(
        operation=name,
        api=api.name,
        app=checked.app,
        cost=1 + len(api.entities(checked.payload) or ()),
        now=now,
        host=_host(request),
        ignored=promise.asked_at if promise is not None else None,
        waited_for=waited_for,
    )


def _host(request: Request) -> str:
    """The name and port that a request was sent to."""
    return request.headers.get("Host", "")


def _submitted(api: Api, entities: list[Any], outcome: Outcome, errors: Errors) -> dict[str, Any]:
    """The answer to a submission, in the API's shape."""
    answer: dict[str, Any] = {api.accepted_member: [api.key_of(entities[index]) for index in outcome.accepted]}
    # The published schema requires none of the members, and calls these two present "if any".
    if errors:
        rejected: dict[Id, tuple[Any, list[dict[str, str]]]] = {}
        for index in sorted(errors):
            _, found = rejected.setdefault(api.label_of(entities[index], index), (api.key_of(entities[index]), []))
            found += errors[index]
        if api.rejected_shape == "object":
            answer[api.rejected_member] = {label: found for label, (_, found) in rejected.items()}
        else:
            answer[api.rejected_member] = [{"key": key, "errors": found} for key, found in rejected.values()]
    if outcome.unknown:
        answer[api.unknown_member] = unknown_associations(api, outcome.unknown)
    return answer


def _sentence(violation: Violation) -> str:
    return f"{violation.pointer}: {violation.message}" if violation.pointer.startswith("/") else violation.message
