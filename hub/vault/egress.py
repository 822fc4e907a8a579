"""One request to a provider: through the guard, within one deadline and one size, as plain data back.

Every exception of the libraries below is turned into a `Failure` here, because its frames and its ``request`` hold the
credential.
"""

from __future__ import annotations

import http.client
import ssl
import time
from functools import lru_cache
from io import BufferedIOBase
from pathlib import Path
from socket import socket
from typing import Any

import certifi
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NewConnectionError,
    ReadTimeoutError,
    SSLError,
)
from urllib3.util.ssl_ import create_urllib3_context

from hub.core.declared import Target
from hub.core.provider import MAIL
from hub.vault.body import TooLarge, Unreadable, read_body
from hub.vault.border import Answer, Failure, Outcome, Pairs, Result
from hub.vault.guard import Closed, Guard
from hub.vault.smtp import Smtp
from hub.vault.sockets import DeadlineTlsSocket

_POOLS = 32
_POOL_SIZE = 16


class Egress:
    """The way out. ``timeout`` is seconds for a whole call, ``max_bytes`` the largest answer after decoding.

    ``ca_file`` is a PEM file of authorities that the operator trusts besides the public ones.
    """

    def __init__(
        self, guard: Guard, *, timeout: float = 20.0, max_bytes: int = 8_000_000, ca_file: Path | None = None
    ) -> None:
        self._guard = guard
        self._timeout = timeout
        self._max_bytes = max_bytes
        self._tls = _tls(ca_file, ca_file.stat().st_mtime_ns if ca_file else 0)
        self._smtp = Smtp(guard, self._tls)
        self._pools = self._new_pools()

    def exchange(
        self, method: str, target: Target, headers: Pairs, body: bytes, timeout: float | None = None
    ) -> Result:
        """Send one request and return the whole answer; redirects are not followed.

        Nothing is repeated but a reading request to which the server hung up without a byte, once and within the same
        deadline: servers close idle connections at the moment at which they are used again (RFC 9110, 9.2.2).
        """
        seconds = self._timeout if timeout is None else max(0.001, min(timeout, self._timeout))
        if method == MAIL:
            return self._smtp.exchange(target, headers, body, seconds)
        deadline = time.monotonic() + seconds
        result = self._once(method, target, headers, body, seconds)
        left = deadline - time.monotonic()
        if result == _HUNG_UP and method in _READING and left > 0:
            result = self._once(method, target, headers, body, left)
        return result

    def _once(self, method: str, target: Target, headers: Pairs, body: bytes, seconds: float) -> Result:
        response: urllib3.BaseHTTPResponse | None = None
        try:
            self._guard.admit(target)
            pool = self._pools.connection_from_host(target.host, target.port, target.scheme)
            response = pool.urlopen(
                method,
                target.resource,
                body=body or None,
                headers=dict(headers),
                retries=False,
                redirect=False,
                assert_same_host=False,
                timeout=urllib3.Timeout(total=seconds),
                preload_content=False,
                decode_content=False,
            )
            content = read_body(response, self._max_bytes)
            response.release_conn()
            return Answer(
                response.status, response.reason or "", response.version, tuple(response.headers.iteritems()), content
            )
        except Exception as error:
            if response is not None:
                response.close()
            return _failure(error)

    def drop(self) -> None:
        """Close the idle connections, so that nothing outlives a disconnect."""
        old, self._pools = self._pools, self._new_pools()
        old.clear()

    def _new_pools(self) -> urllib3.PoolManager:
        guard = self._guard

        class Plain(HTTPConnection):
            response_class = _WholeHeaders

            def _new_conn(self) -> socket:
                return guard.dial(self, "http")

        class Tls(HTTPSConnection):
            response_class = _WholeHeaders

            def _new_conn(self) -> socket:
                return guard.dial(self, "https")

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class TlsPool(HTTPSConnectionPool):
            ConnectionCls = Tls

        pools = urllib3.PoolManager(num_pools=_POOLS, maxsize=_POOL_SIZE, ssl_context=self._tls)
        pools.pool_classes_by_scheme = {"http": PlainPool, "https": TlsPool}
        return pools


@lru_cache(maxsize=8)  # to read all public authorities takes 20 ms, and the demo and tests make many brokers
def _tls(ca_file: Path | None, _changed: int) -> ssl.SSLContext:
    context = create_urllib3_context()
    context.load_verify_locations(certifi.where())
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    context.sslsocket_class = DeadlineTlsSocket
    return context


class _WholeHeaders(http.client.HTTPResponse):
    """An answer whose header block must end: the standard library takes a cut one for a 200 with an empty body."""

    def begin(self) -> None:
        whole: Any = self.fp
        lines: Any = _HeaderLines(whole)
        self.fp = lines
        try:
            super().begin()
        finally:
            if self.fp is lines:
                self.fp = whole


class _HeaderLines:
    def __init__(self, fp: BufferedIOBase) -> None:
        self._fp = fp
        self._started = False
        self.close = fp.close

    def readline(self, limit: int = -1) -> bytes:
        line = self._fp.readline(limit)
        if self._started and not line.endswith(b"\n") and len(line) != limit:
            raise http.client.IncompleteRead(line)
        self._started = True
        return line


_READING = frozenset({"GET", "HEAD", "OPTIONS", "PROPFIND", "REPORT"})
"""Methods that only read: RFC 9110, 9.2.1; RFC 4918, 9.1; RFC 3253, 3.6."""
_HUNG_UP = Failure(Outcome.BROKEN, "hung_up", sent=True)


def _failure(error: Exception) -> Failure:
    if isinstance(error, Closed):
        return Failure(Outcome.REFUSED, error.reason)
    if isinstance(error, TooLarge):
        return Failure(Outcome.REFUSED, "too_large", sent=True)
    if isinstance(error, Unreadable):
        return Failure(Outcome.BROKEN, "coding", sent=True)
    if isinstance(error, NewConnectionError):  # before the time-outs: it is one of them
        return Failure(Outcome.UNREACHABLE, "connect")
    if isinstance(error, ConnectTimeoutError):
        return Failure(Outcome.TIMEOUT, "connect")
    if isinstance(error, SSLError):
        unproven = isinstance(error.args[0] if error.args else None, ssl.SSLCertVerificationError)
        return Failure(Outcome.TLS, "certificate" if unproven else "handshake", sent=not unproven)
    if isinstance(error, ReadTimeoutError) or any(isinstance(part, TimeoutError) for part in error.args):
        return Failure(Outcome.TIMEOUT, "deadline", sent=True)
    if any(isinstance(part, http.client.RemoteDisconnected) for part in error.args):
        return _HUNG_UP
    if isinstance(error, HTTPError | OSError):
        return Failure(Outcome.BROKEN, "cut", sent=True)
    return Failure(Outcome.UNKNOWN, "error", sent=True)
