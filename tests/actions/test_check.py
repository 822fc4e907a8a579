"""The live check: busy beats unknown, unknown is never free, and what is known better does not count."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

from hub.actions.cancel import cancel
from hub.actions.check import Verdict, check_live
from hub.actions.reschedule import reschedule
from hub.core.calendar import Window
from hub.core.errors import NeedsReconnect, Refused, UnknownId
from hub.plugin import Busy, BusyKind
from hub.store.business import Business
from hub.store.calendar import Calendar
from tests.actions.test_book import booked, settle
from tests.world import HOUR, MINUTE, MONDAY, World, down

TEN = MONDAY + 2 * HOUR
AT_TEN = Window(TEN, TEN + HOUR)


def check(world: World, *holders: str, **options: Any) -> Verdict:
    return check_live(world.hub, world.business, holders, AT_TEN, **options)


@pytest.fixture
def broken(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let the accounts of these holders answer as ``how`` says; the others answer as always."""
    ask = world.hub.registry.ask

    def broken(how: Callable[[], Any], *names: str) -> None:
        def answer(provider: str, hook: str, **arguments: Any) -> Any:
            mine = not names or any(one.ref in names for one in arguments["calendars"])
            return how() if mine else ask(provider, hook, **arguments)

        monkeypatch.setattr(world.hub.registry, "ask", answer)

    return broken


def test_nothing_in_the_calendars_is_free_and_something_is_busy(world: World) -> None:
    ada, ben = world.staff(), world.staff()
    assert check(world, ada, ben) is Verdict.FREE
    world.calendars.busy[ben].append(Busy(TEN, TEN + MINUTE))
    assert check(world, ada, ben) is Verdict.BUSY
    assert check(world, ada) is Verdict.FREE


@pytest.mark.parametrize(("start", "end"), [(TEN - HOUR, TEN), (TEN + HOUR, TEN + 2 * HOUR)])
def test_what_touches_the_window_is_not_in_it(world: World, start: int, end: int) -> None:
    ada = world.staff()
    world.calendars.busy[ada].append(Busy(start, end))
    assert check(world, ada) is Verdict.FREE


def test_an_event_that_the_provider_sends_though_it_lies_outside_does_not_count(
    world: World, broken: Callable[..., None]
) -> None:
    ada = world.staff()
    broken(lambda: {ada: [Busy(TEN - HOUR, TEN), Busy(TEN + HOUR, TEN + 2 * HOUR)]})
    assert check(world, ada) is Verdict.FREE


def test_without_a_calendar_there_is_nobody_to_ask(world: World) -> None:
    assert check(world, world.staff(connected=False)) is Verdict.FREE
    assert check(world) is Verdict.FREE
    assert world.calendars.calls.count("hub_free_busy") == 0


def test_a_calendar_that_is_not_checked_is_not_asked(world: World) -> None:
    ada = world.staff()
    world.calendars.busy[ada].append(Busy(TEN, TEN + HOUR))
    with world.hub.database.writing() as conn:
        conn.execute(update(Calendar).where(Calendar.business_id == world.business).values(checked=False))
    assert check(world, ada) is Verdict.FREE


def test_busy_wins_over_unknown_and_unknown_over_free(world: World, broken: Callable[..., None]) -> None:
    ada, ben, cyd = (world.staff() for _ in range(3))

    def fail() -> None:
        raise NeedsReconnect("The password was changed.")

    broken(fail, ada)
    assert check(world, ada, ben, cyd) is Verdict.OPEN
    world.calendars.busy[cyd].append(Busy(TEN, TEN + HOUR))
    assert check(world, ada, ben, cyd) is Verdict.BUSY


@pytest.mark.parametrize("error", [NeedsReconnect("no"), Refused("too_large"), ZeroDivisionError(), KeyError("x")])
def test_whatever_a_provider_does_wrong_is_unknown_and_is_not_raised(world: World, error: Exception) -> None:
    ada = world.staff()
    world.calendars.fail = lambda hook: error
    assert check(world, ada) is Verdict.OPEN


def test_an_answer_that_makes_no_sense_is_unknown_and_never_free(world: World, broken: Callable[..., None]) -> None:
    ada = world.staff()
    for nonsense in (None, [], 7, {}, {"another": []}, {ada: None}, {ada: [None]}, {ada: ["busy"]}, {ada: 7}):
        broken(lambda answer=nonsense: answer)
        assert check(world, ada) is Verdict.OPEN, nonsense


def test_a_connection_is_asked_once_for_all_its_calendars(world: World) -> None:
    ada, ben = world.staff(), world.staff()
    with world.hub.database.writing() as conn:
        mine = Calendar.business_id == world.business
        connection = (
            conn.execute(
                Calendar.__table__.select().where(mine, Calendar.holder_id == ada)  # type: ignore[attr-defined]
            )
            .one()
            .connection_id
        )
        conn.execute(update(Calendar).where(mine).values(connection_id=connection))
    world.calendars.calls.clear()
    assert check(world, ada, ben) is Verdict.FREE
    assert world.calendars.calls == ["hub_free_busy"]
    world.calendars.busy[ben].append(Busy(TEN, TEN + HOUR))
    assert check(world, ada, ben) is Verdict.BUSY


