"""The calendar server of the demo business: Radicale beside the hub, with its files in the data folder."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

from hub.core.errors import StateError
from hub.run.child import Program
from hub.settings import PREFIX, Settings


@dataclass(frozen=True, slots=True, repr=False)
class DemoPlace:
    """Where the demo's calendar server is, and who signs in where. Written down beside its calendars, mode 0600."""

    port: int
    email: str
    password: str
    calendar_password: str
    zone: str = "America/New_York"

    @property
    def origin(self) -> str:
        """The calendar server's address."""
        return f"http://127.0.0.1:{self.port}"


def folder_of(settings: Settings) -> Path:
    """Return where the demo keeps its calendars."""
    return settings.data_dir.resolve() / "demo"


def find_place(settings: Settings) -> DemoPlace | None:
    """Return the demo's place, or None where there is no demo."""
    file = folder_of(settings) / "place.json"
    return DemoPlace(**json.loads(file.read_text("utf-8"))) if file.is_file() else None


def keep_place(folder: Path, place: DemoPlace, users: Mapping[str, str]) -> None:
    """Write the place down, and the users of the calendar server with their passwords."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    lines = "".join(f"{name}:{password}\n" for name, password in users.items())
    for name, text in (("place.json", json.dumps(asdict(place))), ("users", lines)):
        handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)


def calendar_program(folder: Path, place: DemoPlace) -> Program:
    """Return the calendar server as a program of the supervisor. Raises StateError where Radicale is not installed."""
    if find_spec("radicale") is None:
        raise StateError("The demo needs Radicale, which scripts/up installs; start with `hub up` for no demo.")
    command = [
        *("/bin/sh", "-c", 'exec "$@" >>"$LOG" 2>&1', "sh"),  # it tells every request: into a file of its own
        *(sys.executable, "-m", "radicale", "--config", os.devnull, f"--server-hosts=127.0.0.1:{place.port}"),
        *("--auth-type=htpasswd", f"--auth-htpasswd-filename={folder / 'users'}", "--auth-htpasswd-encryption=plain"),
        *("--auth-delay=0", f"--storage-filesystem-folder={folder / 'collections'}", "--logging-level=warning"),
    ]
    return Program(
        "demo calendars",
        tuple(command),
        stage=3,
        stop_seconds=5,
        environment={"HOME": str(folder), "PYTHONWARNINGS": "ignore", "LOG": str(folder / "radicale.log")},
        answers=lambda: _answers(place.port),
    )


def demo_environment(settings: Settings, place: DemoPlace) -> dict[str, str]:
    """Return what the hub's processes need to know besides: that this one server on loopback may be reached."""
    return {f"{PREFIX}EGRESS_ALLOW": ",".join(dict.fromkeys((*settings.egress_allow, place.origin)))}


def _answers(port: int) -> bool:
    with socket.socket() as line:
        line.settimeout(1)
        return line.connect_ex(("127.0.0.1", port)) == 0
