"""The demonstration: a real appointment on a real CalDAV server, step by step, with what was seen at each.

Everything is real: Radicale, the hub with all its processes, the vault. What stands in the calendar is read past the
hub, with a plain HTTP request, as the owner's telephone would.
"""

from __future__ import annotations

import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import requests

from hub.actions.book import book
from hub.actions.businesses import create_business
from hub.actions.cancel import cancel
from hub.actions.connect import choose_calendar, connect, list_calendars
from hub.actions.hold import hold
from hub.actions.holders import add_staff
from hub.actions.hours import every_weekday
from hub.actions.offer import explain_start, offer
from hub.actions.people import Customer
from hub.actions.reschedule import reschedule
from hub.actions.services import add_service
from hub.app import close_hub, create_hub
from hub.core.booking import CalendarState, State
from hub.core.calendar import Window
from hub.core.ended import EndState
from hub.core.errors import InputError, Taken
from hub.core.provider import Form
from hub.core.reason import Reason
from hub.core.service import Service
from hub.parts import Hub
from hub.run.demo_end import end_under_load
from hub.run.demo_place import Place, open_place
from hub.store.booking import find_booking
from hub.testing.servers import Server, free_port, radicale
from hub.vault.keycalls import Connected

ZONE = "Europe/Berlin"
_WAIT = 30.0
"""Seconds that a step waits for the worker."""
_CALENDAR = """<?xml version="1.0"?><c:mkcalendar xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:set><d:prop>
<d:displayname>Appointments</d:displayname></d:prop></d:set></c:mkcalendar>"""
_DENTIST = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//telephone//EN\r\nBEGIN:VEVENT\r\nUID:dentist\r\n"
    "DTSTAMP:20260101T000000Z\r\nDTSTART:{start:%Y%m%dT%H%M%SZ}\r\nDTEND:{end:%Y%m%dT%H%M%SZ}\r\n"
    "SUMMARY:Dentist\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
UTC = ZoneInfo("UTC")


class Failed(Exception):
    """A step did not see what it must see."""


def run_demo(say: Callable[[str], None]) -> bool:
    """Run all steps and tell whether each saw what it must see; ``say`` is told line by line."""
    began, name = time.monotonic(), ""
    try:
        with ExitStack() as stack:
            demo = _Demo(stack, say)
            for number, (name, step) in enumerate(demo.steps(), 1):
                say(f"\n{number:2}. {name}")
                step()
            name = "stop everything"
    except Exception as error:  # whatever it is: a reader wants to know the step, and gets no traceback
        say(f"\nFAILED at the step: {name}\n  {str(error) or type(error).__name__}")
        return False
    say(f"\nEverything was seen as promised, in {time.monotonic() - began:.0f} seconds, and everything has stopped.")
    return True


