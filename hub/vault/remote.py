"""The broker in another process, behind a Unix socket. It has the credential root; this process needs none of it."""

from __future__ import annotations

import contextlib
import os
import socket
from collections import deque
from collections.abc import Collection, Mapping
from pathlib import Path

from urllib3.util.wait import wait_for_read

from hub.core.account_notice import Concerned
from hub.core.ended import Ended
from hub.core.errors import HubError, InputError, Unavailable
from hub.core.provider import Form, Redirect
from hub.core.push import Incoming
from hub.vault.border import NOWHERE, Answer, Failure, Handle, Outcome, Request, Result, RoundTrip
from hub.vault.keycalls import Connected
from hub.vault.messages import (
    Call,
    ConfigurationCall,
    ConfigureCall,
    ConnectCall,
    DisconnectCall,
    Reply,
    RevokeCall,
    SendCall,
    VerifyCall,
    from_call,
    to_reply,
)
from hub.vault.provider_settings import Configuration
from hub.vault.wire import Malformed, TooLarge, is_known_user, pack, take

WRITE_SECONDS = 5.0
"""How long a broker may take to let us in, and how long it may pause while it takes a call."""

KEY_SECONDS = 300.0
"""How long a step of connecting, a disconnect or a revocation may take: key hooks make several calls."""

SPARE_SECONDS = 60.0
"""What a brokered call may take beyond the provider's time: turns at the database, a second try after a challenge."""

_MOST_IDLE = 16


