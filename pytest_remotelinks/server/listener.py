"""The listener: pytest-httpserver's server thread, answering from one application at a time."""

from __future__ import annotations

import json
import time
from typing import Any

from pytest_httpserver.httpserver import HTTPServerBase
from werkzeug import Request as WerkzeugRequest
from werkzeug import Response
from werkzeug.serving import WSGIRequestHandler

from pytest_remotelinks.contract.checker import BYTE_LIMIT
from pytest_remotelinks.contract.headers import Headers
from pytest_remotelinks.contract.request import Request
from pytest_remotelinks.server.answers import Answer
from pytest_remotelinks.server.application import Application
from pytest_remotelinks.server.body import read_body

#: Seconds without a byte after which a request counts as broken off.
IDLE_LIMIT = 2.0
#: Seconds between two looks at whether to stop: how long stop() may take.
STOP_INTERVAL = 0.05

_NOBODY = Answer(503)


class Listener(HTTPServerBase):
    """One HTTP server on a free loopback port; ``application`` may change while it runs."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        super().__init__(host, 0, threaded=True)
        #: Who answers; without one, every request gets 503.
        self.site_application: Application | None = None

    @property
    def url(self) -> str:
        """The base URL, without a slash at its end."""
        return self.url_for("/").rstrip("/")

    def start(self) -> None:
        super().start()
        assert self.server is not None
        self.server.RequestHandlerClass = _Handler
        self.server.respond = self.respond  # type: ignore[attr-defined]

    def thread_target(self) -> None:
        assert self.server is not None
        self.server.serve_forever(poll_interval=STOP_INTERVAL)

    def application(self, request: WerkzeugRequest) -> Response:
        # The record is ours to keep, so nothing is added to the server's own log.
        try:
            return self.dispatch(request)
        except Exception as error:
            # A mistake of our own: check_handler_errors() raises it in the test.
            self.handler_errors.append(error)
            raise

    def dispatch(self, request: WerkzeugRequest) -> Response:
        started, clock = time.time(), time.perf_counter()
        environ = request.environ
        limit = self.site_application.checker.byte_limit if self.site_application else BYTE_LIMIT
        body, size, malformed = read_body(environ, limit)
        answer = self.respond(
            Request(environ["REQUEST_METHOD"], environ["remotelinks.target"], environ["remotelinks.headers"], body, size, malformed),
            started,
            clock,
        )
        return Response(answer.body, answer.status, list(answer.headers))

    def respond(self, request: Request, started: float, clock: float) -> Answer:
        """Answer from the application that the listener has now."""
        application = self.site_application
        return application.answer(request, started, clock) if application else _NOBODY


class _Handler(WSGIRequestHandler):
    """Werkzeug's handler, which keeps what was sent as it was sent and logs nothing."""

    timeout = IDLE_LIMIT
    protocol_version = "HTTP/1.1"

    def make_environ(self) -> dict[str, Any]:
        environ = super().make_environ()
        environ["remotelinks.headers"] = Headers(self.headers.items())
        target = self.path
        if not target.startswith("/"):  # the absolute form that proxies get
            target = "/" + target.partition("://")[2].partition("/")[2]
        environ["remotelinks.target"] = target
        return environ

    def log(self, type: str, message: str, *args: Any) -> None:
        pass

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer a request that is no HTTP: in Jira's shape, and in the record."""
        reason = message or explain or "this is no HTTP request"
        request = Request("", self.requestline or "", Headers(), malformed=reason)
        respond = getattr(self.server, "respond")  # noqa: B009
        answer: Answer = respond(request, time.time(), time.perf_counter())
        body = answer.body or json.dumps([{"message": reason}]).encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json;charset=UTF-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True
