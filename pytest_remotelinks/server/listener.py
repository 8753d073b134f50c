"""The HTTP server: its socket and threads, bytes in and bytes out."""

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
from werkzeug.serving import WSGIRequestHandler, make_server

from pytest_remotelinks.jira.answers import Answer
from pytest_remotelinks.jira.backend import Backend
from pytest_remotelinks.rules.request import BYTE_LIMIT, LARGEST_BODY
from pytest_remotelinks.server.routing import Sites
from pytest_remotelinks.wire.headers import Headers
from pytest_remotelinks.wire.request import Request

#: Seconds without a byte after which a request counts as broken off.
IDLE_LIMIT = 2.0
#: Seconds in which a whole body must arrive.
BODY_LIMIT = 60.0
#: How many requests can be under way at once. Each thread accepts and answers
#: connections: a new thread for each connection costs more than most answers do.
THREADS = 16

#: How many connections may wait for a thread.
_BACKLOG = 128
#: Seconds between two checks whether the client still waits for a delayed answer.
_CHECK_AFTER = 0.05

_WITHOUT_SITE = Answer(503)


class Listener(HTTPServerBase):
    """One HTTP server; its sites may change while it runs.

    ``port`` 0 is any free one. ``start()`` raises OSError for an address that
    cannot be used.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        super().__init__(host, port)
        #: Without any site, every request gets 503.
        self.sites = Sites()
        self._threads: list[threading.Thread] = []
        self._stopped = threading.Event()

    @property
    def url(self) -> str:
        """The base URL, without a slash at its end."""
        return self.url_for("/").rstrip("/")

    def start(self) -> None:
        self._stopped.clear()
        # Where werkzeug cannot bind an address, it ends the process.
        with _bound(self.host, self.port) as bound:
            server = make_server(self.host, self.port, WerkzeugRequest.application(self.application), fd=bound.fileno())
        server.RequestHandlerClass = _Handler
        server.respond = self.respond  # type: ignore[attr-defined]
        self.server, self.port = server, server.port
        self._threads = [threading.Thread(target=self.thread_target, daemon=True) for _ in range(THREADS)]
        self.server_thread = self._threads[0]
        for thread in self._threads:
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
        """Stop at once; requests under way are dropped."""
        server, self.server, self.server_thread = self.server, None, None
        if server is None:
            return
        self._stopped.set()
        for _ in self._threads:
            # A thread that waits for a connection gets one, and finds that it is to stop.
            with contextlib.suppress(OSError):
                socket.create_connection((self.host, self.port), timeout=1).close()
        for thread in self._threads:
            thread.join(timeout=IDLE_LIMIT)
        self._threads = []
        server.server_close()

    def application(self, request: WerkzeugRequest) -> Response:
        # A site records its requests, so nothing is added to the server's own log.
        try:
            return self.dispatch(request)
        except Exception as error:
            # An error of ours: check_handler_errors() raises it in the test.
            self.handler_errors.append(error)
            raise

    def dispatch(self, request: WerkzeugRequest) -> Response:
        started, clock = time.time(), time.perf_counter()
        environ = request.environ
        head = Request(environ["REQUEST_METHOD"], environ["remotelinks.target"], environ["remotelinks.headers"])
        backend, head = self.sites.route(head)
        if backend is None:
            read_body(environ, BYTE_LIMIT)
            return _response(_WITHOUT_SITE, environ)
        whole = None
        if self.sites.shares_tokens(head):
            # Only the body says which site the token is for.
            whole = _with_body(head, environ, backend)
            backend = self.sites.issuer(whole, backend)
        with backend.under_way():
            answer = backend.drop_unread(head, started)
            if answer is None:
                answer = backend.answer(whole or _with_body(head, environ, backend), started, clock)
            if answer.delay and not self._wait(answer.delay, backend.abandoned, environ["werkzeug.socket"]):
                answer = replace(answer, ending="dropped")
        return _response(answer, environ)

    def _wait(self, delay: float, abandoned: threading.Event, connection: socket.socket) -> bool:
        """Delay an answer. Return whether it is still of use: client and site are still there."""
        until = time.monotonic() + delay
        while (rest := until - time.monotonic()) > 0:
            if self._stopped.is_set() or abandoned.wait(min(rest, _CHECK_AFTER)):
                return False
            readable, _, _ = select.select([connection], [], [], 0)
            if readable and not connection.recv(1, socket.MSG_PEEK):
                return False
        return True

    def respond(self, request: Request) -> Answer:
        """Answer what is not well-formed HTTP."""
        backend, request = self.sites.route(request)
        return backend.answer(request, time.time(), time.perf_counter()) if backend else _WITHOUT_SITE


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise OSError(error.errno, f"cannot listen on {host}, port {port}: {error.strerror or error}") from None


def read_body(environ: dict[str, Any], limit: int) -> tuple[bytes, int, str]:
    """The body, the number of bytes sent, and what is malformed about its length.

    The rest of a body over the limit is read, so that the client gets to read
    an answer, and dropped.
    """
    source = environ["wsgi.input"]
    remaining: float
    if environ.get("wsgi.input_terminated"):
        remaining = float("inf")
    else:
        length = environ.get("CONTENT_LENGTH") or "0"
        if not (length.isascii() and length.isdigit() and len(length) < 19):
            return b"", 0, f"Content-Length is {length!a}, which is not a number of bytes"
        remaining = int(length)
    # read1 gives what has arrived; a plain read would lose it if the rest never arrives.
    read = getattr(source, "read1", None) or source.read
    kept: list[bytes] = []
    size = kept_size = 0
    end = time.monotonic() + BODY_LIMIT
    while remaining > 0:
        try:
            part = read(int(min(remaining, 65536)))
        except TimeoutError:
            return b"".join(kept), size, f"{size} bytes of the body arrived and then nothing more{_claim(environ)}"
        except (OSError, ValueError) as error:
            return b"".join(kept), size, f"the body's chunks are malformed after {size} bytes: {error}"
        if not part:
            break
        size += len(part)
        remaining -= len(part)
        if kept_size < limit:
            kept.append(part[: limit - kept_size])
            kept_size += len(kept[-1])
        if size >= LARGEST_BODY or time.monotonic() > end:
            return b"".join(kept), size, f"the body did not end after {size} bytes"
    if 0 < remaining < float("inf"):
        return b"".join(kept), size, f"the connection ended after {size} bytes of the body{_claim(environ)}"
    return b"".join(kept), size, ""


def _claim(environ: dict[str, Any]) -> str:
    claimed = environ.get("CONTENT_LENGTH")
    return f"; Content-Length promises {claimed}" if claimed else ""


def _with_body(head: Request, environ: dict[str, Any], backend: Backend) -> Request:
    body, size, malformed = read_body(environ, backend.kept_bytes)
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
    raise ConnectionAbortedError("the test injected this fault")


class _Handler(WSGIRequestHandler):
    """Werkzeug's handler, which keeps target and headers as they were sent and logs nothing."""

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

    def parse_request(self) -> bool:
        if not super().parse_request():
            return False
        try:
            urlsplit(self.path)
        except ValueError as error:  # such as "http://[", which werkzeug cannot handle
            self.send_error(400, f"the request's target is not a URL: {error}")
            return False
        return True

    def log(self, type: str, message: str, *args: Any) -> None:
        pass

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass  # not even formatted: werkzeug fails for a target that is not a URL

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what is not well-formed HTTP: in Jira's shape, and recorded."""
        reason = message or explain or "this is not an HTTP request"
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
