"""Sockets as they are when pytest starts: a plugin such as pytest-socket forbids them to tests, and not to the fake."""

from __future__ import annotations

import _socket
import socket
import sys

# pytest-socket replaces the class, and a listener is often made while it is replaced.
Socket = socket.socket


def listening(host: str, port: int, backlog: int) -> Socket:
    """A socket that listens; raises OSError for an address that cannot be used."""
    made = Socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        # As socket.create_server() does: where it means something else, on Windows, it is left out.
        if sys.platform not in ("win32", "cygwin"):
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.listen(backlog)
    except OSError as error:
        made.close()
        raise OSError(error.errno, f"cannot listen on {host}, port {port}: {error.strerror or error}") from None
    return made


def accept(listener: Socket) -> Socket:
    """The next connection of a socket that listens."""
    descriptor, _ = listener._accept()  # type: ignore[attr-defined]
    return Socket(listener.family, listener.type, listener.proto, descriptor)


def pair() -> tuple[Socket, Socket]:
    """Two sockets that are connected to each other."""
    if sys.platform == "win32":
        return socket.socketpair()
    first, second = _socket.socketpair()
    return Socket(fileno=first.detach()), Socket(fileno=second.detach())


def are_restricted() -> bool:
    """Whether tests may open no sockets now, or connect only to some addresses."""
    return socket.socket is not Socket or "connect" in vars(Socket)
