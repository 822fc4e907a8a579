"""The health of a connection: written and told when it changes, and never over a disconnect."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from hub.actions.businesses import create_business
from hub.actions.health import note_health
from hub.store.calendar import Calendar
from hub.store.connection import Connection, end_connection
from hub.store.outage import KEPT_CHANGES, changes_of
from hub.store.outbox import Outbox
from tests.tables import nothing_changed
from tests.world import World


@pytest.fixture
def connection(world: World) -> str:
    world.staff()
    with world.hub.database.reading() as conn:
        return conn.execute(select(Connection.id).where(Connection.business_id == world.business)).scalar_one()


def note(world: World, connection: str, health: str, reason: str = "", business: str = "") -> None:
    world.clock.now += 10
    with world.hub.database.writing() as conn:
        note_health(conn, business or world.business, connection, health, reason, world.clock())


def health(world: World) -> tuple[str, str, int]:
    with world.hub.database.reading() as conn:
        statement = select(Connection.health, Connection.health_reason, Connection.health_at)
        one = conn.execute(statement.where(Connection.business_id == world.business)).one()
    return one.health, one.health_reason, one.health_at


def told(world: World) -> list[dict[str, str]]:
    with world.hub.database.reading() as conn:
        statement = select(Outbox.payload).where(Outbox.business_id == world.business).order_by(Outbox.id)
        return [
            one["facts"] for one in conn.execute(statement).scalars() if one.get("hook") == "hub_connection_changed"
        ]


def test_a_change_is_written_with_its_reason_and_time_and_told(world: World, connection: str) -> None:
    note(world, connection, "failing", "unreachable")
    assert health(world) == ("failing", "unreachable", world.clock.now)
    assert told(world) == [{"business": world.business, "connection": connection, "health": "failing"}]


def test_what_is_known_already_is_not_written_and_not_told(world: World, connection: str) -> None:
    note(world, connection, "failing", "unreachable")
    with nothing_changed(world.hub):
        note(world, connection, "failing", "unreachable")


def test_each_turn_is_told_in_order(world: World, connection: str) -> None:
    for one in ("failing", "ok", "failing", "needs_reconnect"):
        note(world, connection, one, "" if one == "ok" else "why")
    assert [one["health"] for one in told(world)] == ["failing", "ok", "failing", "needs_reconnect"]


def test_what_only_the_owner_can_mend_is_not_mended_by_an_answer(world: World, connection: str) -> None:
    note(world, connection, "needs_reconnect", "revoked")
    with nothing_changed(world.hub):
        for late in ("ok", "failing", "needs_reconnect"):
            note(world, connection, late, "late")


def test_one_calendar_that_works_does_not_hide_another_one_that_fails(world: World, connection: str) -> None:
    with world.hub.database.writing() as conn:
        mine = Calendar.business_id == world.business, Calendar.connection_id == connection
        conn.execute(update(Calendar).where(*mine).values(problem="not_found"))
    note(world, connection, "ok")
    assert health(world)[:2] == ("failing", "not_found")


def test_what_a_call_of_before_found_is_not_noted_of_an_account_that_was_connected_again(
    world: World, connection: str
) -> None:
    with world.hub.database.writing() as conn, nothing_changed(world.hub):
        note_health(conn, world.business, connection, "needs_reconnect", "revoked", world.clock(), epoch=0)


def test_each_change_stands_in_the_history_and_the_oldest_are_forgotten(world: World, connection: str) -> None:
    for _ in range(KEPT_CHANGES):
        note(world, connection, "failing", "timeout")
        note(world, connection, "ok")
    with world.hub.database.reading() as conn:
        found = changes_of(conn, world.business, connection, 1000)
    assert len(found) == KEPT_CHANGES
    assert [(one.health, one.reason) for one in found[:2]] == [("ok", ""), ("failing", "timeout")]


def test_another_reason_for_the_same_trouble_is_written(world: World, connection: str) -> None:
    note(world, connection, "failing", "unreachable")
    note(world, connection, "failing", "too_large")
    assert health(world)[:2] == ("failing", "too_large")


def test_a_disconnected_connection_stays_disconnected_whatever_a_late_call_reports(
    world: World, connection: str
) -> None:
    with world.hub.database.writing() as conn:
        end_connection(conn, world.business, connection, world.clock())
    with nothing_changed(world.hub):
        for late in ("ok", "failing", "needs_reconnect"):
            note(world, connection, late, "late")


def test_another_business_reports_nothing(world: World, connection: str) -> None:
    other = create_business(world.hub, "Ben's Garage", "Europe/Berlin")
    with nothing_changed(world.hub):
        note(world, connection, "failing", "unreachable", other)
        note(world, "x" * 26, "failing", "unreachable")
