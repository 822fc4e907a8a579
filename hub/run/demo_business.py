"""The demo business: made at the first start in a folder of its own, which becomes the data folder once it is whole.

So a first start that dies in the middle leaves nothing half done. It runs as a process of its own
(``python -m hub.run.demo_business``), because the supervisor keeps small. Everybody in it is made up.
"""

from __future__ import annotations

import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import requests

from hub.actions.book_for import book_for
from hub.actions.businesses import create_business
from hub.actions.calendars import Choice, choose_calendars
from hub.actions.connect import connect, list_calendars
from hub.actions.first_run import make_owner, setup_code
from hub.actions.holders import add_resource, add_staff
from hub.actions.hours import every_weekday, set_holidays
from hub.actions.offer import offer
from hub.actions.people import Customer
from hub.actions.services import add_service
from hub.app import close_hub, create_hub
from hub.core.calendar import Window
from hub.core.errors import HubError
from hub.core.security import OPERATOR
from hub.core.service import Service, StaffRule
from hub.parts import Hub
from hub.run.child import Child
from hub.run.demo_calendars import DemoPlace, calendar_program, keep_place
from hub.run.demo_events import entries
from hub.run.demo_lab_serve import set_up_lab
from hub.settings import Settings, load_settings
from hub.testing.servers import free_port
from hub.vault.keycalls import Connected

ZONE = "America/New_York"
EMAIL = "owner@example.com"
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_CALENDAR = """<?xml version="1.0"?><c:mkcalendar xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:set><d:prop>
<d:displayname>{name}</d:displayname></d:prop></d:set></c:mkcalendar>"""
_STAFF = (("ada", "Ada Lindqvist", 11), ("ben", "Ben Castillo", 23))
_CUSTOMERS = (
    Customer("Cora Whitfield", email="cora@example.com", phone="+1 212 555 0143"),
    Customer("Dev Raman", email="dev@example.com"),
    Customer("Elif Aydin", phone="+1 212 555 0187"),
    Customer("Frank Moreau", email="frank@example.com"),
)


def may_make_demo(settings: Settings) -> bool:
    """Tell whether this would be the first start of an embedded hub: only there a demo is made."""
    folder = settings.data_dir.resolve()
    embedded = not settings.database_url.get_secret_value() and not settings.keystore_url.get_secret_value()
    return embedded and (not folder.exists() or not any(folder.iterdir()))


def make_demo(settings: Settings) -> None:
    """Make the demo business in a process of its own. Raises HubError when that fails; then nothing was left."""
    command = [sys.executable, "-m", "hub.run.demo_business", str(settings.data_dir.resolve())]
    if subprocess.run(command, check=False).returncode != 0:  # noqa: S603 - our own module
        raise HubError("The demo business could not be made; what it says stands above. `--empty` starts without.")


def build(folder: Path) -> None:
    """Make the demo business in ``folder``, all of it or nothing."""
    draft = folder.with_name(f"{folder.name}.making")
    shutil.rmtree(draft, ignore_errors=True)
    place = DemoPlace(free_port(), EMAIL, _password(), secrets.token_urlsafe(12))
    demo = draft / "demo"
    keep_place(demo, place, {user: place.calendar_password for user, _, _ in _STAFF})
    with _calendars(demo, place):
        for user, _, seed in _STAFF:
            _fill(place, user, seed)
        hub = create_hub(load_settings(data_dir=draft, egress_allow=(place.origin,)))
        try:
            _set_up(hub, place)
            set_up_lab(hub, demo)
        finally:
            close_hub(hub)
    if folder.exists():
        folder.rmdir()  # empty, or it would not have come to this
    draft.rename(folder)


def _set_up(hub: Hub, place: DemoPlace) -> None:
    make_owner(
        hub,
        OPERATOR,
        code=setup_code(hub),
        agency="Harbor Agency",
        name="Olivia Park",
        email=place.email,
        password=place.password,
        zone=ZONE,
    )
    business = create_business(
        hub,
        "Willow Street Physio",
        ZONE,
        email="desk@example.com",
        phone="+1 212 555 0100",
        place="12 Willow Street, New York",
        cancel_notice=4 * _HOUR,
        reminders=[_DAY],
    )
    hours = every_weekday(ZONE, (9 * 60, 17 * 60))
    staff = [add_staff(hub, business, name, hours, email=f"{user}@example.com") for user, name, _ in _STAFF]
    room = add_resource(hub, business, "Treatment room")
    set_holidays(hub, business, [(date(datetime.now(ZoneInfo(ZONE)).year + 1, 1, 1), "New Year")])
    for (user, _, _), holder in zip(_STAFF, staff, strict=True):
        _connect(hub, business, holder, place, user)
    services = _services(hub, business, staff, room)
    _bookings(hub, business, services)


