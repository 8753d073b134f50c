"""Reading a request's body from the socket, whatever its length claims to be."""

from __future__ import annotations

import time
from typing import Any

from pytest_remotelinks.rules.request import LARGEST_BODY

#: Seconds in which a whole body must have come.
DEADLINE = 60.0


def read_body(environ: dict[str, Any], limit: int) -> tuple[bytes, int, str]:
    """The body, the number of bytes sent, and what is malformed about its length.

    Of a body over the limit the rest is read, so that the client gets to see
    an answer, and dropped.
    """
    source = environ["wsgi.input"]
    remaining: float
    if environ.get("wsgi.input_terminated"):
        remaining = float("inf")
    else:
        length = environ.get("CONTENT_LENGTH") or "0"
        if not (length.isascii() and length.isdigit() and len(length) < 19):
            return b"", 0, f"Content-Length is {length!a}, which is no number of bytes"
        remaining = int(length)
    # read1 gives what has come; a plain read would lose it if the rest never comes.
    read = getattr(source, "read1", None) or source.read
    kept: list[bytes] = []
    size = kept_size = 0
    give_up_at = time.monotonic() + DEADLINE
    while remaining > 0:
        try:
            part = read(int(min(remaining, 65536)))
        except TimeoutError:
            return b"".join(kept), size, f"{size} bytes of the body came and then nothing more{_claim(environ)}"
        except (OSError, ValueError) as error:
            return b"".join(kept), size, f"the body's chunks are malformed after {size} bytes: {error}"
        if not part:
            break
        size += len(part)
        remaining -= len(part)
        if kept_size < limit:
            kept.append(part[: limit - kept_size])
            kept_size += len(kept[-1])
        if size >= LARGEST_BODY or time.monotonic() > give_up_at:
            return b"".join(kept), size, f"the body did not end after {size} bytes"
    if 0 < remaining < float("inf"):
        return b"".join(kept), size, f"the connection ended after {size} bytes of the body{_claim(environ)}"
    return b"".join(kept), size, ""


def _claim(environ: dict[str, Any]) -> str:
    claimed = environ.get("CONTENT_LENGTH")
    return f"; Content-Length promises {claimed}" if claimed else ""
