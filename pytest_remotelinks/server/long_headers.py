"""Reading an Authorization header that is longer than http.server takes, so that it is answered and not cut off."""

from __future__ import annotations

from io import BufferedIOBase

#: Bytes of a header line that are kept; http.server takes no more than 65536.
_KEPT = 65000
#: Bytes of one that are read at all.
_READ = 8 * 1024 * 1024
_NAME = b"authorization:"


class LongHeaders:
    """The stream of a request's head, in which an endless credential is cut: it is none that could be valid."""

    def __init__(self, stream: BufferedIOBase) -> None:
        self._stream = stream

    def readline(self, limit: int = -1) -> bytes:
        line = self._stream.readline(limit)
        if not 0 < limit <= len(line) or line.endswith(b"\n") or line[: len(_NAME)].lower() != _NAME:
            return line
        size = len(line)
        while size < _READ:
            part = self._stream.readline(65536)
            size += len(part)
            if not part or part.endswith(b"\n"):
                return line[:_KEPT] + b"\r\n"
        return line
