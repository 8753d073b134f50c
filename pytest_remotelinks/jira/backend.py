"""One request's way through the fake: judged, applied, remembered, answered."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from pytest_remotelinks.jira.answers import Answer, failure_headers, json_answer, refusal, with_fault
from pytest_remotelinks.jira.apps import AppRegistry
from pytest_remotelinks.jira.faults import Arrival, Effect, Fault, Faults
from pytest_remotelinks.jira.oauth import TokenEndpoint
from pytest_remotelinks.jira.site import Site
from pytest_remotelinks.recording.exchange import Exchange, link_name
from pytest_remotelinks.rules.app_history import AppHistory
from pytest_remotelinks.rules.checker import Checker, CheckResult
from pytest_remotelinks.rules.violation import Violation
from pytest_remotelinks.wire.headers import Headers
from pytest_remotelinks.wire.request import Request
from pytest_remotelinks.wire.response import Response

_REASONS = {
    400: "The request is malformed.",
    405: "The path does not have this method.",
    413: "The data is too large. Submit fewer remote links in each request.",
    415: "The content type is not application/json.",
}
_NO_ANSWER = Answer(0, ending="dropped")

#: By the index of a submitted link, Jira's words on why it is rejected.
Rejected = dict[int, list[dict[str, str]]]


class Backend:
    """Answers requests as Jira would, and keeps the record of them."""

    def __init__(self, checker: Checker, site: Site, faults: Faults, registry: AppRegistry) -> None:
        self.checker = checker
        self._site = site
        self._record = site.record
        self._faults = faults
        self._registry = registry
        #: By the app's key, what it did before.
        self.histories: defaultdict[str, AppHistory] = defaultdict(AppHistory)
        self.token_endpoint = TokenEndpoint(registry, site, faults)
        #: Set when answers that are held back are not worth waiting for any more.
        self.patience = threading.Event()
        self._traces = 0

    def forget(self) -> None:
        """Forget the past of every app, and give up the answers that are held back."""
        self.give_up()
        self.patience = threading.Event()
        self.histories.clear()
        self._traces = 0

    def give_up(self) -> None:
        """Hold no answer back any longer: nobody is there who could want it."""
        self.patience.set()

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """Count a request as under way from its first byte until its answer is ready to be sent."""
        self._record.begin()
        try:
            yield
        finally:
            self._record.end()

    def drop_unread(self, request: Request, started: float) -> Answer | None:
        """What becomes of a request of which only the head is known: None where its body is to be read."""
        with self._site.present():
            operation = self.checker.document.router.route(request.path).operation(request.method)
            asks_for_token = self.token_endpoint.is_meant_by(request)
            fault = self._faults.next_unread("token" if asks_for_token else operation.name if operation else None)
            if fault is None:
                return None
            self._remember(request, CheckResult(operation), _NO_ANSWER, started, time.perf_counter(), fault)
            return _NO_ANSWER

    def answer(self, request: Request, started: float, clock: float) -> Answer:
        """Answer a request that began at ``started`` (epoch) and ``clock`` (monotonic), in seconds."""
        if self.token_endpoint.is_meant_by(request):
            return self.token_endpoint.answer(request, started, clock)
        with self._site.present() as now:
            began = now - (time.perf_counter() - clock)
            checked = self.checker.check(request, self._registry.context(began, now, self.histories))
            self._registry.remember(request)
            history = self.histories[checked.app]
            operation = checked.operation
            host = request.headers.get("Host", "")
            name, api = operation.name if operation else None, self.checker.document.api.name
            fault = self._faults.next_fault(Arrival(name, api, checked.app, _cost(checked), began, now, host))
            rejected: Rejected = {}
            rejecting: tuple[Fault, ...] = ()
            if fault is not None and fault.status is not None:
                answer = self._fail(fault, fault.status, request)
            elif checked.refusal is not None:
                answer = self._refuse(checked, checked.refusal)
            elif operation is not None and operation.name == "submit":
                answer, rejected, late, rejecting = self._submit(checked, history, fault, now)
                checked = replace(checked, violations=(*checked.violations, *late))
            else:
                answer = self._read_or_delete(checked, history)
            answer = with_fault(answer, fault, self._faults.limit_headers())
            if operation is not None and not (fault is not None and fault.hides_answer):
                wait = fault.retry_after if fault is not None else None
                history.remember_answer(request, operation, answer.status, wait, now, fault is not None and fault.concerns_all)
            self._remember(request, checked, answer, started, clock, fault, rejected, rejecting)
            self._site.pending.count_answer()
        return answer

    def _remember(
        self,
        request: Request,
        checked: CheckResult,
        answer: Answer,
        started: float,
        clock: float,
        fault: Effect | None,
        rejected: Rejected | None = None,
        rejecting: tuple[Fault, ...] = (),
    ) -> None:
        self._record.add(
            Exchange(
                number=self._record.count + 1,
                operation=checked.operation.name if checked.operation else None,
                operation_id=checked.operation.id if checked.operation else None,
                started=started,
                duration=time.perf_counter() - clock,
                app=checked.app,
                fault=fault.name if fault is not None else "",
                _request=request,
                _response=Response(answer.status, Headers(answer.headers), answer.body),
                _payload=checked.payload,
                _target_id=checked.link_id,
                _rejected=rejected or {},
                _violations=checked.violations,
                _faults=(fault.fault, *rejecting) if fault is not None else rejecting,
            )
        )

    def _fail(self, fault: Effect, status: int, request: Request) -> Answer:
        reason = f"{_REASONS.get(status, 'Jira is not available.')} ({fault.name})"
        return refusal(status, [self._error(reason)], failure_headers(fault, request.target))

    def _refuse(self, checked: CheckResult, status: int) -> Answer:
        reasons = [violation for violation in checked.violations if violation.severity == "error" and violation.link is None]
        texts = [_sentence(violation) for violation in reasons] or [_REASONS.get(status, "The request is refused.")]
        headers = (("Allow", ", ".join(checked.allowed)),) if status == 405 else ()
        return refusal(status, [self._error(text) for text in texts], headers)

    def _submit(
        self, checked: CheckResult, history: AppHistory, fault: Effect | None, now: float
    ) -> tuple[Answer, Rejected, tuple[Violation, ...], tuple[Fault, ...]]:
        """The answer to a submission, why links are rejected, and what is now to be said of it."""
        links = checked.payload["remoteLinks"]
        properties = checked.payload.get("properties")
        properties = properties if isinstance(properties, dict) else {}
        rejecting = self._faults.rejections_of(self.checker.document.api.id_of(link) for link in links)
        unwanted = {id: rejection.message for id, rejection in rejecting.items()}
        outcome = self._site.submit(links, properties, checked.rejections, checked.impossible, checked.app, unwanted)
        # Whoever got no answer is right to send all of it again.
        is_told = fault is None or not fault.hides_answer
        accepted = set(outcome.accepted)
        stale = history.remember_accepted(links, properties, outcome.accepted, now, is_told)
        violations = self.checker.check_effects(checked, accepted, stale, history.rejected, now)
        if is_told and (history.rejected or len(accepted) < len(links)):
            history.remember_rejected(links, accepted)
        history.submitted_keys.update(properties)
        rejected = {index: [self._error(_sentence(violation)) for violation in found] for index, found in checked.rejections.items()}
        for index, reason in outcome.rejected.items():
            rejected[index] = [self._error(reason)]
        result: dict[str, Any] = {"acceptedRemoteLinks": [links[index]["id"] for index in outcome.accepted]}
        # The published schema requires none of the members, and calls these two present "if any".
        if rejected:
            by_id: dict[str, list[dict[str, str]]] = {}
            for index in sorted(rejected):
                by_id.setdefault(link_name(links[index], index), []).extend(rejected[index])
            result["rejectedRemoteLinks"] = by_id
        if outcome.unknown:
            result["unknownAssociations"] = list(outcome.unknown)
        return json_answer(202, result), rejected, violations, tuple(rejecting.values())

    def _read_or_delete(self, checked: CheckResult, history: AppHistory) -> Answer:
        operation = checked.operation
        if operation is not None and operation.name == "read":
            link = self._site.read(checked.link_id, checked.app) if checked.link_id is not None else None
            return json_answer(200, link) if link is not None else Answer(404)
        if operation is not None and operation.name == "delete-by-properties":
            self._site.delete_by(checked.properties, checked.app)
        elif checked.link_id is not None:
            self._site.delete(checked.link_id, checked.app)
        if operation is not None:
            history.remember_deletion(operation, checked.link_id, checked.properties)
        return Answer(202)

    def _error(self, message: str) -> dict[str, str]:
        self._traces += 1
        return {"message": message, "errorTraceId": f"{self._traces:016x}"}


def _sentence(violation: Violation) -> str:
    return f"{violation.pointer} {violation.message}" if violation.pointer.startswith("/") else violation.message


def _cost(checked: CheckResult) -> int:
    """What a request costs of a quota by cost."""
    links = checked.payload.get("remoteLinks") if isinstance(checked.payload, dict) else None
    return 1 + (len(links) if isinstance(links, list) else 0)
