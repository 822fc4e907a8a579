"""What may be asked of a provider: above all, no event is written that is not that of a booking."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from hub.actions.ask import ask_provider
from hub.core.calendar import Calendar, Event, Window, Written
from hub.core.errors import Refused, Retry
from hub.core.purpose import Purpose
from hub.store import calendar as store
from hub.store.booking import BookingEvent
from hub.store.budget import CallPause
from hub.store.key_use import CallRefusal
from tests.actions.test_book import booked
from tests.tables import rows_of
from tests.world import HOUR, MONDAY, World, with_names

TEN = MONDAY + 2 * HOUR


def event_named(uid: str) -> Event:
    return Event(uid=uid, start=TEN, end=TEN + HOUR, zone="UTC", summary="x", description="", sequence=1)


def writes(uid: str) -> list[tuple[Purpose, str, dict[str, Any]]]:
    """Each way to write an event of that uid."""
    return [
        (Purpose.CREATE_EVENT, "hub_create_event", {"event": event_named(uid)}),
        (Purpose.UPDATE_EVENT, "hub_update_event", {"event": event_named(uid), "written": Written(uid, "/x.ics")}),
        (Purpose.CANCEL_EVENT, "hub_cancel_event", {"written": Written(uid, "/x.ics")}),
    ]


def place_of(world: World, holder: str) -> tuple[str, Calendar]:
    with world.hub.database.reading() as conn:
        table = store.Calendar
        mine = table.business_id == world.business, table.holder_id == holder
        row = conn.execute(select(table.__table__).where(*mine)).one()
    (one,) = with_names(world.hub, [row])
    return one.connection_id, Calendar(one.ref, one.name, one.zone, one.writable)


def test_a_foreign_event_is_neither_written_nor_moved_nor_removed_and_nobody_is_called(world: World) -> None:
    ada = world.staff()
    connection, calendar = place_of(world, ada)
    calls = len(world.calendars.calls)
    for purpose, hook, arguments in writes("somebody-elses"):
        with pytest.raises(Refused) as refused:
            ask_provider(world.hub, world.business, connection, purpose, hook, calendar=calendar, **arguments)
        assert refused.value.reason == "not_ours"
    assert len(world.calendars.calls) == calls
    found = rows_of(world.hub, world.business, CallRefusal)
    assert sorted((row.hook, row.reason) for row in found) == [(hook, "not_ours") for _, hook, _ in sorted(writes("x"))]


def test_an_event_of_a_booking_is_ours_in_its_own_calendar_only(world: World) -> None:
    ada, ben = world.staff(), world.staff()
    booked(world, world.service(ada))
    (row,) = rows_of(world.hub, world.business, BookingEvent)
    connection, calendar = place_of(world, ben)
    with pytest.raises(Refused, match="somebody else"):
        ask_provider(
            world.hub,
            world.business,
            connection,
            Purpose.CANCEL_EVENT,
            "hub_cancel_event",
            calendar=calendar,
            written=Written(row.uid, row.ref),
        )


def test_a_new_event_does_not_go_in_under_the_name_of_another_ones(world: World) -> None:
    ada = world.staff()
    booked(world, world.service(ada))
    (row,) = rows_of(world.hub, world.business, BookingEvent)
    connection, calendar = place_of(world, ada)
    arguments = {"event": event_named(row.uid), "written": Written("somebody-elses", "/x.ics")}
    with pytest.raises(Refused):
        ask_provider(
            world.hub,
            world.business,
            connection,
            Purpose.UPDATE_EVENT,
            "hub_update_event",
            calendar=calendar,
            **arguments,
        )


def test_a_provider_that_says_in_its_own_words_that_it_was_asked_too_often_is_left_alone(world: World) -> None:
    connection, calendar = place_of(world, world.staff())
    window = Window(TEN, TEN + HOUR)
    for code, after, until in (("busy", 90.0, []), ("quota", 90.0, [90]), ("quota", 1e9, [3600])):
        world.calendars.fail = lambda hook, code=code, after=after: Retry("later", code=code, after=after)  # type: ignore[misc]
        purpose, about = Purpose.PREVENT_CONFLICTS, {"calendars": [calendar], "window": window}
        with pytest.raises(Retry):
            ask_provider(world.hub, world.business, connection, purpose, "hub_free_busy", **about)
        paused = rows_of(world.hub, world.business, CallPause)
        assert [row.until - world.clock.now for row in paused] == until