class RemoteBroker:
    """The broker that answers at a socket, of our own user or one of ``users``.

    ``timeout`` and ``max_bytes`` are those of its egress.

    A call is written once: when it may have reached the broker and no answer came, nobody knows what happened, and
    that is what the caller hears.
    """

    def __init__(self, place: Path, *, timeout: float, max_bytes: int, users: Collection[int] = ()) -> None:
        self._place = place
        self._users = frozenset(users)
        self._seconds = 2 * timeout + SPARE_SECONDS
        self._max_bytes = max_bytes
        self._pid = os.getpid()
        self._idle: deque[socket.socket] = deque()

    def send(self, handle: Handle, request: Request) -> Result:
        """Send a request of a work hook; every outcome is a value."""
        try:
            reply = self._ask(SendCall(handle, request), self._seconds, Answer, Failure)
        except TooLarge:
            return Failure(Outcome.REFUSED, "too_large")
        except _Absent:
            return Failure(Outcome.UNREACHABLE, "broker")
        except _Lost:
            return Failure(Outcome.UNKNOWN, "broker_lost", sent=True)
        assert isinstance(reply, Answer | Failure)
        return reply

    def connect(
        self,
        business: str,
        provider: str,
        level: str,
        answer: Mapping[str, str] | None,
        *,
        connection: str | None = None,
        trip: RoundTrip = NOWHERE,
    ) -> Form | Redirect | Connected:
        """Take one step of connecting an account. Raises what the broker's own method does, and Unavailable."""
        call = ConnectCall(business, provider, level, answer, connection, trip)
        reply = self._raising(call, Form, Redirect, Connected)
        assert isinstance(reply, Form | Redirect | Connected)
        return reply

    def disconnect(self, business: str, connection: str) -> bool:
        """End a connection. Raises UnknownId, and Unavailable."""
        return self._raising(DisconnectCall(business, connection), bool) is True

    def revoke(self, business: str, connection: str) -> Ended:
        """Make one attempt to end the grant of a disconnected connection. Raises Unavailable."""
        reply = self._raising(RevokeCall(business, connection), Ended)
        assert isinstance(reply, Ended)
        return reply

    def configure(self, provider: str, changes: Mapping[str, str], *, user: str = "") -> Configuration:
        """Change settings of a provider for this installation. Raises InputError, StateError, and Unavailable."""
        reply = self._raising(ConfigureCall(provider, changes, user), Configuration)
        assert isinstance(reply, Configuration)
        return reply

    def configuration(self, provider: str) -> Configuration:
        """Return what may be shown of a provider's settings. Raises Unavailable."""
        reply = self._raising(ConfigurationCall(provider), Configuration)
        assert isinstance(reply, Configuration)
        return reply

    def verify(self, provider: str, request: Incoming) -> tuple[Concerned, ...]:
        """Return what a message that a provider signed says of accounts. Raises InputError, Retry, and Unavailable."""
        reply = self._raising(VerifyCall(provider, request), tuple)
        assert isinstance(reply, tuple)
        return reply

    def close(self) -> None:
        """Hang up; the broker goes on."""
        self._hang_up()

    def _raising(self, call: Call, *kinds: type) -> Reply:
        problem: HubError
        try:
            reply = self._ask(call, KEY_SECONDS, *kinds, HubError)
            if not isinstance(reply, HubError):
                return reply
            problem = reply
        except TooLarge:
            problem = InputError("answer", "what was given is too large for the broker.")
        except _Absent:
            problem = Unavailable(
                f"The broker does not answer at {str(self._place)!r}; nothing was changed. See that `hub work broker` "
                "runs there, as the same user or one of HUB_BROKER_USERS, and try again."
            )
        except _Lost:
            problem = Unavailable(
                "The broker stopped in the middle of this; look whether it was done before you try it again."
            )
        raise problem

    def _ask(self, call: Call, seconds: float, *kinds: type) -> Reply:
        """Return the reply to a call, of one of these kinds.

        Raises TooLarge and _Absent when the call did not reach the broker, and _Lost when nobody knows.
        """
        sock = self._written(pack(*from_call(call), self._max_bytes))
        answered = False
        try:
            sock.settimeout(seconds)
            reply = take(sock, self._max_bytes)
            if reply is None:
                raise _Lost
            result = to_reply(*reply)
            if not isinstance(result, kinds):  # a reply to another question: this line cannot be trusted any more
                raise _Lost
            answered = True
            return result
        except (OSError, Malformed):
            raise _Lost from None
        finally:
            if answered:
                self._put_back(sock)
            else:
                sock.close()

    def _written(self, frame: bytes) -> socket.socket:
        """Return a socket that took the whole frame. Raises _Absent.

        Until one took its last byte another may be tried: the broker acts on whole frames only.
        """
        while (sock := self._from_idle()) is not None:
            if _took(sock, frame):
                return sock
        sock = self._new()
        if not _took(sock, frame):
            raise _Absent
        return sock

    def _new(self) -> socket.socket:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with contextlib.suppress(OSError):
            sock.settimeout(WRITE_SECONDS)
            sock.connect(str(self._place))
            if is_known_user(sock, self._users):
                return sock
        sock.close()
        raise _Absent

    def _from_idle(self) -> socket.socket | None:
        if self._pid != os.getpid():  # a forked child: these are its parent's conversations
            self._hang_up()
            self._pid = os.getpid()
        with contextlib.suppress(IndexError):
            while True:
                sock = self._idle.pop()
                if not wait_for_read(sock, 0):  # what can be read unasked is the end of it
                    sock.settimeout(WRITE_SECONDS)
                    return sock
                sock.close()
        return None

    def _put_back(self, sock: socket.socket) -> None:
        if len(self._idle) < _MOST_IDLE:
            self._idle.append(sock)
        else:
            sock.close()

    def _hang_up(self) -> None:
        idle, self._idle = self._idle, deque()
        with contextlib.suppress(IndexError):
            while True:
                idle.pop().close()


def _took(sock: socket.socket, frame: bytes) -> bool:
    """Write a frame, and tell whether the socket took all of it; it is closed if not."""
    taken = False
    try:
        with contextlib.suppress(OSError):
            sock.sendall(frame)
            taken = True
    finally:
        if not taken:
            sock.close()
    return taken


class _Absent(Exception):
    """No broker has the call."""


class _Lost(Exception):
    """The broker has, or may have, the call, and no answer came."""
