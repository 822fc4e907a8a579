"""A hub on both kinds of database, a clock to turn, and a real Valkey for each test process."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rq import Queue

from hub.jobs.queue import open_queue
from hub.parts import Hub
from hub.run.parent import READY_FD
from hub.run.valkey import valkey_running
from hub.settings import Settings, load_settings
from tests.crash.harness import scenario_environment
from tests.crash.outbox import plain_hub
from tests.fork import Forked


class Clock:
    """A clock that stands still until it is turned."""

    def __init__(self) -> None:
        self.now = int(time.time())

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """The settings of a Valkey that runs for the whole session."""
    settings = load_settings({}, data_dir=tmp_path_factory.mktemp("v"))
    with valkey_running(settings):
        yield settings


@pytest.fixture
def queue(valkey: Settings) -> Iterator[Queue]:
    """An empty queue."""
    queue = open_queue(valkey.queue)
    queue.connection.flushall()
    yield queue
    queue.connection.close()


@pytest.fixture
def settings(database_url: str, tmp_path: Path, valkey: Settings) -> Settings:
    return load_settings({}, data_dir=tmp_path, database_url=database_url, queue_url=valkey.queue)


@pytest.fixture
def hub(settings: Settings, clock: Clock) -> Iterator[Hub]:
    hub = plain_hub(settings, clock)
    yield hub
    hub.database.close()
    hub.keystore.close()


Start = Callable[..., Forked]


@pytest.fixture
def start(settings: Settings) -> Iterator[Start]:
    """Start a scenario of ``tests.crash.outbox`` as a process, and wait until it says that it is ready."""
    running = []

    def start(scenario: str, *, wait: bool = True, **environment: str) -> Forked:
        environment = {"HUB_QUEUE_URL": settings.queue, **environment}
        env = scenario_environment(settings.data_dir, settings.database, environment)
        reading, writing = os.pipe()
        process = Forked("tests.crash.outbox", [scenario], env, passed={READY_FD: writing})
        running.append(process)
        os.close(writing)
        if wait:
            assert os.read(reading, 1) == b".", "it ended before it was ready"
        os.close(reading)
        return process

    yield start
    for process in running:
        process.kill()
        process.wait()


def eventually(holds: Callable[[], bool], seconds: float = 15) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"did not hold within {seconds} s"
        time.sleep(0.02)


@pytest.fixture(name="eventually")
def _eventually() -> Callable[..., None]:
    return eventually
