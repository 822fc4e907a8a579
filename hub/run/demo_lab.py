"""The lab beside the demo business: where it is, what the demo's hub must reach and trust for it, and its program."""

from __future__ import annotations

import json
import os
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from hub.run.child import Program
from hub.settings import PREFIX, Settings

REACH = "reach.json"
"""Holds what is to be known of the lab without running it; in the folder ``lab`` of the demo."""


@dataclass(frozen=True, slots=True)
class DemoLab:
    """The lab of a demo: its page, and the stand-ins. ``authority`` is a PEM file, None where nothing speaks TLS."""

    port: int
    origins: tuple[str, ...]
    titles: tuple[str, ...]
    authority: Path | None

    @property
    def page(self) -> str:
        """The address of its page."""
        return f"http://127.0.0.1:{self.port}/"


def find_lab(demo: Path) -> DemoLab | None:
    """Return the lab of the demo in this folder, or None where it has none."""
    file = demo / "lab" / REACH
    if not file.is_file():
        return None
    kept = json.loads(file.read_text("utf-8"))
    authority = demo / "lab" / "authority.pem" if kept["tls"] else None
    return DemoLab(kept["port"], tuple(kept["origins"]), tuple(kept["titles"]), authority)


def taken_port(lab: DemoLab) -> int:
    """Return a port of the lab that another program listens on, or 0: the demo does without its lab then."""
    ports = (lab.port, *(urlsplit(origin).port or 0 for origin in lab.origins))
    return next((port for port in ports if _answers(port)), 0)


def lab_program(demo: Path, lab: DemoLab, redirect: str) -> Program:
    """Return the lab as a program of the supervisor; owners may be sent back to ``redirect``."""
    return Program(
        "demo lab",
        (
            *("/bin/sh", "-c", 'exec "$@" >>"$LOG" 2>&1', "sh"),
            *(sys.executable, "-m", "hub.run.demo_lab_serve", str(demo), redirect),
        ),
        stage=3,
        stop_seconds=5,
        environment={"HOME": str(demo), "PYTHONWARNINGS": "ignore", "LOG": str(demo / "lab.log")},
        answers=lambda: _answers(lab.port),
    )


def lab_environment(settings: Settings, demo: Path, lab: DemoLab) -> dict[str, str]:
    """Return what the hub's processes need to know besides: these stand-ins may be reached, and who signed for them.

    Only processes of the demo get it. An authority of the operator's own stays trusted.
    """
    allowed = f"{PREFIX}EGRESS_ALLOW"
    known = {allowed: ",".join(dict.fromkeys((*settings.egress_allow, *lab.origins)))}
    if lab.authority is not None:
        file = lab.authority
        if settings.ca_file is not None:
            file = demo / "lab" / "authorities.pem"
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as both:
                both.write(settings.ca_file.read_bytes() + b"\n" + lab.authority.read_bytes())
        known[f"{PREFIX}EGRESS_CA_FILE"] = str(file)
    return known


def _answers(port: int) -> bool:
    with socket.socket() as line:
        line.settimeout(1)
        return line.connect_ex(("127.0.0.1", port)) == 0
