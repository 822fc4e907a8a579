"""Bursts of clients for one time, from two processes, beside a naive strategy that must fail.

`python -m tests.bench.race` runs every case on SQLite, and on PostgreSQL when an address is given. Each client holds
and books through the product's own actions; afterwards the occurrences of all live bookings are compared in pairs.
With ``--url`` the clients come over HTTP to a hub that runs (`tests.bench.race_http`).
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

from hub.actions.book import book
from hub.actions.businesses import create_business
from hub.actions.hold import hold, staff_free_at
from hub.actions.holders import add_resource, add_staff
from hub.actions.offer import fresh_schedule
from hub.actions.people import Customer
from hub.actions.reschedule import reschedule
from hub.actions.services import add_service
from hub.core.booking import LIVE, CalendarState, State
from hub.core.calendar import Window
from hub.core.errors import InputError, StateError, Taken, Unavailable
from hub.core.hours import DayWindow, WeeklyHours
from hub.core.service import Service
from hub.parts import Hub
from hub.store.booking import Booking, Occurrence, add_booking
from hub.store.database import open_database
from hub.store.ids import new_id
from hub.store.schema import migrate
from tests.fork import CONTEXT
from tests.world import Calendars, make_hub

HALF_HOUR, HOUR, DAY = 1800, 3600, 86_400
START = 1_805_094_000
PROCESSES = 2
_EVERY_HOUR = WeeklyHours("UTC", tuple(DayWindow(day, 0, 1440) for day in range(7)))
_CUSTOMER = Customer("Ada Lovelace", email="ada@example.com")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a burst happens: addresses of the databases, folder of the keys."""

    database: str
    keystore: str
    folder: str


@dataclass(frozen=True, slots=True)
class Row:
    """The outcome of one case: how many were booked in each round, and what went wrong."""

    case: str
    database: str
    rounds: int
    clients: int
    expected: int
    booked: tuple[int, ...]
    errors: int
    double_rounds: int
    p50: float
    p99: float

    @property
    def right(self) -> bool:
        """Whether every round booked exactly what there was, nobody twice, and nobody saw an error."""
        return set(self.booked) == {self.expected} and not self.errors and not self.double_rounds


Client = Callable[[Hub, str, dict[str, Any], int], str]


def _book_at(hub: Hub, business: str, service: str, start: int) -> str:
    held = hold(hub, business, service, start, zone="UTC")
    book(hub, business, held.booking_id, _CUSTOMER)
    return "booked"


def same_start(hub: Hub, business: str, task: dict[str, Any], client: int) -> str:
    """Book the one start of the round."""
    return _book_at(hub, business, task["service"], task["start"])


def overlapping_start(hub: Hub, business: str, task: dict[str, Any], client: int) -> str:
    """Book one of six starts that all overlap."""
    return _book_at(hub, business, task["service"], task["start"] + client % 6 * 300)


def next_start(hub: Hub, business: str, task: dict[str, Any], client: int) -> str:
    """Book one of two starts that only clash through the buffer."""
    return _book_at(hub, business, task["service"], task["start"] + client % 2 * HALF_HOUR)


def confirm_expired(hub: Hub, business: str, task: dict[str, Any], client: int) -> str:
    """Confirm a hold that is just over, or take its time."""
    if client % 2:
        book(hub, business, task["held"], _CUSTOMER)
        return "confirmed"  # all who confirm the one hold get the one booking: counted once, by its id
    return _book_at(hub, business, task["service"], task["start"])


