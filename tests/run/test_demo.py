"""`hub demo` as people type it: it shows every step, names the one that fails, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import text

from hub.store.database import open_database
from hub.store.guard import Across
from hub.testing.servers import free_port
from tests.crash.harness import ROOT

PASSWORD = "hunter2"
STEPS = (
    "A CalDAV server starts",
    "The hub starts",
    "The hub connects to the calendar",
    "A service is set up",
    "A customer holds a time and books it",
    "The event is in the calendar, exactly once",
    "The appointment is moved",
    "The appointment is cancelled",
    "The account is disconnected while calls are made with it",
    "The password is nowhere to be found",
)
SAID = (
    "The hub says that it is ready",
    "With a wrong password it says",
    "10:00 is not offered",
    "9:30 is not offered either",
    "The second customer hears",
    "live; the booking is confirmed",
    "one event of ours, at 14:00; the dentist is untouched",
    "the same one event, now at 15:00",
    "no event of ours; 15:00 is offered again",
    "Calls that started later: 0.",
    "A call that is made now is refused: disconnected.",
    "At the provider: The provider has nothing that the hub could end",
    "searched byte by byte",
)


class Demo:
    """A demonstration that runs, what it said so far, and every process that it ever started."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder = folder
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
        self.places = tempfile.mkdtemp(prefix="hub-t-")  # short: a queue's socket has to lie in it
        own = {"HUB_DATABASE_URL": database_url, "HUB_DATA_DIR": str(folder / "mine"), "TMPDIR": self.places}
        command = [sys.executable, "-m", "hub.cli", "demo"]
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        env = {**kept, **own, "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(command, cwd=ROOT, env=env, start_new_session=True, **pipes)
        self.said = ""
        self.family: set[psutil.Process] = set()

    def lines(self) -> Iterator[str]:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line
            self.look()
            yield line

    def look(self) -> None:
        try:
            self.family |= set(psutil.Process(self.process.pid).children(recursive=True))
        except psutil.NoSuchProcess:
            return

    def until(self, sentence: str) -> None:
        for line in self.lines():
            if sentence in line:
                return
        raise AssertionError(self.said)

    def end(self) -> int:
        """Read to the end, and see that it left no process and no file."""
        watch = threading.Timer(60, self.process.kill)
        watch.start()
        for _ in self.lines():
            pass
        code = self.process.wait(30)
        watch.cancel()
        assert psutil.wait_procs(self.family, timeout=5)[1] == []
        assert os.listdir(self.places) == []
        assert not (self.folder / "mine").exists()
        assert "Traceback" not in self.said, self.said
        return code

    def close(self) -> None:
        if self.process.poll() is None:
            self.look()
            self.process.kill()
            for one in self.family:
                with contextlib.suppress(psutil.NoSuchProcess):
                    one.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
        shutil.rmtree(self.places)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Any]:
    running: list[Demo] = []

    def start(database_url: str) -> Demo:
        running.append(Demo(tmp_path, database_url))
        return running[-1]

    yield start
    for one in running:
        one.close()


def schemas(address: str) -> set[str]:
    database = open_database(address)
    with database.engine.connect().execution_options(across=Across.OPERATOR) as conn:
        found = set(conn.execute(text("select schema_name from information_schema.schemata")).scalars())
    database.close()
    return found


def address_of(request: pytest.FixtureRequest, kind: str) -> str:
    return str(request.getfixturevalue("postgresql_url")) if kind == "PostgreSQL" else ""


@pytest.mark.parametrize("kind", ["SQLite", "PostgreSQL"])
def test_everything_is_shown_step_by_step_and_nothing_is_left(
    demo: Any, request: pytest.FixtureRequest, kind: str
) -> None:
    address = address_of(request, kind)
    before = schemas(address) if address else set()
    running = demo(address)
    assert running.end() == 0, running.said
    titles = re.findall(r"^ *(\d+)\. (.*)$", running.said, re.MULTILINE)
    assert [int(number) for number, _ in titles] == list(range(1, len(STEPS) + 1))
    for (_, title), step in zip(titles, STEPS, strict=True):
        assert title.startswith(step)
    for sentence in (*SAID, f"its data is in {kind}", "Everything was seen as promised"):
        assert sentence in running.said
    assert len(running.family) >= 6  # the calendar's server, the hub, its queue, web, worker and clock
    assert (schemas(address) if address else set()) == before


def test_a_server_that_dies_in_the_middle_fails_the_step_and_everything_is_cleared_away(
    demo: Any, postgresql_url: str
) -> None:
    before = schemas(postgresql_url)
    running = demo(postgresql_url)
    running.until("Connected as")
    (radicale,) = [one for one in running.family if one.is_running() and "radicale" in one.cmdline()]
    radicale.kill()
    assert running.end() == 1
    assert "FAILED at the step: A service is set up and its free times are offered" in running.said
    assert schemas(postgresql_url) == before


def test_a_database_that_is_not_there_fails_the_step_in_one_sentence(demo: Any) -> None:
    running = demo(f"postgresql://ada:{PASSWORD}@127.0.0.1:{free_port()}/hub")
    assert running.end() == 1
    assert "FAILED at the step: The hub starts" in running.said
    assert "The database cannot be used now" in running.said
    assert PASSWORD not in running.said


def test_an_address_that_is_none_fails_the_step_in_one_sentence(demo: Any) -> None:
    running = demo(f"mysql://ada:{PASSWORD}@127.0.0.1/hub")
    assert running.end() == 1
    assert "FAILED at the step: The hub starts" in running.said
    assert "postgresql://user:password@host/name" in running.said
    assert PASSWORD not in running.said


def test_whoever_stops_it_in_the_middle_finds_nothing_left_either(demo: Any, postgresql_url: str) -> None:
    before = schemas(postgresql_url)
    running = demo(postgresql_url)
    running.until("Connected as")
    running.process.send_signal(signal.SIGTERM)
    assert running.end() != 0
    assert "Everything was seen" not in running.said
    assert schemas(postgresql_url) == before
