"""The far end of the broker's socket: who is let in, what is taken, how it stops, and what is left when it dies."""

from __future__ import annotations

import logging
import os
import socket
import stat
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from hub.core.errors import InputError, StateError
from hub.run import broker_server
from hub.vault.border import Failure, Outcome, Request
from hub.vault.messages import SendCall, from_call
from hub.vault.remote import RemoteBroker
from hub.vault.wire import MOST_HEAD, pack, take
from tests.vault.serving import HANDLE, MAX_BYTES, Echo, Served, remote, served, short_folder

REQUEST = Request("GET", "https://x.test/1", (("X-Canary", "canary"),), b"canary")
FRAME = pack(*from_call(SendCall(HANDLE, REQUEST)), MAX_BYTES)


@pytest.fixture
def place() -> Iterator[Path]:
    with short_folder() as folder:
        yield folder / "socket"


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
def far(echo: Echo, place: Path) -> Iterator[Served]:
    with served(echo, place) as far:
        yield far


@pytest.fixture
def line(far: Served) -> Iterator[socket.socket]:
    """A connection as any process of our user can make it."""
    with dial(far.place) as line:
        yield line


def dial(place: Path) -> socket.socket:
    line = socket.socket(socket.AF_UNIX)
    line.settimeout(10)
    line.connect(str(place))
    return line


def works(place: Path) -> bool:
    with remote(place) as near:
        return not isinstance(near.send(HANDLE, REQUEST), Failure)


# Who is let in


def test_only_our_user_can_reach_the_socket(far: Served) -> None:
    assert stat.S_IMODE(far.place.stat().st_mode) == 0o600
    assert stat.S_IMODE(far.place.parent.stat().st_mode) == 0o700
    assert os.umask(0o022) == 0o022


def test_a_process_of_another_user_is_turned_away_unread(
    far: Served, echo: Echo, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    other = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: other)
    with dial(far.place) as line:
        with suppress(BrokenPipeError):  # they may be turned away before they said a word
            line.sendall(FRAME)
        assert gone(line)
    assert echo.calls == []
    assert "another user" in caplog.text


_STRANGER = """
import os, socket, sys
line = socket.socket(socket.AF_UNIX)
line.settimeout(10)
if os.geteuid() == 0:
    line.connect(sys.argv[1])  # while we still may
    os.close(line.detach())
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
    line = socket.socket(socket.AF_UNIX)
try:
    line.connect(sys.argv[1])
    line.sendall(sys.stdin.buffer.read())
    print(line.recv(1))
except OSError as error:
    print(type(error).__name__)
"""


@pytest.mark.parametrize("open_folder", [False, True], ids=["the folder is closed", "the folder was opened"])
def test_a_real_process_of_another_user_gets_nothing(far: Served, echo: Echo, open_folder: bool) -> None:
    """Told apart only where tests run as root; elsewhere the process is our own and is served."""
    if open_folder:
        far.place.parent.chmod(0o755)
        far.place.chmod(0o666)
    done = subprocess.run(
        [sys.executable, "-I", "-c", _STRANGER, str(far.place)],
        input=FRAME,
        capture_output=True,
        timeout=30,
        check=True,
    )
    if os.geteuid() == 0:
        assert echo.calls == []
        refused = {True: (b"b''", b"ConnectionResetError", b"BrokenPipeError"), False: (b"PermissionError",)}
        assert done.stdout.strip() in refused[open_folder]
    else:
        assert len(echo.calls) == 1
    assert works(far.place)


# What is taken


def gone(line: socket.socket) -> bool:
    """Tell whether the other end has hung up."""
    try:
        return line.recv(1) == b""
    except ConnectionError:
        return True


