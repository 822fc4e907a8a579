"""The list of bookings in the console: by day, filtered by the address, searched by whom they are for."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import update

from hub.actions.book import book
from hub.actions.cancel import cancel
from hub.actions.hold import hold
from hub.actions.people import Customer
from hub.store.booking import Booking
from tests.web.conftest import Browser
from tests.world import ADA, BEN, DAY, HOUR, MONDAY, World, down

SignedIn = Callable[[str], Browser]


def booked(world: World, service: str, start: int, customer: Customer = ADA) -> str:
    """Book a start, and return the booking's id."""
    held = hold(world.hub, world.business, service, start, zone="Europe/Berlin")
    return book(world.hub, world.business, held.booking_id, customer).booking_id


def path_of(world: World, query: str = "") -> str:
    return f"/console/{world.business}/bookings{query}"


def test_an_empty_list_says_where_bookings_come_from(world: World, signed_in: SignedIn) -> None:
    assert "Nothing is booked" in signed_in("viewer").get(path_of(world)).text
    assert "Nothing needs anybody" in signed_in("viewer").get(path_of(world, "?attention=1")).text


def test_bookings_stand_by_their_day_in_the_businesss_zone(world: World, signed_in: SignedIn) -> None:
    service = world.service(world.staff())
    booked(world, service, MONDAY + 2 * HOUR)
    booked(world, service, MONDAY + DAY + 3 * HOUR, BEN)
    page = signed_in("viewer").get(path_of(world)).text
    assert page.index("Monday, 15 March 2027") < page.index("10:00–10:30 Check-up") < page.index("Tuesday, 16 March")
    assert "Ada Lovelace with Staff 1" in page
    assert "Book for a customer" not in page


def test_filters_come_from_the_address(world: World, signed_in: SignedIn) -> None:
    one, two = world.staff(), world.staff()
    first, second = world.service(one), world.service(two)
    early = booked(world, first, MONDAY + 2 * HOUR)
    late = booked(world, second, MONDAY + DAY + 2 * HOUR, BEN)
    cancel(world.hub, world.business, late)
    vera = signed_in("viewer")
    for query, shown, hidden in (
        (f"?holder={one}", early, late),
        (f"?service={second}", late, early),
        ("?state=cancelled", late, early),
        ("?until=2027-03-15", early, late),
        ("?from=2027-03-16", late, early),
        ("?q=ada@example.com", early, late),
        ("?q=%2B4930901820", late, early),
        (f"?q={late}", late, early),
    ):
        page = vera.get(path_of(world, query)).text
        assert f"/bookings/{shown}" in page, query
        assert f"/bookings/{hidden}" not in page, query


def test_what_cannot_be_searched_says_so_and_nonsense_finds_nothing(world: World, signed_in: SignedIn) -> None:
    vera = signed_in("viewer")
    for query in ("?q=Ada+Lovelace", "?from=tomorrow", "?until=0001-01-01", "?from=9999-12-31"):
        answer = vera.get(path_of(world, query))
        assert answer.status_code == 422, query
        assert 'role="alert"' in answer.text, query
    for query in ("?holder=nonsense", "?service=%00", "?state=gone", "?view=all"):
        assert vera.get(path_of(world, query)).status_code == 200, query
    assert vera.get(path_of(world, "?after=nonsense")).status_code == 303


def test_what_needs_somebody_is_a_list_of_its_own(world: World, signed_in: SignedIn) -> None:
    service = world.service(world.staff())
    good = booked(world, service, MONDAY + 2 * HOUR)
    world.calendars.fail = down("hub_free_busy")
    open_one = booked(world, service, MONDAY + 4 * HOUR, BEN)
    page = signed_in("viewer").get(path_of(world, "?attention=1")).text
    assert f"/bookings/{open_one}" in page
    assert f"/bookings/{good}" not in page
    assert "not confirmed" in page


def test_earlier_ones_stand_the_newest_first(world: World, signed_in: SignedIn) -> None:
    service = world.service(world.staff())
    first = booked(world, service, MONDAY + 2 * HOUR)
    second = booked(world, service, MONDAY + 4 * HOUR)
    world.clock.now += 2 * DAY
    page = signed_in("viewer").get(path_of(world, "?view=earlier")).text
    assert page.index(second) < page.index(first)
    assert first not in signed_in("viewer").get(path_of(world)).text


def test_a_long_list_goes_on_by_cursor_with_its_filters(world: World, signed_in: SignedIn) -> None:
    staff = world.staff()
    service = world.service(staff)
    for number in range(5):
        for slot in range(11):
            booked(world, service, MONDAY + number * DAY + HOUR + slot * HOUR // 2)
    vera = signed_in("viewer")
    page = vera.get(path_of(world, f"?holder={staff}")).text
    assert page.count("Check-up</a>") == 50
    link = page.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
    assert f"holder={staff}" in link
    assert vera.get(link).text.count("Check-up</a>") == 5


def test_somebody_who_was_erased_is_shown_as_erased(world: World, signed_in: SignedIn) -> None:
    one = booked(world, world.service(world.staff()), MONDAY + 2 * HOUR)
    with world.hub.database.writing() as conn:  # what is left of a booking when its customer was erased
        conn.execute(update(Booking).where(Booking.business_id == world.business).values(person_id=None))
    vera = signed_in("viewer")
    assert "Details erased" in vera.get(path_of(world)).text
    page = vera.get(path_of(world, f"/{one}")).text
    assert "were erased" in page
    assert "Lovelace" not in page


def test_another_business_shows_none_of_them(world: World, signed_in: SignedIn, other_business: str) -> None:
    one = booked(world, world.service(world.staff()), MONDAY + 2 * HOUR)
    page = signed_in("owner").get(f"/console/{other_business}/bookings?q={one}").text
    assert f"/bookings/{one}" not in page
    assert signed_in("ben").get(path_of(world)).status_code == 404
