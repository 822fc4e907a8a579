"""Two businesses with holders and a service each, in plain rows: no hub, no keys."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from sqlalchemy import Connection, insert

from hub.core.booking import CalendarState, State
from hub.store.booking import add_booking
from hub.store.business import add_business
from hub.store.database import Database
from hub.store.holder import Holder
from hub.store.ids import new_id
from hub.store.service import Service

NOW = 1_800_000_000


@dataclass(slots=True)
class Rows:
    """Ada's business with staff and a room, and Ben's with staff; sorted ids."""

    database: Database
    ada: str
    ben: str
    service: dict[str, str] = field(default_factory=dict)
    holders: dict[str, list[str]] = field(default_factory=dict)

    def book(self, conn: Connection, business: str = "", **values: object) -> str:
        """Insert a hold of Ada's business that lapses in ten minutes; return its id, or nothing if it was not new."""
        business = business or self.ada
        booking_id = new_id()
        given = {
            "id": booking_id,
            "business_id": business,
            "service_id": self.service[business],
            "state": State.HELD,
            "calendar_state": CalendarState.NONE,
            "starts_at": NOW,
            "ends_at": NOW + 1800,
            "zone": "Europe/Berlin",
            "hold_until": NOW + 600,
            "now": NOW,
        }
        return booking_id if add_booking(conn, **{**given, **values}) else ""


@pytest.fixture
def rows(database: Database) -> Rows:
    with database.writing() as conn:
        made = Rows(database, *(add_business(conn, name, "Europe/Berlin", NOW) for name in ("Ada's", "Ben's")))
        for business in (made.ada, made.ben):
            made.service[business] = new_id()
            times = {"duration": 1800, "before": 0, "after": 0, "notice": 0, "horizon": 86_400, "step": 900}
            rules = {"name": "Check-up", "anchor": "clock", "staff_rule": "any", "active": True}
            ids = {"id": made.service[business], "business_id": business}
            conn.execute(insert(Service).values(**ids, **times, **rules))
            made.holders[business] = sorted(new_id() for _ in range(3))
            for number, holder in enumerate(made.holders[business]):
                kind = "staff" if number < 2 else "resource"
                about = {"kind": kind, "name": kind, "zone": "Europe/Berlin", "always_open": False, "active": True}
                conn.execute(insert(Holder).values(id=holder, business_id=business, **about))
    return made
