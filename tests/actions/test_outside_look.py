"""An event of ours that is moved or deleted outside: the booking goes with it, or people are asked."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from hub.actions.cancel import cancel
from hub.actions.effect import Work
from hub.actions.effects import EFFECTS
from hub.actions.health_story import health_story
from hub.actions.hold import hold
from hub.actions.outside_look import LOOK_AT_EVENT
from hub.actions.poll import poll_calendars
from hub.actions.reschedule import reschedule
from hub.actions.sync import sync_calendar
from hub.actions.write_back import write_all_back, write_back
from hub.core.booking import CalendarState, State
from hub.core.errors import StateError, Taken
from hub.core.security import OPERATOR
from hub.core.service import StaffRule
from hub.jobs.perform import drain
from hub.plugin import Busy
from hub.store.booking import Booking, Claim
from hub.store.business import Business
from hub.store.connection import Connection
from hub.store.outside import OutsideChange
from tests.actions.test_book import row
from tests.actions.test_conflicts import calendar_of
from tests.post import Post, booked, change, text, with_post
from tests.world import DAY, HOUR, MINUTE, MONDAY, World, down

TEN = MONDAY + 2 * HOUR
HALF = 30 * MINUTE
OFFICE = "office@example.com"


def look(world: World) -> None:
    """Let the calendars be looked at, twice: what was deleted is left alone for a minute."""
    for _ in range(2):
        world.clock.now += 5 * MINUTE
        poll_calendars(world.hub)
        drain(world.hub, EFFECTS)


def written(world: World, ada: str, *starts: int, **rules: object) -> list[str]:
    """Bookings whose events stand in the calendar and were seen there."""
    service = world.service(ada, **rules)
    made = [booked(world, service, start) for start in starts or (TEN,)]
    drain(world.hub, EFFECTS)
    look(world)
    return made


def move(world: World, ada: str, seconds: int, length: int = HALF, which: int = 0) -> None:
    """Do what somebody does who drags an event of ours in their calendar."""
    uid, event = sorted(world.calendars.events[ada].items(), key=lambda one: one[1].start)[which]
    start = event.start + seconds
    world.calendars.events[ada][uid] = replace(event, start=start, end=start + length)


def remove(world: World, ada: str, *, but: int = 0) -> None:
    for uid in list(world.calendars.events[ada])[but:]:
        del world.calendars.events[ada][uid]


def times(world: World, booking: str) -> tuple[int, int]:
    found = row(world, booking)
    return found.starts_at, found.ends_at


def cells(world: World) -> set[int]:
    with world.hub.database.reading() as conn:
        return set(conn.execute(select(Claim.cell).where(Claim.business_id == world.business)).scalars())


def changes(world: World) -> list[str]:
    with world.hub.database.reading() as conn:
        mine = OutsideChange.business_id == world.business
        return list(conn.execute(select(OutsideChange.state).where(mine).order_by(OutsideChange.id)).scalars())


def subjects(post: Post, reader: str) -> list[str]:
    return [mail["Subject"].partition(":")[0].strip() for mail in post.to(reader)]


def test_a_booking_moves_with_its_event_to_a_free_time_and_everybody_is_told_once(world: World) -> None:
    post, ada = with_post(world), world.staff()
    change(world, email=OFFICE)
    (booking,) = written(world, ada, after=10 * MINUTE)
    version, writes = row(world, booking).version, world.calendars.writes
    move(world, ada, HOUR)
    look(world)
    assert times(world, booking) == (TEN + HOUR, TEN + HOUR + HALF)
    assert row(world, booking).version == version + 1
    assert cells(world) == set(range((TEN + HOUR) // 300, (TEN + HOUR + 40 * MINUTE) // 300))
    assert world.calendars.event_times(ada) == [(TEN + HOUR, TEN + HOUR + HALF)]
    assert world.calendars.writes == writes + 1  # once, with the new sequence
    assert row(world, booking).calendar_state == CalendarState.WRITTEN
    assert (subjects(post, "ada@example.com"), subjects(post, OFFICE)) == (
        ["Confirmed", "New time"],
        ["Booked", "Moved"],
    )
    for _ in range(3):
        look(world)
    assert (world.calendars.writes, changes(world)) == (writes + 1, ["followed"])
    assert hold(world.hub, world.business, world.service(ada), TEN, zone="UTC").start == TEN


def test_a_longer_event_makes_a_longer_appointment(world: World) -> None:
    ada = world.staff()
    (booking,) = written(world, ada)
    move(world, ada, 0, length=HOUR)
    look(world)
    assert times(world, booking) == (TEN, TEN + HOUR)
    with pytest.raises(Taken):
        hold(world.hub, world.business, world.service(ada), TEN + HALF, zone="UTC")


@pytest.mark.parametrize("over", ["an event of theirs", "another appointment"])
def test_a_move_onto_a_time_that_is_not_free_leaves_the_booking_and_asks_once(world: World, over: str) -> None:
    post, ada = with_post(world), world.staff()
    change(world, email=OFFICE)
    first, *_ = written(world, ada, TEN, *([TEN + HOUR] if over == "another appointment" else []))
    if over == "an event of theirs":
        world.calendars.busy[ada].append(Busy(TEN + HOUR, TEN + 2 * HOUR))
    post.taken.clear()
    move(world, ada, HOUR)
    for _ in range(3):
        look(world)
    assert times(world, first) == (TEN, TEN + HALF)
    assert row(world, first).calendar_state == CalendarState.CONFLICT
    assert "taken" in changes(world)
    assert post.to("ada@example.com") == []
    told = [mail for mail in post.to(OFFICE) if "10:00" in mail["Subject"]]
    assert len(told) == 1
    assert "to a time that is not free" in text(told[0])


def test_what_was_moved_and_asked_about_can_be_written_back_and_the_conflict_ends(world: World) -> None:
    ada = world.staff()
    (booking,) = written(world, ada)
    move(world, ada, 60)  # to a minute that no appointment can begin at
    look(world)
    assert (row(world, booking).calendar_state, changes(world)) == (CalendarState.CONFLICT, ["unclaimable"])
    with pytest.raises(StateError):
        write_back(world.hub, OPERATOR, world.business, booking, 99)
    write_back(world.hub, OPERATOR, world.business, booking, row(world, booking).version)
    look(world)
    assert world.calendars.event_times(ada) == [(TEN, TEN + HALF)]
    assert (row(world, booking).calendar_state, changes(world)) == (CalendarState.WRITTEN, ["written_back"])


def test_an_event_that_is_put_back_by_hand_ends_the_conflict(world: World) -> None:
    ada = world.staff()
    (booking,) = written(world, ada)
    move(world, ada, 60)
    look(world)
    move(world, ada, -60)
    look(world)
    assert (row(world, booking).calendar_state, changes(world)) == (CalendarState.WRITTEN, ["back"])


def test_a_deleted_event_cancels_the_booking_as_the_staff_do_and_the_customer_can_book_again(world: World) -> None:
    post, ada = with_post(world), world.staff()
    change(world, email=OFFICE)
    (booking,) = written(world, ada)
    post.taken.clear()
    remove(world, ada)
    look(world)
    assert (row(world, booking).state, row(world, booking).problem) == (State.CANCELLED, "cancelled_outside")
    assert cells(world) == set()
    (mail,) = post.to("ada@example.com")
    assert "To choose another time: http://127.0.0.1:8765/b/adas-practice" in text(mail)
    (office,) = post.to(OFFICE)
    assert "Its event was deleted in the calendar." in text(office)
    look(world)
    assert (len(post.taken), changes(world)) == (2, ["cancelled"])


def test_a_program_that_deletes_and_writes_anew_to_move_it_cancels_nothing(world: World) -> None:
    ada = world.staff()
    (booking,) = written(world, ada)
    event = dict(world.calendars.events[ada])
    remove(world, ada)
    world.clock.now += 5 * MINUTE
    poll_calendars(world.hub)
    drain(world.hub, EFFECTS)
    assert changes(world) == ["seen"]
    world.calendars.events[ada].update(event)
    move(world, ada, HOUR)
    look(world)
    assert (row(world, booking).state, times(world, booking)[0]) == (State.CONFIRMED, TEN + HOUR)


def test_many_that_vanish_at_once_are_asked_about_together_and_nothing_is_cancelled(world: World) -> None:
    ada = world.staff()
    post = with_post(world)
    change(world, email=OFFICE)
    made = written(world, ada, *(TEN + n * HOUR for n in range(4)))
    post.taken.clear()
    remove(world, ada)
    for _ in range(3):
        look(world)
    assert [row(world, one).state for one in made] == [State.CONFIRMED] * 4
    assert [row(world, one).calendar_state for one in made] == [CalendarState.CONFLICT] * 4
    assert changes(world) == ["many"] * 4
    (mail,) = post.taken
    assert mail.recipients == (OFFICE,)
    (said,) = post.mails
    assert text(said).count("Check-up") == 4
    cancel(world.hub, world.business, made[1])
    with world.hub.database.reading() as conn:
        connection = (
            conn.execute(select(Connection.id).where(Connection.business_id == world.business)).scalars().first()
        )
    assert connection is not None
    assert health_story(world.hub, world.business, connection).gone == 3
    assert write_all_back(world.hub, OPERATOR, world.business, connection) == 3
    look(world)
    assert [start for start, _ in world.calendars.event_times(ada)] == [TEN, TEN + 2 * HOUR, TEN + 3 * HOUR]
    assert row(world, made[0]).calendar_state == CalendarState.WRITTEN
    assert write_all_back(world.hub, OPERATOR, world.business, connection) == 0


def test_when_the_whole_calendar_is_gone_nothing_is_cancelled(world: World) -> None:
    ada = world.staff()
    (booking,) = written(world, ada)
    remove(world, ada)
    world.clock.now += 5 * MINUTE
    poll_calendars(world.hub)
    drain(world.hub, EFFECTS)
    from hub.plugin import NotFound

    world.calendars.fail = lambda hook: NotFound("gone") if hook == "hub_free_busy" else None
    world.clock.now += MINUTE
    drain(world.hub, EFFECTS)
    assert (row(world, booking).state, changes(world)) == (State.CONFIRMED, ["gone"])


def test_a_provider_that_cannot_be_asked_changes_nothing_until_it_can(world: World) -> None:
    ada = world.staff()
    (booking,) = written(world, ada)
    remove(world, ada)
    world.clock.now += 5 * MINUTE
    poll_calendars(world.hub)
    drain(world.hub, EFFECTS)
    world.calendars.fail = down("hub_read_event", "hub_free_busy")
    look(world)
    assert (row(world, booking).state, changes(world)) == (State.CONFIRMED, ["seen"])
    world.calendars.fail = lambda hook: None
    world.clock.now += HOUR
    drain(world.hub, EFFECTS)
    assert row(world, booking).state == State.CANCELLED


def test_a_business_that_wants_to_be_told_only_is_told_only(world: World) -> None:
    ada = world.staff()
    first, second = written(world, ada, TEN, TEN + 2 * HOUR)
    with world.hub.database.writing() as conn:
        conn.execute(update(Business).where(Business.id == world.business).values(follow_calendar=False))
    remove(world, ada, but=1)
    move(world, ada, HOUR)
    look(world)
    assert {times(world, one)[0] for one in (first, second)} == {TEN, TEN + 2 * HOUR}
    assert [row(world, one).state for one in (first, second)] == [State.CONFIRMED] * 2
    assert [row(world, one).calendar_state for one in (first, second)] == [CalendarState.CONFLICT] * 2
    assert changes(world) == ["told", "told"]


def test_our_own_move_and_cancellation_are_no_news(world: World) -> None:
    ada = world.staff()
    first, second = written(world, ada, TEN, TEN + 3 * HOUR)
    reschedule(world.hub, world.business, first, TEN + HOUR)
    poll_calendars(world.hub)  # a look between our change and its writing
    cancel(world.hub, world.business, second)
    for _ in range(3):
        look(world)
    assert changes(world) == []
    assert world.calendars.event_times(ada) == [(TEN + HOUR, TEN + HOUR + HALF)]


def test_an_appointment_that_has_begun_is_not_touched(world: World) -> None:
    ada = world.staff()
    (booking,) = written(world, ada)
    world.clock.now = TEN + MINUTE
    remove(world, ada)
    look(world)
    assert (row(world, booking).state, changes(world)) == (State.CONFIRMED, [])


def test_with_two_staff_the_event_of_the_other_moves_along(world: World) -> None:
    ada, ben = world.staff(), world.staff()
    service = world.service(ada, ben, staff_rule=StaffRule.ALL)
    booking = booked(world, service)
    drain(world.hub, EFFECTS)
    look(world)
    move(world, ben, 2 * HOUR)
    look(world)
    assert times(world, booking)[0] == TEN + 2 * HOUR
    assert (
        world.calendars.event_times(ada)
        == world.calendars.event_times(ben)
        == [(TEN + 2 * HOUR, TEN + 2 * HOUR + HALF)]
    )


def test_a_customer_who_is_faster_wins(world: World) -> None:
    """The event was moved, and seen; before it is looked at the customer moves the booking elsewhere."""
    ada = world.staff()
    (booking,) = written(world, ada)
    move(world, ada, HOUR)
    world.clock.now += 5 * MINUTE
    poll_calendars(world.hub)
    with world.hub.database.reading() as conn:
        assert conn.execute(select(Booking.id).where(Booking.business_id == world.business)).all()
    reschedule(world.hub, world.business, booking, TEN + 3 * HOUR)
    look(world)
    look(world)
    assert times(world, booking)[0] == TEN + 3 * HOUR
    assert world.calendars.event_times(ada) == [(TEN + 3 * HOUR, TEN + 3 * HOUR + HALF)]


def test_an_event_that_was_put_into_another_calendar_of_the_account_is_asked_about(world: World) -> None:
    ada, ben = world.staff(), world.staff()
    (booking,) = written(world, ada)
    from hub.store.calendar import Calendar

    with world.hub.database.writing() as conn:  # both calendars are of one account
        mine = Calendar.business_id == world.business
        account = conn.execute(select(Calendar.connection_id).where(mine, Calendar.holder_id == ada)).scalar_one()
        conn.execute(update(Calendar).where(mine, Calendar.holder_id == ben).values(connection_id=account))
    world.calendars.events[ben].update(world.calendars.events[ada])
    remove(world, ada)
    look(world)
    assert (row(world, booking).state, changes(world)) == (State.CONFIRMED, ["elsewhere"])


def test_more_than_a_day_of_looks_leaves_an_event_that_is_as_it_should_be_alone(world: World) -> None:
    ada = world.staff()
    (booking,) = written(world, ada, TEN + 7 * DAY)
    for _ in range(3):
        world.clock.now += DAY
        look(world)
    assert (row(world, booking).version, changes(world)) == (2, [])


def test_of_several_workers_that_look_at_once_one_moves_the_booking(world: World) -> None:
    ada = world.staff()
    (booking,) = written(world, ada)
    move(world, ada, HOUR)
    calendar = calendar_of(world, ada)
    work = Work("x", world.business, "k", {"booking_id": booking, "calendar_id": calendar}, 1)
    with ThreadPoolExecutor(4) as pool:
        for job in [pool.submit(LOOK_AT_EVENT.perform, world.hub, work) for _ in range(4)]:
            job.result()
    assert (times(world, booking)[0], row(world, booking).version) == (TEN + HOUR, 3)
    look(world)
    assert world.calendars.event_times(ada) == [(TEN + HOUR, TEN + HOUR + HALF)]


def test_a_customer_who_cancels_while_a_move_is_followed_is_not_overruled(world: World) -> None:
    """They come in after the live check and before the claims."""
    ada = world.staff()
    (booking,) = written(world, ada)
    move(world, ada, HOUR)
    work = Work("x", world.business, "k", {"booking_id": booking, "calendar_id": calendar_of(world, ada)}, 1)
    done: list[object] = []

    def in_between(hook: str) -> None:
        if hook == "hub_free_busy" and not done:
            done.append(cancel(world.hub, world.business, booking))

    world.calendars.fail = in_between
    LOOK_AT_EVENT.perform(world.hub, work)
    assert row(world, booking).state == State.CANCELLED
    assert cells(world) == set()
    assert changes(world) == ["overtaken"]


def test_looks_writes_and_changes_at_once_end_in_one_honest_state(world: World) -> None:
    """Several calendars of one person are looked at while their events are moved, written and cancelled."""
    ada, ben = world.staff(), world.staff()
    service = world.service(ada, ben, staff_rule=StaffRule.ALL)
    made = [booked(world, service, TEN + n * HOUR) for n in range(3)]
    drain(world.hub, EFFECTS)
    look(world)
    move(world, ada, 5 * HOUR)
    world.clock.now += 5 * MINUTE

    def looks(who: str) -> None:
        for _ in range(3):
            sync_calendar(world.hub, world.business, calendar_of(world, who))
            drain(world.hub, EFFECTS)

    def changes_one() -> None:
        cancel(world.hub, world.business, made[1])
        drain(world.hub, EFFECTS)

    with ThreadPoolExecutor(3) as pool:
        for job in [pool.submit(looks, ada), pool.submit(looks, ben), pool.submit(changes_one)]:
            job.result()
    for _ in range(3):
        look(world)
    starts = sorted(times(world, one)[0] for one in made if row(world, one).state == State.CONFIRMED)
    assert starts == sorted([TEN + 5 * HOUR, TEN + 2 * HOUR])
    for who in (ada, ben):
        assert [start for start, _ in world.calendars.event_times(who)] == starts
    assert {row(world, one).calendar_state for one in made} == {CalendarState.WRITTEN, CalendarState.NONE}


def test_an_event_that_was_deleted_before_any_look_saw_it_is_missed_where_others_are_named(world: World) -> None:
    ada = world.staff()
    service = world.service(ada)
    first, second = booked(world, service, TEN), booked(world, service, TEN + HOUR)
    drain(world.hub, EFFECTS)
    remove(world, ada, but=1)
    look(world)
    assert [row(world, one).state for one in (first, second)] == [State.CONFIRMED, State.CANCELLED]
