"""The listener: pytest-httpserver's server threads, answering for the sites that it has."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from pytest_httpserver.httpserver import HTTPServerBase
from werkzeug import Request as WerkzeugRequest
from werkzeug import Response
from werkzeug.serving import WSGIRequestHandler

from pytest_remotelinks.jira.answers import Answer
from pytest_remotelinks.jira.backend import Backend
from pytest_remotelinks.rules.request import BYTE_LIMIT
from pytest_remotelinks.server.body import read_body
from pytest_remotelinks.server.chunks import Chunks
from pytest_remotelinks.server.long_headers import LongHeaders
from pytest_remotelinks.server.routing import Sites
from pytest_remotelinks.wire.headers import Headers
from pytest_remotelinks.wire.request import Request

#: Seconds without a byte after which a request counts as broken off.
IDLE_LIMIT = 2.0
#: How many requests can be under way at once. Each thread accepts and answers
#: by itself: a new thread for each connection costs more than most answers do.
THREADS = 16

#: Seconds after which whoever holds an answer back looks whether anybody still waits for it.
_LOOK_UP = 0.05

_NOBODY = Answer(503)


class Listener(HTTPServerBase):
    """One HTTP server on a free loopback port; its sites may change while it runs."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        super().__init__(host, 0)
        #: Who answers; without any, every request gets 503.
        self.sites = Sites()
        self._threads: list[threading.Thread] = []
        self._stopped = threading.Event()

    @property
    def url(self) -> str:
        """The base URL, without a slash at its end."""
        return self.url_for("/").rstrip("/")

    def start(self) -> None:
        self._stopped.clear()
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
        while not self._stopped.is_set():
            try:
                connection, address = server.get_request()
            except OSError:  # the connection was gone before it was accepted
                continue
            try:
                if self._stopped.is_set():
                    server.shutdown_request(connection)
                else:
                    server.process_request(connection, address)
            except Exception as error:
                self.handler_errors.append(error)
                server.shutdown_request(connection)

    def stop(self) -> None:
        """Stop at once; requests under way are given up."""
        server, self.server, self.server_thread = self.server, None, None
        if server is None:
            return
        self._stopped.set()
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
        if application is None:
            read_body(environ, BYTE_LIMIT)
            return _response(_NOBODY, environ)
        whole = None
        if self.sites.shares_tokens(head):
            # Only the body tells which site is asked.
            whole = _with_body(head, environ, application)
            application = self.sites.issuer(whole, application)
        with application.under_way():
            answer = application.drop_unread(head, started)
            if answer is None:
                answer = application.answer(whole or _with_body(head, environ, application), started, clock)
            if answer.delay and not self._keep_waiting(answer.delay, application.abandoned, environ["werkzeug.socket"]):
                answer = replace(answer, ending="dropped")
        return _response(answer, environ)

    def _keep_waiting(self, delay: float, abandoned: threading.Event, connection: socket.socket) -> bool:
        """Hold an answer back; tell whether it is still of use, since client and site are still there."""
        until = time.monotonic() + delay
        while (rest := until - time.monotonic()) > 0:
            if self._stopped.is_set() or abandoned.wait(min(rest, _LOOK_UP)):
                return False
            readable, _, _ = select.select([connection], [], [], 0)
            if readable and not connection.recv(1, socket.MSG_PEEK):
                return False
        return True

    def respond(self, request: Request) -> Answer:
        """Answer a request that never became one."""
        application, request = self.sites.lead(request)
        return application.answer(request, time.time(), time.perf_counter()) if application else _NOBODY


def _with_body(head: Request, environ: dict[str, Any], application: Backend) -> Request:
    body, size, malformed = read_body(environ, application.kept_bytes)
    return replace(head, body=body, body_size=size, malformed=malformed)


def _response(answer: Answer, environ: dict[str, Any]) -> Response:
    if answer.ending == "whole":
        return Response(answer.body, answer.status, list(answer.headers))
    # A status must be given, though a dropped answer's is never sent.
    return Response(
        _broken_off(answer, environ["werkzeug.socket"]), answer.status or 503, [*answer.headers, ("Content-Length", str(len(answer.body)))]
    )


def _broken_off(answer: Answer, connection: socket.socket) -> Iterator[bytes]:
    """The beginning of the answer, if any, and then the end of the connection."""
    if answer.ending == "truncated":
        yield answer.body[: len(answer.body) // 2]
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError("the test asked for it")


class _Handler(WSGIRequestHandler):
    """Werkzeug's handler, which keeps what was sent as it was sent and logs nothing."""

    timeout = IDLE_LIMIT
    protocol_version = "HTTP/1.1"

    def make_environ(self) -> dict[str, Any]:
        environ = super().make_environ()
        if environ.get("wsgi.input_terminated"):
            environ["wsgi.input"] = Chunks(self.rfile)
        environ["remotelinks.headers"] = Headers(self.headers.items())
        target = self.path
        if not target.startswith("/"):  # the absolute form that proxies get
            target = "/" + target.partition("://")[2].partition("/")[2]
        environ["remotelinks.target"] = target
        return environ

    def parse_request(self) -> bool:
        stream = self.rfile
        self.rfile = LongHeaders(stream)  # type: ignore[assignment]  # parse_request reads lines only
        try:
            if not super().parse_request():
                return False
        finally:
            self.rfile = stream
        try:
            urlsplit(self.path)
        except ValueError as error:  # such as "http://[", on which werkzeug stumbles
            self.send_error(400, f"the request's target is no URL: {error}")
            return False
        return True

    def log(self, type: str, message: str, *args: Any) -> None:
        pass

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass  # not even put together: werkzeug stumbles over a target that is no URL

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer a request that is no HTTP: in Jira's shape, and in the record."""
        reason = message or explain or "this is no HTTP request"
        request = Request("", self.requestline or "", Headers(), malformed=reason)
        respond = getattr(self.server, "respond")  # noqa: B009
        answer: Answer = respond(request)
        body = answer.body or json.dumps([{"message": reason}]).encode()
        self.send_response(answer.status)
        headers = dict(answer.headers) if answer.body else {**dict(answer.headers), "Content-Type": "application/json;charset=UTF-8"}
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True
