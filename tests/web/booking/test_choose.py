from __future__ import annotations

import re
from collections.abc import Callable

from flask import Flask
from sqlalchemy import func, select

from hub.actions.hold import hold
from hub.core.booking import State
from hub.plugin import Busy
from hub.store.annotate import Base
from hub.store.booking import Booking
from hub.store.guard import Across
from tests.front import SITE, Front, make_front
from tests.web.booking.conftest import NINE, TEN, Customer
from tests.web.conftest import Browser
from tests.world import DAY, HOUR, MONDAY, World, down


def holds(world: World) -> list[str]:
    with world.hub.database.reading() as conn:
        rows = select(Booking.state).where(Booking.business_id == world.business).order_by(Booking.id)
        return list(conn.execute(rows).scalars())


def times(customer: Customer) -> list[str]:
    return re.findall(r'name="start" value="(\d+)"', customer.page)


def test_a_business_shows_what_can_be_booked(customer: Customer) -> None:
    answer = customer.look(customer.front.home)
    assert answer.status_code == 200
    for words in ("Ada&#39;s Practice", "Check-up", "30 min", "A look at your teeth", customer.front.path):
        assert words in answer.text


def test_the_first_free_day_is_shown_with_its_times(customer: Customer) -> None:
    answer = customer.look()
    assert answer.status_code == 200
    assert "Monday, 15 March" in answer.text
    assert times(customer)[0] == NINE
    assert len(times(customer)) == 16


def test_only_free_days_are_links(customer: Customer) -> None:
    customer.front.world.calendars.busy[customer.front.staff[0]].append(Busy(MONDAY + DAY, MONDAY + 2 * DAY))
    text = customer.look().text
    assert "day=2027-03-15" in text
    assert "day=2027-03-16" not in text
    assert "day=2027-03-20" not in text
    assert "month=2027-04" in text
    assert "month=2027-02" not in text


def test_times_are_those_of_the_visitors_zone_and_of_the_business_beside_them(customer: Customer) -> None:
    text = customer.look(zone="America/New_York").text
    assert "04:00<small>09:00</small>" in text
    assert "New York (America) time, UTC-4" in text
    assert "is in Berlin (Europe)" in text
    assert "<small>" not in customer.look(zone="Europe/Paris").text
    assert "zone=Europe/Paris" in customer.page


def test_an_unknown_zone_is_refused_in_words_and_the_page_goes_on(customer: Customer) -> None:
    for zone in ("Nowhere/None", "../../etc/passwd", "x" * 5000, "localtime"):
        answer = customer.look(zone=zone)
        assert answer.status_code == 422
        assert "We do not know this time zone" in answer.text
        assert NINE in times(customer)
        assert "zone=" not in answer.text


def test_a_month_out_of_range_becomes_the_nearest_one(customer: Customer) -> None:
    assert "March 2027" in customer.look(month="1999-01").text
    assert "May 2027" in customer.look(month="9999-12").text
    for nonsense in ("2027-13", "x", "2027-03-99", "0000-00", "-1", "9" * 400):
        assert customer.look(month=nonsense, day=nonsense).status_code == 200


def test_an_empty_month_names_the_next_free_day(customer: Customer) -> None:
    ada = customer.front.staff[0]
    customer.front.world.calendars.busy[ada].append(Busy(MONDAY - DAY, MONDAY + 20 * DAY))
    text = customer.look(month="2027-03").text
    assert "Nothing is free in March 2027" in text
    assert "Next free day: Monday, 5 April" in text
    # Who asked for no month begins where there is something.
    assert "April 2027" in customer.look().text
    assert times(customer)


def test_a_page_without_any_free_time_says_whom_to_ask(customer: Customer) -> None:
    customer.front.change_service(horizon=3 * HOUR)
    ada = customer.front.staff[0]
    customer.front.world.calendars.busy[ada].append(Busy(MONDAY - DAY, MONDAY + 90 * DAY))
    text = customer.look().text
    assert "Nothing is free at present" in text
    assert "tel:+4930901820" in text


def test_withheld_times_are_no_secret_and_no_jargon(customer: Customer) -> None:
    world = customer.front.world
    world.clock.now += HOUR
    world.calendars.fail = down()
    answer = customer.look()
    assert answer.status_code == 200
    assert "No times can be offered right now" in answer.text
    assert "tel:+4930901820" in answer.text
    assert not times(customer)
    for jargon in ("calendar_", "stale", "provider", "unreachable"):
        assert jargon not in answer.text.replace("calendar-x", "")


def test_what_has_no_page_is_said_kindly(customer: Customer, browser: Callable[[], Browser]) -> None:
    assert "no booking page" in browser().get("/b/nowhere").text
    assert browser().get("/b/nowhere/check-up").status_code == 404
    customer.front.change_service(active=False)
    answer = customer.look()
    assert answer.status_code == 404
    assert "cannot be booked here at present" in answer.text
    assert "Nothing can be booked here" in customer.look(customer.front.home).text


def test_a_chosen_time_is_held_and_leads_to_the_details(customer: Customer) -> None:
    answer = customer.hold(NINE, zone="America/New_York")
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith(f"{customer.front.path}/details/")
    assert "zone=America/New_York" in answer.headers["Location"]
    assert holds(customer.front.world) == [State.HELD]


def test_a_second_click_and_the_back_button_hold_one_time(customer: Customer) -> None:
    customer.look()
    first = customer.hold(NINE)
    again = customer.hold(NINE)
    assert again.headers["Location"] == first.headers["Location"]
    assert holds(customer.front.world) == [State.HELD]


