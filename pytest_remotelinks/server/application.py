"""One request's way through the fake: judged, applied, remembered, answered."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from pytest_remotelinks.contract.checker import Checker, Judgement
from pytest_remotelinks.contract.circumstances import Authorize, Circumstances, anybody
from pytest_remotelinks.contract.history import History
from pytest_remotelinks.contract.installable import Action
from pytest_remotelinks.contract.operations import DELETE_BY_PROPERTY, READ, SUBMIT
from pytest_remotelinks.contract.request import Request
from pytest_remotelinks.contract.violation import Violation
from pytest_remotelinks.recording.exchange import Exchange, link_name
from pytest_remotelinks.recording.journal import Journal
from pytest_remotelinks.server.answers import Answer, json_answer, refusal
from pytest_remotelinks.server.token_endpoint import TokenEndpoint
from pytest_remotelinks.site.site import Site

_REASONS = {
    400: "The request is malformed.",
    405: "The path does not have this method.",
    413: "The data is too large. Submit fewer remote links in each request.",
    415: "The content type is not application/json.",
}


class Application:
    """Answers requests as Jira would, and keeps the record of them."""

    def __init__(self, checker: Checker, site: Site, journal: Journal) -> None:
        self.checker = checker
        self._site = site
        self._journal = journal
        #: By the app's key, what it did before.
        self.histories: defaultdict[str, History] = defaultdict(History)
        #: Who judges the credentials of a request.
        self.authorize: Authorize = anybody
        #: By the app's key, the actions of its module.
        self.actions: Callable[[], Mapping[str, Mapping[str, Action]]] = dict
        #: Who answers a request for a token.
        self.token_endpoint: TokenEndpoint | None = None
        self._traces = 0

    def forget(self) -> None:
        """Forget the past of every app."""
        self.histories.clear()
        self._traces = 0

    def answer(self, request: Request, started: float, clock: float) -> Answer:
        """Answer a request that began at ``started`` (epoch) and ``clock`` (monotonic), in seconds."""
        if self.token_endpoint is not None and self.token_endpoint.is_meant_by(request):
            return self.token_endpoint.answer(request, started, clock)
        with self._journal.changed:
            self._site.pending.arrive()
            circumstances = Circumstances(self._site.clock.now(), self.histories, self.authorize, self.actions())
            judgement = self.checker.judge(request, circumstances)
            rejected: dict[int, list[dict[str, str]]] = {}
            if judgement.refusal is not None:
                answer = self._refuse(judgement, judgement.refusal)
            elif judgement.operation is not None and judgement.operation.id == SUBMIT:
                answer, rejected = self._submit(judgement)
            else:
                answer = self._read_or_delete(judgement)
            self._journal.add(
                Exchange(
                    incoming=request,
                    operation=judgement.operation.id if judgement.operation else None,
                    status=answer.status,
                    response_headers=answer.headers,
                    response_body=answer.body,
                    started=started,
                    duration=time.perf_counter() - clock,
                    json=judgement.payload,
                    link_id=judgement.link_id,
                    rejected=rejected,
                    findings=judgement.violations,
                    app=judgement.app,
                )
            )
            self._site.pending.count_answer()
        return answer

    def _refuse(self, judgement: Judgement, status: int) -> Answer:
        reasons = [violation for violation in judgement.violations if violation.severity == "error" and violation.link is None]
        texts = [_sentence(violation) for violation in reasons] or [_REASONS.get(status, "The request is refused.")]
        return refusal(status, [self._error(text) for text in texts], judgement.allowed)

    def _submit(self, judgement: Judgement) -> tuple[Answer, dict[int, list[dict[str, str]]]]:
        links = judgement.payload["remoteLinks"]
        properties = judgement.payload.get("properties")
        properties = properties if isinstance(properties, dict) else {}
        outcome = self._site.submit(links, properties, judgement.rejections, judgement.impossible, judgement.app)
        history = self.histories[judgement.app]
        history.submitted_keys.update(properties)
        rejected = {index: [self._error(_sentence(violation)) for violation in found] for index, found in judgement.rejections.items()}
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
        return json_answer(202, result), rejected

    def _read_or_delete(self, judgement: Judgement) -> Answer:
        operation = judgement.operation.id if judgement.operation else ""
        if operation == READ:
            link = self._site.read(judgement.link_id, judgement.app) if judgement.link_id is not None else None
            return json_answer(200, link) if link is not None else Answer(404)
        if operation == DELETE_BY_PROPERTY:
            self._site.delete_by(judgement.properties, judgement.app)
        elif judgement.link_id is not None:
            self._site.delete(judgement.link_id, judgement.app)
        return Answer(202)

    def _error(self, message: str) -> dict[str, str]:
        self._traces += 1
        return {"message": message, "errorTraceId": f"{self._traces:016x}"}


def _sentence(violation: Violation) -> str:
    return f"{violation.pointer} {violation.message}" if violation.pointer.startswith("/") else violation.message
