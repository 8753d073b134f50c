"""Sockets as they are when pytest starts: a plugin such as pytest-socket forbids them to tests, and not to the fake."""

from __future__ import annotations

import _socket
import socket
import sys
import warnings

# pytest-socket replaces the class, and a listener is often made while it is replaced.
Socket = socket.socket

#: Seconds in which an attempt to connect must succeed.
_ATTEMPT_LIMIT = 1.0


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


def is_forbidden(host: str, port: int) -> bool:
    """Whether tests may not connect to an address now.

    Only an attempt says so: pytest-socket leaves traces in the class where it
    forbids nothing. The network's own errors are OSErrors, and a plugin's are
    others, such as the one of pytest.fail(), which is not even an Exception.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pytest-socket warns, too
        try:
            with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as made:
                made.settimeout(_ATTEMPT_LIMIT)
                made.connect((host, port))
        except OSError:
            return False
        except KeyboardInterrupt:
            raise
        except BaseException:
            return True
    return False
