"""What was read of calendars carries for what: no reader has it without a purpose, and none for another one."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import Select, delete, event, exists, func, insert, select, update
from sqlalchemy.orm import aliased

from hub.actions.conflicts import find_conflicts
from hub.actions.consent_end import withdraw_consent
from hub.actions.offer import explain_start, offer
from hub.actions.poll import poll_calendars
from hub.actions.read_back import read_back_events
from hub.actions.reschedule import reschedule
from hub.actions.sync import sync_calendar
from hub.actions.week import week
from hub.core.calendar import Window
from hub.core.consent_record import WRITING
from hub.core.errors import HubError, Refused
from hub.core.purpose import CALENDAR_PURPOSES, Purpose
from hub.core.security import OPERATOR
from hub.plugin import Busy
from hub.store.booking import Booking
from hub.store.calendar import BusyTime, Calendar
from tests.actions.test_book import settle
from tests.post import booked
from tests.tables import rows_of
from tests.world import DAY, HOUR, MONDAY, World, connection_named

TEN = MONDAY + 2 * HOUR
MINE = BusyTime.business_id == "b" * 26
OTHER = aliased(BusyTime)

WITHOUT_A_PURPOSE = {
    "a plain select": select(BusyTime.starts_at).where(MINE),
    "all columns": select(BusyTime.__table__).where(MINE),
    "a count": select(func.count()).select_from(BusyTime).where(MINE),
    "a join": select(Calendar.id)
    .join(BusyTime, BusyTime.calendar_id == Calendar.id)
    .where(MINE, Calendar.business_id == "b" * 26),
    "an alias": select(OTHER.starts_at).where(OTHER.business_id == "b" * 26),
    "a condition": select(Calendar.id).where(
        Calendar.business_id == "b" * 26, exists().where(MINE, BusyTime.calendar_id == Calendar.id)
    ),
    "a source": select(select(BusyTime.starts_at).where(MINE).subquery().c.starts_at),
    "a common table expression": select(select(BusyTime.starts_at).where(MINE).cte().c.starts_at),
    "an insert from a select": insert(Calendar).from_select(["read_at"], select(BusyTime.starts_at).where(MINE)),
    "an update by a select": update(Calendar)
    .where(Calendar.business_id == "b" * 26)
    .values(read_at=select(func.max(BusyTime.starts_at)).where(MINE).scalar_subquery()),
    "another purpose than one of the list": select(BusyTime.starts_at)
    .where(MINE)
    .execution_options(purpose="curiosity"),
}


@pytest.mark.parametrize("what", WITHOUT_A_PURPOSE)
def test_busy_times_are_not_read_without_a_purpose(world: World, what: str) -> None:
    with world.hub.database.writing() as conn, pytest.raises(HubError, match="for which purpose"):
        conn.execute(WITHOUT_A_PURPOSE[what])


def test_they_are_forgotten_without_one(world: World) -> None:
    with world.hub.database.writing() as conn:
        conn.execute(delete(BusyTime).where(MINE))


def test_every_read_in_the_life_of_a_calendar_is_for_a_purpose_of_calendars(world: World) -> None:
    seen: list[Any] = []

    def look(_conn: Any, statement: Any, *_: Any) -> None:
        if isinstance(statement, Select) and "busy_time" in str(statement):
            seen.append(statement.get_execution_options().get("purpose"))

    event.listen(world.hub.database.engine, "before_execute", look)
    event.listen(world.hub.database.engine, "before_cursor_execute", lambda *_: None)  # nothing goes past `look`
    live(world)
    swept = [one for one in seen if one is None]
    assert set(seen) - {None} == {Purpose.CHECK_AVAILABILITY, Purpose.PREVENT_CONFLICTS}
    assert len(seen) > 10
    assert len(swept) <= 1  # the clock's own look for events of ours that no calendar shows


def live(world: World) -> None:
    """Do all that reads busy times."""
    ada = world.staff()
    world.calendars.busy[ada].append(Busy(MONDAY + 5 * HOUR, MONDAY + 6 * HOUR, uid="theirs"))
    service = world.service(ada)
    booking = booked(world, service, TEN)
    settle(world)
    offer(world.hub, world.business, service, Window(MONDAY, MONDAY + 20 * DAY))
    explain_start(world.hub, world.business, service, MONDAY + 5 * HOUR)
    reschedule(world.hub, world.business, booking, TEN + HOUR)
    week(world.hub, world.business, [ada], date(2027, 3, 15), "Europe/Berlin")
    world.clock.now += 10 * 60
    poll_calendars(world.hub)
    settle(world)
    with world.hub.database.writing() as conn:
        find_conflicts(conn, world.business, ada, world.clock())
    read_back_events(world.hub)


def test_a_look_marks_what_it_read_with_what_was_agreed_to(world: World) -> None:
    ada = world.staff()
    (row,) = rows_of(world.hub, world.business, Calendar)
    assert row.taken_for == []
    sync_calendar(world.hub, world.business, row.id)
    (row,) = rows_of(world.hub, world.business, Calendar)
    assert (set(row.taken_for), row.restricted) == ({str(one) for one in CALENDAR_PURPOSES}, False)
    withdraw_consent(
        world.hub, OPERATOR, world.business, connection_named(world, ada), purposes=[str(one) for one in WRITING]
    )
    sync_calendar(world.hub, world.business, row.id)
    (row,) = rows_of(world.hub, world.business, Calendar)
    assert set(row.taken_for) == {str(one) for one in CALENDAR_PURPOSES - WRITING}


def test_what_was_taken_for_something_else_is_not_read_and_is_never_free(world: World) -> None:
    """As if the mark were another one: what is not read is refused, and not taken for a free time."""
    ada = world.staff()
    world.calendars.busy[ada].append(Busy(MONDAY + 5 * HOUR, MONDAY + 6 * HOUR, uid="theirs"))
    service = world.service(ada)
    booking = booked(world, service, TEN)
    world.calendars.busy[ada].append(Busy(TEN, TEN + HOUR, uid="over it"))
    (row,) = rows_of(world.hub, world.business, Calendar)
    sync_calendar(world.hub, world.business, row.id)
    with world.hub.database.writing() as conn:
        conn.execute(update(Booking).where(Booking.business_id == world.business).values(calendar_state="written"))
        conn.execute(update(Calendar).where(Calendar.business_id == world.business).values(taken_for=["protect"]))
    with pytest.raises(Refused, match="not read for"):
        offer(world.hub, world.business, service, Window(MONDAY, MONDAY + DAY))
    with pytest.raises(Refused, match="not read for"):
        week(world.hub, world.business, [ada], date(2027, 3, 15), "Europe/Berlin")
    with world.hub.database.writing() as conn:
        assert find_conflicts(conn, world.business, ada, world.clock()) is not None
    (left,) = rows_of(world.hub, world.business, Booking)
    assert (left.id, left.calendar_state) == (booking, "written")
