"""The broker as a process of its own: it answers on a Unix socket to the users who may ask it."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from urllib3.util.wait import wait_for_read

from hub.core.errors import HubError, PluginBroken, StateError
from hub.run.broker_place import check_place
from hub.vault.border import Failure, Outcome
from hub.vault.door import BrokerDoor
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
    from_reply,
    to_call,
)
from hub.vault.wire import Malformed, TooLarge, is_known_user, pack, take

MOST_CONNECTIONS = 256
"""Connections that are served at once, a thread for each; further ones wait in the kernel's queue."""

IDLE_SECONDS = 60.0
"""Seconds without a call after which a connection is closed. The other end notices before it writes the next one."""

FRAME_SECONDS = 30.0
"""Seconds that the other end may pause in the middle of a frame."""

STOP_SECONDS = 8.0
"""Seconds that calls in hand get when the broker stops."""

LOOK = 0.2
"""Seconds between two looks at whether to stop."""

_log = logging.getLogger("hub.run.broker_server")


def serve_broker(
    broker: BrokerDoor,
    place: Path,
    *,
    max_bytes: int,
    stopped: Callable[[], bool],
    ready: Callable[[], None] = lambda: None,
    users: Collection[int] = (),
) -> None:
    """Answer for the broker at a socket until ``stopped`` says so; calls in hand then end first.

    ``max_bytes`` is the largest body. ``users`` are the uids that may ask beside our own; then the socket belongs to
    the group of its folder. The file that a dead broker left is replaced. Raises StateError when a broker
    lives there, and InputError when the place does not do (`check_place`).
    """
    check_place(place, shared=bool(users))
    connections = _Connections(broker, max_bytes, users)
    with _alone(place), _listening(place, shared=bool(users)) as listener:
        ready()
        while not stopped():
            connections.admit(listener, LOOK)
        place.unlink(missing_ok=True)  # from now on nobody comes, and who came before is still served
        while connections.admit(listener, 0):
            pass
    connections.finish(STOP_SECONDS)


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    """Hold the lock beside a socket; the kernel lets go of it when this process dies."""
    handle = os.open(f"{place}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StateError(
                f"A broker runs already at {str(place)!r}; stop that one, or set HUB_BROKER_SOCKET to another path."
            ) from None
        yield
    finally:
        os.close(handle)


@contextmanager
def _listening(place: Path, *, shared: bool) -> Iterator[socket.socket]:
    place.unlink(missing_ok=True)  # of a broker that is dead: we have the lock
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        before = os.umask(0o117 if shared else 0o177)
        try:
            listener.bind(str(place))
        finally:
            os.umask(before)
        if shared:
            os.chown(place, -1, place.absolute().parent.stat().st_gid)
        listener.listen(MOST_CONNECTIONS)
        yield listener


class _Connections:
    """The open connections and the threads that serve them."""

    def __init__(self, broker: BrokerDoor, max_bytes: int, users: Collection[int]) -> None:
        self._broker = broker
        self._max_bytes = max_bytes
        self._users = frozenset(users)
        self._free = threading.Semaphore(MOST_CONNECTIONS)
        self._open: dict[socket.socket, threading.Thread] = {}

    def admit(self, listener: socket.socket, seconds: float) -> bool:
        """Wait for a connection and serve it in a thread of its own; False if none came."""
        if not self._free.acquire(timeout=seconds):
            return False
        sock: socket.socket | None = None
        listener.settimeout(seconds)
        try:
            sock, _ = listener.accept()
        except (TimeoutError, BlockingIOError):
            pass
        except OSError as error:
            _log.error("no connection can be taken (%s)", type(error).__name__)
            time.sleep(LOOK)
        if sock is None:
            self._free.release()
            return False
        self._open[sock] = threading.Thread(target=self._serve, args=(sock,), name="broker call", daemon=True)
        self._open[sock].start()
        return True

    def finish(self, seconds: float) -> None:
        """Take no further call, and wait for those in hand."""
        deadline = time.monotonic() + seconds
        left = list(self._open.items())
        for sock, _ in left:
            _end(sock)
        for _, thread in left:
            thread.join(max(deadline - time.monotonic(), 0))
        if cut := sum(thread.is_alive() for _, thread in left):
            _log.warning("%d calls did not end in time and are cut", cut)

    def _serve(self, sock: socket.socket) -> None:
        try:
            if not is_known_user(sock, self._users):
                _log.warning("a process of another user was turned away")
                return
            while self._exchange(sock):
                pass
        except (OSError, Malformed) as error:
            _log.warning("a connection is closed: %s", error if isinstance(error, Malformed) else type(error).__name__)
        finally:
            sock.close()
            del self._open[sock]
            self._free.release()

    def _exchange(self, sock: socket.socket) -> bool:
        """Take one call and answer it; False when there is none any more."""
        if not wait_for_read(sock, IDLE_SECONDS):
            _end(sock)
        sock.settimeout(FRAME_SECONDS)
        frame = take(sock, self._max_bytes)
        if frame is None:
            return False
        sock.sendall(self._answer(to_call(*frame)))
        return True

    def _answer(self, call: Call) -> bytes:
        try:
            return pack(*from_reply(_perform(self._broker, call)), self._max_bytes)
        except (TooLarge, TypeError, ValueError):
            reply = _unspeakable(call)
        return pack(*from_reply(reply), self._max_bytes)


def _perform(broker: BrokerDoor, call: Call) -> Reply:
    try:
        match call:
            case SendCall(handle, request):
                return broker.send(handle, request)
            case ConnectCall(business, provider, level, answer, connection, trip):
                return broker.connect(business, provider, level, answer, connection=connection, trip=trip)
            case DisconnectCall(business, connection):
                return broker.disconnect(business, connection)
            case RevokeCall(business, connection):
                return broker.revoke(business, connection)
            case ConfigureCall(provider, changes, user):
                return broker.configure(provider, changes, user=user)
            case ConfigurationCall(provider):
                return broker.configuration(provider)
            case VerifyCall(provider, incoming):
                return broker.verify(provider, incoming)
    except HubError as error:
        return error
    except Exception as error:
        _log.error("a call failed inside the broker: %s", type(error).__name__)
        return HubError(f"The broker failed ({type(error).__name__}); its log says where.", code="broker")


def _unspeakable(call: Call) -> Reply:
    """Return what is said in place of a reply that does not fit into a frame."""
    if isinstance(call, SendCall):
        return Failure(Outcome.REFUSED, "too_large", sent=True)
    return PluginBroken("The plugin's key hook answered with something that is no plain text, or too much of it.")


def _end(sock: socket.socket) -> None:
    """Let a connection take no further bytes: what was written is still read, and the next write fails at once."""
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RD)
