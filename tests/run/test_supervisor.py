"""`hub up` with its real children: they come back when killed, and nothing is left when it stops."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from hub.core.errors import Unavailable, UnknownId
from hub.run.broker_place import broker_place
from hub.settings import load_settings
from hub.store.database import Database, open_database
from hub.store.outbox import DONE, add_effect, entries
from hub.vault.remote import RemoteBroker
from tests.run.conftest import Running

Up = Callable[..., Running]
Get = Callable[[str], tuple[int, bytes]]
CHILDREN = ("valkey", "web", "worker", "clock")


def database_of(running: Running) -> Database:
    return open_database(load_settings({}, data_dir=running.data_dir).database)


def add(database: Database, key: str) -> str:
    """A fact for listeners: an effect of the hub itself that needs no provider."""
    facts = {"business": "b" * 26, "booking": key, "state": "confirmed", "calendar_state": "written"}
    payload = {"hook": "hub_booking_changed", "facts": facts}
    now = int(time.time())
    with database.writing() as conn:
        return add_effect(conn, business_id="b" * 26, kind="tell", key=key, payload=payload, due_at=now, now=now)


def wait_until_done(database: Database, row: str, seconds: float = 30) -> float:
    began = time.monotonic()
    while True:
        with database.reading() as conn:
            if row in {entry.id for entry in entries(conn, (DONE,))}:
                return time.monotonic() - began
        assert time.monotonic() - began < seconds, "the effect did not happen"
        time.sleep(0.05)


def test_everything_starts_serves_and_stops_without_a_trace(up: Up, get: Get) -> None:
    hub = up()
    address = hub.until_ready()
    assert get(f"{address}/health/live")[0] == 200
    status, body = get(f"{address}/health/ready")
    assert (status, json.loads(body)["ready"]) == (200, True)
    family = hub.family()
    assert len(family) >= 5  # the web server has a master and the process that serves
    database = database_of(hub)
    wait_until_done(database, add(database, "1"))
    database.close()
    assert hub.stop() == 0
    assert psutil.wait_procs(family, timeout=3)[1] == []
    assert hub.said[-1] == "The hub has stopped."


@pytest.mark.crash
@pytest.mark.timeout(240)
def test_every_child_comes_back_after_kill_9_and_effects_still_happen(up: Up, get: Get) -> None:
    hub = up()
    address = hub.until_ready()
    database = database_of(hub)
    for name in CHILDREN:
        before = hub.pid_of(name)
        os.kill(before, signal.SIGKILL)
        hub.wait_for(f"^{name} ended \\(signal 9\\)")
        hub.wait_for(f"^{name} is ready")
        assert hub.pid_of(name) != before
        wait_until_done(database, add(database, name))
        assert json.loads(get(f"{address}/health/ready")[1])["ready"]
    database.close()
    assert hub.stop() == 0


@pytest.mark.crash
def test_requests_wait_while_the_web_server_comes_back(up: Up, get: Get) -> None:
    hub = up()
    address = hub.until_ready()
    orphans = psutil.Process(hub.pid_of("web")).children()
    os.kill(hub.pid_of("web"), signal.SIGKILL)
    assert orphans
    assert psutil.wait_procs(orphans, timeout=3)[1] == []
    assert get(f"{address}/health/live")[0] == 200


@pytest.mark.crash
def test_nothing_outlives_a_supervisor_that_is_killed_and_the_next_one_starts(up: Up, get: Get) -> None:
    hub = up()
    hub.until_ready()
    family = hub.family()
    hub.process.kill()
    assert psutil.wait_procs(family, timeout=5)[1] == []
    again = up()
    assert get(f"{again.until_ready()}/health/ready")[0] == 200


@pytest.mark.crash
def test_a_worker_that_does_not_stop_is_killed_in_time(up: Up) -> None:
    hub = up(HUB_WORKERS="2")
    hub.until_ready()
    family = hub.family()
    os.kill(hub.pid_of("clock"), signal.SIGSTOP)
    began = time.monotonic()
    assert hub.stop() == 0
    assert 4 < time.monotonic() - began < 15
    assert "clock does not stop and is killed" in hub.said
    assert psutil.wait_procs(family, timeout=3)[1] == []


@pytest.mark.crash
def test_a_broker_of_its_own_starts_before_those_who_ask_it_and_comes_back(up: Up) -> None:
    hub = up(options=("--separate-broker",))
    hub.until_ready()
    ready = [line.partition(" is ready")[0] for line in hub.said if " is ready (" in line]
    assert ready[:3] == ["valkey", "clock", "broker"]
    assert set(ready[3:]) == {"web", "worker"}
    place = broker_place(load_settings({}, data_dir=hub.data_dir))
    for name in ("web", "worker", "clock"):
        assert psutil.Process(hub.pid_of(name)).environ()["HUB_BROKER_SOCKET"] == str(place)
    broker, family = RemoteBroker(place, timeout=5, max_bytes=1000), hub.family()
    for _ in range(2):
        with pytest.raises(UnknownId):  # it looked into its database
            broker.disconnect("b" * 26, "c" * 26)
        os.kill(hub.pid_of("broker"), signal.SIGKILL)
        hub.wait_for("^broker ended \\(signal 9\\)")
        with pytest.raises(Unavailable):
            broker.disconnect("b" * 26, "c" * 26)
        hub.wait_for("^broker is ready")
    broker.close()
    family += hub.family()
    assert hub.stop() == 0
    assert psutil.wait_procs(family, timeout=3)[1] == []
    assert not place.exists()


def test_a_data_folder_too_deep_for_the_brokers_socket_is_said(up: Up, tmp_path: Path) -> None:
    hub = up(tmp_path / ("x" * 100), options=("--separate-broker",), HUB_QUEUE_URL="redis://127.0.0.1:1/0")
    assert hub.process.wait(30) == 1
    hub.wait_for("107 bytes.*HUB_BROKER_SOCKET")


def test_a_second_hub_on_the_same_data_folder_is_refused(up: Up) -> None:
    first = up()
    first.until_ready()
    second = up()
    assert second.process.wait(30) == 1
    said = second.wait_for("runs already")[0]
    assert said
    assert f"process {first.process.pid}" in second.said[-1]
    assert first.process.poll() is None


def test_a_port_that_is_taken_is_said_and_nothing_is_started(up: Up) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        hub = up(HUB_WEB_PORT=str(port))
        assert hub.process.wait(30) == 1
        hub.wait_for(f"port {port} of 127.0.0.1 is taken by another program.*HUB_WEB_PORT")
        assert len(hub.said) == 1


def test_an_address_of_another_machine_is_said(up: Up) -> None:
    hub = up(HUB_WEB_HOST="192.0.2.1")
    assert hub.process.wait(30) == 1
    hub.wait_for("192.0.2.1.*HUB_WEB_HOST")


def test_a_child_that_cannot_start_stops_the_rest_and_says_why(up: Up, tmp_path: Path) -> None:
    keys = tmp_path / "data" / "keys"
    keys.mkdir(parents=True)
    for name in ("credential.root", "data.root"):
        (keys / name).write_text("readable by all")
        (keys / name).chmod(0o644)
    hub = up()
    assert hub.process.wait(60) == 1
    hub.wait_for("could not be started")
    assert any("root" in line and "Traceback" not in line for line in hub.said)
    assert not [p for p in psutil.process_iter(["environ"]) if _of(p, hub.data_dir)]


def _of(process: psutil.Process, data_dir: Path) -> bool:
    environ: dict[str, str] = process.info["environ"] or {}
    return environ.get("HUB_DATA_DIR") == str(data_dir) and process.status() != psutil.STATUS_ZOMBIE
