"""The egress guard: decides where a socket may lead, at the one place where sockets are born.

A name is resolved once, every answer is judged, and the connection goes to the literal address; a name server that
changes its mind between the check and the call (DNS rebinding) is never asked twice.
"""

from __future__ import annotations

import queue
import re
import socket
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from ipaddress import IPv4Address
from typing import Any

from urllib3.connection import HTTPConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from hub.core.declared import Target, normal_origin
from hub.vault.ranges import is_open, is_private
from hub.vault.sockets import DeadlineSocket

Resolve = Callable[..., Sequence[tuple[Any, ...]]]
Connect = Callable[[str, int, float], socket.socket]

_NUMERIC = re.compile(r"(?:.*\.)?(?:\d+|0x[0-9a-f]*)\.?\Z")
# Ports of well-known services above 1023 that answer to text of an attacker; below it only 443 is the web.
_SERVICES = frozenset(
    {1433, 1521, 1719, 1720, 1723, 2049, 2375, 2376, 2379, 3306, 3659, 4045, 4190, 5060, 5061, 5432, 5672, 5984, 6000}
    | {6379, 6443, 6566, *range(6665, 6670), 6679, 6697, 8500, 9042, 9092, 9200, 9300, 10080, 10250, 11211, 27017}
)

_MAIL_PORTS = {"smtp": frozenset({25, 587, 2525}), "smtps": frozenset({465})}


class Closed(Exception):
    """The guard refuses an origin or an address; ``reason`` is a machine word.

    No OSError on purpose: urllib3 would wrap or repeat it. The address is not named, so an answer teaches nothing
    about the network.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Guard:
    """Judges origins and addresses. ``allow`` are the operator's own origins, written exactly.

    ``resolve`` is called like `socket.getaddrinfo`, ``connect`` with address, port and seconds.
    """

    def __init__(
        self, allow: Iterable[str] = (), resolve: Resolve = socket.getaddrinfo, connect: Connect | None = None
    ) -> None:
        self._listed = frozenset(normal_origin(origin) for origin in allow)
        self._resolve = resolve
        self._connect = connect or _connect

    def admit(self, target: Target) -> None:
        """Raise Closed unless scheme, port and host may be called; addresses are judged when the socket is made.

        Only an origin that the operator listed may use http or a port other than 443 and those above 1023; a mail
        server, other ports than those of mail.
        """
        if self.lists(target):
            return
        if target.is_mail:
            if target.port not in _MAIL_PORTS[target.scheme]:
                raise Closed("port")
        elif target.scheme != "https":
            raise Closed("scheme")
        elif target.port != 443 and (target.port < 1024 or target.port in _SERVICES):
            raise Closed("port")
        if _NUMERIC.match(target.host) and not _is_ipv4(target.host):
            raise Closed("address")  # 127.1, 0x7f.1, 2130706433: resolvers read them as addresses

    def dial(self, conn: HTTPConnection, scheme: str) -> socket.socket:
        """Return a socket to the connection's host, made for urllib3's ``_new_conn``. Raises Closed."""
        limit = float(conn.timeout) if conn.timeout is not None else 30.0
        slow = False
        try:
            return self.reach(Target(scheme, conn._dns_host, conn.port, "/"), limit)
        except OSError as error:
            slow = isinstance(error, TimeoutError)
        if slow:
            raise ConnectTimeoutError(conn, "the name was not resolved in time")
        raise NewConnectionError(conn, "no address answered")

    def lists(self, target: Target) -> bool:
        """Tell whether the operator listed the origin."""
        return target.origin in self._listed

    def reach(self, target: Target, limit: float) -> socket.socket:
        """Return a socket to a target, within ``limit`` seconds.

        Raises Closed, TimeoutError when the name was not resolved in time, ConnectionError when no address answered.
        """
        started = time.monotonic()
        self.admit(target)
        addresses = self._addresses(target, limit)
        if addresses is None:
            raise TimeoutError
        for number, address in enumerate(addresses):
            left = limit - (time.monotonic() - started)
            if left <= 0:
                break
            try:
                return self._connect(address, target.port, left / (len(addresses) - number))
            except OSError:
                continue
        raise ConnectionError

    def _addresses(self, target: Target, limit: float) -> list[str] | None:
        """Return the addresses to try, each judged; one bad answer spoils all. None: no answer in time."""
        listed = self.lists(target)
        if ":" in target.host or _is_ipv4(target.host):
            answers: list[str] | None = [target.host]
        else:
            answers = _in_time(lambda: self._ask(target), limit)
        for address in answers or ():
            if not is_open(address) and not (listed and is_private(address)):
                raise Closed("address")
        return answers

    def _ask(self, target: Target) -> list[str]:
        try:
            rows = self._resolve(target.host, target.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return []
        return list(dict.fromkeys(str(row[4][0]) for row in rows))


def _in_time(work: Callable[[], list[str]], limit: float) -> list[str] | None:
    """Run ``work`` for at most ``limit`` seconds: a resolver has no time-out of its own."""
    done: queue.SimpleQueue[list[str]] = queue.SimpleQueue()
    threading.Thread(target=lambda: done.put(work()), name="resolve", daemon=True).start()
    try:
        return done.get(timeout=limit)
    except queue.Empty:
        return None


def _connect(address: str, port: int, seconds: float) -> socket.socket:
    sock = DeadlineSocket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.settimeout(seconds)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.connect((address, port))
    except BaseException:
        sock.close()
        raise
    return sock


def _is_ipv4(host: str) -> bool:
    try:
        return str(IPv4Address(host)) == host
    except ValueError:
        return False
