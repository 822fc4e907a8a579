"""Keeping calendars fresh: what changed is seen, what fails is withheld, what collides is told."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from hub.actions.book import book
from hub.actions.effects import EFFECTS
from hub.actions.hold import hold
from hub.actions.poll import poll_calendars
from hub.actions.sync import sync_calendar
from hub.core.booking import CalendarState
from hub.core.errors import HubError, NeedsReconnect, Refused, Retry
from hub.core.purpose import Purpose
from hub.jobs.perform import drain
from hub.plugin import Busy, BusyKind
from hub.store.booking import Booking
from hub.store.calendar import BusyTime, Calendar
from hub.store.connection import Connection
from hub.store.outbox import Outbox
from tests.world import ADA, DAY, HOUR, MINUTE, MONDAY, World, with_names

TEN = MONDAY + 2 * HOUR


def calendar(world: World) -> Any:
    with world.hub.database.reading() as conn:
        rows = conn.execute(select(Calendar.__table__).where(Calendar.business_id == world.business)).all()
    (one,) = with_names(world.hub, rows)
    return one


def sync(world: World) -> bool:
    return sync_calendar(world.hub, world.business, calendar(world).id)


def busy(world: World) -> list[tuple[int, int, str]]:
    with world.hub.database.reading() as conn:
        statement = (
            select(BusyTime.starts_at, BusyTime.ends_at, BusyTime.kind)
            .where(BusyTime.business_id == world.business)
            .execution_options(purpose=Purpose.PROTECT)
        )
        return sorted((start, end, kind) for start, end, kind in conn.execute(statement))


def health(world: World) -> tuple[str, str]:
    with world.hub.database.reading() as conn:
        statement = select(Connection.health, Connection.health_reason).where(Connection.business_id == world.business)
        return tuple(conn.execute(statement).one())


def booked(world: World) -> str:
    held = hold(world.hub, world.business, world.service(calendar(world).ref), TEN, zone="Europe/Berlin")
    book(world.hub, world.business, held.booking_id, ADA)
    drain(world.hub, EFFECTS)
    return held.booking_id


def calendar_state(world: World, booking_id: str) -> str:
    with world.hub.database.reading() as conn:
        mine = Booking.business_id == world.business, Booking.id == booking_id
        return conn.execute(select(Booking.calendar_state).where(*mine)).scalar_one()


def test_busy_times_are_read_and_no_name_of_an_event_is_stored(world: World) -> None:
    ada = world.staff()
    world.calendars.busy[ada] += [Busy(TEN, TEN + HOUR), Busy(TEN + DAY, TEN + DAY + HOUR, BusyKind.TENTATIVE)]
    assert sync(world)
    assert busy(world) == [(TEN, TEN + HOUR, "busy"), (TEN + DAY, TEN + DAY + HOUR, "tentative")]
    with world.hub.database.reading() as conn:
        items = (
            conn.execute(
                select(BusyTime.item)
                .where(BusyTime.business_id == world.business)
                .execution_options(purpose=Purpose.PROTECT)
            )
            .scalars()
            .all()
        )
    assert all(len(item) == 64 and "item" not in item for item in items)


def test_what_is_gone_from_the_calendar_is_gone_from_the_copy(world: World) -> None:
    ada = world.staff()
    world.calendars.busy[ada].append(Busy(TEN, TEN + HOUR))
    sync(world)
    world.calendars.busy[ada].clear()
    assert sync(world)
    assert busy(world) == []


def test_a_cursor_that_is_too_old_leads_to_a_full_read(world: World) -> None:
    ada = world.staff()
    sync(world)
    with world.hub.database.writing() as conn:
        conn.execute(update(Calendar).where(Calendar.business_id == world.business).values(cursor="old"))
    world.calendars.busy[ada].append(Busy(TEN, TEN + HOUR))
    assert sync(world)
    assert len(busy(world)) == 1


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (Retry("down", code="unreachable"), ("failing", "unreachable")),
        (NeedsReconnect("no"), ("needs_reconnect", "needs_reconnect")),
        (NeedsReconnect("no", code="revoked"), ("needs_reconnect", "revoked")),
        (Refused("too_large"), ("failing", "too_large")),
        (ZeroDivisionError(), ("failing", "plugin_error")),
    ],
)
def test_what_fails_is_the_health_of_the_connection_and_the_copy_stays(
    world: World, error: Exception, expected: tuple[str, str]
) -> None:
    ada = world.staff()
    world.calendars.busy[ada].append(Busy(TEN, TEN + HOUR))
    sync(world)
    world.calendars.fail = lambda hook: error
    assert not sync(world)
    assert health(world) == expected
    assert calendar(world).problem == expected[1]
    assert len(busy(world)) == 1
    world.calendars.fail = lambda hook: None
    assert sync(world)
    lasts = expected[1] == "revoked"  # that takes its owner
    assert health(world) == (expected if lasts else ("ok", ""))


def test_a_change_of_health_is_told_once(world: World) -> None:
    world.staff()
    world.calendars.fail = lambda hook: Retry("down", code="unreachable")
    for _ in range(3):
        sync(world)
    with world.hub.database.reading() as conn:
        told = conn.execute(select(Outbox.payload).where(Outbox.business_id == world.business)).scalars().all()
    assert [one["facts"]["health"] for one in told if one.get("hook") == "hub_connection_changed"] == ["failing"]


def test_another_event_over_a_booking_is_a_conflict_until_it_is_gone(world: World) -> None:
    ada = world.staff()
    booking_id = booked(world)
    world.calendars.busy[ada].append(Busy(TEN + 10 * MINUTE, TEN + HOUR))
    sync(world)
    assert calendar_state(world, booking_id) == CalendarState.CONFLICT
    world.calendars.busy[ada].clear()
    sync(world)
    assert calendar_state(world, booking_id) == CalendarState.WRITTEN


@pytest.mark.parametrize("pushed", [False, True])
def test_another_event_over_a_booking_is_told_once_within_the_bound_of_freshness(world: World, pushed: bool) -> None:
    """Polled at half of the bound; pushed as soon as it is announced."""
    ada = world.staff()
    booking_id = booked(world)
    assert sync(world)
    world.calendars.busy[ada].append(Busy(TEN, TEN + HOUR))
    began = world.clock.now
    if pushed:
        with world.hub.database.writing() as conn:
            later = {"pushed_until": began + DAY, "announced": Calendar.announced + 1}
            conn.execute(update(Calendar).where(Calendar.business_id == world.business).values(**later))
    while calendar_state(world, booking_id) != CalendarState.CONFLICT:
        world.clock.now += 5
        poll_calendars(world.hub)
        drain(world.hub, EFFECTS)
        assert world.clock.now - began <= (5 if pushed else world.hub.settings.calendar_max_age)
    world.clock.now += HOUR
    for _ in range(3):
        poll_calendars(world.hub)
        drain(world.hub, EFFECTS)
        world.clock.now += 10 * MINUTE
    with world.hub.database.reading() as conn:
        told = conn.execute(select(Outbox.payload).where(Outbox.business_id == world.business)).scalars().all()
    assert [one["facts"].get("calendar_state") for one in told if "facts" in one].count("conflict") == 1


def test_the_bookings_own_event_is_no_conflict_and_neither_is_one_beside_it(world: World) -> None:
    ada = world.staff()
    booking_id = booked(world)
    world.calendars.busy[ada] += [Busy(TEN - HOUR, TEN), Busy(TEN + 30 * MINUTE, TEN + HOUR)]
    sync(world)
    assert calendar_state(world, booking_id) == CalendarState.WRITTEN


def test_what_could_not_be_read_blocks_new_bookings_but_is_no_conflict(world: World) -> None:
    ada = world.staff()
    booking_id = booked(world)
    world.calendars.busy[ada].append(Busy(TEN - DAY, TEN + DAY, BusyKind.UNREADABLE))
    sync(world)
    assert calendar_state(world, booking_id) == CalendarState.WRITTEN
    with pytest.raises(HubError, match="busy"):
        hold(world.hub, world.business, world.service(ada), TEN + HOUR, zone="Europe/Berlin")


def announce(world: World) -> None:
    with world.hub.database.writing() as conn:
        conn.execute(
            update(Calendar)
            .where(Calendar.business_id == world.business, Calendar.announced == Calendar.begun)
            .values(announced=Calendar.announced + 1)
        )


def marks(world: World) -> tuple[int, int, int]:
    row = calendar(world)
    return row.announced, row.begun, row.known


def test_what_is_announced_during_a_look_is_not_read_by_it(world: World) -> None:
    world.staff()
    announce(world)
    world.calendars.fail = lambda hook: announce(world)
    assert sync(world)
    assert marks(world) == (2, 1, 1)
    world.calendars.fail = lambda hook: None
    assert sync(world)
    assert marks(world) == (2, 2, 2)


def test_a_look_that_fails_has_read_nothing(world: World) -> None:
    world.staff()
    announce(world)
    world.calendars.fail = lambda hook: Retry("down")
    assert not sync(world)
    assert marks(world) == (1, 1, 0)


def test_a_look_that_another_overtook_looks_again_for_what_neither_has_read(world: World) -> None:
    """The other one asked the provider before the change was announced, and ended first."""
    ada = world.staff()
    sync(world)
    began: list[str] = []

    def overtaken(hook: str) -> None:
        began.append(hook)
        if len(began) == 1:  # the early look is with the provider
            announce(world)
            world.calendars.busy[ada].append(Busy(TEN, TEN + HOUR))
            assert sync(world)  # the late one covers it, and ends first

    world.calendars.fail = overtaken
    assert sync(world)
    assert (len(began), marks(world), len(busy(world))) == (2, (1, 1, 1), 1)

    def overtaking(hook: str) -> None:
        began.append(hook)
        if len(began) == 1:  # the late look is with the provider: an early one ends before it
            with world.hub.database.writing() as conn:
                mine = Calendar.business_id == world.business
                conn.execute(update(Calendar).where(mine).values(cursor="of the early one"))

    began.clear()
    world.calendars.busy[ada].clear()
    announce(world)
    world.calendars.fail = overtaking
    assert sync(world)
    assert (len(began), marks(world), busy(world)) == (2, (2, 2, 2), [])


def test_a_look_that_waits_for_its_turn_is_no_problem_until_the_calendar_is_too_old(world: World) -> None:
    world.staff()
    sync(world)
    world.calendars.fail = lambda hook: Retry("later", code="quota")
    world.clock.now += MINUTE
    assert not sync(world)
    assert (calendar(world).problem, health(world)) == ("", ("ok", ""))
    world.clock.now += 5 * MINUTE
    assert not sync(world)
    assert calendar(world).problem == "quota"


def test_a_look_that_began_before_the_account_was_connected_again_says_nothing_of_it_now(world: World) -> None:
    world.staff()
    sync(world)

    def meanwhile(hook: str) -> Exception:
        with world.hub.database.writing() as conn:
            mine = Connection.business_id == world.business
            conn.execute(update(Connection).where(mine).values(epoch=Connection.epoch + 1))
        return NeedsReconnect("the old token is over")

    world.calendars.fail = meanwhile
    assert not sync(world)
    assert (health(world), calendar(world).problem) == (("ok", ""), "")