GARBAGE = {
    "HTTP": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "zeros": bytes(1000),
    "no JSON": struct.pack("!II", 6, 0) + b"canary",
    "a list": struct.pack("!II", 2, 0) + b"[]",
    "no call": pack({"do": "canary"}, b"", 10),
    "half a call": pack({"do": "send", "business": "canary"}, b"", 10),
    "a deep one": struct.pack("!II", 100_000, 0) + b"[" * 100_000,
    "a head over the limit": struct.pack("!II", MOST_HEAD + 1, 0),
    "200 MB": struct.pack("!II", 2, 200_000_000) + b"{}",
    "4 GB": struct.pack("!II", 0xFFFFFFFF, 0xFFFFFFFF),
}


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_closes_its_own_connection_and_is_logged_without_content(
    far: Served, line: socket.socket, echo: Echo, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    with dial(far.place) as sound:
        line.sendall(GARBAGE[name])
        assert gone(line)
        sound.sendall(FRAME)
        assert take(sound, MAX_BYTES)
    assert len(echo.calls) == 1
    assert "a connection is closed" in caplog.text
    assert "canary" not in caplog.text


def test_a_frame_that_breaks_off_does_nothing(far: Served, line: socket.socket, echo: Echo) -> None:
    line.sendall(FRAME[:-1])
    line.shutdown(socket.SHUT_WR)
    assert gone(line)
    assert echo.calls == []


def test_whoever_stops_in_the_middle_of_a_frame_is_not_waited_for(
    echo: Echo, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker_server, "FRAME_SECONDS", 0.1)
    with served(echo, place), dial(place) as line:
        line.sendall(FRAME[:-1])
        assert gone(line)
    assert echo.calls == []


def test_calls_on_one_connection_are_answered_in_turn(line: socket.socket, echo: Echo) -> None:
    line.sendall(FRAME * 3)
    for _ in range(3):
        taken = take(line, MAX_BYTES)
        assert taken
        assert taken[1] == b"https://x.test/1|canary"
    assert len(echo.calls) == 3


def test_an_idle_connection_is_closed_and_the_near_end_finds_another(
    echo: Echo, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker_server, "IDLE_SECONDS", 0.05)
    with served(echo, place), remote(place) as near:
        for _ in range(5):
            assert not isinstance(near.send(HANDLE, REQUEST), Failure)
            time.sleep(0.15)
    assert len(echo.calls) == 5


@pytest.mark.parametrize("size", [1, MAX_BYTES - 100], ids=["a small frame", "one that fills the socket"])
def test_no_call_is_lost_between_an_idle_end_and_the_next_call(
    echo: Echo, place: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """The moments at which a connection ends are met on purpose: a call is done once, whichever comes first.

    On a loaded machine even a fresh connection may end before its frame has come: then it is said that it was not done.
    """
    monkeypatch.setattr(broker_server, "IDLE_SECONDS", 0.006)
    request = replace(REQUEST, body=b"x" * size)
    done = 0
    with served(echo, place), remote(place) as near:
        for number in range(300):
            result = near.send(HANDLE, request)
            assert not isinstance(result, Failure) or not result.sent, number
            done += not isinstance(result, Failure)
            time.sleep(0.0055 + (number % 40) * 0.00003)
    assert len(echo.calls) == done > 200


def test_more_connections_than_there_may_be_wait_their_turn(
    echo: Echo, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker_server, "MOST_CONNECTIONS", 2)
    monkeypatch.setattr(broker_server, "IDLE_SECONDS", 0.1)
    with served(echo, place), dial(place) as first, dial(place) as second:
        for line in (first, second):
            line.sendall(FRAME)
            assert take(line, MAX_BYTES)
        with dial(place) as third:
            third.sendall(FRAME)
            assert take(third, MAX_BYTES)  # once one of the others was idle for too long


# How it starts and stops


def test_a_second_broker_is_refused_and_the_first_goes_on(far: Served, echo: Echo) -> None:
    with pytest.raises(StateError, match="runs already"):
        Served(echo, far.place)
    assert works(far.place)


def test_what_a_dead_broker_left_is_replaced(echo: Echo, place: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(place))
    place.with_name("socket.lock").touch()
    with served(echo, place):
        assert works(place)


def test_a_file_of_somebody_is_not_replaced(echo: Echo, place: Path) -> None:
    place.write_text("mine")
    with pytest.raises(InputError):
        Served(echo, place)
    assert place.read_text() == "mine"


def test_it_stops_at_once_when_nothing_is_in_hand_and_takes_its_socket_away(echo: Echo, place: Path) -> None:
    far = Served(echo, place)
    with dial(place) as line:
        line.sendall(FRAME)
        assert take(line, MAX_BYTES)
        assert far.stop() < 2
        assert gone(line)
    assert not place.exists()


def test_calls_in_hand_end_when_it_stops(echo: Echo, place: Path) -> None:
    far = Served(echo, place)
    begun, answers = threading.Barrier(5), []

    def during() -> None:
        begun.wait(10)
        time.sleep(0.5)

    echo.during = during
    with remote(place) as near:
        threads = [threading.Thread(target=lambda: answers.append(near.send(HANDLE, REQUEST))) for _ in range(4)]
        for thread in threads:
            thread.start()
        begun.wait(10)
        far.stop()
        for thread in threads:
            thread.join()
    assert len(answers) == 4
    assert not any(isinstance(answer, Failure) for answer in answers)


def test_a_call_that_does_not_end_is_cut_in_time(
    echo: Echo, place: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(broker_server, "STOP_SECONDS", 0.3)
    far, begun, end = Served(echo, place), threading.Event(), threading.Event()

    def during() -> None:
        begun.set()
        end.wait(20)

    echo.during = during
    with dial(place) as line:
        line.sendall(FRAME)
        assert begun.wait(10)
        assert 0.25 < far.stop() < 3
        assert "1 calls did not end in time" in caplog.text
        end.set()
        assert take(line, MAX_BYTES)  # in a test the process goes on


def test_stopping_under_load_loses_no_call(echo: Echo, place: Path) -> None:
    """Each call either was made and answered, or was never taken: nobody is left not knowing."""
    answers: list[object] = []
    over = threading.Event()

    def ask(near: RemoteBroker) -> None:
        while not over.is_set():
            answers.append(near.send(HANDLE, REQUEST))

    with remote(place) as near:
        threads = [threading.Thread(target=ask, args=(near,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for _ in range(5):
            far = Served(echo, place)
            time.sleep(0.15)
            far.stop()
        over.set()
        for thread in threads:
            thread.join()
    made = [answer for answer in answers if not isinstance(answer, Failure)]
    absent = Failure(Outcome.UNREACHABLE, "broker")
    assert [answer for answer in answers if isinstance(answer, Failure) and answer != absent] == []
    assert len(made) == len(echo.calls) > 50


def test_nothing_of_a_call_is_logged(far: Served, echo: Echo, caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise ValueError("canary")

    caplog.set_level(logging.DEBUG)
    echo.during = fail
    with remote(far.place) as near:
        near.send(HANDLE, REQUEST)
    assert "ValueError" in caplog.text
    assert "canary" not in caplog.text


_NOBODY = 65534
_ASK = (
    "import os, socket, sys\n"
    f"os.setgroups([]); os.setgid({_NOBODY}); os.setuid({_NOBODY})\n"
    "line = socket.socket(socket.AF_UNIX); line.settimeout(10); line.connect(sys.argv[1])\n"
    "line.sendall(bytes.fromhex(sys.argv[2])); print(len(line.recv(100)))\n"
)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can speak as another user")
@pytest.mark.parametrize(("users", "answered"), [((_NOBODY,), True), ((_NOBODY + 1,), False)])
def test_another_user_is_answered_only_when_the_operator_listed_it(
    users: tuple[int, ...], answered: bool, echo: Echo, place: Path
) -> None:
    """A process of that user, in the folder's group, as a broker with a user of its own has its workers."""
    os.chown(place.parent, -1, _NOBODY)
    place.parent.chmod(0o2750)
    command = [sys.executable, "-c", _ASK, str(place), FRAME.hex()]
    with served(echo, place, users):
        about = place.stat()
        assert (stat.S_IMODE(about.st_mode), about.st_gid) == (0o660, _NOBODY)
        told = subprocess.run(command, capture_output=True, check=False)
        assert (told.returncode == 0 and int(told.stdout or 0) > 0) == answered
        assert bool(echo.calls) == answered
