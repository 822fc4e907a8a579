"""What `hub doctor` says of the machine: folder, space, port, Python, packages, time zones."""

from __future__ import annotations

import os
import re
import shutil
import socket
import stat
import sys
import zoneinfo
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, distributions, version
from pathlib import Path

from hub.run.finding import Finding, bad, ok, warn
from hub.run.patient import Patient

LOCK = Path(__file__).parents[2] / "config" / "requirements.lock"
"""The lock of a checkout; an installation from a wheel has none."""

_LEAST, _LITTLE = 100_000_000, 1_000_000_000
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;\\]+)\s*(?:;\s*([^\\\n]+))?", re.MULTILINE)
_FIELD = re.compile(r"^(Name|Version): *(\S+)", re.MULTILINE)
_NEWEST_TRIED = (3, 13)


def check_port(patient: Patient) -> Iterator[Finding]:
    """Look whether the hub answers at its port, or whether another program has it."""
    host, port = patient.settings.web_host, patient.settings.web_port
    if port == 0 or not patient.settings.queue_is_embedded:
        return
    taken = _is_taken({"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port)  # noqa: S104 - compared
    if patient.is_supervised:
        if taken:
            yield ok("port", f"The web server answers on port {port}.")
        else:
            yield bad("port", f"The hub runs, but nothing answers on port {port}.", "See what its log says of web.")
    elif taken:
        yield bad(
            "port",
            f"Port {port} of {host} is taken by another program, so the hub cannot start.",
            "Stop that program, or choose another port with HUB_WEB_PORT.",
        )
    else:
        yield ok("port", f"Port {port} is free.")


def _is_taken(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False


def check_folder(patient: Patient) -> Iterator[Finding]:
    """Look whether the data folder is there, ours, and closed to others."""
    settings, folder = patient.settings, patient.settings.data_dir.resolve()
    elsewhere = (settings.database_url, settings.keystore_url, settings.queue_url)
    if all(one.get_secret_value() for one in elsewhere):
        return  # nothing that matters is in it
    if not os.path.lexists(folder):
        if settings.queue_is_embedded:
            yield warn(
                "folder", f"There is no data folder {str(folder)!r} yet.", "Start the hub, which makes it: hub up."
            )
        return
    about = folder.stat()
    if not stat.S_ISDIR(about.st_mode):
        yield bad("folder", f"{str(folder)!r} is no folder.", "Name another one with HUB_DATA_DIR.")
    elif about.st_uid != os.geteuid():
        yield bad(
            "folder", f"{str(folder)!r} belongs to another user.", "Run this as the hub's user, or chown the folder."
        )
    elif not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield bad("folder", f"{str(folder)!r} cannot be written.", f"Run: chmod 700 {folder}")
    elif about.st_mode & 0o077:
        yield bad(
            "folder", f"{str(folder)!r} is open to others: mode {about.st_mode & 0o777:o}.", f"Run: chmod 700 {folder}"
        )
    else:
        yield ok("folder", f"{str(folder)!r} is ours and closed to others.")


def check_space(patient: Patient) -> Iterator[Finding]:
    """Look whether there is room where the data lies."""
    folder = patient.settings.data_dir.resolve()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    room = f"{free / 1e9:.1f} GB are free at {str(folder)!r}."
    if free < _LEAST:
        yield bad("space", room, "Make room: a database that cannot be written takes no bookings.")
    elif free < _LITTLE:
        yield warn("space", room, "Make room soon.")
    else:
        yield ok("space", room)


def check_python(patient: Patient) -> Iterator[Finding]:
    """Look whether the hub was tried with this Python."""
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] > _NEWEST_TRIED:
        yield warn("python", f"The hub was not tried with Python {found}.", "Use 3.11 to 3.13 if something fails.")
    else:
        yield ok("python", f"Python {found}.")


def check_packages(patient: Patient, lock: Path = LOCK) -> Iterator[Finding]:
    """Compare what is installed with the lock, and look for what must not be installed."""
    installed = _installed()
    for intruder in sorted(installed.keys() & {"niquests", "urllib3-future"}):
        yield bad(
            "packages",
            f"{intruder} is installed, which puts itself in the place of urllib3.",
            "Make the environment anew from the lock: remove .venv, run scripts/venv.",
        )
    if not lock.is_file():
        yield ok("packages", f"frontdesk-hub {version('frontdesk-hub')}; there is no lock beside it to compare with.")
        return
    pins = _pins(lock, installed)
    differing = [one for one in (_compare(name, pins[name], installed.get(name, "")) for name in pins) if one]
    if differing:
        more = f" and {len(differing) - 5} more" if len(differing) > 5 else ""
        yield warn(
            "packages",
            f"Installed is not what the lock says: {', '.join(differing[:5])}{more}.",
            "Run scripts/venv, which installs the lock.",
        )
    else:
        yield ok("packages", f"frontdesk-hub {version('frontdesk-hub')}, with the {len(pins)} packages of the lock.")


def _installed() -> dict[str, str]:
    """Return the versions of what is installed, by names as locks write them.

    Two fields are read with an expression: the parser for mails takes a second for all files.
    """
    found: dict[str, str] = {}
    for one in distributions():
        head = (one.read_text("METADATA") or one.read_text("PKG-INFO") or "").partition("\n\n")[0]
        fields = dict(_FIELD.findall(head))
        if name := re.sub(r"[-_.]+", "-", fields.get("Name", "")).lower():
            found.setdefault(name, fields.get("Version", ""))
    return found


def _pins(lock: Path, installed: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the versions of each package that a lock allows. What only some machines need counts where it is here."""
    pins: dict[str, list[str]] = {}
    for name, pinned, marker in _PINNED.findall(lock.read_text()):
        if not marker or name in installed:
            pins.setdefault(name, []).append(pinned)
    return pins


def _compare(name: str, versions: list[str], found: str) -> str:
    if not found:
        return f"{name} is missing"
    return "" if found in versions else f"{name} is {found}, not {' or '.join(versions)}"


def check_zones(patient: Patient) -> Iterator[Finding]:
    """Look whether the time zones are there, from the package and not from the machine's luck."""
    try:
        zoneinfo.ZoneInfo.no_cache("Europe/Berlin")
        yield ok("zones", f"tzdata {version('tzdata')}.")
    except PackageNotFoundError:
        yield warn("zones", "The package tzdata is missing, so zones depend on this machine.", "Run scripts/venv.")
    except zoneinfo.ZoneInfoNotFoundError:
        yield bad("zones", "There are no time zones on this machine.", "Install the package tzdata: run scripts/venv.")
