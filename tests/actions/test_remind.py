"""Reminders: at their time, once, and only if it is still so."""

from __future__ import annotations

from hub.actions.cancel import cancel
from hub.actions.reschedule import reschedule
from tests.post import TEN, booked, change, settle, states, text, with_post
from tests.world import DAY, HOUR, World

REMINDER = "booking_reminder"


def reminded(world: World, *before: int) -> str:
    change(world, reminders=list(before))
    booking = booked(world, world.service(world.staff()), TEN + DAY)
    settle(world)
    return booking


def reminders(world: World) -> list[str]:
    return [state for kind, state in states(world) if kind == REMINDER]


def test_a_reminder_goes_out_at_its_time_and_once(world: World) -> None:
    post = with_post(world)
    reminded(world, 2 * HOUR, DAY)
    assert reminders(world) == ["waiting", "waiting"]
    for seconds, count in ((DAY + 1, 0), (DAY, 1), (2 * HOUR, 2), (HOUR, 2)):
        world.clock.now = TEN + DAY - seconds
        settle(world)
        assert reminders(world).count("sent") == count
    assert post.mails[-1]["Subject"].startswith("Reminder")
    assert "Tuesday, 16 March 2027, 10:00 to" in text(post.mails[-1])


def test_a_moved_booking_is_reminded_of_at_its_new_time_alone(world: World) -> None:
    with_post(world)
    booking = reminded(world, HOUR)
    reschedule(world.hub, world.business, booking, TEN + DAY + 3 * HOUR)
    world.clock.now = TEN + DAY - HOUR
    settle(world)
    assert reminders(world) == ["overtaken", "waiting"]
    world.clock.now = TEN + DAY + 2 * HOUR
    settle(world)
    assert reminders(world) == ["overtaken", "sent"]


def test_a_booking_that_is_moved_and_moved_back_is_reminded_of_once(world: World) -> None:
    with_post(world)
    booking = reminded(world, HOUR)
    reschedule(world.hub, world.business, booking, TEN + DAY + 3 * HOUR)
    reschedule(world.hub, world.business, booking, TEN + DAY)
    world.clock.now = TEN + DAY - HOUR
    settle(world)
    assert reminders(world).count("sent") == 1


def test_a_cancelled_booking_is_not_reminded_of(world: World) -> None:
    with_post(world)
    cancel(world.hub, world.business, reminded(world, HOUR))
    world.clock.now = TEN + DAY - HOUR
    settle(world)
    assert reminders(world) == ["overtaken"]


def test_a_reminder_that_would_come_too_late_is_not_sent(world: World) -> None:
    with_post(world)
    reminded(world, HOUR, 30 * DAY)
    assert reminders(world) == ["waiting"]
    world.clock.now = TEN + DAY + 60
    settle(world)
    assert reminders(world) == ["overtaken"]
