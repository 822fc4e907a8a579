"""Claims: how a holder's time is taken so that nobody can take it twice.

The order is always the same, and each part of it was measured (docs/booking.md): lock the holders concerned, old and
new, in sorted order, before any booking row; lapse the expired holds in the way; then insert the cells, counting the
rows that came back. The primary key alone never double books; the locks turn waiting into order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import delete, func, insert, select, true, update
from sqlalchemy.dialects import postgresql, sqlite

from hub.core.booking import State
from hub.core.calendar import Window
from hub.core.cells import CELL, cells
from hub.core.errors import UnknownId
from hub.store.booking import Booking, Claim, Occurrence
from hub.store.guard import Across
from hub.store.holder import Holder
from hub.store.ids import new_id
from hub.store.prepared import MANY, prepared


def lock_holders(conn: sa.Connection, business_id: str, holders: Iterable[str]) -> None:
    """Lock the holders until the transaction ends; raise UnknownId if one is not of this business.

    On PostgreSQL the rows are locked in sorted order, so two transactions never wait for each other. On SQLite the
    writing transaction itself is the lock.
    """
    wanted = sorted(set(holders))
    found = set(_locked(conn, business_id=business_id, holders=wanted).scalars())
    for holder in wanted:
        if holder not in found:
            raise UnknownId("staff member or resource", holder)


def lock_holders_of(conn: sa.Connection, business_id: str, booking_id: str) -> bool:
    """Lock the holders of a booking; False if it was moved to others meanwhile: then begin again, from the start.

    Locking the new ones as well, on top of the old, would break the order that keeps two moves from a deadlock.
    """
    before = holders_of(conn, business_id, booking_id)
    lock_holders(conn, business_id, before)
    return holders_of(conn, business_id, booking_id) == before


def lapse_holds(
    conn: sa.Connection, business_id: str, holders: Collection[str], start: int, end: int, now: int
) -> list[str]:
    """Lapse the expired holds that stand in ``[start, end)`` of these holders; return their booking ids.

    All cells of such a booking are freed, not just those in the way. The holders must be locked.
    """
    given = {"business_id": business_id, "holders": list(holders), "start": start, "end": end, "now": now}
    return [one for one in _expired(conn, **given).scalars().all() if lapse_hold(conn, business_id, one, now)]


def lapse_hold(conn: sa.Connection, business_id: str, booking_id: str, now: int) -> bool:
    """Lapse one hold, if it is still held and its time is over; tell whether it was."""
    lapsed = conn.execute(
        update(Booking)
        .where(
            Booking.business_id == business_id,
            Booking.id == booking_id,
            Booking.state == State.HELD,
            Booking.hold_until <= now,
        )
        .values(state=State.LAPSED, version=Booking.version + 1, changed_at=now)
    )
    if lapsed.rowcount != 1:
        return False
    free(conn, business_id, booking_id)
    return True


def taken(
    conn: sa.Connection, business_id: str, holders: Collection[str], start: int, end: int, *, but: str = ""
) -> set[str]:
    """Return which of these holders have a cell of ``[start, end)`` claimed by another booking than ``but``."""
    wanted = cells(start, end)
    given = {"business_id": business_id, "holders": list(holders), "first": wanted.start, "stop": wanted.stop}
    return set(_taken(conn, **given, but=but).scalars())


def claim(
    conn: sa.Connection, business_id: str, booking_id: str, holder: str, start: int, end: int, expires_at: int | None
) -> bool:
    """Take ``[start, end)`` of a locked holder for a booking; False if a cell of it is taken: then roll back.

    No exception path: rows that exist already are skipped, and fewer rows than cells come back.
    """
    wanted, occurrence = cells(start, end), new_id()
    values = {"id": occurrence, "business_id": business_id, "booking_id": booking_id, "holder_id": holder}
    _add_occurrence(conn, **values, from_at=start, until_at=end, expires_at=expires_at)
    run = _claim_pg if conn.dialect.name == "postgresql" else _claim_sqlite
    ids = {"holder": holder, "business": business_id, "occurrence": occurrence}
    return len(run(conn, **ids, first=wanted.start, last=wanted.stop - 1).all()) == len(wanted)


def keep(conn: sa.Connection, business_id: str, booking_id: str) -> bool:
    """Clear the expiry of a booking's occurrences; False if its claims are not all there: then roll back.

    Confirming a hold counts: a confirmation that does not can confirm a booking whose cells another one has taken.
    """
    spans = _standing(conn, business_id=business_id, booking_id=booking_id).all()
    _kept(conn, business_id=business_id, booking_id=booking_id)
    return bool(spans) and all(standing == len(cells(start, end)) for start, end, standing in spans)


def prolong(conn: sa.Connection, business_id: str, booking_id: str, until: int) -> None:
    """Let what a hold has claimed expire later. The holders must be locked."""
    mine = Occurrence.business_id == business_id, Occurrence.booking_id == booking_id
    conn.execute(update(Occurrence).where(*mine, Occurrence.expires_at.is_not(None)).values(expires_at=until))


def free(conn: sa.Connection, business_id: str, booking_id: str) -> None:
    """Give back everything that a booking has claimed."""
    mine = select(Occurrence.id).where(Occurrence.business_id == business_id, Occurrence.booking_id == booking_id)
    conn.execute(delete(Claim).where(Claim.business_id == business_id, Claim.occurrence_id.in_(mine)))
    conn.execute(delete(Occurrence).where(Occurrence.business_id == business_id, Occurrence.booking_id == booking_id))


def claimed_span(conn: sa.Connection, business_id: str, booking_id: str) -> Window:
    """Return the time that a live booking takes, buffers included."""
    start, end = _span(conn, business_id=business_id, booking_id=booking_id).one()
    return Window(start, end)


def holders_of(conn: sa.Connection, business_id: str, booking_id: str) -> list[str]:
    """Return the holders whose time a booking has, sorted."""
    return sorted(_holders(conn, business_id=business_id, booking_id=booking_id).scalars())


def forget_past(conn: sa.Connection, before: int, limit: int = 2000) -> int:
    """Delete up to so many cells that ended before an instant (UTC seconds), of all businesses; return how many.

    Nobody can want them any more, so no holder needs to be locked.
    """
    old = select(Claim.holder_id, Claim.cell).where(Claim.cell < before // CELL).limit(limit)
    gone = delete(Claim).where(sa.tuple_(Claim.holder_id, Claim.cell).in_(old))
    return conn.execute(gone.execution_options(across=Across.SWEEP)).rowcount


_add_occurrence = prepared(lambda: insert(Occurrence))


@prepared
def _locked(business_id: Any, holders: Any = MANY) -> sa.Executable:
    mine = select(Holder.id).where(Holder.business_id == business_id, Holder.id.in_(holders)).order_by(Holder.id)
    return mine.with_for_update(key_share=True)  # FOR NO KEY UPDATE: rows that only refer to the holder do not wait


@prepared
def _expired(business_id: Any, start: Any, end: Any, now: Any, holders: Any = MANY) -> sa.Executable:
    mine = Occurrence.business_id == business_id, Occurrence.holder_id.in_(holders)
    there = Occurrence.until_at > start, Occurrence.from_at < end, Occurrence.expires_at <= now
    return select(Occurrence.booking_id).where(*mine, *there).distinct()


@prepared
def _taken(business_id: Any, first: Any, stop: Any, but: Any, holders: Any = MANY) -> sa.Executable:
    mine = Claim.business_id == business_id, Occurrence.business_id == business_id, Claim.holder_id.in_(holders)
    there = Claim.cell >= first, Claim.cell < stop, Occurrence.booking_id != but
    taken = select(Claim.holder_id).join(Occurrence, Occurrence.id == Claim.occurrence_id)
    return taken.where(*mine, *there).distinct()


@prepared
def _standing(business_id: Any, booking_id: Any) -> sa.Executable:
    """Each span of a booking, with how many of its cells are claimed."""
    mine = Occurrence.business_id == business_id, Occurrence.booking_id == booking_id
    claims = select(func.count()).where(Claim.occurrence_id == Occurrence.id, Claim.business_id == business_id)
    return select(Occurrence.from_at, Occurrence.until_at, claims.scalar_subquery()).where(*mine)


@prepared
def _kept(business_id: Any, booking_id: Any) -> sa.Executable:
    mine = Occurrence.business_id == business_id, Occurrence.booking_id == booking_id
    return update(Occurrence).where(*mine).values(expires_at=None)


@prepared
def _span(business_id: Any, booking_id: Any) -> sa.Executable:
    mine = Occurrence.business_id == business_id, Occurrence.booking_id == booking_id
    return select(func.min(Occurrence.from_at), func.max(Occurrence.until_at)).where(*mine)


@prepared
def _holders(business_id: Any, booking_id: Any) -> sa.Executable:
    mine = Occurrence.business_id == business_id, Occurrence.booking_id == booking_id
    return select(Occurrence.holder_id).where(*mine)


def _claiming(new: sqlite.Insert | postgresql.Insert, values: dict[str, Any], first: Any, last: Any) -> sa.Executable:
    """Return an INSERT of every cell from first to last, which skips those that are taken and returns the others."""
    cell = select(sa.cast(first, sa.BigInteger).label("cell")).cte("wanted", recursive=True)
    series = cell.union_all(select(cell.c.cell + 1).where(cell.c.cell < last))
    rows = select(series.c.cell, *(sa.cast(value, sa.String) for value in values.values())).where(
        true()
    )  # SQLite cannot tell ON CONFLICT from a join without a WHERE
    return new.from_select(["cell", *values], rows).on_conflict_do_nothing().returning(Claim.cell)


@prepared
def _claim_sqlite(holder: Any, business: Any, occurrence: Any, first: Any, last: Any) -> sa.Executable:
    values = {"holder_id": holder, "business_id": business, "occurrence_id": occurrence}
    return _claiming(sqlite.insert(Claim), values, first, last)


@prepared
def _claim_pg(holder: Any, business: Any, occurrence: Any, first: Any, last: Any) -> sa.Executable:
    values = {"holder_id": holder, "business_id": business, "occurrence_id": occurrence}
    return _claiming(postgresql.insert(Claim), values, first, last)
