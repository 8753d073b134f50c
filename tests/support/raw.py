"""Bytes over a socket, as no HTTP library would send them."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

BASE = "/rest/remotelinks/1.0"


def connect(url: str) -> socket.socket:
    """A connection to the server of a URL."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    return socket.create_connection((parts.hostname, parts.port or 80), timeout=30)


def everything(client: socket.socket) -> bytes:
    """What arrives until the server ends the connection."""
    return b"".join(iter(lambda: client.recv(65536), b""))


def exchange(url: str, request: bytes, half_close: bool = False) -> bytes:
    """Send bytes as they are, and return the answer."""
    with connect(url) as client:
        client.sendall(request)
        if half_close:
            client.shutdown(socket.SHUT_WR)
        return everything(client)


def head(method: str, target: str, *fields: str) -> bytes:
    """A well-formed head with credentials, and more header fields."""
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost", "Authorization: JWT a.b.c", *fields, "", ""]
    return "\r\n".join(lines).encode("latin-1")
