"""Sockets with one deadline for a whole call: a server that drips bytes cannot hold it open.

An ordinary time-out starts anew at each read. Here `settimeout` sets a point in time, and every read and write gets
only what is left of it. Raising in the read itself also means that a cut header block is never parsed as an answer.
"""

from __future__ import annotations

import socket
import ssl
import time
from typing import Any


class _Deadline:
    """Mixed into a socket class. The deadline is None, and blocking, until a time-out is set."""

    _until: float | None = None

    def settimeout(self, value: float | None, /) -> None:
        self._until = None if value is None else time.monotonic() + value
        super().settimeout(value)  # type: ignore[misc]  # the socket class that this is mixed into

    def _tick(self) -> None:
        if self._until is None:
            return
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline of the call passed")
        super().settimeout(left)  # type: ignore[misc]

    def recv_into(self, *args: Any, **options: Any) -> int:
        self._tick()
        return super().recv_into(*args, **options)  # type: ignore[misc,no-any-return]

    def send(self, *args: Any, **options: Any) -> int:
        self._tick()
        return super().send(*args, **options)  # type: ignore[misc,no-any-return]

    def sendall(self, *args: Any, **options: Any) -> None:
        self._tick()
        super().sendall(*args, **options)  # type: ignore[misc]


class DeadlineSocket(_Deadline, socket.socket):
    """A plain socket with a deadline."""


class DeadlineTlsSocket(_Deadline, ssl.SSLSocket):
    """A TLS socket with a deadline; a context makes it when this is its ``sslsocket_class``."""
