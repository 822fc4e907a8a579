"""The list of businesses and the first look at one: who sees what, what needs somebody, what is still missing."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from sqlalchemy import delete, event, update

from hub.actions.book import book
from hub.actions.businesses import create_business, list_businesses
from hub.actions.hold import hold
from hub.store.agreement import TextVersion
from hub.store.booking import Booking
from hub.store.business import Business
from hub.store.keys import BusinessKey
from hub.web.current import SESSION
from tests.tables import nothing_changed
from tests.visitors import token_of
from tests.web.conftest import Browser, once
from tests.world import ADA, DAY, HOUR, MONDAY, World

SignedIn = Callable[[str], Browser]


def booked(world: World, start: int, **values: object) -> str:
    service = world.service(world.staff())
    held = hold(world.hub, world.business, service, start, zone="Europe/Berlin", source="page")
    book(world.hub, world.business, held.booking_id, ADA)
    if values:
        with world.hub.database.writing() as conn:
            mine = (Booking.business_id == world.business, Booking.id == held.booking_id)
            conn.execute(update(Booking).where(*mine).values(**values))
    return held.booking_id


def test_ada_sees_every_business_and_ben_his_own_alone(signed_in: SignedIn) -> None:
    assert "Ada&#39;s Practice" in signed_in("owner").get("/console").text
    page = signed_in("ben").get("/console").text
    assert "Ben&#39;s Garage" in page
    assert "Ada&#39;s Practice" not in page


def test_who_was_dismissed_is_asked_to_sign_in(signed_in: SignedIn) -> None:
    answer = signed_in("cyd").get("/console")
    assert answer.status_code == 303
    assert "/sign-in" in answer.headers["Location"]


def test_a_business_that_one_may_not_enter_is_not_there(world: World, signed_in: SignedIn) -> None:
    ben = signed_in("ben")
    for path in ("", "/settings", "/holders", "/services", "/texts", "/holidays"):
        assert ben.get(f"/console/{world.business}{path}").status_code == 404


def test_the_list_says_in_numbers_what_needs_somebody(world: World, signed_in: SignedIn) -> None:
    booked(world, MONDAY + DAY + 3 * HOUR, calendar_state="conflict")
    booked(world, MONDAY + DAY + 4 * HOUR, calendar_state="failed")
    page = signed_in("owner").get("/console").text
    assert "1 in conflict" in page
    assert "1 not in the calendar" in page
    assert page.count("all well") == 1


def test_the_list_costs_the_same_few_queries_however_many_businesses_it_shows(
    world: World, signed_in: SignedIn
) -> None:
    ada = signed_in("owner")
    counts = []
    for more in (0, 12):
        for number in range(more):
            create_business(world.hub, f"Business {number}", "UTC")
        statements: list[str] = []
        listener = lambda conn, cursor, statement, *rest, seen=statements: seen.append(statement)  # noqa: E731
        event.listen(world.hub.database.engine, "before_cursor_execute", listener)
        ada.get("/console")
        event.remove(world.hub.database.engine, "before_cursor_execute", listener)
        # Marks of tokens are read once a second, whatever is shown.
        counts.append(sum(one.startswith("SELECT") and "token_marks" not in one for one in statements))
    assert counts[0] == counts[1] > 0


def test_long_lists_come_in_pages_and_can_be_searched(world: World, signed_in: SignedIn) -> None:
    for number in range(30):
        create_business(world.hub, f"Salon {number:02}", "UTC")
    ada = signed_in("owner")
    first = ada.get("/console").text
    assert "Salon 22" in first
    assert "Salon 29" not in first
    following = first.split('rel="next"')[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
    assert "Salon 29" in ada.get(following).text
    assert "Salon 07" in ada.get("/console?q=salon+07").text
    assert "Nothing found" in ada.get("/console?q=nowhere").text
    assert ada.get("/console?after=nonsense").status_code == 422


def test_where_there_is_no_business_yet_the_page_says_what_to_do_next(world: World, app: Flask) -> None:
    client = app.test_client()
    client.set_cookie(SESSION, token_of(world.hub, "owner"))
    with world.hub.database.writing() as conn:
        for table in (TextVersion, BusinessKey):
            conn.execute(delete(table).where(table.business_id == world.business))
        conn.execute(delete(Business).where(Business.id == world.business))
    page = Browser(client).get("/console").text
    assert "Add the first business" in page
    assert page.count("/console/new") == 1


def test_adding_a_business_leads_to_it(world: World, signed_in: SignedIn) -> None:
    ada = signed_in("owner")
    ada.get("/console/new")
    given = {
        "name": "Clara's Clinic",
        "zone": "Europe/Vienna",
        "region": "AT",
        "email": "hi@clinic.example",
        "phone": "",
    }
    page = ada.follow(ada.post("/console/new", {**once(ada), **given})).text
    assert "Clara&#39;s Clinic" in page
    assert "Setting up" in page


def test_a_business_that_breaks_a_rule_is_shown_again_with_the_fault_beside_its_field(
    world: World, signed_in: SignedIn
) -> None:
    ada = signed_in("owner")
    ada.get("/console/new")
    with nothing_changed(world.hub, but=("console_session",)):
        answer = ada.post("/console/new", {"name": "Clinic", "zone": "UTC", "region": "AT", "email": "no address"})
    assert answer.status_code == 422
    assert 'value="no address"' in answer.text
    assert 'id="email-fault"' in answer.text


def test_a_form_that_is_sent_twice_adds_one_business(world: World, signed_in: SignedIn) -> None:
    ada = signed_in("owner")
    ada.get("/console/new")
    given = {**once(ada), "name": "Twice", "zone": "UTC", "region": "US"}
    assert ada.post("/console/new", given).status_code == 303
    answer = ada.post("/console/new", given)
    assert answer.status_code == 422
    assert "sent before" in answer.text
    assert len(list_businesses(world.hub, None, search="Twice").items) == 1


def test_a_field_that_the_form_does_not_have_is_refused(world: World, signed_in: SignedIn) -> None:
    ada = signed_in("owner")
    ada.get("/console/new")
    given = {"name": "Sly", "zone": "UTC", "region": "US"}
    for strange in ("id", "version_", "made_at", "role", "business_id", "name²", "x" * 5000):
        ada.get("/console/new")
        with nothing_changed(world.hub, but=("console_session",)):
            assert ada.post("/console/new", {**given, strange: "1"}).status_code == 422, strange


def test_who_is_limited_to_some_businesses_or_may_not_set_up_adds_none(signed_in: SignedIn) -> None:
    for who in ("ben", "agent", "viewer", "auditor"):
        browser = signed_in(who)
        assert "/console/new" not in browser.get("/console").text
        assert browser.get("/console/new").status_code == 403


def test_the_overview_shows_what_comes_and_what_is_wrong(world: World, signed_in: SignedIn) -> None:
    booked(world, MONDAY + 3 * HOUR)
    booked(world, MONDAY + 2 * DAY + 3 * HOUR, calendar_state="conflict")
    page = signed_in("viewer").get(f"/console/{world.business}").text
    assert page.count("Ada Lovelace") == 2
    assert "Needs attention" in page
    assert "conflict in the calendar" in page
    assert "/b/adas-practice" in page


def test_who_may_not_see_bookings_sees_none_of_them(world: World, signed_in: SignedIn) -> None:
    booked(world, MONDAY + 3 * HOUR)
    page = signed_in("auditor").get(f"/console/{world.business}").text
    assert "Ada Lovelace" not in page
    assert "Today" not in page


def test_the_steps_of_setting_up_tick_themselves(world: World, signed_in: SignedIn) -> None:
    ada = signed_in("owner")
    assert "0 of 6 done" in ada.get(f"/console/{world.business}").text
    staff = world.staff(connected=False)
    assert "1 of 6 done" in ada.get(f"/console/{world.business}").text
    world.connect(staff)
    assert "3 of 6 done" in ada.get(f"/console/{world.business}").text
    world.service(staff)
    assert "5 of 6 done" in ada.get(f"/console/{world.business}").text
