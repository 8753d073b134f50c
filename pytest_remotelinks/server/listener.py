"""The HTTP server: which site answers a request, and when."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from types import TracebackType

from pytest_remotelinks.jira.answers import Answer
from pytest_remotelinks.jira.backend import Backend
from pytest_remotelinks.rules.request import BYTE_LIMIT
from pytest_remotelinks.server import sockets
from pytest_remotelinks.server.acceptor import Acceptor
from pytest_remotelinks.server.connection import Connection
from pytest_remotelinks.server.head import Head
from pytest_remotelinks.server.routing import Sites
from pytest_remotelinks.wire.request import Malformed, Request
from pytest_remotelinks.wire.times import real_time, steady

#: How many connections may wait until they are accepted.
_BACKLOG = 1024
#: Seconds between two checks whether the client still waits for a delayed answer.
_CHECK_AFTER = 0.05

_WITHOUT_SITE = Answer(503)
_OUR_ERROR = Answer(500)


class Listener:
    """One HTTP server; its sites may change while it runs.

    ``port`` 0 is any free one. ``start()`` raises OSError for an address that
    cannot be used.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self.host = host
        self.port = port
        #: Without any site, every request gets 503.
        self.sites = Sites()
        self._acceptor: Acceptor | None = None
        self._stopped = threading.Event()
        self._errors: list[Exception] = []
        self._process = os.getpid()

    @property
    def url(self) -> str:
        """The base URL, without a slash at its end."""
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    @property
    def is_forked(self) -> bool:
        """Whether this process is a fork of the one that listens."""
        return os.getpid() != self._process

    def __enter__(self) -> Listener:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        """Listen."""
        listening = sockets.listening(self.host, self.port, _BACKLOG)
        self.port = listening.getsockname()[1]
        self._stopped.clear()
        self._acceptor = Acceptor(listening, self._handle)

    def stop(self) -> None:
        """Stop at once; requests under way are dropped. In a forked child nothing happens: its connections are the parent's, too."""
        acceptor, self._acceptor = self._acceptor, None
        if acceptor is not None and not self.is_forked:
            self._stopped.set()
            acceptor.stop()

    def check_handler_errors(self) -> None:
        """Raise the first error of ours that has occurred, each only once."""
        if self._errors:
            raise self._errors.pop(0)

    def _handle(self, client: sockets.Socket) -> None:
        connection = Connection(client)
        head = connection.read_head()
        if head is None or self._stopped.is_set():
            return
        try:
            answer = self._answer(connection, head)
        except Exception as error:
            # The test gets it by check_handler_errors().
            self._errors.append(error)
            answer = _OUR_ERROR
        connection.answer(answer, head.method)

    def _answer(self, connection: Connection, head: Head) -> Answer:
        started, clock = real_time(), steady()
        backend, request = self.sites.route(checked_host(head, self.port))
        if backend is None:
            connection.read_body(head, BYTE_LIMIT)
            return _WITHOUT_SITE
        whole = None
        if self.sites.shares_tokens(request):
            # Only the body says which site the token is for.
            whole = _with_body(request, connection, head, backend)
            backend = self.sites.issuer(whole, backend)
        with backend.under_way():
            answer = backend.drop_unread(request, started)
            if answer is None:
                whole = whole or _with_body(request, connection, head, backend)
                if self._stopped.is_set():
                    return Answer(0, ending="dropped")
                answer = backend.answer(whole, started, clock)
            if answer.delay and not self._wait(answer.delay, backend.abandoned, connection):
                answer = replace(answer, ending="dropped")
        return answer

    def _wait(self, delay: float, abandoned: threading.Event, connection: Connection) -> bool:
        """Delay an answer. Return whether it is still of use: client and site are still there."""
        until = steady() + delay
        while (rest := until - steady()) > 0:
            if self._stopped.is_set() or abandoned.wait(min(rest, _CHECK_AFTER)) or not connection.is_open():
                return False
        return True


def checked_host(head: Head, port: int) -> Request:
    """The request of a head, malformed if it is for another server, to which a proxy would send it on."""
    # The machine may have other names than the listener's URL, but none for another port.
    sent = head.proxied.rpartition(":")[2]
    if not head.proxied or (sent if sent.isdigit() else "80") == str(port):
        return head.request
    hint = "use fake_jira.url as the base URL; unset HTTP_PROXY, or set NO_PROXY=127.0.0.1"
    foreign = Malformed(f"the request was sent through the fake as a proxy for {head.proxied}", "#request", hint)
    return replace(head.request, malformed=(*head.malformed, foreign))


def _with_body(request: Request, connection: Connection, head: Head, backend: Backend) -> Request:
    body, size, problem = connection.read_body(head, backend.kept_bytes)
    if problem is not None:
        request = replace(request, malformed=(*request.malformed, problem), is_whole=False)
    return replace(request, body=body, body_size=size)
