"""A chunked body, read as RFC 9112 writes it: extensions and trailers are allowed, and dropped."""

from __future__ import annotations

from io import BufferedIOBase

#: Bytes of a line between chunks.
_LINE_LIMIT = 8192
#: Fields that may follow the last chunk.
_TRAILER_LIMIT = 100
_DIGITS = frozenset(b"0123456789abcdefABCDEF")


class Chunks:
    """Gives the data of the chunks. Raises ValueError where they are malformed."""

    def __init__(self, source: BufferedIOBase) -> None:
        self._source = source
        self._left = 0
        self._ended = False

    def read1(self, size: int) -> bytes:
        """Data of one chunk, at most ``size`` bytes; empty after the last."""
        if self._ended:
            return b""
        if self._left == 0:
            self._left = self._next_size()
            if self._left == 0:
                self._read_trailer()
                self._ended = True
                return b""
        data = self._source.read1(min(size, self._left))
        if not data:
            raise ValueError("the connection ended within a chunk")
        self._left -= len(data)
        if self._left == 0 and self._line():
            raise ValueError("a chunk does not end where its size says")
        return data

    def _read_trailer(self) -> None:
        for _ in range(_TRAILER_LIMIT):
            if not self._line():
                return
        raise ValueError("the fields after the last chunk do not end")

    def _next_size(self) -> int:
        digits = self._line().partition(b";")[0].strip(b" \t")
        if not digits or len(digits) > 15 or not _DIGITS.issuperset(digits):
            raise ValueError(f"{digits[:40]!a} is no size of a chunk")
        return int(digits, 16)

    def _line(self) -> bytes:
        line = self._source.readline(_LINE_LIMIT)
        if not line.endswith(b"\n"):
            raise ValueError("the connection ended between chunks" if len(line) < _LINE_LIMIT else "a line between chunks is too long")
        return line.rstrip(b"\r\n")
