"""The week in the console: what stands where, and why a time is offered or not."""

from __future__ import annotations

from collections.abc import Callable

from hub.actions.hours import add_time_off
from hub.actions.sync import sync_calendar
from hub.plugin import Busy
from hub.store.calendar import Calendar
from tests.web.conftest import Browser
from tests.web.console.test_bookings import booked
from tests.world import DAY, HOUR, MONDAY, World, with_names

SignedIn = Callable[[str], Browser]


def path_of(world: World, rest: str = "") -> str:
    return f"/console/{world.business}/week{rest}"


def test_a_business_without_staff_says_what_to_do_next(world: World, signed_in: SignedIn) -> None:
    assert "Nobody can be booked yet" in signed_in("viewer").get(path_of(world)).text


def test_the_week_shows_hours_bookings_and_time_off(world: World, signed_in: SignedIn) -> None:
    staff = world.staff()
    one = booked(world, world.service(staff), MONDAY + 2 * HOUR)
    add_time_off(world.hub, world.business, staff, MONDAY + DAY + 3 * HOUR, MONDAY + DAY + 5 * HOUR)
    page = signed_in("viewer").get(path_of(world)).text
    assert "15 to 21 March 2027" in page
    assert f"/bookings/{one}" in page
    assert "10:00 to 10:30, Check-up, Ada Lovelace, with Staff 1" in page
    assert "time off</text>" in page
    assert page.count('class="week-col') == 7
    assert page.count('class="w-open"') == 6  # one a weekday, and two around the time off
    assert "style=" not in page
    assert "<style" not in page


def test_busy_times_have_no_title(world: World, signed_in: SignedIn) -> None:
    staff = world.staff()
    (ref,) = calendar_refs(world)
    world.calendars.busy[ref].append(Busy(MONDAY + 2 * HOUR, MONDAY + 3 * HOUR, uid="secret-title"))
    read(world)
    page = signed_in("viewer").get(path_of(world, f"?holder={staff}")).text
    assert "busy</text>" in page
    assert "secret-title" not in page


def test_a_calendar_that_was_never_read_is_marked(world: World, signed_in: SignedIn) -> None:
    world.staff()
    page = signed_in("viewer").get(path_of(world)).text
    assert "Busy times may be missing, so nothing is offered." in page


def test_who_is_shown_and_which_week_come_from_the_address(
    world: World, signed_in: SignedIn, other_business: str
) -> None:
    one, two = world.staff(connected=False), world.staff(connected=False)
    vera = signed_in("viewer")
    page = vera.get(path_of(world, f"?holder={two}&day=2027-03-25")).text
    assert "22 to 28 March 2027" in page
    assert f'value="{two}" id="holder-{two}" checked' in page
    assert f'value="{one}" id="holder-{one}" checked' not in page
    assert f"day=2027-04-01&amp;holder={two}" in page
    for rest in ("?day=never", "?day=0001-01-01", "?day=9999-12-31", "?holder=nonsense", "?holder=%00"):
        assert vera.get(path_of(world, rest)).status_code == 200, rest
    strange = signed_in("owner").get(f"/console/{other_business}/week?holder={one}").text
    assert "Staff 1" not in strange


def test_why_not_says_the_reason_for_each_and_leads_to_booking_where_it_is_free(
    world: World, signed_in: SignedIn
) -> None:
    one, two = world.staff(), world.staff()
    service = world.service(one, two)
    booked(world, service, MONDAY + 2 * HOUR)
    agnes = signed_in("agent")
    free = agnes.get(path_of(world, f"/why?at={MONDAY + 2 * HOUR}")).text  # one service, so it needs no choosing
    assert "is offered at this time" in free
    assert "Another appointment is booked at that time." in free
    assert f"/bookings/new/{service}/who?start={MONDAY + 2 * HOUR}" in free
    both = agnes.get(path_of(world, f"/why?at={MONDAY + 4 * HOUR}")).text
    assert f"/who?start={MONDAY + 4 * HOUR}&amp;staff={two}" in both
    night = agnes.get(path_of(world, "/why?day=2027-03-15&time=22:00")).text
    assert "would not lie within one opening" in night
    assert "Book this" not in night
    assert "Book this" not in signed_in("viewer").get(path_of(world, f"/why?at={MONDAY + 2 * HOUR}")).text


def test_why_not_asks_for_a_service_where_there_are_several(
    world: World, signed_in: SignedIn, other_business: str
) -> None:
    staff = world.staff()
    first = world.service(staff)
    world.service(staff)
    agnes = signed_in("agent")
    assert "Choose a service" in agnes.get(path_of(world, f"/why?at={MONDAY}")).text
    chosen = agnes.get(path_of(world, f"/why?at={MONDAY}&service_id={first}")).text
    assert "Not offered" in chosen
    for rest in (
        "",
        "?at=soon",
        "?at=-1",
        f"?at={'9' * 12}",
        "?day=2027-02-30&time=10:00",
        "?day=9999-12-31&time=23:59",
    ):
        assert agnes.get(path_of(world, f"/why{rest}")).status_code == 303, rest
    there = signed_in("owner").get(f"/console/{other_business}/week/why?at={MONDAY}&service_id={first}").text
    assert "Check-up" not in there


def calendar_refs(world: World) -> list[str]:
    with world.hub.database.reading() as conn:
        rows = conn.execute(Calendar.__table__.select().where(Calendar.business_id == world.business)).all()
    return [one.ref for one in with_names(world.hub, rows)]


def read(world: World) -> None:
    """Read all calendars of the business now."""
    with world.hub.database.reading() as conn:
        rows = conn.execute(Calendar.__table__.select().where(Calendar.business_id == world.business)).all()
    for row in rows:
        sync_calendar(world.hub, world.business, row.id)
