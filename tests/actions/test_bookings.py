"""Lists of bookings: pages, filters, search by keyed hash, erased people, and nobody else's."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete, event, update

from hub.actions.book import book
from hub.actions.bookings import BookingFilter, BookingRow, Who, list_bookings
from hub.actions.businesses import create_business
from hub.actions.cancel import cancel
from hub.actions.hold import hold
from hub.actions.holders import add_resource, add_staff
from hub.actions.hours import every_weekday
from hub.actions.people import Customer
from hub.actions.services import add_service
from hub.core.booking import CalendarState, State
from hub.core.errors import InputError
from hub.core.service import Service
from hub.plugin import Refused
from hub.store.booking import Booking
from hub.store.mail import Mail
from hub.store.person import Person
from tests.actions.test_book import booked, held, settle
from tests.actions.test_decide import requested
from tests.world import ADA, BEN, DAY, HOUR, MINUTE, MONDAY, World

TEN = MONDAY + 2 * HOUR


def ids(world: World, business: Any = None, /, **filters: Any) -> list[str]:
    within = world.business if business is None else business
    page = list_bookings(world.hub, within, BookingFilter(**filters))
    return [one.id for one in page.items]


def only(world: World) -> BookingRow:
    (row,) = list_bookings(world.hub, world.business).items
    return row


def book_one(world: World, service: str, start: int, customer: Customer) -> str:
    return book(world.hub, world.business, held(world, service, start), customer).booking_id


def other_business(world: World, customer: Customer = ADA) -> tuple[str, str]:
    """Another business of the agency with a booking of the same person."""
    business = create_business(world.hub, "Ben's Garage", "Europe/Berlin")
    staff = add_staff(world.hub, business, "Ben", every_weekday("Europe/Berlin", (9 * 60, 17 * 60)))
    rules = Service("new", 30 * MINUTE, 15 * MINUTE, 60 * DAY, staff=(staff,))
    service = add_service(world.hub, business, "Oil change", rules)
    held_there = hold(world.hub, business, service, TEN, zone="UTC").booking_id
    return business, book(world.hub, business, held_there, customer).booking_id


def test_a_row_says_what_when_who_for_whom_and_how_it_stands(world: World) -> None:
    ada, room = world.staff(), add_resource(world.hub, world.business, "Room 1")
    done = booked(world, world.service(ada, resources=((room,),)))
    settle(world)
    row = only(world)
    assert (row.id, row.service, row.start, row.end) == (done.booking_id, "Check-up", TEN, TEN + 30 * MINUTE)
    assert (row.state, row.calendar_state, row.problem) == (State.CONFIRMED, CalendarState.WRITTEN, "")
    assert ([one.name for one in row.staff], [one.name for one in row.resources]) == (["Staff 1"], ["Room 1"])
    assert (row.who, row.customer, row.zone, row.attendance) == (Who.KNOWN, "Ada Lovelace", "Europe/Berlin", "")


def test_pages_follow_each_other_without_a_gap_in_both_directions(world: World) -> None:
    service = world.service(world.staff(), world.staff())
    made = [
        booked(world, service, start).booking_id for start in (TEN, TEN, TEN + HOUR, TEN + 2 * HOUR, TEN + 3 * HOUR)
    ]
    for newest in (False, True):
        seen: list[str] = []
        after = ""
        while True:
            page = list_bookings(world.hub, world.business, newest=newest, after=after, limit=2)
            seen += [one.id for one in page.items]
            after = page.next
            if not after:
                break
        expected = sorted(made[:2]) + made[2:]
        assert seen == (expected[::-1] if newest else expected)
    first = list_bookings(world.hub, world.business, limit=2)
    with pytest.raises(InputError, match="after"):
        list_bookings(world.hub, world.business, newest=True, after=first.next)
    for limit in (0, 201):
        with pytest.raises(InputError, match="limit"):
            list_bookings(world.hub, world.business, limit=limit)


def test_filters_choose_by_time_state_person_and_service(world: World) -> None:
    ada, ben = world.staff(), world.staff()
    first, second = world.service(ada), world.service(ben)
    early, late = booked(world, first).booking_id, booked(world, second, TEN + DAY).booking_id
    gone = booked(world, first, TEN + HOUR).booking_id
    settle(world)
    cancel(world.hub, world.business, gone)
    assert ids(world) == [early, gone, late]
    assert ids(world, start_from=TEN + 1) == [gone, late]
    assert ids(world, start_until=TEN + HOUR) == [early]
    assert ids(world, states={State.CANCELLED}) == [gone]
    assert ids(world, calendar_states=["written"]) == [early, late]
    assert ids(world, holder_id=ben) == [late]
    assert ids(world, holder_id=ada) == [early, gone]  # also the one that she was to have
    assert ids(world, service_id=second) == [late]
    assert ids(world, holder_id=ada, service_id=second) == []


def test_holds_are_listed_only_when_they_are_asked_for(world: World) -> None:
    service = world.service(world.staff())
    hold_id, let_go = held(world, service), held(world, service, TEN + HOUR)
    cancel(world.hub, world.business, let_go)
    assert ids(world) == []
    (row,) = list_bookings(world.hub, world.business, BookingFilter(states=["held"])).items
    assert (row.id, row.who, row.customer) == (hold_id, Who.NOBODY, "")
    (row,) = list_bookings(world.hub, world.business, BookingFilter(states=["cancelled"])).items
    assert (row.id, row.who) == (let_go, Who.NOBODY)


def test_what_needs_a_person_is_found_until_it_is_over(world: World) -> None:
    ada, ben = world.staff(), world.staff()
    fine = booked(world, world.service(ben)).booking_id
    settle(world)
    waiting = requested(world, world.service(ada))
    world.calendars.fail = lambda hook: Refused("forbidden") if hook == "hub_create_event" else None
    failed = booked(world, world.service(ada), TEN + HOUR).booking_id
    settle(world)
    assert ids(world, attention=True) == [waiting, failed]
    assert fine in ids(world)
    world.clock.now = TEN + HOUR
    assert ids(world, attention=True) == [failed]


def test_a_customer_is_found_by_the_whole_address_or_number_however_it_is_typed(world: World) -> None:
    service = world.service(world.staff())
    by_mail, by_phone = book_one(world, service, TEN, ADA), book_one(world, service, TEN + HOUR, BEN)
    for text in ("ada@example.com", " ADA@Example.com "):
        assert ids(world, search=text) == [by_mail]
    assert ids(world, search="+49 (30) 901820") == [by_phone]
    assert ids(world, search=by_phone.upper()) == [by_phone]
    assert ids(world, search="someone@example.com") == []
    for text in ("Ada", "ada@", "example.com", "\x00", "\ud800", "9" * 300, "@" * 300):
        with pytest.raises(InputError, match="search"):
            ids(world, search=text)


def test_nobody_is_found_through_the_bookings_of_another_business(world: World) -> None:
    service = world.service(world.staff())
    mine = book_one(world, service, TEN, ADA)
    business, theirs = other_business(world)
    assert ids(world) == [mine]
    assert ids(world, search="ada@example.com") == [mine]
    assert ids(world, search=theirs) == []
    assert ids(world, service_id="x" * 26) == ids(world, business, service_id=service) == []
    assert sorted(ids(world, [world.business, business])) == sorted([mine, theirs])
    assert sorted(ids(world, [world.business, business], search="ada@example.com")) == sorted([mine, theirs])
    assert (
        ids(world, []) == ids(world, [], search="ada@example.com") == ids(world, "x" * 26) == ids(world, "\x00") == []
    )
    page = list_bookings(world.hub, [world.business, business], limit=1)
    rest = list_bookings(world.hub, world.business, after=page.next)
    assert theirs not in [one.id for one in rest.items]


def test_an_erased_person_is_shown_as_erased_and_breaks_no_list(world: World) -> None:
    service = world.service(world.staff())
    first, second, third = (book_one(world, service, TEN + n * HOUR, one) for n, one in enumerate((ADA, BEN, ADA)))
    rows = {one.id: one for one in list_bookings(world.hub, world.business).items}
    with world.hub.database.writing() as conn:
        mine = Booking.business_id == world.business
        person = conn.execute(Booking.__table__.select().where(mine, Booking.id == first)).one().person_id
        cleared = update(Booking).where(mine, Booking.id == third).values(person_id=None)
        conn.execute(cleared)
    world.hub.keyring.destroy_person_key(world.business, person)
    rows = {one.id: one for one in list_bookings(world.hub, world.business).items}
    assert [(rows[one].who, rows[one].customer) for one in (first, second, third)] == [
        (Who.ERASED, ""),
        (Who.KNOWN, "Ben Barnes"),
        (Who.ERASED, ""),
    ]
    with world.hub.database.writing() as conn:
        for table in (Booking, Mail):
            conn.execute(update(table).where(table.business_id == world.business).values(person_id=None))
        conn.execute(delete(Person).where(Person.business_id == world.business))
    assert {one.who for one in list_bookings(world.hub, world.business).items} == {Who.ERASED}


def test_a_name_that_was_tampered_with_breaks_no_list(world: World) -> None:
    service = world.service(world.staff())
    first = book_one(world, service, TEN, ADA)
    book_one(world, service, TEN + HOUR, BEN)
    with world.hub.database.writing() as conn:
        conn.execute(
            update(Person)
            .where(Person.business_id == world.business, Person.phone_hash.is_(None))
            .values(name=b"x" * 200)
        )
    rows = list_bookings(world.hub, world.business).items
    assert [(one.who, one.customer) for one in rows] == [(Who.UNREADABLE, ""), (Who.KNOWN, "Ben Barnes")]
    assert rows[0].id == first


def test_the_number_of_queries_does_not_grow_with_the_bookings(world: World) -> None:
    service = world.service(world.staff(), world.staff())
    sent: list[str] = []
    for database in (world.hub.database, world.hub.keystore):
        event.listen(database.engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
    book_one(world, service, TEN, ADA)
    sent.clear()
    assert len(ids(world)) == 1
    few = len(sent)
    for n in range(1, 8):
        book_one(world, service, TEN + n * 30 * MINUTE, Customer(f"Number {n}", email=f"n{n}@example.com"))
    sent.clear()
    assert len(ids(world)) == 8
    assert len(sent) == few


@pytest.mark.parametrize(
    ("filters", "field"),
    [
        ({"states": ["done"]}, "state"),
        ({"calendar_states": ["lost"]}, "calendar_state"),
        ({"start_from": 10**30}, "from"),
        ({"start_until": -(10**30)}, "until"),
    ],
)
def test_a_filter_that_is_none_is_refused(world: World, filters: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        ids(world, **filters)
    assert caught.value.field == field


def test_strange_ids_in_filters_find_nothing(world: World) -> None:
    booked(world, world.service(world.staff()))
    for text in ("\x00", "%", "x" * 26, "\ud800"):
        assert ids(world, holder_id=text) == ids(world, service_id=text) == []
