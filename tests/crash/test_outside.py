"""A process that follows an event changed at a real server is killed: one honest state, and everybody is told once."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest
import requests
from sqlalchemy import select

from hub.actions.book import book
from hub.actions.businesses import change_business, get_business
from hub.actions.effects import EFFECTS
from hub.actions.health import note_health
from hub.actions.hold import hold
from hub.actions.people import Customer
from hub.actions.sync import sync_calendar
from hub.core.booking import CalendarState, State
from hub.jobs.perform import drain
from hub.parts import Hub
from hub.store.booking import Booking
from hub.store.calendar import Calendar
from hub.store.crash import CrashPoint
from hub.store.mail import Mail
from hub.testing.servers import Server
from tests.crash.harness import recover, run_until_killed
from tests.crash.scenarios import Scene
from tests.crash.test_booking import check_invariants, events

pytestmark = pytest.mark.crash

OFFICE = "office@example.com"


@pytest.fixture
def booked(hub: Hub, scene: Scene) -> str:
    """A booking whose event stands at the server, and was seen there."""
    version = get_business(hub, scene.business).version
    change_business(hub, scene.business, version, {"email": OFFICE})
    held = hold(hub, scene.business, scene.service, scene.first, zone="UTC")
    book(hub, scene.business, held.booking_id, Customer("Ada Lovelace", email="ada@example.com"))
    drain(hub, EFFECTS)
    calendar = calendar_of(hub, scene)
    assert sync_calendar(hub, scene.business, calendar.id)
    about = {"business": scene.business, "calendar": calendar.id}
    (hub.settings.data_dir / "outside.json").write_text(json.dumps(about))
    return held.booking_id


def calendar_of(hub: Hub, scene: Scene) -> Calendar:
    with hub.database.reading() as conn:
        mine = Calendar.business_id == scene.business, Calendar.checked
        return conn.execute(select(Calendar.__table__).where(*mine)).one()  # type: ignore[return-value]


def row(hub: Hub, scene: Scene, booking: str) -> Booking:
    with hub.database.reading() as conn:
        mine = Booking.business_id == scene.business, Booking.id == booking
        return conn.execute(select(Booking.__table__).where(*mine)).one()  # type: ignore[return-value]


def mails(hub: Hub, scene: Scene) -> list[str]:
    with hub.database.reading() as conn:
        mine = Mail.business_id == scene.business
        return list(conn.execute(select(Mail.kind).where(mine).order_by(Mail.id)).scalars())


def event_url(server: Server, scene: Scene) -> tuple[str, str]:
    """Where our event is at the server, and what stands there."""
    auth = (server.username, server.password)
    found = requests.request("PROPFIND", scene.calendar, headers={"Depth": "1"}, auth=auth, timeout=10).text
    (path,) = (one for one in re.findall(r"<href>([^<]+)</href>", found) if "frontdesk" in one)
    url = server.origin + path
    return url, requests.get(url, auth=auth, timeout=10).text


def move(server: Server, scene: Scene, seconds: int) -> None:
    """Do what a program does in which somebody drags the event."""
    url, text = event_url(server, scene)
    for at in (scene.first, scene.first + 1800):
        old, new = (f"{datetime.fromtimestamp(one, UTC):%Y%m%dT%H%M%S}" for one in (at, at + seconds))
        text = text.replace(f":{old}", f":NEW{new}")
    auth = (server.username, server.password)
    headers = {"Content-Type": "text/calendar"}
    answer = requests.put(url, data=text.replace(":NEW", ":").encode(), headers=headers, auth=auth, timeout=10)
    answer.raise_for_status()


def remove(server: Server, scene: Scene) -> None:
    url, _ = event_url(server, scene)
    requests.delete(url, auth=(server.username, server.password), timeout=10).raise_for_status()


def killed(hub: Hub, server: Server, point: CrashPoint, database_url: str, scenario: str = "look") -> None:
    run_until_killed(
        scenario,
        point,
        data_dir=hub.settings.data_dir,
        database_url=database_url,
        module="tests.crash.outside",
        environment={"HUB_EGRESS_ALLOW": server.origin},
    )


def test_a_booking_that_follows_its_moved_event_moves_once(
    hub: Hub, server: Server, scene: Scene, booked: str, database_url: str
) -> None:
    move(server, scene, 7200)
    killed(hub, server, CrashPoint.FOLLOW_BEFORE_COMMIT, database_url)
    assert row(hub, scene, booked).starts_at == scene.first
    assert recover(hub, EFFECTS) == []
    assert row(hub, scene, booked).starts_at == scene.second
    assert check_invariants(hub, server, scene) == [State.CONFIRMED]
    assert mails(hub, scene).count("booking_moved") == 1
    assert len(events(server, scene)) == 1


def test_a_booking_whose_event_was_deleted_is_cancelled_once(
    hub: Hub, server: Server, scene: Scene, booked: str, database_url: str
) -> None:
    remove(server, scene)
    killed(hub, server, CrashPoint.CANCEL_BEFORE_COMMIT, database_url)
    assert row(hub, scene, booked).state == State.CONFIRMED
    assert recover(hub, EFFECTS) == []
    assert check_invariants(hub, server, scene) == [State.CANCELLED]
    assert mails(hub, scene).count("booking_cancelled") == 1


def test_people_are_asked_once_about_an_event_that_cannot_be_followed(
    hub: Hub, server: Server, scene: Scene, booked: str, database_url: str
) -> None:
    move(server, scene, 60)
    killed(hub, server, CrashPoint.OUTSIDE_BEFORE_COMMIT, database_url)
    assert row(hub, scene, booked).calendar_state == CalendarState.WRITTEN
    assert recover(hub, EFFECTS) == []
    found = row(hub, scene, booked)
    assert (found.starts_at, found.calendar_state) == (scene.first, CalendarState.CONFLICT)
    assert mails(hub, scene).count("staff_calendar_problem") == 1


def test_a_lost_account_is_told_once_whenever_its_teller_dies(
    hub: Hub, server: Server, scene: Scene, booked: str, database_url: str
) -> None:
    connection = calendar_of(hub, scene).connection_id
    with hub.database.writing() as conn:
        note_health(conn, scene.business, connection, "needs_reconnect", "revoked", hub.clock())
    killed(hub, server, CrashPoint.TROUBLE_BEFORE_COMMIT, database_url, "tell")
    assert "connection_lost" not in mails(hub, scene)
    assert recover(hub, EFFECTS) == []
    assert mails(hub, scene).count("connection_lost") == 1
