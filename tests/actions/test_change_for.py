"""Moving and cancelling for a customer: at the version that was looked at, and written down."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from hub.actions.book import book
from hub.actions.bookings import find_row
from hub.actions.change_for import cancel_for, move_for
from hub.actions.hold import hold
from hub.core.booking import State
from hub.core.errors import InputError, StateError, UnknownId
from hub.core.security import Kind, Visit
from hub.store.security import SecurityEvent
from tests.world import ADA, HOUR, MONDAY, World

VISIT = Visit("key", "k" * 26)


def booked(world: World) -> str:
    service = world.service(world.staff())
    held = hold(world.hub, world.business, service, MONDAY + 2 * HOUR, zone="UTC")
    return book(world.hub, world.business, held.booking_id, ADA).booking_id


def noted(world: World) -> list[tuple[str, str]]:
    table = SecurityEvent
    statement = sa.select(table.detail, table.actor).where(table.kind == Kind.BOOKING_CHANGED).order_by(table.id)
    with world.hub.database.reading() as conn:
        return [(detail, actor) for detail, actor in conn.execute(statement)]


def test_a_booking_is_moved_from_the_version_that_was_looked_at(world: World) -> None:
    booking = booked(world)
    version = find_row(world.hub, world.business, booking).version
    moved = move_for(world.hub, VISIT, world.business, booking, version, MONDAY + 4 * HOUR, zone="UTC")
    assert moved.start == MONDAY + 4 * HOUR
    with pytest.raises(StateError) as late:
        move_for(world.hub, VISIT, world.business, booking, version, MONDAY + 5 * HOUR)
    assert late.value.code == "changed"
    with pytest.raises(InputError, match="zone"):
        move_for(world.hub, VISIT, world.business, booking, version + 1, MONDAY + 5 * HOUR, zone="Mars")
    assert find_row(world.hub, world.business, booking).start == MONDAY + 4 * HOUR
    assert noted(world) == [("moved", "key")]


def test_a_booking_is_cancelled_once(world: World) -> None:
    booking = booked(world)
    version = find_row(world.hub, world.business, booking).version
    with pytest.raises(StateError):
        cancel_for(world.hub, VISIT, world.business, booking, version + 1)
    assert cancel_for(world.hub, VISIT, world.business, booking, version) is State.CANCELLED
    assert cancel_for(world.hub, VISIT, world.business, booking, version) is State.CANCELLED
    assert noted(world) == [("cancelled", "key")]
    with pytest.raises(UnknownId):
        cancel_for(world.hub, VISIT, world.business, "0" * 26)
