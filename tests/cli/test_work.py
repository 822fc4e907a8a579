"""`hub work broker` as a process of its own: the others use no credential root, and go on when it dies."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from sqlalchemy import select

from hub.actions.ask import ask_provider
from hub.actions.book import book
from hub.actions.cancel import cancel
from hub.actions.connect import connect
from hub.actions.disconnect import disconnect
from hub.actions.effects import EFFECTS
from hub.actions.hold import hold
from hub.actions.people import Customer
from hub.actions.receipt import disconnection_receipt
from hub.actions.revoke import try_revocation
from hub.app import close_hub, create_hub
from hub.core.booking import CalendarState, State
from hub.core.ended import EndState
from hub.core.errors import HubError, Refused, Retry, Unavailable
from hub.core.provider import Form
from hub.core.purpose import Purpose
from hub.core.security import OPERATOR
from hub.jobs.perform import drain
from hub.parts import Hub
from hub.settings import load_settings
from hub.store.booking import find_booking
from hub.store.connection import Connection
from hub.testing.faulty import Fault, Front, faulty
from hub.testing.servers import Server, radicale
from hub.vault.remote import RemoteBroker
from tests.crash.harness import ROOT, recover
from tests.crash.scenarios import Scene, prepare
from tests.vault.serving import short_folder

BEN = Customer("Ben Barnes", email="ben@example.com")


class BrokerProcess:
    """A broker that can be killed and started again. It alone knows where the credential root is."""

    def __init__(self, environment: dict[str, str], root: Path) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
        self._environment = {**kept, **environment, "HUB_CREDENTIAL_ROOT": str(root)}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        reading, writing = os.pipe()
        command = [sys.executable, "-m", "hub.cli", "work", "broker"]
        environment = {**self._environment, "HUB_READY_FD": str(writing)}
        self._process = subprocess.Popen(command, cwd=ROOT, env=environment, pass_fds=(writing,))
        os.close(writing)
        assert os.read(reading, 1) == b".", "the broker did not start"
        os.close(reading)

    def end(self, number: signal.Signals = signal.SIGKILL) -> int:
        if self._process is None:
            return 0
        self._process.send_signal(number)
        code, self._process = self._process.wait(20), None
        return code


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with radicale(tmp_path_factory.mktemp("radicale")) as running:
        yield running


@pytest.fixture
def front(server: Server) -> Iterator[Front]:
    with faulty(server.origin) as front:
        yield front


@pytest.fixture
def environment(database_url: str, tmp_path: Path, front: Front) -> Iterator[dict[str, str]]:
    """What every process of this hub is told; the credential root is not where they would look."""
    with short_folder() as folder:
        yield {
            "HUB_DATA_DIR": str(tmp_path / "data"),
            "HUB_DATABASE_URL": database_url,
            "HUB_EGRESS_ALLOW": front.url.rstrip("/"),
            "HUB_BROKER_SOCKET": str(folder / "socket"),
            "HUB_CREDENTIAL_ROOT": str(tmp_path / "not-for-them" / "credential.root"),
        }


@pytest.fixture
def broker(environment: dict[str, str], tmp_path: Path) -> Iterator[BrokerProcess]:
    broker = BrokerProcess(environment, tmp_path / "broker" / "credential.root")
    broker.start()
    yield broker
    broker.end()


@pytest.fixture
def hub(environment: dict[str, str], broker: BrokerProcess, tmp_path: Path) -> Iterator[Hub]:
    made = create_hub(load_settings(environment))
    yield made
    close_hub(made)
    assert not (tmp_path / "not-for-them").exists()


@pytest.fixture
def scene(hub: Hub, server: Server, front: Front) -> Iterator[Scene]:
    made = prepare(hub, Server(front.url, server.username, server.password, f"{front.url}{server.username}/"))
    yield made
    front.break_with(None)
    requests.delete(made.calendar, auth=(server.username, server.password), timeout=10)


def starts(server: Server, scene: Scene) -> list[str]:
    """The starts of our events in the calendar, read past the hub."""
    text = requests.get(scene.calendar, auth=(server.username, server.password), timeout=10).text
    return [line for line in text.splitlines() if line.startswith("DTSTART") and "UID:frontdesk-" in text]


def state(hub: Hub, scene: Scene, booking: str) -> tuple[str, str]:
    with hub.database.reading() as conn:
        row = find_booking(conn, scene.business, booking)
    return row.state, row.calendar_state


def health(hub: Hub, scene: Scene) -> str:
    with hub.database.reading() as conn:
        return str(conn.scalar(select(Connection.health).where(Connection.business_id == scene.business)))


def test_an_account_is_connected_listed_and_booked_with_the_broker_apart(
    hub: Hub, scene: Scene, server: Server, tmp_path: Path
) -> None:
    assert isinstance(hub.broker, RemoteBroker)
    held = hold(hub, scene.business, scene.service, scene.first, zone="UTC")
    assert book(hub, scene.business, held.booking_id, BEN).state is State.CONFIRMED
    drain(hub, EFFECTS)
    assert state(hub, scene, held.booking_id) == (State.CONFIRMED, CalendarState.WRITTEN)
    assert len(starts(server, scene)) == 1
    cancel(hub, scene.business, held.booking_id)
    drain(hub, EFFECTS)
    assert starts(server, scene) == []
    assert (tmp_path / "broker" / "credential.root").exists()


def test_a_wrong_password_comes_back_as_a_form_with_the_problem(
    hub: Hub, scene: Scene, server: Server, front: Front
) -> None:
    answer = {"url": front.url, "username": server.username, "password": "wrong"}
    form = connect(hub, scene.business, "caldav", "calendar", answer)
    assert isinstance(form, Form)
    assert form.problem


def test_a_disconnect_over_the_socket_ends_the_next_call(hub: Hub, scene: Scene) -> None:
    with hub.database.reading() as conn:
        connection = conn.scalar(select(Connection.id).where(Connection.business_id == scene.business))
    assert connection is not None
    assert hub.broker.disconnect(scene.business, connection)
    with pytest.raises(Refused, match="disconnected"):
        ask_provider(hub, scene.business, connection, Purpose.SHOW_CALENDARS, "hub_list_calendars")


def test_without_the_broker_a_booking_is_requested_and_confirmed_once_it_is_back(
    hub: Hub, scene: Scene, server: Server, broker: BrokerProcess
) -> None:
    held = hold(hub, scene.business, scene.service, scene.first, zone="UTC")
    broker.end()
    booked = book(hub, scene.business, held.booking_id, BEN)
    assert (booked.state, booked.calendar_state) == (State.REQUESTED, CalendarState.NONE)
    drain(hub, EFFECTS)
    assert state(hub, scene, held.booking_id)[0] == State.REQUESTED
    assert health(hub, scene) == "ok"  # it is our part that is down, and nobody's account
    broker.start()
    assert recover(hub, EFFECTS) == []
    assert state(hub, scene, held.booking_id) == (State.CONFIRMED, CalendarState.WRITTEN)
    assert len(starts(server, scene)) == 1


def test_without_the_broker_an_account_is_disconnected_and_ended_once_it_is_back(
    hub: Hub, scene: Scene, broker: BrokerProcess
) -> None:
    """Here it is over at once; what is left to do says that it waits, and for whom."""
    with hub.database.reading() as conn:
        connection = str(conn.scalar(select(Connection.id).where(Connection.business_id == scene.business)))
    broker.end()
    ended = disconnect(hub, OPERATOR, scene.business, connection)
    assert (health(hub, scene), ended.revoked) == ("disconnected", False)
    receipt = disconnection_receipt(hub, scene.business, connection)
    assert (receipt.end_state, receipt.later, receipt.may_retry) == (EndState.OPEN, 0, True)
    assert "permission" in {one.what for one in receipt.kept}
    with pytest.raises(Unavailable, match="broker does not answer"):
        try_revocation(hub, scene.business, connection)
    drain(hub, EFFECTS)
    broker.start()
    assert recover(hub, EFFECTS) == []
    assert disconnection_receipt(hub, scene.business, connection).end_state == EndState.NONE


def test_effects_wait_for_the_broker_and_happen_once(
    hub: Hub, scene: Scene, server: Server, broker: BrokerProcess
) -> None:
    held = hold(hub, scene.business, scene.service, scene.first, zone="UTC")
    assert book(hub, scene.business, held.booking_id, BEN).state is State.CONFIRMED
    broker.end()
    drain(hub, EFFECTS)
    assert state(hub, scene, held.booking_id) == (State.CONFIRMED, CalendarState.PENDING)
    with pytest.raises(Unavailable):
        connect(hub, scene.business, "caldav", "calendar")
    broker.start()
    assert recover(hub, EFFECTS) == []
    assert state(hub, scene, held.booking_id) == (State.CONFIRMED, CalendarState.WRITTEN)
    assert len(starts(server, scene)) == 1


@pytest.mark.crash
def test_a_broker_that_is_killed_in_the_middle_of_a_call_leaves_its_outcome_unknown(
    hub: Hub, scene: Scene, front: Front, broker: BrokerProcess
) -> None:
    with hub.database.reading() as conn:
        connection = conn.scalar(select(Connection.id).where(Connection.business_id == scene.business))
    assert connection is not None
    ended: list[HubError] = []

    def ask() -> None:
        try:
            ask_provider(hub, scene.business, connection, Purpose.SHOW_CALENDARS, "hub_list_calendars")
        except HubError as error:
            ended.append(error)

    thread, before = threading.Thread(target=ask), len(front.seen)
    front.break_with(Fault.SLOW)
    thread.start()
    wait_until(lambda: len(front.seen) > before)
    began = time.monotonic()
    broker.end()
    thread.join(10)
    assert time.monotonic() - began < 5
    front.break_with(None)
    assert [(type(error), error.code) for error in ended] == [(Retry, "unknown")]
    broker.start()
    assert ask_provider(hub, scene.business, connection, Purpose.SHOW_CALENDARS, "hub_list_calendars")


@pytest.mark.crash
def test_calls_go_on_while_the_broker_is_killed_and_started_again(
    hub: Hub, scene: Scene, broker: BrokerProcess
) -> None:
    """Eight threads call all the time: each hears an answer or that the broker is not there, and none hangs."""
    with hub.database.reading() as conn:
        connection = conn.scalar(select(Connection.id).where(Connection.business_id == scene.business))
    assert connection is not None
    over, heard = threading.Event(), []

    def ask() -> None:
        while not over.is_set():
            try:
                ask_provider(hub, scene.business, connection, Purpose.SHOW_CALENDARS, "hub_list_calendars")
                heard.append("an answer")
            except HubError as error:
                heard.append(f"{type(error).__name__} {error.code}")
                time.sleep(0.01)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        broker.end()
        time.sleep(0.1)
        broker.start()
        known = heard.count("an answer")
        wait_until(lambda known=known: heard.count("an answer") > known)  # type: ignore[misc]
    over.set()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    assert set(heard) <= {"an answer", "Unavailable unavailable", "Retry unknown"}
    assert {"an answer", "Unavailable unavailable"} <= set(heard)


_WATCHED = """
import json, sys
seen = []
def watch(event, arguments):
    if event == "open" or event == "os.link" or event.startswith("socket."):
        if event == "socket.connect":
            seen.append([event, str(arguments[1])])
        elif event == "open":
            seen.append([event, str(arguments[0])])
        else:
            seen.append([event, ""])