class _Demo:
    def __init__(self, stack: ExitStack, say: Callable[[str], None]) -> None:
        self._stack = stack
        self._tell = say
        self._password = secrets.token_urlsafe(18)
        self._server: Server
        self._place: Place
        self._hub: Hub
        self._day = _coming_weekday()

    def steps(self) -> list[tuple[str, Callable[[], None]]]:
        """Return the steps in order, each with the sentence that announces it."""
        return [
            ("A CalDAV server starts, with somebody's calendar on it", self._start_server),
            ("The hub starts: queue, web server, worker and clock", self._start_hub),
            ("The hub connects to the calendar, with a password that goes into its vault", self._connect),
            ("A service is set up and its free times are offered", self._offer),
            ("A customer holds a time and books it; a second one is refused", self._book),
            ("The event is in the calendar, exactly once", self._see_booked),
            ("The appointment is moved, and the event with it", self._move),
            ("The appointment is cancelled, and the event is gone", self._cancel),
            ("The account is disconnected while calls are made with it", self._disconnect),
            ("The password is nowhere to be found", self._search_password),
        ]

    def _start_server(self) -> None:
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="hub-demo-")))
        self._folder = folder
        self._server = self._stack.enter_context(radicale(folder / "radicale", password=self._password))
        self._calendar = f"{self._server.home}appointments/"
        self._telephone("MKCALENDAR", self._calendar, _CALENDAR)
        ten = self._at(10)
        event = _DENTIST.format(start=ten, end=ten + timedelta(hours=1))
        self._telephone("PUT", f"{self._calendar}dentist.ics", event)
        self._say(
            f"Radicale answers on {self._server.url}; in Ada's calendar: the dentist, {ten.astimezone(_HERE):%A %H:%M}."
        )

    def _start_hub(self) -> None:
        self._place = self._stack.enter_context(open_place(self._folder, self._server.origin, free_port()))
        process = self._stack.enter_context(_hub_up(self._place))
        for line in _lines_until_ready(process):
            self._say(line)
        self._hub = create_hub(self._place.settings)
        self._stack.callback(close_hub, self._hub)
        answer = requests.get(f"http://127.0.0.1:{self._place.settings.web_port}/health/ready", timeout=5)
        _must(answer.status_code == 200, f"the web server says that the hub is not ready: {answer.text}")
        self._say(f"The hub says that it is ready; its data is in {self._place.database}.")

    def _connect(self) -> None:
        hub = self._hub
        self._business = create_business(hub, "Ada's Practice", ZONE)
        form = connect(hub, self._business, "caldav", "calendar")
        assert isinstance(form, Form)
        self._say(f"The form asks for: {', '.join(one.title for one in form.fields)}.")
        answer = {"url": self._server.url, "username": self._server.username, "password": "wrong"}
        refused = connect(hub, self._business, "caldav", "calendar", answer)
        _must(isinstance(refused, Form), "a wrong password was accepted")
        assert isinstance(refused, Form)
        self._say(f"With a wrong password it says: {refused.problem}")
        connected = connect(hub, self._business, "caldav", "calendar", answer | {"password": self._password})
        _must(isinstance(connected, Connected), f"the right password was refused: {connected}")
        assert isinstance(connected, Connected)
        self._connection = connected.connection
        found = list_calendars(hub, self._business, connected.connection)
        self._say(f"Connected as {connected.account_name}; calendars found: {', '.join(row.name for row in found)}.")
        hours = every_weekday(ZONE, (9 * 60, 12 * 60), (13 * 60, 17 * 60))
        self._staff = add_staff(hub, self._business, "Ada", hours)
        calendar = next(row for row in found if row.ref.rstrip("/").endswith("appointments"))
        choose_calendar(hub, self._business, calendar.id, self._staff, checked=True, written=True)
        self._say(f"{calendar.name!r} is now checked for Ada, and bookings are written to it.")

    def _offer(self) -> None:
        rules = Service("new", 1800, 1800, 30 * 86_400, after=600, staff=(self._staff,))
        self._service = add_service(self._hub, self._business, "Check-up", rules)
        day = Window(self._second(0), self._second(24))
        starts = offer(self._hub, self._business, self._service, day).starts
        self._say(f"On {self._at(9).astimezone(_HERE):%A}: {', '.join(_clock(start) for start in starts)}.")
        _must(self._second(9) in starts and self._second(13) in starts, "times that are free are not offered")
        _must(self._second(10) not in starts, "the time of the dentist is offered")
        told = explain_start(self._hub, self._business, self._service, self._second(10)).reasons
        _must(told == (Reason.BUSY,), f"10:00 is withheld for another reason: {told}")
        self._say(f"10:00 is not offered: {told[0].sentence}")
        told = explain_start(self._hub, self._business, self._service, self._second(9, 30)).reasons
        self._say(f"9:30 is not offered either: {told[0].sentence}")

    def _book(self) -> None:
        start = self._second(14)
        held = hold(self._hub, self._business, self._service, start, zone=ZONE)
        self._say(f"{_clock(start)} is held for ten minutes.")
        try:
            hold(self._hub, self._business, self._service, start, zone=ZONE)
        except Taken as error:
            self._say(f"The second customer hears: {error.message}")
        else:
            raise Failed("two customers hold the same time")
        customer = Customer("Ben Barnes", email="ben@example.com")
        done = book(self._hub, self._business, held.booking_id, customer)
        _must(done.state is State.CONFIRMED, f"the booking is {done.state}, not confirmed")
        self._booking = done.booking_id
        self._say("The calendar was asked once more, live; the booking is confirmed.")

    def _see_booked(self) -> None:
        self._wait_written()
        self._must_stand([self._second(14)])
        self._say(f"Read past the hub: one event of ours, at {_clock(self._second(14))}; the dentist is untouched.")

    def _move(self) -> None:
        try:
            reschedule(self._hub, self._business, self._booking, self._second(10))
        except (Taken, InputError) as error:
            self._say(f"To 10:00? {error.message}")
        reschedule(self._hub, self._business, self._booking, self._second(15))
        self._wait_written()
        self._must_stand([self._second(15)])
        self._say(f"Read past the hub: the same one event, now at {_clock(self._second(15))}.")

    def _cancel(self) -> None:
        cancel(self._hub, self._business, self._booking)
        self._wait_written(CalendarState.NONE)
        self._must_stand([])
        starts = offer(self._hub, self._business, self._service, Window(self._second(0), self._second(24))).starts
        _must(self._second(15) in starts, "the time is not offered again")
        self._say(f"Read past the hub: no event of ours; {_clock(self._second(15))} is offered again.")

    def _disconnect(self) -> None:
        receipt = end_under_load(self._hub, self._business, self._connection, ZONE, self._say)
        _must(receipt.later == 0, "a call started after the disconnect")
        _must(receipt.refused > 0 and receipt.last_call_ms > 0, "the watch did not run")
        _must(receipt.end_state == EndState.NONE, f"the password is still here: {receipt.end_state or 'connected'}")

    def _search_password(self) -> None:
        secret = self._password.encode()
        files = [file for file in self._place.settings.data_dir.rglob("*") if file.is_file()]
        found = [file.name for file in files if secret in file.read_bytes()]
        _must(not found, f"the password stands in {', '.join(found)}")
        self._say(f"{len(files)} files of the hub were searched byte by byte.")

    def _wait_written(self, state: CalendarState = CalendarState.WRITTEN) -> None:
        began = time.monotonic()
        while time.monotonic() - began < _WAIT:
            with self._hub.database.reading() as conn:
                row = find_booking(conn, self._business, self._booking)
            if row.calendar_state == state:
                self._say(f"The worker did it {time.monotonic() - began:.1f} s later, and read it back.")
                return
            time.sleep(0.05)
        raise Failed(f"after {_WAIT:.0f} seconds the calendar is still {row.calendar_state}")

    def _must_stand(self, starts: list[int]) -> None:
        text = self._telephone("GET", self._calendar).text
        events = [part for part in text.split("BEGIN:VEVENT")[1:] if "UID:frontdesk-" in part.replace("\r\n ", "")]
        _must(len(events) == len(starts), f"{len(events)} events of ours stand in the calendar, not {len(starts)}")
        for event, start in zip(events, starts, strict=True):
            local = datetime.fromtimestamp(start, _HERE)
            _must(f"DTSTART;TZID={ZONE}:{local:%Y%m%dT%H%M%S}" in event, "the event stands at another time")
        _must("SUMMARY:Dentist" in text, "the dentist is gone")

    def _telephone(self, method: str, url: str, body: str = "") -> requests.Response:
        """Speak to the server as the owner's own telephone does, past the hub."""
        account = (self._server.username, self._server.password)
        answer = requests.request(method, url, data=body.encode() or None, auth=account, timeout=10)
        _must(answer.ok, f"the server answers {answer.status_code} to {method}")
        return answer

    def _say(self, line: str) -> None:
        self._tell(f"    {line}")

    def _at(self, hour: int, minute: int = 0) -> datetime:
        return (self._day + timedelta(hours=hour, minutes=minute)).astimezone(UTC)

    def _second(self, hour: int, minute: int = 0) -> int:
        return int(self._at(hour, minute).timestamp())


_HERE = ZoneInfo(ZONE)


def _coming_weekday() -> datetime:
    """Return midnight in Berlin of a working day two or more days ahead, without a change of the clocks."""
    today = datetime.now(_HERE).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [today + timedelta(days=ahead) for ahead in range(2, 8)]
    return next(day for day in days if day.weekday() < 5)


def _clock(start: int) -> str:
    return f"{datetime.fromtimestamp(start, _HERE):%H:%M}"


def _must(holds: bool, problem: str) -> None:
    if not holds:
        raise Failed(problem)


@contextmanager
def _hub_up(place: Place) -> Iterator[subprocess.Popen[str]]:
    """Run `hub up` in a process of its own."""
    command = [sys.executable, "-m", "hub.cli", "up"]
    process = subprocess.Popen(  # noqa: S603 - our own command
        command, env=place.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=60)


def _lines_until_ready(process: subprocess.Popen[str]) -> Iterator[str]:
    assert process.stdout is not None
    for line in process.stdout:
        yield line.rstrip()
        if line.startswith("The hub is ready"):
            return
    raise Failed("the hub did not start")