def _services(hub: Hub, business: str, staff: list[str], room: str) -> list[str]:
    usual = {"step": 15 * _MINUTE, "horizon": 60 * _DAY, "staff": tuple(staff), "staff_rule": StaffRule.ROUND_ROBIN}
    first = Service("new", 45 * _MINUTE, after=15 * _MINUTE, notice=4 * _HOUR, resources=((room,),), **usual)  # type: ignore[arg-type]
    follow = Service("new", 30 * _MINUTE, after=10 * _MINUTE, notice=2 * _HOUR, **usual)  # type: ignore[arg-type]
    call = Service("new", 15 * _MINUTE, before=5 * _MINUTE, notice=_HOUR, **usual)  # type: ignore[arg-type]
    asked = [
        {"label": "What brings you here?", "required": True, "choices": []},
        {"label": "Have you been here before?", "required": False, "choices": ["Yes", "No"]},
    ]
    return [
        add_service(
            hub,
            business,
            "First visit",
            first,
            description="We look at what hurts and make a plan.",
            questions=asked,
        ),
        add_service(hub, business, "Follow-up", follow, description="Half an hour of treatment."),
        add_service(hub, business, "Phone call", call, description="A short call to see if we can help."),
    ]


def _bookings(hub: Hub, business: str, services: list[str]) -> None:
    """Book a few appointments over the coming days, at times that are truly free."""
    for number, customer in enumerate(_CUSTOMERS):
        service = services[number % len(services)]
        start = hub.clock() + (number + 1) * _DAY
        starts = offer(hub, business, service, Window(start, start + 7 * _DAY)).starts
        if not starts:
            continue
        answers = {"What brings you here?": "My left shoulder, since the summer."} if service == services[0] else None
        book_for(
            hub,
            OPERATOR,
            business,
            service,
            starts[len(starts) // 3],
            customer,
            zone=ZONE,
            answers=answers,
            source="page",
        )


def _connect(hub: Hub, business: str, holder: str, place: DemoPlace, user: str) -> None:
    answer = {"url": f"{place.origin}/", "username": user, "password": place.calendar_password}
    made = connect(hub, business, "caldav", "calendar", answer, holder_id=holder)
    if not isinstance(made, Connected):
        raise HubError(f"The demo's own calendar server did not take {user}.")
    rows = list_calendars(hub, business, made.connection)
    choices = {row.id: Choice(holder, checked=True, written=row.name == "Work") for row in rows}
    choose_calendars(hub, business, made.connection, choices)


def _fill(place: DemoPlace, user: str, seed: int) -> None:
    """Put calendars onto the server as the user's own telephone would: past the hub."""
    account = (user, place.calendar_password)
    with requests.Session() as session:
        session.trust_env = False
        for name, path in (("Work", "appointments"), ("Private", "private")):
            url = f"{place.origin}/{user}/{path}/"
            _must(session.request("MKCALENDAR", url, data=_CALENDAR.format(name=name), auth=account, timeout=10))
        today = datetime.now(ZoneInfo(ZONE)).date()
        for entry in entries(ZONE, today, seed, f"{user}@example.com"):
            url = f"{place.origin}/{user}/appointments/{entry.name}"
            _must(session.put(url, data=entry.text.encode(), auth=account, timeout=10))


def _must(answer: requests.Response) -> None:
    if not answer.ok:
        raise HubError(f"The demo's calendar server answered {answer.status_code} to {answer.request.method}.")


@contextmanager
def _calendars(folder: Path, place: DemoPlace) -> Iterator[None]:
    child = Child(calendar_program(folder, place), say=lambda line: None)
    try:
        while not child.ready:
            child.step()
            time.sleep(0.02)
        yield
    finally:
        child.ask_to_stop()
        child.stopped_by(time.monotonic() + 5)


def _password() -> str:
    return "-".join(secrets.token_hex(2) for _ in range(5))


def main() -> None:
    """Build the demo in the folder that the command line names; say in one sentence what went wrong."""
    try:
        build(Path(sys.argv[1]))
    except HubError as error:
        print(error.message, file=sys.stderr, flush=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