sys.addaudithook(watch)
from tests.crash import scenarios
sys.argv = ["scenarios", "book"]
scenarios.main()
print(json.dumps(seen))
"""


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_process_that_books_opens_no_credential_root_and_dials_nothing_but_the_socket(
    hub: Hub, scene: Scene, server: Server, environment: dict[str, str], tmp_path: Path
) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    command = [sys.executable, "-c", _WATCHED]
    done = subprocess.run(
        command, cwd=ROOT, env={**kept, **environment}, stdout=subprocess.PIPE, timeout=60, check=True
    )
    seen = [tuple(one) for one in json.loads(done.stdout.splitlines()[-1])]
    dialled = {place for event, place in seen if event == "socket.connect"}
    assert dialled == {environment["HUB_BROKER_SOCKET"]}
    assert [event for event, _ in seen if event in ("socket.getaddrinfo", "socket.gethostbyname")] == []
    opened = {place for event, place in seen if event == "open"}
    assert any("data.root" in place for place in opened)
    assert not any("credential" in Path(place).name and not place.endswith((".py", ".pyc")) for place in opened)
    assert not (tmp_path / "data" / "keys" / "credential.root").exists()
    assert len(starts(server, scene)) == 1


def test_the_broker_stops_when_it_is_asked_to(broker: BrokerProcess, environment: dict[str, str]) -> None:
    assert broker.end(signal.SIGTERM) == 0
    assert not Path(environment["HUB_BROKER_SOCKET"]).exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"HUB_BROKER_SOCKET": ""}, "set HUB_BROKER_SOCKET"),
        ({"HUB_BROKER_SOCKET": f"/tmp/{'x' * 120}"}, "107 bytes"),
        ({"HUB_BROKER_SOCKET": "/tmp/socket"}, "closed to others"),
        ({}, "runs already"),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_wrong_is_said_in_a_sentence(
    broker: BrokerProcess, environment: dict[str, str], tmp_path: Path, change: dict[str, str], said: str
) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    kept |= {**environment, "HUB_CREDENTIAL_ROOT": str(tmp_path / "broker" / "credential.root"), **change}
    command = [sys.executable, "-m", "hub.cli", "work", "broker"]
    done = subprocess.run(command, cwd=ROOT, env=kept, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def wait_until(holds: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)