def test_a_taken_time_shows_the_other_times_of_that_day(customer: Customer) -> None:
    customer.look()
    world, front = customer.front.world, customer.front
    tuesday = str(int(TEN) + DAY)
    hold(world.hub, world.business, front.service, int(tuesday), zone="Europe/Berlin")
    answer = customer.hold(tuesday)
    assert answer.status_code == 409
    assert "Somebody was faster" in answer.text
    assert "Tuesday, 16 March" in answer.text
    assert tuesday not in times(customer)
    assert str(int(NINE) + DAY) in times(customer)


def test_a_time_that_is_none_is_refused_in_words(customer: Customer) -> None:
    for start in ("", "x", "-5", "1", str(MONDAY - 7 * DAY), str(MONDAY + 3 * DAY + 60), "9" * 11, "9" * 40, "²"):
        customer.look()
        answer = customer.hold(start)
        assert answer.status_code == 422, start
        assert "not offered any more" in answer.text
    assert holds(customer.front.world) == []


def test_another_choice_lets_the_first_hold_go(customer: Customer) -> None:
    address = customer.details(NINE)
    held = address.partition("/details/")[2].partition("?")[0]
    customer.look(held=held, day="2027-03-15")
    assert NINE in times(customer)  # the own hold does not stand in the way
    assert customer.hold(str(int(NINE) + 1800)).status_code == 303
    assert sorted(holds(customer.front.world)) == [State.HELD, State.LAPSED]


def test_nobody_lets_go_of_what_another_one_holds(customer: Customer, another: Customer) -> None:
    held = customer.details(NINE).partition("/details/")[2].partition("?")[0]
    forged = f"{held.partition('.')[0]}.{'A' * 43}"
    another.look()
    assert another.hold(TEN, held=forged).status_code == 303
    assert holds(customer.front.world) == [State.HELD, State.HELD]


def test_one_network_holds_only_so_many_times_at_once(customer: Customer) -> None:
    most = customer.front.world.hub.settings.holds_per_network
    for number in range(most):
        customer.look()
        assert customer.hold(str(int(NINE) + 1800 * number)).status_code == 303
    customer.look()
    answer = customer.hold(str(int(NINE) + 1800 * most))
    assert answer.status_code == 429
    assert "holding several times already" in answer.text
    customer.front.world.clock.now += customer.front.world.hub.settings.hold_seconds
    customer.look()
    assert customer.hold(str(int(NINE) + 1800 * most)).status_code == 303


def test_who_fills_in_what_people_do_not_see_holds_nothing(customer: Customer) -> None:
    customer.look()
    answer = customer.hold(NINE, website="https://spam.example")
    assert answer.status_code == 422
    assert holds(customer.front.world) == []


def test_one_of_the_staff_can_be_asked_for(world: World, browser: Callable[[], Browser]) -> None:
    front = make_front(world, staff=2)
    customer = Customer(front, browser())
    world.calendars.busy[front.staff[0]].append(Busy(MONDAY, MONDAY + DAY))
    text = customer.look(staff=front.staff[0]).text
    assert "Tuesday, 16 March" in text
    assert f'name="staff" value="{front.staff[0]}"' in text
    customer.details(times(customer)[0])
    assert "with Staff 1" in customer.page
    assert "Monday, 15 March" in customer.look(staff="nobody").text


def test_only_the_sites_of_the_business_frame_the_page_and_only_when_asked(customer: Customer) -> None:
    plain = customer.look().headers
    assert "frame-ancestors 'none'" in plain["Content-Security-Policy"]
    assert plain["X-Frame-Options"] == "DENY"
    framed = customer.look(embed="1")
    assert f"frame-ancestors 'self' {SITE};" in framed.headers["Content-Security-Policy"] + ";"
    assert "X-Frame-Options" not in framed.headers
    assert "embed=1" in framed.text
    assert 'name="embed" value="1"' in framed.text
    location = customer.hold(NINE).headers["Location"]
    assert "embed=1" in location
    customer.front.change(embed_origins=[])
    assert customer.look(embed="1").headers["X-Frame-Options"] == "DENY"


def test_no_cookie_is_set_or_needed(customer: Customer) -> None:
    for answer in (customer.look(customer.front.home), customer.look(), customer.hold(NINE)):
        assert "Set-Cookie" not in answer.headers


def test_a_form_of_another_site_holds_nothing(customer: Customer) -> None:
    customer.look()
    data = {**customer.hidden(), "start": NINE}
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        assert customer.browser.post(customer.front.path, data, headers=headers).status_code == 403
    assert holds(customer.front.world) == []


def test_one_month_is_one_search_and_calls_nobody(customer: Customer, front: Front) -> None:
    customer.look()
    front.world.calendars.calls.clear()
    customer.look()
    customer.look(month="2027-04")
    assert front.world.calendars.calls == []


def test_looking_changes_nothing(customer: Customer, app: Flask) -> None:
    address = customer.book()
    held = Customer(customer.front, customer.browser).details(TEN)
    world = customer.front.world

    def rows() -> dict[str, int]:
        with world.hub.database.engine.connect() as conn:
            conn = conn.execution_options(across=Across.OPERATOR)
            return {
                table.name: conn.execute(select(func.count()).select_from(table)).scalar_one()
                for table in Base.metadata.sorted_tables
            }

    before, states = rows(), holds(world)
    client = app.test_client()
    for path in (customer.front.home, customer.front.path, held, address, f"{address}/move", f"{address}/cancel"):
        for method in (client.get, client.head):
            assert method(path).status_code == 200, path
    assert client.get(f"{address}/appointment.ics").status_code == 200
    assert (rows(), holds(world)) == (before, states)
