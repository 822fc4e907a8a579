from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import insert, update

from hub.actions.book import book
from hub.actions.businesses import create_business
from hub.actions.fresh import is_fresh
from hub.actions.hold import hold
from hub.actions.record import record
from hub.core.security import Kind, Outcome, Visit
from hub.store.calendar import Calendar
from hub.store.connection import Connection, end_connection
from hub.store.figures import Figures, figures
from hub.store.guard import Across
from hub.store.ids import new_id
from hub.store.mail import Mail
from hub.store.outbox import DEAD, Outbox, take_lease
from tests.world import ADA, DAY, HOUR, MONDAY, World


def found(world: World) -> Figures:
    with world.hub.database.reading() as conn:
        return figures(conn, now=world.clock(), calendar_max_age=300)


def test_an_empty_hub_has_no_figures(world: World) -> None:
    assert found(world) == Figures({}, 0, {}, {}, {}, {}, {}, {})


def test_bookings_ahead_are_counted_by_both_states_and_past_ones_are_not(world: World) -> None:
    service = world.service(world.staff())
    first = MONDAY + 2 * HOUR
    held = hold(world.hub, world.business, service, first, zone="UTC")
    hold(world.hub, world.business, service, first + HOUR, zone="UTC")
    book(world.hub, world.business, held.booking_id, ADA)
    assert found(world).bookings == {("confirmed", "pending"): 1, ("held", "none"): 1}
    world.clock.now = first + 31 * 60
    assert found(world).bookings == {("held", "none"): 1}


def test_the_outbox_is_counted_by_state_and_kind_with_its_oldest_due_row(world: World) -> None:
    service = world.service(world.staff())
    first = MONDAY + 2 * HOUR
    book(world.hub, world.business, hold(world.hub, world.business, service, first, zone="UTC").booking_id, ADA)
    world.clock.now += 90
    before = found(world)
    assert {state for state, _ in before.outbox} == {"waiting"}
    assert before.oldest_waiting == 90
    with world.hub.database.writing() as conn:
        conn.execute(update(Outbox).values(state=DEAD).execution_options(across=Across.OPERATOR))
    after = found(world)
    assert sum(after.outbox.values()) == sum(before.outbox.values())
    assert {state for state, _ in after.outbox} == {"dead"}
    assert after.oldest_waiting == 0
    with world.hub.database.writing() as conn:
        conn.execute(update(Outbox).values(state="done").execution_options(across=Across.OPERATOR))
    assert found(world).outbox == {}


def test_connections_of_all_businesses_are_counted_by_health(world: World) -> None:
    world.staff()
    world.business = create_business(world.hub, "Ben's Garage", "UTC")
    world.staff()
    assert found(world).connections == {("fake", "ok"): 2}
    with world.hub.database.writing() as conn:
        mine = Connection.business_id == world.business
        conn.execute(update(Connection).where(mine).values(health="needs_reconnect"))
    assert found(world).connections == {("fake", "ok"): 1, ("fake", "needs_reconnect"): 1}


def set_calendar(world: World, **values: object) -> sa.Row[object]:
    with world.hub.database.writing() as conn:
        conn.execute(update(Calendar).where(Calendar.business_id == world.business).values(**values))
        return conn.execute(sa.select(Calendar.__table__).where(Calendar.business_id == world.business)).one()  # type: ignore[return-value]


def test_calendars_are_fresh_as_a_search_for_times_judges_them(world: World) -> None:
    world.staff()
    now = world.clock()
    for values, freshness in (
        ({"read_at": 0, "problem": ""}, "never"),
        ({"read_at": now - 10, "problem": "", "read_until": now + 90 * DAY}, "fresh"),
        ({"read_at": now - 301, "problem": ""}, "stale"),
        ({"read_at": now - 10, "problem": "unreachable"}, "failing"),
    ):
        row = set_calendar(world, **values)
        assert found(world).calendars == {(freshness,): 1}
        assert is_fresh(world.hub, row, now + DAY, now) == (freshness == "fresh")


def test_calendars_that_are_not_checked_or_not_connected_do_not_count(world: World) -> None:
    world.staff()
    set_calendar(world, checked=False)
    assert found(world).calendars == {}
    set_calendar(world, checked=True)
    with world.hub.database.writing() as conn:
        connection = conn.scalar(sa.select(Connection.id).where(Connection.business_id == world.business))
        assert connection is not None
        end_connection(conn, world.business, connection, world.clock())
    assert found(world).calendars == {}


def test_mails_are_counted_by_kind_and_state(world: World) -> None:
    common = {"business_id": world.business, "reader": "customer", "made_at": world.clock()}
    with world.hub.database.writing() as conn:
        for kind, state in (("confirmed", "sent"), ("confirmed", "kept"), ("reminder", "kept")):
            conn.execute(insert(Mail).values(id=new_id(), message_id=new_id(), kind=kind, state=state, **common))
    assert found(world).mails == {("confirmed", "sent"): 1, ("confirmed", "kept"): 1, ("reminder", "kept"): 1}


def test_security_events_of_the_last_hour_are_counted_and_older_ones_are_not(world: World) -> None:
    record(world.hub, Visit(), Kind.SIGN_IN, Outcome.FAILED)
    record(world.hub, Visit(), Kind.SIGN_IN, Outcome.FAILED)
    record(world.hub, Visit(), Kind.BAD_LINK, Outcome.REFUSED)
    assert found(world).security == {("sign_in", "failed"): 2, ("bad_link", "refused"): 1}
    world.clock.now += HOUR + 1
    assert found(world).security == {}


def test_a_lease_is_told_by_the_seconds_until_it_lapses(world: World) -> None:
    now = world.clock()
    with world.hub.database.writing() as conn:
        take_lease(conn, "clock", "somebody", now=now, until=now + 6)
    assert found(world).leases == {"clock": 6}
    world.clock.now += 60
    assert found(world).leases == {"clock": -54}


def test_the_number_of_queries_does_not_grow_with_the_businesses(world: World) -> None:
    def queries() -> int:
        seen: list[str] = []

        def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:
            seen.append(statement)

        sa.event.listen(world.hub.database.engine, "before_cursor_execute", note)
        found(world)
        sa.event.remove(world.hub.database.engine, "before_cursor_execute", note)
        return len([one for one in seen if one.startswith("SELECT")])

    assert queries() == 8
    for _ in range(3):
        world.business = create_business(world.hub, "Another", "UTC")
        world.staff()
    assert queries() == 8
