"""Take a person out of the tables, as the notes of their columns say."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Table, delete, select, update

from hub.store.annotate import About, Base, Erase, Link
from hub.store.booking import Booking
from hub.store.person import Person

_PERSON = "person_id"
_SUBJECT = "subject_id"
"""Names a person, or somebody else; ids of two never are the same."""


def take_out(conn: sa.Connection, business_id: str, person_id: str) -> bool:
    """Delete a person's row and all that the notes say goes with it, and tell whether there was one.

    Rows that the notes let stay lose what leads to the person. Nothing outside is told: that is for who erases.
    """
    theirs = select(Booking.id).where(Booking.business_id == business_id, Booking.person_id == person_id)
    bookings = list(conn.execute(theirs).scalars())
    for table in Base.metadata.sorted_tables:
        if "booking_id" in table.c and _PERSON not in table.c and "business_id" in table.c and _goes(table):
            conn.execute(delete(table).where(table.c.business_id == business_id, table.c.booking_id.in_(bookings)))
    for table in Base.metadata.sorted_tables:
        if _PERSON in table.c and "business_id" in table.c:
            mine = table.c.business_id == business_id, table.c[_PERSON] == person_id
            if _about(table.c[_PERSON]).erase is Erase.ROW:
                conn.execute(delete(table).where(*mine))
            else:
                conn.execute(update(table).where(*mine).values(_emptied(table)))
    for table in Base.metadata.sorted_tables:
        if _SUBJECT in table.c:
            named = table.c.business_id == business_id, table.c[_SUBJECT] == person_id
            conn.execute(update(table).where(*named).values(_emptied(table)))
    gone = delete(Person).where(Person.business_id == business_id, Person.id == person_id)
    return conn.execute(gone).rowcount > 0


def _goes(table: Table) -> bool:
    """Tell whether the rows of a booking in a table are about its customer and go with them."""
    return any(_about(column).erase is Erase.ROW and _about(column).link is Link.CUSTOMER for column in table.columns)


def _emptied(table: Table) -> dict[str, Any]:
    """Return what stays in a row: nothing that is to be cleared, nor what only the person's key opened."""
    return {
        column.name: None if column.nullable else ""
        for column in table.columns
        if _about(column).link is Link.CUSTOMER and _about(column).erase in (Erase.CLEAR, Erase.KEY)
    }


def _about(column: sa.Column[Any]) -> About:
    about = column.info["about"]
    assert isinstance(about, About)
    return about
