"""One connection: it reads one request, and sends one answer.

Requests are read here, and not by a library, since the record says what was
sent and RL113 what is malformed about it. ``http.server`` collapses slashes at
the beginning of a path and drops what follows a malformed header; stricter
parsers only say that something is malformed.
"""

from __future__ import annotations

import contextlib
import re
import socket
from collections.abc import Iterator
from email.utils import formatdate
from http import HTTPStatus

from pytest_remotelinks.jira.answers import Answer
from pytest_remotelinks.rules.request import LARGEST_BODY
from pytest_remotelinks.server.head import LONGEST_HEAD, Head, NotAHead, check_protocol, incomplete, read_head, too_long, unreadable
from pytest_remotelinks.wire.request import Malformed
from pytest_remotelinks.wire.times import steady

#: Seconds for which a connection may be open before its request begins.
IDLE_LIMIT = 60.0
#: Seconds without a byte after which a request counts as broken off.
SILENCE_LIMIT = 2.0
#: Seconds in which the whole head must arrive, and then the whole body.
HEAD_LIMIT = 10.0
BODY_LIMIT = 60.0
#: Seconds in which the client must read the whole answer.
_ANSWER_LIMIT = 60.0
#: Seconds for which more of an answered request may arrive, each time and in all.
_LINGER, _LINGER_LIMIT = 0.01, 5.0

_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\n]*)?")
_PHRASES = {status.value: status.phrase for status in HTTPStatus}


class _BadChunk(Exception):
    """The body's chunks are malformed."""


class Connection:
    """A connection to a client, which ends after one answer."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        #: What has arrived and was not used yet.
        self._buffer = bytearray()
        self._until = self._silence = 0.0

    # Reading

    def read_head(self) -> Head | None:
        """The head of the request; None if the connection ends before one begins."""
        self._allow(IDLE_LIMIT, IDLE_LIMIT)
        try:
            # Empty lines before a request are ignored.
            while not self._buffer.lstrip(b"\r\n"):
                self._receive()
        except OSError:
            return None
        self._buffer = self._buffer.lstrip(b"\r\n")
        self._allow(HEAD_LIMIT, SILENCE_LIMIT)
        try:
            return read_head(self._head())
        except NotAHead as error:
            return unreadable(bytes(self._buffer), error.malformed)

    def _head(self) -> bytes:
        """The bytes of the head. Raises NotAHead."""
        searched = 0
        while True:
            check_protocol(self._buffer)
            end = _END_OF_HEAD.search(self._buffer, searched)
            size = end.end() if end else len(self._buffer)
            if size > LONGEST_HEAD:
                raise too_long(bytes(self._buffer[:size]))
            if end:
                return self._take(size)
            searched = max(0, size - 3)
            try:
                self._receive()
            except TimeoutError:
                raise incomplete("nothing more arrived") from None
            except OSError:
                raise incomplete("the connection ended") from None

    def read_body(self, head: Head, limit: int) -> tuple[bytes, int, Malformed | None]:
        """The body, the number of bytes sent, and what is malformed about it.

        The rest of a body over the limit is read, so that the client gets to
        read an answer, and dropped.
        """
        if head.expects_continue and not self._buffer:
            if not head.is_chunked and (head.length or 0) > limit:
                # The client asks before it sends a body, and this one is refused.
                return b"", head.length or 0, None
            self._send(b"HTTP/1.1 100 Continue\r\n\r\n")
        self._allow(BODY_LIMIT, SILENCE_LIMIT)
        kept: list[bytes] = []
        size = kept_size = 0
        problem = None
        hint, claim = "end the body with an empty chunk; an HTTP library does that", ""
        if not head.is_chunked:
            hint = "send as many bytes as Content-Length says; an HTTP library counts them"
            claim = f"; Content-Length promises {head.length}"
        try:
            for part in self._chunks() if head.is_chunked else self._bytes(head.length or 0):
                size += len(part)
                if kept_size < limit:
                    kept.append(part[: limit - kept_size])
                    kept_size += len(kept[-1])
                if size >= LARGEST_BODY or steady() > self._until:
                    problem = f"the body did not end after {size} bytes"
                    break
        except TimeoutError:
            problem = f"{size} bytes of the body arrived and then nothing more{claim}"
        except OSError:
            problem = f"the connection ended after {size} bytes of the body{claim}"
        except _BadChunk as bad:
            problem = f"the body's chunks are malformed after {size} bytes: {bad}"
            hint = "send chunks as 'SIZE CR LF DATA CR LF', the size in hexadecimal; an HTTP library makes them"
        return b"".join(kept), size, Malformed(problem, "#body", hint) if problem else None

    def is_open(self) -> bool:
        """Whether the client has not closed it."""
        try:
            self._socket.settimeout(0)
            return bool(self._socket.recv(1, socket.MSG_PEEK))
        except BlockingIOError:
            return True
        except OSError:
            return False

    def _chunks(self) -> Iterator[bytes]:
        while True:
            line = self._line()
            match = _CHUNK_SIZE.fullmatch(line)
            if match is None:
                raise _BadChunk(f"the size of a chunk is {line[:20].decode('latin-1')!a}")
            size = int(match[1], 16)
            if size == 0:
                break
            yield from self._bytes(size)
            if self._line():
                raise _BadChunk(f"a chunk does not end after its {size} bytes")
        while self._line():
            pass  # fields may follow the last chunk; none of them means anything to Jira

    def _bytes(self, count: int) -> Iterator[bytes]:
        while count > 0:
            if not self._buffer:
                self._receive()
            part = self._take(count)
            count -= len(part)
            yield part

    def _line(self) -> bytes:
        """The next line, without its end."""
        while (end := self._buffer.find(b"\n", 0, LONGEST_HEAD)) < 0:
            if len(self._buffer) >= LONGEST_HEAD:
                raise _BadChunk(f"a line has more than {LONGEST_HEAD} bytes")
            self._receive()
        return self._take(end + 1)[:-1].removesuffix(b"\r")

    def _take(self, count: int) -> bytes:
        """Up to so many bytes of those that have arrived."""
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def _allow(self, whole: float, silence: float) -> None:
        """From now on so many seconds may pass in all, and so many without a byte."""
        self._until, self._silence = steady() + whole, silence

    def _receive(self) -> None:
        """Wait for more bytes. Raises TimeoutError if none come in time, and another OSError if the connection ends."""
        left = self._until - steady()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(min(left, self._silence))
        arrived = self._socket.recv(65536)
        if not arrived:
            raise ConnectionError
        self._buffer += arrived

    # Answering

    def answer(self, answer: Answer, method: str) -> None:
        """Send the answer to a request, or as much of it as is to arrive, and end the connection."""
        if answer.ending != "dropped":
            body = b"" if method == "HEAD" else answer.body
            self._send(_head_of(answer) + (body[: len(body) // 2] if answer.ending == "truncated" else body))
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
            # If something arrived after the connection was closed, the client would lose the answer.
            self._allow(_LINGER_LIMIT, _LINGER)
            while True:
                self._receive()
                self._buffer.clear()

    def _send(self, content: bytes) -> None:
        with contextlib.suppress(OSError):  # the client may be gone
            self._socket.settimeout(_ANSWER_LIMIT)
            self._socket.sendall(content)


def _head_of(answer: Answer) -> bytes:
    own = (("Content-Length", str(len(answer.body))), ("Date", formatdate(usegmt=True)), ("Connection", "close"))
    lines = [f"HTTP/1.1 {answer.status} {_PHRASES.get(answer.status, '')}"]
    lines += [f"{name}: {value}" for name, value in (*answer.headers, *own)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
