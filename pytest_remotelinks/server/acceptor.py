"""Threads that accept connections: as many as there are connections, and one more."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
import time
from collections.abc import Callable

from pytest_remotelinks.server.sockets import Socket, accept, pair
from pytest_remotelinks.wire.times import steady

#: What the name of every thread begins with.
THREAD_NAME = "remotelinks"

#: Seconds that stop() waits for threads that are busy with a request.
_JOIN_LIMIT = 1.0
#: Seconds to wait where a connection cannot be accepted, as when no more files can be opened.
_RETRY_AFTER = 0.05


class Acceptor:
    """Accepts connections and has each handled by a thread, until it is stopped.

    One thread at a time waits for a connection, and handles the one that it
    gets: to hand it over to another thread would cost more than most answers
    do. If no other thread is free then, it starts one, so that a further client
    is always served, however many connections are open. Threads are kept.
    """

    def __init__(self, listening: Socket, handle: Callable[[Socket], None]) -> None:
        self._listening = listening
        self._handle = handle
        # One end of the pair is shut down to wake the threads.
        self._alarm, self._alarmed = pair()
        listening.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(listening, selectors.EVENT_READ)
        self._selector.register(self._alarmed, selectors.EVENT_READ)
        #: Held by the thread that waits for a connection.
        self._waiting = threading.Lock()
        #: Protects what follows.
        self._lock = threading.Lock()
        self._is_stopped = False
        self._open: set[Socket] = set()
        self._threads: list[threading.Thread] = []
        #: Threads without a connection.
        self._free = 0
        with self._lock:
            self._start_thread()

    def stop(self) -> None:
        """Close the listening socket and every connection, and end the threads."""
        with self._lock:
            self._is_stopped = True
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        # Also if a forked child has a copy of it, which is never closed.
        self._alarm.shutdown(socket.SHUT_RDWR)
        self._alarm.close()
        until = steady() + _JOIN_LIMIT
        for thread in self._threads:
            thread.join(max(0.0, until - steady()))
        self._selector.close()
        self._alarmed.close()
        # Neither is the child's copy of this one, and clients would wait for an answer.
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _run(self) -> None:
        while (connection := self._accept()) is not None:
            try:
                self._handle(connection)
            finally:
                with self._lock:
                    self._open.discard(connection)
                    self._free += 1
                connection.close()

    def _accept(self) -> Socket | None:
        """Wait for a connection; None once there are to be no more."""
        with self._waiting:
            while not self._is_stopped:
                self._selector.select()
                try:
                    connection = accept(self._listening)
                except BlockingIOError:  # the client was faster to leave, or the alarm woke us
                    continue
                except OSError:
                    time.sleep(_RETRY_AFTER)
                    continue
                with self._lock:
                    if self._is_stopped:
                        connection.close()
                        return None
                    self._open.add(connection)
                    self._free -= 1
                    if not self._free:
                        # Where the system has no more threads, a client waits for one of these.
                        with contextlib.suppress(RuntimeError):
                            self._start_thread()
                return connection
        return None

    def _start_thread(self) -> None:
        thread = threading.Thread(target=self._run, name=f"{THREAD_NAME}-{len(self._threads) + 1}", daemon=True)
        thread.start()
        self._threads.append(thread)
        self._free += 1
