"""What a process does when it is killed while booking: ``python -m tests.crash.scenarios NAME``.

The business, its service and the free day were set up before by `prepare`; the ids stand in ``scenario.json``. The
calendar is on a real CalDAV server, which goes on when the process dies.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import requests

from hub.actions.book import book
from hub.actions.businesses import create_business
from hub.actions.cancel import cancel, lapse_expired_holds
from hub.actions.connect import choose_calendar, connect, list_calendars
from hub.actions.connections import list_connections
from hub.actions.disconnect import disconnect
from hub.actions.effects import EFFECTS
from hub.actions.hold import hold
from hub.actions.holders import add_staff
from hub.actions.people import Customer
from hub.actions.reschedule import reschedule
from hub.actions.services import add_service
from hub.actions.sync import sync_calendar
from hub.app import close_hub, create_hub, now
from hub.core.hours import DayWindow, WeeklyHours
from hub.core.security import OPERATOR
from hub.core.service import Service
from hub.jobs.perform import drain
from hub.parts import Hub
from hub.settings import load_settings
from hub.store.crash import CrashPoint
from hub.testing.servers import Server
from hub.vault.keycalls import Connected
from tests.crash.harness import recover

_ADA = Customer("Ada Lovelace", email="ada@example.com")
_MAKE_CALENDAR = '<c:mkcalendar xmlns:c="urn:ietf:params:xml:ns:caldav"/>'

SCENARIOS: dict[CrashPoint, str] = {
    CrashPoint.HOLD_BEFORE_COMMIT: "book",
    CrashPoint.HOLD_AFTER_COMMIT: "book",
    CrashPoint.BOOK_BEFORE_COMMIT: "book",
    CrashPoint.BOOK_AFTER_COMMIT: "book",
    CrashPoint.MOVE_BEFORE_COMMIT: "move",
    CrashPoint.MOVE_AFTER_COMMIT: "move",
    CrashPoint.CANCEL_BEFORE_COMMIT: "cancel",
    CrashPoint.LAPSE_BEFORE_COMMIT: "lapse",
    CrashPoint.LAPSE_AFTER_COMMIT: "lapse",
    CrashPoint.EFFECT_CLAIMED: "book",
    CrashPoint.EFFECT_PERFORMED: "book",
    CrashPoint.EVENT_BEFORE_WRITE: "book",
    CrashPoint.EVENT_AFTER_WRITE: "book",
    CrashPoint.EVENT_BEFORE_COMMIT: "book",
}
"""At which point which scenario is killed. The relay's two points are tried with a real queue in tests/jobs, those of
a disconnect in `tests.crash.test_disconnect`, those of a mail in `tests.crash.test_mail`, those of a watch in
`tests.crash.test_watch`, and those of the ledger in `tests.crash.test_ledger`."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a scenario plays: a business with one service and one staff member, free all day."""

    business: str
    service: str
    staff: str
    calendar: str
    first: int
    second: int


def prepare(hub: Hub, server: Server) -> Scene:
    """Connect a calendar on the server, set up a service, and write down what the scenarios need."""
    calendar = f"{server.home}appointments/"
    account = (server.username, server.password)
    requests.request("MKCALENDAR", calendar, data=_MAKE_CALENDAR, auth=account, timeout=10).raise_for_status()
    business = create_business(hub, "Ada's Practice", "UTC")
    answer = {"url": server.url, "username": server.username, "password": server.password}
    connected = connect(hub, business, "caldav", "calendar", answer)
    assert isinstance(connected, Connected), connected
    hours = WeeklyHours("UTC", tuple(DayWindow(day, 0, 1440) for day in range(7)))
    staff = add_staff(hub, business, "Ada", hours)
    for row in list_calendars(hub, business, connected.connection):
        choose_calendar(hub, business, row.id, staff, checked=True, written=True)
    service = add_service(hub, business, "Check-up", Service("new", 1800, 1800, 30 * 86_400, after=600, staff=(staff,)))
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=2)
    first = int(noon.timestamp())
    scene = Scene(business, service, staff, calendar, first, first + 7200)
    values = {name: getattr(scene, name) for name in Scene.__slots__}
    (hub.settings.data_dir / "scenario.json").write_text(json.dumps(values))
    return scene


def _book(hub: Hub, scene: Scene) -> str:
    held = hold(hub, scene.business, scene.service, scene.first, zone="UTC")
    book(hub, scene.business, held.booking_id, _ADA)
    drain(hub, EFFECTS)
    return held.booking_id


def _move(hub: Hub, scene: Scene) -> None:
    reschedule(hub, scene.business, _book(hub, scene), scene.second)
    drain(hub, EFFECTS)


def _cancel(hub: Hub, scene: Scene) -> None:
    cancel(hub, scene.business, _book(hub, scene))
    drain(hub, EFFECTS)


def _disconnect(hub: Hub, scene: Scene) -> None:
    _book(hub, scene)
    (connection,) = list_connections(hub, scene.business)
    sync_calendar(hub, scene.business, connection.calendars[0].id)
    disconnect(hub, OPERATOR, scene.business, connection.id)


def _lapse(hub: Hub, scene: Scene) -> None:
    hold(hub, scene.business, scene.service, scene.first, zone="UTC")
    later = now() + hub.settings.hold_seconds + 1
    lapse_expired_holds(replace(hub, clock=lambda: later))


def _again(hub: Hub, scene: Scene) -> None:
    """Do what a restarted worker does once the dead one's lease has lapsed."""
    recover(hub, EFFECTS)


_PLAYS: dict[str, Callable[[Hub, Scene], object]] = {
    "book": _book,
    "move": _move,
    "cancel": _cancel,
    "disconnect": _disconnect,
    "lapse": _lapse,
    "again": _again,
}


def main() -> None:
    """Play the scenario that is named on the command line."""
    hub = create_hub(load_settings())
    scene = Scene(**json.loads((hub.settings.data_dir / "scenario.json").read_text()))
    _PLAYS[sys.argv[1]](hub, scene)
    close_hub(hub)


if __name__ == "__main__":
    main()
