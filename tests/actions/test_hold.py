"""Holding a time: one at a time, for the right people, with the right room, and gone by itself."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from hub.actions.book import book
from hub.actions.businesses import create_business
from hub.actions.cancel import lapse_expired_holds
from hub.actions.hold import Held, hold
from hub.actions.holders import add_resource
from hub.core.errors import InputError, Taken, TooMany, UnknownId
from hub.core.service import StaffRule
from hub.store.booking import Booking, Claim, Occurrence, find_booking
from hub.store.claim import claim
from tests.tables import nothing_changed
from tests.world import ADA, DAY, HOUR, MINUTE, MONDAY, World, down

TEN = MONDAY + 2 * HOUR


def held(world: World, service: str, start: int = TEN, **options: str) -> Held:
    return hold(world.hub, world.business, service, start, zone="Europe/Berlin", **options)


def count(world: World, table: type) -> int:
    with world.hub.database.reading() as conn:
        return len(conn.execute(select(table).where(table.business_id == world.business)).all())  # type: ignore[attr-defined]


def test_a_hold_claims_its_cells_with_both_buffers(world: World) -> None:
    service = world.service(world.staff(), before=10 * MINUTE, after=15 * MINUTE)
    held(world, service)
    assert count(world, Claim) == (10 + 30 + 15) // 5


def test_overlapping_starts_and_starts_within_a_buffer_are_refused(world: World) -> None:
    service = world.service(world.staff(), after=15 * MINUTE)
    held(world, service)
    for start in (TEN - 30 * MINUTE, TEN - 15 * MINUTE, TEN + 15 * MINUTE, TEN + 30 * MINUTE):
        with pytest.raises(Taken):
            held(world, service, start)
    assert held(world, service, TEN + 45 * MINUTE).start == TEN + 45 * MINUTE


def test_two_services_of_one_person_never_overlap(world: World) -> None:
    ada = world.staff()
    held(world, world.service(ada))
    with pytest.raises(Taken):
        held(world, world.service(ada, duration=HOUR), TEN - 30 * MINUTE)


def test_any_of_the_staff_is_taken_in_order_until_nobody_is_left(world: World) -> None:
    staff = [world.staff() for _ in range(3)]
    service = world.service(*staff)
    assert [held(world, service).staff for _ in staff] == [(one,) for one in staff]
    with pytest.raises(Taken):
        held(world, service)


def test_fair_turns_go_to_who_has_least(world: World) -> None:
    staff = sorted(world.staff() for _ in range(2))
    service = world.service(*staff, staff_rule=StaffRule.ROUND_ROBIN)
    turns = [held(world, service, TEN + n * HOUR).staff[0] for n in range(4)]
    assert turns == [staff[0], staff[1], staff[0], staff[1]]


def test_all_of_the_staff_are_taken_together_or_nobody(world: World) -> None:
    ada, ben = world.staff(), world.staff()
    held(world, world.service(ben))
    both = world.service(ada, ben, staff_rule=StaffRule.ALL)
    with pytest.raises(Taken):
        held(world, both)
    assert set(held(world, both, TEN + HOUR).staff) == {ada, ben}


def test_a_room_is_taken_with_the_staff_and_two_cannot_share_it(world: World) -> None:
    room = add_resource(world.hub, world.business, "Room 1")
    service = world.service(world.staff(), world.staff(), resources=((room,),))
    held(world, service)
    assert count(world, Occurrence) == 2
    with pytest.raises(Taken):
        held(world, service)


def test_a_wanted_staff_member_is_taken_or_nobody(world: World) -> None:
    ada, ben = world.staff(), world.staff()
    service = world.service(ada, ben)
    assert held(world, service, staff=ben).staff == (ben,)
    with pytest.raises(Taken):
        held(world, service, staff=ben)
    with pytest.raises(InputError, match="does not give this service"):
        held(world, world.service(ada), staff=ben)


def test_a_lapsed_hold_frees_its_time_for_the_next_one_at_once(world: World) -> None:
    service = world.service(world.staff())
    held(world, service)
    world.clock.now += 10 * MINUTE
    assert held(world, service).start == TEN
    assert count(world, Occurrence) == 1


def test_the_sweeper_lapses_what_is_over_and_leaves_the_rest(world: World) -> None:
    service = world.service(world.staff())
    held(world, service)
    world.clock.now += 5 * MINUTE
    held(world, service, TEN + HOUR)
    world.clock.now += 5 * MINUTE
    assert lapse_expired_holds(world.hub) == 1
    assert count(world, Occurrence) == 1
    assert lapse_expired_holds(world.hub) == 0


def test_a_repeat_with_the_same_key_gets_the_first_answer(world: World) -> None:
    service = world.service(world.staff())
    first = held(world, service, idempotency_key="k1")
    assert held(world, service, idempotency_key="k1") == first
    book(world.hub, world.business, first.booking_id, ADA)
    assert held(world, service, idempotency_key="k1").booking_id == first.booking_id
    with pytest.raises(InputError, match="another request"):
        held(world, service, TEN + HOUR, idempotency_key="k1")


def test_the_same_request_sent_ten_times_at_once_is_one_hold_and_ten_equal_answers(world: World) -> None:
    service = world.service(world.staff(), world.staff())
    held(world, service, TEN + 2 * HOUR)  # the calendars are read before the burst
    with ThreadPoolExecutor(10) as pool:
        answers = set(pool.map(lambda _: held(world, service, idempotency_key="k1").booking_id, range(10)))
    assert len(answers) == 1
    assert count(world, Booking) == 2


def test_a_start_that_is_never_offered_is_wrong_and_not_taken(world: World) -> None:
    service = world.service(world.staff(), notice=3 * HOUR)
    for start, code in (
        (TEN, "too_soon"),
        (TEN + 61 * DAY, "too_far"),
        (MONDAY + 5 * HOUR + 5 * MINUTE, "off_step"),
        (MONDAY + 12 * HOUR, "outside_hours"),
    ):
        with pytest.raises(InputError, match=code) as caught:
            held(world, service, start)
        assert caught.value.field == "start"
    assert count(world, Booking) == 0


def test_an_unknown_zone_is_refused_before_anything_is_claimed(world: World) -> None:
    service = world.service(world.staff())
    with pytest.raises(InputError, match="Mars"):
        hold(world.hub, world.business, service, TEN, zone="Mars/Olympus")
    assert count(world, Booking) == 0


def test_a_calendar_that_cannot_be_reached_withholds_its_time(world: World) -> None:
    service = world.service(world.staff())
    world.calendars.fail = down()
    with pytest.raises(Taken, match="calendar_unreachable"):
        held(world, service)


def test_the_service_of_another_business_is_unknown(world: World) -> None:
    service = world.service(world.staff())
    other = create_business(world.hub, "Ben's Garage", "Europe/Berlin")
    with pytest.raises(UnknownId):
        hold(world.hub, other, service, TEN, zone="Europe/Berlin")


def test_one_network_holds_only_so_many_times_at_once_and_others_are_not_kept_out(world: World) -> None:
    service, most = world.service(world.staff(), horizon=10 * DAY), world.hub.settings.holds_per_network
    first = [held(world, service, TEN + n * HOUR, network="one") for n in range(4)]
    for n in range(most - 4):
        held(world, service, TEN + DAY + n * HOUR, network="one")
    late = TEN + 2 * DAY
    with nothing_changed(world.hub), pytest.raises(TooMany, match=f"Only {most} times") as caught:
        held(world, service, late, network="one")
    assert caught.value.code == "too_many"
    assert held(world, service, late, network="two").start == late
    assert held(world, service, late + HOUR).start == late + HOUR
    book(world.hub, world.business, first[0].booking_id, ADA)
    assert held(world, service, late + 2 * HOUR, network="one").start == late + 2 * HOUR
    world.clock.now += 10 * MINUTE
    assert held(world, service, late + 3 * HOUR, network="one").start == late + 3 * HOUR


def test_holds_of_one_network_made_at_once_are_no_more_than_it_may_have(world: World) -> None:
    service, most = world.service(*(world.staff() for _ in range(4))), world.hub.settings.holds_per_network
    held(world, service, TEN + 6 * HOUR)  # the calendars are read before the burst

    def try_to(number: int) -> bool:
        try:
            held(world, service, TEN + number % 5 * HOUR, network="one")
        except TooMany:
            return False
        return True

    with ThreadPoolExecutor(10) as pool:
        got = sum(pool.map(try_to, range(most + 6)))
    assert got == most
    assert count(world, Booking) == most + 1


def test_a_repeat_is_answered_also_when_the_network_may_hold_no_more(world: World) -> None:
    service, most = world.service(world.staff(), horizon=10 * DAY), world.hub.settings.holds_per_network
    keys = [str(n) for n in range(most)]
    made = [
        held(world, service, TEN + n % 4 * HOUR + n // 4 * DAY, network="one", idempotency_key=keys[n])
        for n in range(most)
    ]
    again = [
        held(world, service, TEN + n % 4 * HOUR + n // 4 * DAY, network="one", idempotency_key=keys[n])
        for n in range(most)
    ]
    assert again == made


def test_a_hold_remembers_the_door_and_the_network_that_it_came_from(world: World) -> None:
    booking_id = held(world, world.service(world.staff()), source="page", network="one").booking_id
    with world.hub.database.reading() as conn:
        row = find_booking(conn, world.business, booking_id)
    assert (row.source, row.network) == ("page", "one")
    book(world.hub, world.business, booking_id, ADA, source="api")
    with world.hub.database.reading() as conn:
        row = find_booking(conn, world.business, booking_id)
    assert (row.source, row.network) == ("api", "one")


def test_the_schema_itself_refuses_a_cell_that_is_taken(world: World) -> None:
    """Without any lock or check before it."""
    ada = world.staff()
    booking_id = held(world, world.service(ada)).booking_id
    with world.hub.database.writing() as conn:
        assert not claim(conn, world.business, booking_id, ada, TEN + 25 * MINUTE, TEN + 35 * MINUTE, None)
        assert claim(conn, world.business, booking_id, ada, TEN + HOUR, TEN + 2 * HOUR, None)


@pytest.mark.parametrize("start", [2**70, -(2**70), 0, -1])
def test_a_start_outside_all_calendars_is_refused_in_words(world: World, start: int) -> None:
    service = world.service(world.staff())
    with pytest.raises(InputError):
        held(world, service, start)
    assert count(world, Booking) == 0
