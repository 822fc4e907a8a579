"""What needs somebody, in numbers that are of one business each; and what is still to be set up."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, update

from hub.actions.attention import Attention, Readiness, attention, readiness
from hub.actions.book import book
from hub.actions.businesses import change_business
from hub.actions.cancel import cancel
from hub.actions.connections import list_connections
from hub.actions.health import note_health
from hub.actions.hold import hold
from hub.actions.holders import change_holder
from hub.actions.services import change_service
from hub.actions.trouble import watch_health
from hub.store.booking import Booking
from hub.store.connection import Connection, end_connection
from hub.store.ids import new_id
from hub.store.outbox import Outbox
from tests.world import ADA, DAY, HOUR, MONDAY, World


def booked(world: World, service: str, start: int, **values: Any) -> str:
    held = hold(world.hub, world.business, service, start, zone="Europe/Berlin")
    book(world.hub, world.business, held.booking_id, ADA)
    if values:
        with world.hub.database.writing() as conn:
            mine = (Booking.business_id == world.business, Booking.id == held.booking_id)
            conn.execute(update(Booking).where(*mine).values(**values))
    return held.booking_id


def test_each_thing_counts_once_and_for_its_own_business(world: World, strangers: dict[str, str]) -> None:
    hub, service = world.hub, world.service(world.staff())
    start = MONDAY + DAY + 2 * HOUR
    booked(world, service, start)
    for number, values in enumerate(
        ({"calendar_state": "conflict"}, {"calendar_state": "failed"}, {"state": "requested"}), start=1
    ):
        booked(world, service, start + number * HOUR, **values)
    gone = booked(world, service, start + 4 * HOUR, calendar_state="conflict")
    cancel(hub, world.business, gone)
    with hub.database.writing() as conn:
        conn.execute(
            update(Connection).where(Connection.business_id == world.business).values(health="needs_reconnect")
        )
        for state in ("dead", "unknown", "done"):
            plain = {
                "kind": "x",
                "key": "x",
                "payload": {},
                "attempts": 1,
                "due_at": 0,
                "lease_until": 0,
                "problem": "",
            }
            ids = {"id": new_id(), "business_id": world.business, "state": state, "made_at": 0}
            conn.execute(insert(Outbox).values(**plain, **ids))
    found = attention(hub, [world.business, strangers["ben"]])
    assert found[world.business] == Attention(reconnect=1, requested=1, conflict=1, failed=1, dead=2)
    assert found[world.business].total == 6
    assert found[strangers["ben"]] == Attention()
    assert attention(hub, []) == {}


def test_an_account_that_fails_for_so_long_that_people_were_told_needs_somebody(world: World) -> None:
    world.staff()
    (connection,) = (one.id for one in list_connections(world.hub, world.business))
    with world.hub.database.writing() as conn:
        note_health(conn, world.business, connection, "failing", "unreachable", world.clock())
    assert attention(world.hub, [world.business])[world.business] == Attention()
    world.clock.now += HOUR
    watch_health(world.hub)
    assert attention(world.hub, [world.business])[world.business] == Attention(failing=1)


def test_what_is_over_needs_nobody(world: World) -> None:
    booked(world, world.service(world.staff()), MONDAY + 2 * HOUR, calendar_state="conflict")
    world.clock.now += DAY
    assert attention(world.hub, [world.business])[world.business].conflict == 0


def test_each_step_of_setting_up_counts_when_it_works(world: World) -> None:
    hub, business = world.hub, world.business
    assert readiness(hub, business) == Readiness(*[False] * 6)
    staff = world.staff(connected=False)
    assert readiness(hub, business).staff
    change_holder(hub, business, staff, 1, {"active": False})
    assert not readiness(hub, business).staff
    change_holder(hub, business, staff, 2, {"active": True})
    world.connect(staff)
    service = world.service(staff)
    found = readiness(hub, business)
    assert (found.checked, found.written, found.service, found.page, found.mail) == (True, True, True, True, False)
    assert (found.done, found.all, found.is_complete) == (5, 6, False)
    change_business(hub, business, 1, {"slug": None})
    assert not readiness(hub, business).page
    change_service(hub, business, service, 1, {"active": False})
    assert not readiness(hub, business).service


def test_a_permission_that_its_provider_has_not_ended_needs_somebody_after_an_hour(world: World) -> None:
    world.staff(), world.staff()
    first, second = (one.id for one in list_connections(world.hub, world.business))

    def ended(connection_id: str, state: str) -> None:
        mine = Connection.business_id == world.business, Connection.id == connection_id
        with world.hub.database.writing() as conn:
            end_connection(conn, world.business, connection_id, MONDAY)
            conn.execute(update(Connection).where(*mine).values(end_state=state))

    ended(first, "open")
    assert attention(world.hub, [world.business])[world.business].total == 0
    ended(second, "failed")
    assert attention(world.hub, [world.business])[world.business] == Attention(revoke=1)
    world.clock.now += HOUR + 1
    assert attention(world.hub, [world.business])[world.business] == Attention(revoke=2)
    ended(second, "kept")
    assert attention(world.hub, [world.business])[world.business] == Attention(revoke=1)
