"""Disconnecting: here at once and as a whole, then at the provider until it is done."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, cast

import pytest
from sqlalchemy import select

from hub.actions.book import book
from hub.actions.cancel import cancel
from hub.actions.check import check_live
from hub.actions.connect import list_calendars
from hub.actions.connections import get_connection, list_connections
from hub.actions.disconnect import disconnect, risk_of_disconnect
from hub.actions.effects import EFFECTS
from hub.actions.hold import hold
from hub.actions.sync import sync_calendar
from hub.core.access import mask_account
from hub.core.booking import State
from hub.core.calendar import Window
from hub.core.errors import Refused, Retry, Unavailable, UnknownId
from hub.core.purpose import Purpose
from hub.core.security import OPERATOR, Visit
from hub.jobs.perform import drain
from hub.plugin import Busy
from hub.store.calendar import BusyTime
from hub.store.connection import Connection, Credential
from hub.store.outbox import DONE, WAITING, Outbox
from hub.store.security import SecurityEvent
from tests.actions.test_book import booked, row, settle
from tests.actions.test_calendars import busy_times, calendars_of
from tests.revoking import Keys, connected
from tests.tables import nothing_changed
from tests.world import ADA, DAY, HOUR, MONDAY, World, connection_named, down

TEN = MONDAY + 2 * HOUR
CYD = Visit("user", "cyd", "192.0.2.7", "a browser", "connection_end")


def health(world: World, connection_id: str) -> tuple[str, int]:
    with world.hub.database.reading() as conn:
        mine = Connection.business_id == world.business, Connection.id == connection_id
        return cast(Any, conn.execute(select(Connection.health, Connection.epoch).where(*mine)).one())


def events(world: World, kind: str = "disconnected") -> list[tuple[str, str, str]]:
    table = SecurityEvent
    with world.hub.database.reading() as conn:
        rows = conn.execute(select(table.actor_id, table.about, table.within).where(table.kind == kind))
        return [tuple(one) for one in rows]


def effects(world: World, kind: str) -> list[Any]:
    with world.hub.database.reading() as conn:
        mine = Outbox.business_id == world.business, Outbox.kind == kind
        return list(conn.execute(select(Outbox.__table__).where(*mine).order_by(Outbox.id)).all())


def sealed(world: World) -> int:
    with world.hub.database.reading() as conn:
        mine = Credential.business_id == world.business
        return len(conn.execute(select(Credential.version).where(mine)).all())


def test_a_disconnected_account_is_asked_nothing_any_more_and_what_was_read_of_it_is_gone(world: World) -> None:
    ada = world.staff()
    connection_id = connection_named(world, ada)
    (calendar,) = calendars_of(world, connection_id)
    world.calendars.busy[ada].append(Busy(TEN, TEN + HOUR))
    assert sync_calendar(world.hub, world.business, calendar.id)
    done = disconnect(world.hub, CYD, world.business, connection_id)
    assert (done.account_name, done.revoked, done.keeps, done.ended_at) == (mask_account(ada), True, "nothing", MONDAY)
    assert health(world, connection_id) == ("disconnected", 2)
    (after,) = calendars_of(world, connection_id)
    assert (after.checked, after.written, after.cursor, after.read_at, after.read_until) == (False, False, None, 0, 0)
    assert busy_times(world) == 0
    asked = len(world.calendars.calls)
    with pytest.raises(Refused, match="disconnected"):
        list_calendars(world.hub, world.business, connection_id)
    assert not sync_calendar(world.hub, world.business, calendar.id)
    assert len(world.calendars.calls) == asked


def test_it_is_told_and_noted_once_however_often_it_is_repeated(world: World) -> None:
    connection_id = connection_named(world, world.staff())
    first = disconnect(world.hub, CYD, world.business, connection_id)
    settle(world)
    world.clock.now += HOUR
    with nothing_changed(world.hub):
        assert disconnect(world.hub, CYD, world.business, connection_id) == first
    assert events(world) == [("cyd", connection_id, world.business)]
    facts = [one.payload["facts"] for one in effects(world, "tell")]
    assert facts == [{"business": world.business, "connection": connection_id, "health": "disconnected"}]


def test_the_bookings_that_nobody_protects_now_are_named_and_stand(world: World) -> None:
    ada, ben = world.staff(), world.staff()
    service = world.service(ada)
    past, cancelled = booked(world, service), booked(world, service, TEN + 3 * HOUR)
    coming = booked(world, service, TEN + DAY)
    booked(world, world.service(ben))
    cancel(world.hub, world.business, cancelled.booking_id)
    settle(world)
    world.clock.now = past.end
    done = disconnect(world.hub, OPERATOR, world.business, connection_named(world, ada))
    assert [(one.booking_id, one.start, one.service, one.holder_id) for one in done.at_risk] == [
        (coming.booking_id, TEN + DAY, "Check-up", ada)
    ]
    assert done.at_risk_count == 1
    assert row(world, coming.booking_id).state == State.CONFIRMED


def test_somebody_who_has_another_checked_calendar_has_no_bookings_at_risk(world: World) -> None:
    ada = world.staff()
    world.connect(ada)
    booked(world, world.service(ada))
    with world.hub.database.reading() as conn:
        mine = Connection.business_id == world.business
        first, second = conn.execute(select(Connection.id).where(mine).order_by(Connection.id)).scalars()
    assert disconnect(world.hub, OPERATOR, world.business, first).at_risk == ()
    assert disconnect(world.hub, OPERATOR, world.business, second).at_risk_count == 1


def test_the_connection_of_another_business_or_person_is_unknown(world: World, strangers: dict[str, str]) -> None:
    ada = world.staff()
    connection_id = connection_named(world, ada)
    with nothing_changed(world.hub):
        for business, connection, holder in (
            (strangers["ben"], connection_id, None),
            (world.business, strangers["nobody"], None),
            (world.business, connection_id, ada),  # it is the business's, though it stands for her
        ):
            with pytest.raises(UnknownId):
                disconnect(world.hub, CYD, business, connection, holder_id=holder)


def test_it_works_while_the_provider_is_down_and_the_grant_is_revoked_when_it_is_back(
    revoking: World, keys: Keys
) -> None:
    ada = revoking.staff(connected=False)
    connection_id = connected(revoking, ada)
    keys.problem = Retry("down", code="unreachable")
    revoking.calendars.fail = down()
    done = disconnect(revoking.hub, CYD, revoking.business, connection_id)
    assert (done.revoked, done.keeps) == (False, "a copy of the events")
    assert health(revoking, connection_id)[0] == "disconnected"
    assert get_connection(revoking.hub, revoking.business, connection_id).revoking
    for _ in range(3):
        settle(revoking)
        revoking.clock.now += HOUR
    (open_,) = effects(revoking, "revoke")
    assert (open_.state, open_.problem, sealed(revoking)) == (WAITING, "Retry: not_revoked", 1)
    keys.problem = None
    settle(revoking)
    assert keys.revoked == ["token-1"]
    assert [one.state for one in effects(revoking, "revoke")] == [DONE]
    assert sealed(revoking) == 0
    assert not get_connection(revoking.hub, revoking.business, connection_id).revoking


def test_no_provider_is_called_before_the_answer_is_there(revoking: World, keys: Keys) -> None:
    connection_id = connected(revoking, revoking.staff(connected=False))
    revoking.calendars.calls.clear()
    disconnect(revoking.hub, CYD, revoking.business, connection_id)
    assert (keys.revoked, revoking.calendars.calls) == ([], [])


class _NoBroker:
    def __getattr__(self, name: str) -> Any:
        raise Unavailable("The broker is not there.")


def test_it_works_while_the_broker_is_down(revoking: World, keys: Keys) -> None:
    connection_id = connected(revoking, revoking.staff(connected=False))
    without = replace(revoking.hub, broker=cast(Any, _NoBroker()))
    disconnect(without, CYD, revoking.business, connection_id)
    assert health(revoking, connection_id)[0] == "disconnected"
    drain(without, EFFECTS)
    assert sealed(revoking) == 1
    revoking.clock.now += HOUR
    settle(revoking)
    assert (keys.revoked, sealed(revoking)) == (["token-1"], 0)


def test_an_account_that_is_connected_again_before_it_was_revoked_keeps_its_new_grant(
    revoking: World, keys: Keys
) -> None:
    ada = revoking.staff(connected=False)
    connection_id = connected(revoking, ada)
    keys.problem = Retry("down", code="unreachable")
    disconnect(revoking.hub, CYD, revoking.business, connection_id)
    settle(revoking)
    assert connected(revoking, ada, "token-2", connection_id=connection_id) == connection_id
    keys.problem = None
    revoking.clock.now += HOUR
    settle(revoking)
    assert [one.state for one in effects(revoking, "revoke")] == [DONE]
    assert (keys.revoked, sealed(revoking), health(revoking, connection_id)[0]) == ([], 1, "ok")


def test_an_account_that_is_connected_again_while_it_is_revoked_keeps_its_new_grant(
    revoking: World, keys: Keys
) -> None:
    ada = revoking.staff(connected=False)
    connection_id = connected(revoking, ada)
    disconnect(revoking.hub, CYD, revoking.business, connection_id)
    keys.meanwhile = lambda: connected(revoking, ada, "token-2", connection_id=connection_id)
    settle(revoking)
    assert (keys.revoked, sealed(revoking), health(revoking, connection_id)[0]) == (["token-1"], 1, "ok")


def test_a_look_that_ends_after_the_disconnect_writes_nothing_back(world: World) -> None:
    ada = world.staff()
    connection_id = connection_named(world, ada)
    (calendar,) = calendars_of(world, connection_id)
    world.calendars.busy[ada].append(Busy(TEN, TEN + HOUR))

    def end(hook: str) -> None:
        if hook == "hub_changes":
            disconnect(world.hub, CYD, world.business, connection_id)

    world.calendars.fail = end
    assert not sync_calendar(world.hub, world.business, calendar.id)
    with world.hub.database.reading() as conn:
        found = conn.execute(
            select(BusyTime.item)
            .where(BusyTime.business_id == world.business)
            .execution_options(purpose=Purpose.PROTECT)
        ).all()
    assert found == []
    assert health(world, connection_id)[0] == "disconnected"


def test_no_call_starts_after_the_end_however_many_jobs_are_under_way(world: World) -> None:
    staff = [world.staff() for _ in range(3)]
    ada = staff[0]
    connection_id = connection_named(world, ada)
    (calendar,) = calendars_of(world, connection_id)
    started: list[float] = []
    over = threading.Event()

    def called(hook: str) -> None:
        started.append(time.monotonic())
        time.sleep(0.01)

    def work(_: int) -> bool:
        fresh = False
        while not over.is_set():
            fresh = sync_calendar(world.hub, world.business, calendar.id)
            check_live(world.hub, world.business, [ada], Window(TEN, TEN + HOUR))
        return fresh

    world.calendars.fail = called
    with ThreadPoolExecutor(12) as pool:
        jobs = [pool.submit(work, number) for number in range(12)]
        time.sleep(0.3)
        disconnect(world.hub, CYD, world.business, connection_id)
        ended = time.monotonic()
        time.sleep(1.5)
        over.set()
        assert [job.result() for job in jobs] == [False] * 12
    assert started
    assert [at for at in started if at > ended + 1.0] == []
    assert busy_times(world) == 0


def test_before_a_disconnect_it_is_known_which_bookings_it_would_leave_without_protection(world: World) -> None:
    staff = world.staff()
    held = hold(world.hub, world.business, world.service(staff), TEN, zone="Europe/Berlin")
    book(world.hub, world.business, held.booking_id, ADA)
    (one,) = list_connections(world.hub, world.business)
    with nothing_changed(world.hub):
        found, count = risk_of_disconnect(world.hub, world.business, one.id)
    assert ([risk.booking_id for risk in found], count) == ([held.booking_id], 1)
    world.connect(staff)
    assert risk_of_disconnect(world.hub, world.business, one.id) == ((), 0)  # another calendar still protects it
    with pytest.raises(UnknownId):
        risk_of_disconnect(world.hub, world.business, one.id, holder_id=staff)
