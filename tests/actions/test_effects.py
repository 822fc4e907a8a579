"""Invariant 3: each kind of effect says what a repeat means, and is tried out twice here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, update

from hub.actions.book import book
from hub.actions.calendars import unchoose
from hub.actions.disconnect import disconnect
from hub.actions.effect import Effect, Repeat, Work
from hub.actions.effects import EFFECTS
from hub.actions.health import note_health
from hub.actions.hold import hold
from hub.actions.outside import look_at
from hub.actions.poll import poll_calendars
from hub.actions.reset import ask_reset
from hub.actions.tell import tell
from hub.actions.watch import keep_watches
from hub.core.booking import State
from hub.core.errors import HubError
from hub.core.security import OPERATOR
from hub.jobs.perform import drain
from hub.plugin import Busy
from hub.store.booking import BookingEvent, find_booking
from hub.store.business import AGENCY
from hub.store.outbox import Outbox
from tests.accounts import VISIT, own
from tests.pushing import calendar_row, reachable, watched
from tests.tables import Contents, contents
from tests.world import ADA, HOUR, MONDAY, World, connection_named, down

TEN = MONDAY + 2 * HOUR


def _booked(world: World) -> str:
    held = hold(world.hub, world.business, world.service(world.staff()), TEN, zone="UTC")
    book(world.hub, world.business, held.booking_id, ADA)
    return held.booking_id


def _write_event(world: World) -> None:
    _booked(world)


def _check_again(world: World) -> None:
    held = hold(world.hub, world.business, world.service(world.staff()), TEN, zone="UTC")
    world.calendars.fail = down("hub_free_busy")
    book(world.hub, world.business, held.booking_id, ADA)
    world.calendars.fail = lambda hook: None
    world.clock.now += 60


def _sync_calendar(world: World) -> None:
    world.calendars.busy[world.staff()].append(Busy(TEN, TEN + HOUR))
    poll_calendars(world.hub)


def _tell(world: World) -> None:
    facts = {"business": world.business, "booking": "k", "state": "held", "calendar_state": "none"}
    with world.hub.database.writing() as conn:
        tell(conn, world.business, "hub_booking_changed", facts, world.clock())


def _account_mail(world: World) -> None:
    own(world.hub)
    ask_reset(world.hub, VISIT, "ada@example.com")


def _send_mail(world: World) -> None:
    _booked(world)


def _revoke(world: World) -> None:
    connection_id = connection_named(world, world.staff())
    disconnect(world.hub, OPERATOR, world.business, connection_id)


def _open_watch(world: World) -> None:
    reachable(world).staff()
    keep_watches(world.hub)


def _end_watch(world: World) -> None:
    watched(world)
    row = calendar_row(world)
    unchoose(world.hub, world.business, row.connection_id, [row.id])


def _tell_health(world: World) -> None:
    connection_id = connection_named(world, world.staff())
    with world.hub.database.writing() as conn:
        note_health(conn, world.business, connection_id, "needs_reconnect", "revoked", world.clock())


def _look_outside(world: World) -> None:
    booking_id = _booked(world)
    drain(world.hub, EFFECTS)
    (event,) = (one for events in world.calendars.events.values() for one in events.values())
    for events in world.calendars.events.values():
        events[event.uid] = replace(event, start=event.start + 60)  # to where no appointment can be
    with world.hub.database.writing() as conn:
        mine = BookingEvent.business_id == world.business, BookingEvent.booking_id == booking_id
        calendar_id = conn.execute(select(BookingEvent.calendar_id).where(*mine)).scalar_one()
        look_at(conn, world.business, booking_id, calendar_id, world.clock(), world.clock())


CAUSES: dict[str, Callable[[World], None]] = {
    "account_mail": _account_mail,
    "check_again": _check_again,
    "end_watch": _end_watch,
    "look_outside": _look_outside,
    "open_watch": _open_watch,
    "revoke": _revoke,
    "send_mail": _send_mail,
    "sync_calendar": _sync_calendar,
    "tell": _tell,
    "tell_health": _tell_health,
    "write_event": _write_event,
}
"""What leads to an effect of each kind."""


def rows(world: World, kind: str) -> list[Any]:
    with world.hub.database.reading() as conn:
        mine = Outbox.business_id.in_([world.business, AGENCY]), Outbox.kind == kind
        return list(conn.execute(select(Outbox.__table__).where(*mine).order_by(Outbox.id)).all())


def what_stands(world: World) -> Contents:
    """Everything but how often it was tried, and how far the provider has been read."""
    return {name: one for name, one in contents(world.hub).items() if name not in ("outbox", "calendar")}


def outside(world: World) -> dict[str, list[tuple[int, int]]]:
    return {ref: world.calendars.event_times(ref) for ref in list(world.calendars.events)}


def test_every_kind_of_effect_is_tried_twice_here() -> None:
    assert set(CAUSES) == set(EFFECTS)
    assert all(effect.name == name for name, effect in EFFECTS.items())


def test_every_kind_says_what_a_repeat_means() -> None:
    """Pinned: a change of one of these is a promise to every provider that takes part."""
    pinned = dict.fromkeys(CAUSES, Repeat.SAFE) | {"send_mail": Repeat.ASK}
    assert {name: effect.repeat for name, effect in EFFECTS.items()} == pinned


@pytest.mark.parametrize("kind", CAUSES)
def test_an_effect_that_is_performed_twice_happens_once(world: World, kind: str) -> None:
    """As after a worker that did it and died before it could write that down."""
    CAUSES[kind](world)
    drain(world.hub, EFFECTS)
    done = rows(world, kind)
    assert [one.state for one in done] == ["done"]
    inside, without = what_stands(world), outside(world)
    again = {"state": "waiting", "ended_at": None, "due_at": world.clock.now}
    with world.hub.database.writing() as conn:
        mine = Outbox.business_id.in_([world.business, AGENCY]), Outbox.kind == kind
        conn.execute(update(Outbox).where(*mine).values(**again))
    assert drain(world.hub, EFFECTS) == 1
    assert rows(world, kind)[0].attempts == done[0].attempts + 1
    assert what_stands(world) == inside
    assert outside(world) == without


@pytest.mark.parametrize("kind", ["write_event", "check_again", "sync_calendar"])
def test_an_effect_whose_cause_is_gone_by_then_does_nothing_and_is_done(world: World, kind: str) -> None:
    from hub.actions.cancel import cancel
    from hub.store.calendar import Calendar

    CAUSES[kind](world)
    (row,) = rows(world, kind)
    if "booking_id" in row.payload:
        cancel(world.hub, world.business, row.payload["booking_id"])
        with world.hub.database.reading() as conn:
            assert find_booking(conn, world.business, row.payload["booking_id"]).state == State.CANCELLED
    else:
        with world.hub.database.writing() as conn:
            conn.execute(Calendar.__table__.delete().where(Calendar.business_id == world.business))  # type: ignore[attr-defined]
    drain(world.hub, EFFECTS)
    assert {one.state for one in rows(world, kind)} == {"done"}
    assert all(times == [] for times in outside(world).values())


@pytest.mark.parametrize("kind", CAUSES)
def test_a_payload_holds_ids_and_states_and_no_word_of_a_customer(world: World, kind: str) -> None:
    CAUSES[kind](world)
    for one in rows(world, kind):
        text = repr(one.payload)
        assert "Ada" not in text
        assert "ada@example.com" not in text


def test_a_way_to_ask_is_given_for_effects_that_are_asked_and_for_no_others() -> None:
    def perform(hub: Any, work: Work) -> None: ...

    def ask(hub: Any, work: Work) -> bool:
        return True

    Effect("one", Repeat.ASK, perform, ask=ask)
    for repeat, given in ((Repeat.ASK, None), (Repeat.SAFE, ask), (Repeat.NEVER, ask)):
        with pytest.raises(HubError, match="`ask` is given"):
            Effect("one", repeat, perform, ask=given)