def test_all_connections_are_asked_at_the_same_time(world: World) -> None:
    """Six that wait for each other: one after another they would never end."""
    staff = [world.staff() for _ in range(6)]
    together = threading.Barrier(6)

    def meet(hook: str) -> None:
        if hook == "hub_free_busy":
            together.wait(5)

    world.calendars.fail = meet  # type: ignore[assignment]
    assert check(world, *staff) is Verdict.FREE


def test_a_provider_that_is_slower_than_the_budget_is_unknown_and_nobody_waits_for_it(
    world: World, broken: Callable[..., None]
) -> None:
    ada, ben = world.staff(), world.staff()
    go_on = threading.Event()
    broken(lambda: go_on.wait(20) and {ada: []}, ada)
    began = time.monotonic()
    assert check(world, ada, ben, budget=0.3) is Verdict.OPEN
    world.calendars.busy[ben].append(Busy(TEN, TEN + HOUR))
    assert check(world, ada, ben, budget=0.3) is Verdict.BUSY
    assert time.monotonic() - began < 5
    go_on.set()


@pytest.mark.parametrize("kind", BusyKind)
def test_the_business_says_which_uncertain_times_block_and_what_is_unreadable_always_does(
    world: World, kind: BusyKind
) -> None:
    ada = world.staff()
    world.calendars.busy[ada].append(Busy(TEN, TEN + HOUR, kind))
    assert check(world, ada) is Verdict.BUSY
    with world.hub.database.writing() as conn:
        relaxed = {"tentative_is_busy": False, "unanswered_is_busy": False}
        conn.execute(update(Business).where(Business.id == world.business).values(**relaxed))
    certain = kind in (BusyKind.BUSY, BusyKind.UNREADABLE)
    assert check(world, ada) is (Verdict.BUSY if certain else Verdict.FREE)


# Events of our own


def test_the_event_of_the_booking_that_moves_does_not_count_and_that_of_another_one_does(world: World) -> None:
    ada = world.staff()
    done = booked(world, world.service(ada))
    settle(world)
    assert world.calendars.event_times(ada) == [(TEN, TEN + 30 * MINUTE)]
    assert check(world, ada, booking_id=done.booking_id) is Verdict.FREE
    assert check(world, ada) is Verdict.BUSY


def test_an_event_of_ours_that_is_about_to_change_does_not_count(world: World) -> None:
    """The claims know better where that booking is by now."""
    ada = world.staff()
    service = world.service(ada)
    done = booked(world, service)
    settle(world)
    reschedule(world.hub, world.business, done.booking_id, TEN + 3 * HOUR)
    assert world.calendars.event_times(ada) == [(TEN, TEN + 30 * MINUTE)]
    assert check(world, ada) is Verdict.FREE
    cancel(world.hub, world.business, done.booking_id)
    assert check(world, ada) is Verdict.FREE


def test_an_event_of_ours_that_somebody_moved_by_hand_does_count(world: World) -> None:
    ada = world.staff()
    booked(world, world.service(ada), TEN + 3 * HOUR)
    settle(world)
    assert check(world, ada) is Verdict.FREE
    (uid,) = world.calendars.events[ada]
    world.calendars.events[ada].clear()
    world.calendars.busy[ada].append(Busy(TEN, TEN + 30 * MINUTE, uid=uid))
    assert check(world, ada) is Verdict.BUSY


def test_a_stranger_that_borrows_the_look_of_our_ids_counts(world: World) -> None:
    ada = world.staff()
    world.calendars.busy[ada].append(Busy(TEN, TEN + HOUR, uid="frontdesk-nobody-knows"))
    assert check(world, ada) is Verdict.BUSY


def test_the_check_holds_no_transaction_while_it_waits(world: World) -> None:
    ada, seen = world.staff(), []

    def write(hook: str) -> None:
        if hook == "hub_free_busy":
            with world.hub.database.writing() as conn:
                conn.execute(update(Business).where(Business.id == world.business).values(name="changed"))
            seen.append(hook)

    world.calendars.fail = write  # type: ignore[assignment]
    assert check(world, ada) is Verdict.FREE
    assert seen == ["hub_free_busy"]


def test_a_business_that_is_not_there_is_unknown(world: World) -> None:
    with pytest.raises(UnknownId):
        check_live(world.hub, "x" * 26, [world.staff()], AT_TEN)


def test_calendars_of_another_business_are_never_asked(world: World) -> None:
    from hub.actions.businesses import create_business

    ada = world.staff()
    world.calendars.fail = down()
    other = create_business(world.hub, "Ben's Garage", "Europe/Berlin")
    assert check_live(world.hub, other, [ada], AT_TEN) is Verdict.FREE
    assert check(world, ada) is Verdict.OPEN
