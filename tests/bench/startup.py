"""How long the whole embedded hub takes to start, and how much memory it has, beside a bare Flask application.

`python -m tests.bench.startup`. Memory is the proportional set size: pages that forked processes share count once.
"""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import requests

from hub.testing.servers import free_port

_BARE = """
from flask import Flask
from gunicorn.app.base import BaseApplication
class Bare(BaseApplication):
    def load_config(self):
        self.cfg.set("bind", "127.0.0.1:{port}"); self.cfg.set("worker_class", "gthread")
        self.cfg.set("threads", 8); self.cfg.set("loglevel", "critical"); self.cfg.set("control_socket_disable", True)
    def load(self):
        app = Flask("bare"); app.add_url_rule("/health/live", view_func=lambda: "ok"); return app
Bare().run()
"""


class Row(NamedTuple):
    """One thing that was started: seconds until it answered with a page, mebibytes of all its processes."""

    name: str
    seconds: float
    mebibytes: float
    processes: int


def rows(times: int = 3) -> list[Row]:
    """Start each in turn, several times, and return the medians; the last is the control."""
    found: dict[str, list[Row]] = {}
    for _ in range(times):
        with tempfile.TemporaryDirectory(prefix="hub-bench-") as folder:
            for name in ("first start, empty folder", "second start"):
                port = free_port()
                environment = {"HUB_DATA_DIR": folder, "HUB_WEB_PORT": str(port), "HUB_LOG_LEVEL": "ERROR"}
                command = [sys.executable, "-m", "hub.cli", "up"]
                found.setdefault(name, []).append(_start(name, command, port, environment))
        port = free_port()
        name = "control: bare Flask under gunicorn"
        found.setdefault(name, []).append(
            _start(name, [sys.executable, "-c", _BARE.replace("{port}", str(port))], port)
        )
    return [
        Row(
            name,
            statistics.median(row.seconds for row in some),
            statistics.median(row.mebibytes for row in some),
            some[0].processes,
        )
        for name, some in found.items()
    ]


def _start(name: str, command: list[str], port: int, more: dict[str, str] | None = None) -> Row:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("HUB_")}
    began = time.perf_counter()
    process = subprocess.Popen(command, env=kept | (more or {}), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        path = "/" if more else "/health/live"  # a page as a visitor gets it: the first run's, or the sign-in
        while not _answers(f"http://127.0.0.1:{port}{path}"):
            if process.poll() is not None or time.perf_counter() - began > 60:
                raise RuntimeError(f"{name} did not start")
            time.sleep(0.02)
        took = time.perf_counter() - began
        time.sleep(1)
        family = list(_family(process.pid))
        return Row(name, took, sum(map(_pss, family)) / 1024, len(family))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).status_code == 200
    except requests.RequestException:
        return False


def _family(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from _family(int(child))


def _pss(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def show(found: list[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = ["| what | seconds until it answers a page | MiB (PSS) | processes |", "|---|---|---|---|"]
    lines += [f"| {row.name} | {row.seconds:.2f} | {row.mebibytes:.0f} | {row.processes} |" for row in found]
    return "\n".join(lines)


if __name__ == "__main__":
    print(show(rows()))
