"""The listener: pytest-httpserver's server threads, answering for the sites that it has."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from dataclasses import replace
from typing import Any

from pytest_httpserver.httpserver import HTTPServerBase
from werkzeug import Request as WerkzeugRequest
from werkzeug import Response
from werkzeug.serving import WSGIRequestHandler

from pytest_remotelinks.contract.checker import BYTE_LIMIT
from pytest_remotelinks.contract.headers import Headers
from pytest_remotelinks.contract.request import Request
from pytest_remotelinks.server.answers import Answer
from pytest_remotelinks.server.body import read_body
from pytest_remotelinks.server.long_headers import LongHeaders
from pytest_remotelinks.server.sites import Sites

#: Seconds without a byte after which a request counts as broken off.
IDLE_LIMIT = 2.0
#: How many requests can be under way at once. Each thread accepts and answers
#: by itself: a new thread for each connection costs more than most answers do.
THREADS = 16

_NOBODY = Answer(503)


class Listener(HTTPServerBase):
    """One HTTP server on a free loopback port; its sites may change while it runs."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        super().__init__(host, 0)
        #: Who answers; without any, every request gets 503.
        self.sites = Sites()
        self._threads: list[threading.Thread] = []
        self._stopping = False

    @property
    def url(self) -> str:
        """The base URL, without a slash at its end."""
        return self.url_for("/").rstrip("/")

    def start(self) -> None:
        self._stopping = False
        super().start()
        server = self.server
        assert server is not None
        assert self.server_thread is not None
        server.RequestHandlerClass = _Handler
        server.respond = self.respond  # type: ignore[attr-defined]
        more = [threading.Thread(target=self.thread_target, daemon=True) for _ in range(THREADS - 1)]
        self._threads = [self.server_thread, *more]
        for thread in more:
            thread.start()

    def thread_target(self) -> None:
        server = self.server
        assert server is not None
        while not self._stopping:
            try:
                connection, address = server.get_request()
            except OSError:  # the connection was gone before it was accepted
                continue
            try:
                if self._stopping:
                    server.shutdown_request(connection)
                else:
                    server.process_request(connection, address)
            except Exception:
                server.shutdown_request(connection)

    def stop(self) -> None:
        """Stop at once; requests under way are given up."""
        server, self.server, self.server_thread = self.server, None, None
        if server is None:
            return
        self._stopping = True
        for _ in self._threads:
            # Whoever waits for a connection gets one, and looks up.
            with contextlib.suppress(OSError):
                socket.create_connection((self.host, self.port), timeout=1).close()
        for thread in self._threads:
            thread.join(timeout=IDLE_LIMIT)
        self._threads = []
        server.server_close()

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
        head = Request(environ["REQUEST_METHOD"], environ["remotelinks.target"], environ["remotelinks.headers"])
        application, head = self.sites.lead(head)
        body, size, malformed = read_body(environ, application.checker.byte_limit if application else BYTE_LIMIT)
        received = replace(head, body=body, body_size=size, malformed=malformed)
        answer = application.answer(received, started, clock) if application else _NOBODY
        return Response(answer.body, answer.status, list(answer.headers))

    def respond(self, request: Request, started: float, clock: float) -> Answer:
        """Answer a request whose body is not waited for."""
        application, request = self.sites.lead(request)
        return application.answer(request, started, clock) if application else _NOBODY


class _Handler(WSGIRequestHandler):
    """Werkzeug's handler, which keeps what was sent as it was sent and logs nothing."""

    timeout = IDLE_LIMIT
    protocol_version = "HTTP/1.1"

    def parse_request(self) -> bool:
        stream = self.rfile
        self.rfile = LongHeaders(stream)  # type: ignore[assignment]  # parse_request reads lines only
        try:
            return super().parse_request()
        finally:
            self.rfile = stream

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
