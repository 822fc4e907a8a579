"""Real CalDAV servers as processes of their own on loopback, for tests and the demonstration.

They are not part of the product: Radicale and Xandikos come with the development requirements.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import requests

from hub.core.errors import Unavailable

USER, PASSWORD = "ada", "correct horse"  # a made-up account of a server that lives for one test
_PATIENCE = 20.0


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: where it is, who may sign in, and the home under which calendars can be made."""

    url: str
    username: str
    password: str
    home: str

    @property
    def origin(self) -> str:
        """The scheme, host and port."""
        return self.url.rstrip("/")


@contextlib.contextmanager
def radicale(
    folder: Path, *, username: str = USER, password: str = PASSWORD, options: Sequence[str] = ()
) -> Iterator[Server]:
    """Run Radicale with one user and its files under ``folder``; it answers 401 to everyone else."""
    _needs("radicale")
    folder.mkdir(parents=True, exist_ok=True)
    users = folder / "users"
    users.write_text(f"{username}:{password}\n", "utf-8")
    users.chmod(0o600)
    port = free_port()
    command = [
        *(sys.executable, "-m", "radicale", "--config", os.devnull, f"--server-hosts=127.0.0.1:{port}"),
        *("--auth-type=htpasswd", f"--auth-htpasswd-filename={users}", "--auth-htpasswd-encryption=plain"),
        *("--auth-delay=0", f"--storage-filesystem-folder={folder / 'collections'}", *options),
    ]
    url = f"http://127.0.0.1:{port}/"
    with _running(command, folder / "radicale.log", f"{url}.web/"):
        yield Server(url, username, password, f"{url}{username}/")


@contextlib.contextmanager
def xandikos(folder: Path) -> Iterator[Server]:
    """Run Xandikos with its files under ``folder``. It asks nobody for a password over plain http."""
    _needs("xandikos")
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    command = [
        *(sys.executable, "-m", "xandikos", "serve", "-l", "127.0.0.1", "-p", str(port)),
        *("-d", str(folder / "collections"), "--defaults", "--current-user-principal", f"/{USER}/"),
    ]
    url = f"http://127.0.0.1:{port}/"
    with _running(command, folder / "xandikos.log", url):
        yield Server(url, USER, PASSWORD, f"{url}{USER}/calendars/")


def free_port() -> int:
    """Return a loopback port that was free a moment ago."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    return port


@contextlib.contextmanager
def _running(command: Sequence[str], log: Path, url: str) -> Iterator[None]:
    environ = {"PATH": os.environ.get("PATH", ""), "HOME": str(log.parent), "PYTHONWARNINGS": "ignore"}
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=environ, cwd=log.parent)  # noqa: S603 - ours
        try:
            _await(process, url, log)
            yield
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _await(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    with requests.Session() as session:
        session.trust_env = False
        while time.monotonic() < deadline and process.poll() is None:
            with contextlib.suppress(requests.ConnectionError):
                session.request("OPTIONS", url, timeout=2)
                return
            time.sleep(0.05)
    last = log.read_text("utf-8", "replace").strip().splitlines()[-1:]
    raise Unavailable(f"The server {Path(log).stem} did not start: {' '.join(last) or 'it said nothing'}.")


def _needs(module: str) -> None:
    if find_spec(module) is None:
        raise Unavailable(f"{module} is not installed; it comes with config/requirements-dev.lock.")
