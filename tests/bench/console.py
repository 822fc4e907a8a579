"""How long each page of the console takes on the demo's data a hundredfold, beside a page that reads nothing.

`python -m tests.bench.console`. In one process, without a network: what is measured is the hub's own work.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from hub.actions.businesses import create_business
from hub.actions.holders import add_staff
from hub.actions.hours import every_weekday
from hub.actions.people import Customer, check_customer, find_or_add_person
from hub.actions.services import add_service
from hub.actions.sign_in import sign_in
from hub.app import close_hub, create_hub
from hub.core.security import Visit
from hub.core.service import Service
from hub.parts import Hub
from hub.run.demo_business import ZONE, build
from hub.run.demo_calendars import find_place
from hub.settings import load_settings
from hub.store.booking import Booking, Occurrence
from hub.store.guard import Across
from hub.store.ids import new_id
from hub.web.app import create_app
from hub.web.current import SESSION
from hub.web.limits import Limiter
from tests.browser.pages import ENDPOINTS, Places

TIMES = 100
LOOKS = 20
CONTROL = "control: a page that reads nothing"
_DAY = 86_400


class Unlimited(Limiter):
    """Lets a bench come as often as it likes."""

    def hit(self, rate: str, *who: str) -> bool:
        """Count nothing."""
        return True


class Row(NamedTuple):
    """A page, and the milliseconds that a look at it took."""

    page: str
    median: float
    p95: float


def rows() -> list[Row]:
    """Return every page of the console, slowest first, and the control last."""
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as name:
        folder = Path(name) / "data"
        build(folder)
        hub = create_hub(load_settings({}, data_dir=folder))
        try:
            return _measured(hub, folder)
        finally:
            close_hub(hub)


def _measured(hub: Hub, folder: Path) -> list[Row]:
    app, place = create_app(hub, Unlimited("")), find_place(load_settings({}, data_dir=folder))
    assert place is not None
    places = Places(hub, app)
    _grow(hub, places.business)
    client = app.test_client()
    found = []
    client.set_cookie(SESSION, sign_in(hub, Visit(address="127.0.0.1"), place.email, place.password).token)
    for endpoint in [one for one in ENDPOINTS if one.startswith("console.")]:
        address = places.address(endpoint)
        if client.get(address).status_code == 200:  # what only leads on is no page
            found.append(_look(client, endpoint, address))
    return [*sorted(found, key=lambda row: -row.p95), _look(client, CONTROL, "/health/live")]


def _look(client: object, name: str, address: str) -> Row:
    took = []
    for _ in range(LOOKS):
        began = time.perf_counter()
        answer = client.get(address)  # type: ignore[attr-defined]
        took.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, f"{name}: {answer.status_code}"
    return Row(name, statistics.median(took), statistics.quantiles(took, n=20)[-1])


def _grow(hub: Hub, business: str) -> None:
    """Make a hundred businesses of one, and four hundred appointments of four."""
    hours = every_weekday(ZONE, (9 * 60, 17 * 60))
    for number in range(2, TIMES + 1):
        other = create_business(hub, f"Business {number}", ZONE)
        staff = tuple(add_staff(hub, other, name, hours) for name in ("First", "Second"))
        for minutes in (15, 30, 45):
            add_service(hub, other, f"{minutes} minutes", Service("new", minutes * 60, 900, 60 * _DAY, staff=staff))
    with hub.database.reading() as conn:
        bookings = _all(conn, Booking)
        taken = _all(conn, Occurrence)
    for number in range(1, TIMES):
        customer = check_customer(Customer(f"Customer {number}", email=f"customer{number}@example.com"))
        with hub.database.writing() as conn:
            person = find_or_add_person(hub, conn, business, customer)
            for row in bookings:
                away, booking_id = number * 7 * _DAY, new_id()
                moved = {"starts_at": row["starts_at"] + away, "ends_at": row["ends_at"] + away, "answers": None}
                mine = {"id": booking_id, "person_id": person, "idempotency_key": None, "idempotency_hash": None}
                conn.execute(sa.insert(Booking).values(**{**row, **moved, **mine}))
                for one in [one for one in taken if one["booking_id"] == row["id"]]:
                    span = {"from_at": one["from_at"] + away, "until_at": one["until_at"] + away}
                    conn.execute(
                        sa.insert(Occurrence).values(**{**one, **span, "id": new_id(), "booking_id": booking_id})
                    )


def _all(conn: sa.Connection, table: type) -> list[dict[str, object]]:
    query = sa.select(sa.inspect(table).local_table).execution_options(across=Across.OPERATOR)
    return [dict(row) for row in conn.execute(query).mappings()]


def show(found: list[Row]) -> str:
    """Return the rows as a table."""
    lines = ["| page | median ms | p95 ms |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| {row.page} | {row.median:.1f} | {row.p95:.1f} |" for row in found)])


if __name__ == "__main__":
    print(show(rows()))
