"""A process that books is killed at every point; afterwards there is one event and one honest state."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import requests
from sqlalchemy import select

from hub.actions.cancel import cancel, lapse_expired_holds
from hub.actions.effects import EFFECTS
from hub.actions.hold import hold
from hub.actions.reschedule import reschedule
from hub.app import now
from hub.core.booking import LIVE, CalendarState, State
from hub.core.errors import Taken
from hub.parts import Hub
from hub.store.booking import Booking, Claim, Occurrence
from hub.store.crash import CrashPoint
from hub.testing.servers import Server
from tests.crash.harness import recover, run_until_killed
from tests.crash.scenarios import SCENARIOS, Scene

ELSEWHERE = {
    CrashPoint.RELAY_BEFORE_PUSH,
    CrashPoint.RELAY_AFTER_PUSH,
    CrashPoint.DISCONNECT_BEFORE_COMMIT,
    CrashPoint.DISCONNECT_AFTER_COMMIT,
    CrashPoint.WATCH_BEFORE_CALL,
    CrashPoint.WATCH_AFTER_CALL,
    CrashPoint.MAIL_BEFORE_HANDING,
    CrashPoint.MAIL_AFTER_HANDING,
    CrashPoint.TROUBLE_BEFORE_COMMIT,  # these three: tests/crash/test_outside.py
    CrashPoint.FOLLOW_BEFORE_COMMIT,
    CrashPoint.OUTSIDE_BEFORE_COMMIT,
    CrashPoint.SEQUENCE_BEFORE_COMMIT,
    CrashPoint.SEQUENCE_AFTER_COMMIT,
    CrashPoint.COLLECT_BEFORE_COMMIT,
    CrashPoint.COLLECT_AFTER_COMMIT,
    *(point for point in CrashPoint if point.startswith(("rotate_", "root_", "backup_", "restore_", "replay_"))),
    *(point for point in CrashPoint if point.startswith(("refresh_", "revoke_"))),  # tests/vault
}


def events(server: Server, scene: Scene) -> list[str]:
    """The starts of our events in the calendar, read past the hub."""
    text = requests.get(scene.calendar, auth=(server.username, server.password), timeout=10).text
    return sorted(
        line.partition(":")[2].strip()
        for part in text.split("BEGIN:VEVENT")[1:]
        if "UID:frontdesk-" in part
        for line in part.splitlines()
        if line.startswith("DTSTART")
    )


def check_invariants(hub: Hub, server: Server, scene: Scene) -> list[State]:
    """One honest state: claims, occurrences, calendar and booking say the same. Returns the states."""
    with hub.database.reading() as conn:
        bookings = conn.execute(select(Booking.__table__).where(Booking.business_id == scene.business)).all()
        occurrences = conn.execute(select(Occurrence.__table__).where(Occurrence.business_id == scene.business)).all()
        claims = conn.execute(select(Claim.__table__).where(Claim.business_id == scene.business)).all()
    live = {row.id: row for row in bookings if row.state in LIVE}
    assert {row.booking_id for row in occurrences} == set(live)
    wanted = {(row.holder_id, cell) for row in occurrences for cell in range(row.from_at // 300, row.until_at // 300)}
    assert {(row.holder_id, row.cell) for row in claims} == wanted
    confirmed = [row for row in bookings if row.state == State.CONFIRMED]
    shown = [f"{datetime.fromtimestamp(row.starts_at, UTC):%Y%m%dT%H%M%SZ}" for row in confirmed]
    assert Counter(events(server, scene)) == Counter(shown)
    assert all(row.calendar_state == CalendarState.WRITTEN for row in confirmed)
    assert all(row.calendar_state == CalendarState.NONE for row in bookings if row.state != State.CONFIRMED)
    return [State(row.state) for row in bookings]


@pytest.mark.crash
@pytest.mark.parametrize("point", sorted(SCENARIOS))
def test_a_process_killed_at_any_point_leaves_one_event_and_one_honest_state(
    hub: Hub, server: Server, scene: Scene, point: CrashPoint, database_url: str
) -> None:
    allowed = {"HUB_EGRESS_ALLOW": server.origin}
    data_dir = hub.settings.data_dir
    run_until_killed(SCENARIOS[point], point, data_dir=data_dir, database_url=database_url, environment=allowed)
    later = now() + hub.settings.hold_seconds + 1
    lapse_expired_holds(replace(hub, clock=lambda: later))
    assert recover(hub, EFFECTS) == []
    states = check_invariants(hub, server, scene)
    assert State.HELD not in states
    assert len(states) <= 1
    # Whoever comes next is refused the time that is booked, and gets the one that is not.
    for start in (scene.first, scene.second):
        with hub.database.reading() as conn:
            statement = select(Booking.id).where(
                Booking.business_id == scene.business, Booking.starts_at == start, Booking.state == State.CONFIRMED
            )
            booked = conn.execute(statement).first() is not None
        if booked:
            with pytest.raises(Taken):
                hold(hub, scene.business, scene.service, start, zone="UTC")
        else:
            assert hold(hub, scene.business, scene.service, start, zone="UTC").start == start


@pytest.mark.crash
def test_a_second_write_of_the_same_event_is_not_a_second_event(
    hub: Hub, server: Server, scene: Scene, database_url: str
) -> None:
    """Killed after the write three times over: the server has seen it three times, and shows it once."""
    allowed = {"HUB_EGRESS_ALLOW": server.origin}
    for scenario in ("book", "again", "again"):
        run_until_killed(
            scenario,
            CrashPoint.EVENT_AFTER_WRITE,
            data_dir=hub.settings.data_dir,
            database_url=database_url,
            environment=allowed,
        )
        assert len(events(server, scene)) == 1
    assert recover(hub, EFFECTS) == []
    assert check_invariants(hub, server, scene) == [State.CONFIRMED]


@pytest.mark.crash
@pytest.mark.parametrize("change", ["move", "cancel"])
def test_a_booking_that_changes_before_a_lost_write_is_repeated_ends_as_it_was_changed(
    hub: Hub, server: Server, scene: Scene, database_url: str, change: str
) -> None:
    """The event stands at the old time, but nobody here has seen it."""
    allowed = {"HUB_EGRESS_ALLOW": server.origin}
    point, data_dir = CrashPoint.EVENT_AFTER_WRITE, hub.settings.data_dir
    run_until_killed("book", point, data_dir=data_dir, database_url=database_url, environment=allowed)
    with hub.database.reading() as conn:
        booking_id = conn.execute(select(Booking.id).where(Booking.business_id == scene.business)).scalar_one()
    if change == "move":
        reschedule(hub, scene.business, booking_id, scene.second)
    else:
        cancel(hub, scene.business, booking_id)
    assert recover(hub, EFFECTS) == []
    assert check_invariants(hub, server, scene) == [State.CONFIRMED if change == "move" else State.CANCELLED]
    assert len(events(server, scene)) == (1 if change == "move" else 0)


def test_every_crash_point_is_tried() -> None:
    assert set(SCENARIOS) | ELSEWHERE == set(CrashPoint)
