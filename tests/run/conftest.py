"""A hub that runs: `hub up` as a process, with a line of its output for each thing that happens."""

from __future__ import annotations

import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from hub.run.supervisor import READY
from tests.crash.harness import ROOT

_END = "(it says no more)"


class Running:
    """A `hub up` and what it said so far."""

    def __init__(self, data_dir: Path, environment: dict[str, str], options: tuple[str, ...] = ()) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
        env = {**kept, "HUB_DATA_DIR": str(data_dir), "HUB_WEB_PORT": "0", "PYTHONUNBUFFERED": "1", **environment}
        command = [sys.executable, "-m", "hub.cli", "up", *options]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        self.data_dir = data_dir
        self.process = subprocess.Popen(command, cwd=ROOT, env=env, start_new_session=True, **pipes)
        self.said: list[str] = []
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line.rstrip())
        self._lines.put(_END)

    def wait_for(self, pattern: str, seconds: float = 60) -> re.Match[str]:
        """Wait for a line that matches, from now on."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                line = self._lines.get(timeout=max(deadline - time.monotonic(), 0.01))
            except queue.Empty:
                raise AssertionError(f"{pattern!r} was not said; but this: {self.said}") from None
            assert line != _END, f"{pattern!r} was not said; but this: {self.said}"
            self.said.append(line)
            if found := re.search(pattern, line):
                return found

    def until_ready(self) -> str:
        """Wait until everything is ready, and return the address."""
        return self.wait_for(f"{READY} (.*)")[1].rstrip("/")

    def pid_of(self, name: str) -> int:
        """The process of a child, as it was last said."""
        found = [line for line in self.said if line.startswith(f"{name} is ready")]
        return int(found[-1].rpartition("process ")[2].rstrip(")"))

    def family(self) -> list[psutil.Process]:
        """Every process below this one."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self, seconds: float = 30) -> int:
        """Ask it to stop, and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(seconds)
        self._reader.join(5)
        while not self._lines.empty():
            self.said.append(self._lines.get())
        self.said.remove(_END)
        return code

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join(10)
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Start `hub up` on a new data folder (or the one named), with more environment."""
    running = []

    def up(data_dir: Path | None = None, *, options: tuple[str, ...] = (), **environment: str) -> Running:
        running.append(Running(data_dir or tmp_path / "data", environment, options))
        return running[-1]

    yield up
    for each in running:
        each.close()


def get(address: str) -> tuple[int, bytes]:
    """GET a page of the hub itself."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(address, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


@pytest.fixture(name="get")
def _get() -> Callable[[str], tuple[int, bytes]]:
    return get
