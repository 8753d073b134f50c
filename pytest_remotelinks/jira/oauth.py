"""The client-credentials endpoint: on-premises tools exchange their id and secret for a bearer token."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from pytest_remotelinks.auth.elsewhere import owner_of
from pytest_remotelinks.jira.answers import WITHOUT_BODY, Answer, failure_headers, json_answer, with_fault
from pytest_remotelinks.jira.apps import TOKEN_LIFETIME, AppRegistry
from pytest_remotelinks.jira.fault import Effect
from pytest_remotelinks.jira.faults import Arrival, Faults
from pytest_remotelinks.jira.site import Site
from pytest_remotelinks.recording.exchange import Exchange
from pytest_remotelinks.rules.retries import Promises
from pytest_remotelinks.wire.headers import Headers
from pytest_remotelinks.wire.json_body import NotJSON, decode
from pytest_remotelinks.wire.request import Request
from pytest_remotelinks.wire.response import Response
from pytest_remotelinks.wire.times import steady

TOKEN_PATH = "/oauth/token"
_GRANT = "client_credentials"
_MEMBERS = ("audience", "grant_type", "client_id", "client_secret")
# OAuth 2 asks for these in every answer that may contain a token.
_UNCACHED = (("Cache-Control", "no-store"), ("Pragma", "no-cache"))


class TokenEndpoint:
    """Answers as RFC 6749 says. Its exchanges are recorded; the rules about remote links do not apply to them."""

    def __init__(self, registry: AppRegistry, site: Site, faults: Faults) -> None:
        self._registry = registry
        self._site = site
        self._faults = faults
        #: By app, the Retry-Afters that its requests for tokens were answered.
        self._promises: defaultdict[str, Promises] = defaultdict(Promises)

    def forget(self) -> None:
        """Forget what every app was answered."""
        self._promises.clear()

    def knows(self, client_id: str) -> bool:
        """Whether an installed app has this client id."""
        with self._site.present():
            return self._registry.knows_client(client_id)

    def answer(self, request: Request, started: float, clock: float) -> Answer:
        """Answer a request that began at ``started`` (epoch) and ``clock`` (monotonic), in seconds."""
        payload, refused = _read(request)
        with self._site.present() as now:
            app = ""
            if refused is None:
                refused, app = self._authenticate(payload)
            began, host = now - (steady() - clock), request.headers.get("Host", "")
            promises = self._promises[app]
            promise, waited_for = promises.arrive(request, "token", began, now)
            effect = self._faults.next_fault(Arrival("token", "", app, 1, now, host, promise.asked_at if promise else None, waited_for))
            if effect is not None and effect.status is not None:
                answer = _failure(effect, effect.status, request)
            else:
                answer = refused or self._issue(app)
            answer = with_fault(answer, effect, self._faults.limit_headers())
            if effect is not None and effect.retry_after is not None:
                promises.add(request, "" if effect.concerns_all else "token", answer.status, effect.retry_after, now)
            self._site.record.add(
                Exchange(
                    number=self._site.record.count + 1,
                    operation="token",
                    operation_id=None,
                    started=started,
                    duration=steady() - clock,
                    app=app,
                    fault=effect.name if effect is not None else "",
                    _request=request,
                    _response=Response(answer.status, Headers(answer.headers), answer.body),
                    _payload=payload,
                    _faults=(effect.fault,) if effect is not None else (),
                )
            )
        return answer

    def _authenticate(self, payload: dict[str, Any]) -> tuple[Answer | None, str]:
        """The answer if the credentials are refused, and the key of the app that sent them."""
        app = self._registry.client(payload["client_id"], payload["client_secret"])
        if app is None and self._registry.verifies:
            if self._registry.knows_client(payload["client_id"]):
                return _error(401, "invalid_client", "the client_secret is not that of the client_id"), ""
            owner = owner_of(payload["client_id"], self._registry.place)
            return _error(401, "invalid_client", owner or "no installed app has this client_id"), ""
        return None, app.key if app is not None else ""

    def _issue(self, app: str) -> Answer:
        token = self._registry.issue(app, None, TOKEN_LIFETIME)
        answer = json_answer(200, {"access_token": token, "expires_in": TOKEN_LIFETIME, "token_type": "Bearer"})
        return Answer(200, answer.body, (*answer.headers, *_UNCACHED))


def _read(request: Request) -> tuple[Any, Answer | None]:
    """The body's JSON value, and the answer if it does not ask for a token as it should."""
    if request.method != "POST":
        return None, Answer(405, headers=(("Allow", "POST"),))
    if request.malformed or len(request.body) < request.body_size:
        reasons = [found.message for found in request.malformed] or ["the body is too long"]
        return None, _error(400, "invalid_request", "; ".join(reasons))
    try:
        payload, _ = decode(request.body)
    except NotJSON as problem:
        return None, _error(400, "invalid_request", str(problem))
    if not isinstance(payload, dict):
        return payload, _error(400, "invalid_request", "the body is not a JSON object")
    for name in _MEMBERS:
        if not isinstance(payload.get(name), str) or not payload[name]:
            return payload, _error(400, "invalid_request", f"the member {name!r} must be a string that is not empty")
    if payload["grant_type"] != _GRANT:
        return payload, _error(400, "unsupported_grant_type", f"grant_type must be {_GRANT!r}")
    return payload, None


def client_id_of(request: Request) -> str:
    """The client id in a request for a token; empty if there is none."""
    try:
        payload, _ = decode(request.body)
    except NotJSON:
        return ""
    client_id = payload.get("client_id") if isinstance(payload, dict) else None
    return client_id if isinstance(client_id, str) else ""


def _failure(effect: Effect, status: int, request: Request) -> Answer:
    """The answer to a request that a fault refuses: like every refusal of this endpoint a JSON object, not a list."""
    answer = _error(status, "temporarily_unavailable", effect.name)
    headers = failure_headers(effect, request.target)
    return Answer(status, headers=headers) if status in WITHOUT_BODY else Answer(status, answer.body, (*answer.headers, *headers))


def _error(status: int, error: str, description: str) -> Answer:
    answer = json_answer(status, {"error": error, "error_description": description})
    return Answer(status, answer.body, (*answer.headers, *_UNCACHED))