def swap(hub: Hub, business: str, task: dict[str, Any], client: int) -> str:
    """Move one of two bookings to the other's time, or to a third."""
    mine = task["pair"][client % 2]
    starts = [task["start"], task["start"] + HOUR, task["start"] + 2 * HOUR]
    reschedule(hub, business, mine, starts[(client // 2 + client) % 3])
    return "moved"


def naive(hub: Hub, business: str, task: dict[str, Any], client: int) -> str:
    """Check, then insert: what most peers do. The control."""
    start = task["start"]
    schedule, now = fresh_schedule(hub, business, task["service"], Window(start, start + 1))
    staff = staff_free_at(schedule.service, schedule.holders, start, now)[0]
    booking, end = new_id(), start + HALF_HOUR
    ids = {"id": booking, "business_id": business, "service_id": task["service"]}
    states = {"state": State.CONFIRMED, "calendar_state": CalendarState.NONE}
    with hub.database.writing() as conn:
        add_booking(conn, **ids, **states, starts_at=start, ends_at=end, zone="UTC", hold_until=None, now=now)
        ids = {"id": new_id(), "business_id": business, "booking_id": booking, "holder_id": staff}
        conn.execute(insert(Occurrence).values(**ids, from_at=start, until_at=end, expires_at=None))
    return "booked"


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of burst: who the clients are, on what service, and how many of them can win."""

    name: str
    client: Client
    expected: int
    staff: int = 1
    rooms: int = 0
    after: int = 0
    hold: bool = False
    pair: bool = False


CASES = (
    Case("same start", same_start, 1),
    Case("overlapping starts", overlapping_start, 1),
    Case("clash through a buffer", next_start, 1, after=600),
    Case("any of 5 staff", same_start, 5, staff=5),
    Case("3 staff, 1 room", same_start, 1, staff=3, rooms=1),
    Case("hold expiring under confirmation", confirm_expired, 1, hold=True),
    Case("swaps", swap, 2, pair=True),
)
CONTROL = Case("control: check, then insert", naive, 1)


def race(place: Place, case: Case, rounds: int, clients: int, kind: str) -> Row:
    """Run the rounds of one case, each with all clients at once over two processes, and judge what is in the tables."""
    clock = CONTEXT.Value("q", START)
    hub = _hub(place, clock)
    business = create_business(hub, case.name, "UTC")
    staff = tuple(add_staff(hub, business, f"Staff {n}", _EVERY_HOUR) for n in range(case.staff))
    rooms = tuple(add_resource(hub, business, f"Room {n}") for n in range(case.rooms))
    rules = Service("new", HALF_HOUR, 300, 600 * DAY, after=case.after, staff=staff, resources=(rooms,) * bool(rooms))
    service = add_service(hub, business, case.name, rules)
    booked, errors, times, doubles = [], 0, [], 0
    with _processes(place, clock, business, clients) as pipes:
        for number in range(rounds):
            start = START + (number + 1) * 12 * HOUR
            task: dict[str, Any] = {"client": case.client.__name__, "service": service, "start": start}
            if case.hold:
                clock.value = START
                task["held"] = hold(hub, business, service, start, zone="UTC").booking_id
                clock.value = START + hub.settings.hold_seconds
            if case.pair:
                held = [hold(hub, business, service, at, zone="UTC").booking_id for at in (start, start + HOUR)]
                task["pair"] = [book(hub, business, one, _CUSTOMER).booking_id for one in held]
            for pipe in pipes:
                pipe.send(task)
            answers: Counter[str] = Counter()
            for pipe in pipes:
                told, took = pipe.recv()
                answers.update(told)
                times += took
            errors += sum(n for answer, n in answers.items() if answer.startswith("error"))
            for answer in answers:
                if answer.startswith("error"):
                    sys.stderr.write(f"{case.name}: {answer}\n")
            live, clash = _live(hub, business, start - HOUR, start + 4 * HOUR)
            booked.append(live)
            doubles += clash
    hub.broker.close()
    hub.database.close()
    hub.keystore.close()
    cuts = statistics.quantiles(times, n=100)
    return Row(
        case.name, kind, rounds, clients, case.expected, tuple(booked), errors, doubles, cuts[49] * 1e3, cuts[98] * 1e3
    )


def _live(hub: Hub, business: str, start: int, end: int) -> tuple[int, bool]:
    """Return how many live bookings there are in a span, and whether two of one holder overlap."""
    with hub.database.reading() as conn:
        statement = (
            select(Occurrence.holder_id, Occurrence.from_at, Occurrence.until_at, Occurrence.booking_id)
            .join(Booking, Booking.id == Occurrence.booking_id)
            .where(
                Occurrence.business_id == business,
                Booking.business_id == business,
                Booking.state.in_(LIVE),
                Occurrence.from_at.between(start, end),
            )
            .order_by(Occurrence.holder_id, Occurrence.from_at)
        )
        rows = conn.execute(statement).all()
    pairs = itertools.pairwise(rows)
    clash = any(a.holder_id == b.holder_id and b.from_at < a.until_at for a, b in pairs)
    return len({row.booking_id for row in rows}), clash


def _hub(place: Place, clock: Any) -> Hub:
    database, keystore = open_database(place.database), open_database(place.keystore)
    return make_hub(database, keystore, Path(place.folder), Calendars(), lambda: clock.value)


@contextmanager
def _processes(place: Place, clock: Any, business: str, clients: int) -> Iterator[list[Pipe]]:
    ends = [CONTEXT.Pipe() for _ in range(PROCESSES)]
    processes = [
        CONTEXT.Process(target=_serve, args=(far, place, clock, business, clients // PROCESSES), daemon=True)
        for _, far in ends
    ]
    for process in processes:
        process.start()
    pipes = [near for near, _ in ends]
    try:
        for pipe in pipes:
            pipe.recv()
        yield pipes
    finally:
        for pipe in pipes:
            pipe.send(None)
        for process in processes:
            process.join(10)


def _serve(pipe: Pipe, place: Place, clock: Any, business: str, clients: int) -> None:
    hub = _hub(place, clock)
    pipe.send("ready")
    while (task := pipe.recv()) is not None:
        barrier = threading.Barrier(clients)
        told: list[str] = []
        took: list[float] = []
        threads = [
            threading.Thread(target=_client, args=(hub, business, task, number, barrier, told, took))
            for number in range(clients)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        pipe.send((told, took))


def _client(
    hub: Hub,
    business: str,
    task: dict[str, Any],
    number: int,
    barrier: threading.Barrier,
    told: list[str],
    took: list[float],
) -> None:
    act: Client = globals()[task["client"]]
    barrier.wait()
    began = time.perf_counter()
    try:
        answer = act(hub, business, task, number)
    except (Taken, StateError, InputError):
        answer = "refused"
    except Unavailable as error:
        # A move that others keep overtaking is told to try again: an answer, not an error, but only for moves.
        answer = "refused" if task["client"] == "swap" else f"error {error.message}"
    except Exception as error:
        answer = f"error {type(error).__name__}: {error}"
    took.append(time.perf_counter() - began)
    told.append(answer)


def rows(places: dict[str, Place], rounds: int = 20, clients: int = 50) -> list[Row]:
    """Return every case on every database, then the control on each."""
    return [race(place, case, rounds, clients, kind) for kind, place in places.items() for case in (*CASES, CONTROL)]


def prepare(folder: Path, database: str = "") -> Place:
    """Return a place whose databases have all tables; SQLite in the folder unless an address is given."""
    place = Place(
        database or f"sqlite:///{folder / 'hub.sqlite'}", f"sqlite:///{folder / 'keystore.sqlite'}", str(folder)
    )
    one, two = open_database(place.database), open_database(place.keystore)
    migrate(one, two)
    one.close()
    two.close()
    return place


def show(found: list[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = [
        "| case | database | rounds | booked (should be) | errors | rounds double booked | p50 ms | p99 ms |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in found:
        most = f"{min(row.booked)} to {max(row.booked)}" if len(set(row.booked)) > 1 else f"{row.booked[0]}"
        lines.append(
            f"| {row.case} | {row.database} | {row.rounds} | {most} ({row.expected}) | {row.errors} | "
            f"{row.double_rounds} | {row.p50:.0f} | {row.p99:.0f} |"
        )
    return "\n".join(lines)


def main() -> int:
    """Run all cases; exit 1 if one is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.race", description="Bursts of clients for one time.")
    parser.add_argument("database", nargs="?", default="", help="address of a PostgreSQL database to run them on too")
    parser.add_argument("--url", default="", help="a hub that runs: over HTTP, against that one alone")
    parser.add_argument("--key", default=os.environ.get("HUB_API_KEY", ""), help="its API key, or HUB_API_KEY")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each case over HTTP (5)")
    options = parser.parse_args()
    if options.url:
        from tests.bench.race_http import rows as over_http

        seen = over_http(options.url, options.key, options.rounds)
        sys.stdout.write(show(seen) + "\n")
        return 0 if all(row.right for row in seen) else 1
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "p").mkdir()
        places = {"SQLite": prepare(Path(name))}
        if options.database:
            places["PostgreSQL"] = prepare(Path(name) / "p", options.database)
        found = rows(places)
    sys.stdout.write(show(found) + "\n")
    wrong = [row for row in found if row.right == (row.case == CONTROL.name)]
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
