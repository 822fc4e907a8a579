from __future__ import annotations

import re
from collections.abc import Callable

from flask import Flask

from hub.actions.appointment import Appointment, find_appointment
from hub.actions.customer_link import customer_token
from hub.actions.effects import EFFECTS
from hub.core.booking import State
from hub.jobs.perform import drain
from hub.plugin import Busy
from tests.front import SITE
from tests.web.booking.conftest import NINE, TEN, Customer
from tests.web.conftest import Browser
from tests.world import HOUR, MONDAY, World, down


def found(customer: Customer, address: str) -> Appointment:
    business, booking_id, _ = address.removeprefix("/b/manage/").split(".")
    return find_appointment(customer.front.world.hub, business, booking_id)


def test_the_link_shows_the_appointment(customer: Customer) -> None:
    text = customer.look(customer.book()).text
    for words in (
        "Your appointment",
        "Check-up",
        "Monday, 15 March 2027, 09:00 to 09:30",
        "Lindenstraße 1, Berlin",
        "Staff 1",
        "Ada Lovelace",
        "Move it",
        "Cancel it",
        "https://calendar.google.com/",
        'rel="noopener noreferrer"',
    ):
        assert words in text
    assert "ada@example.com" not in text


def test_moving_shows_the_times_and_moves_to_the_chosen_one(customer: Customer) -> None:
    address = customer.book()
    text = customer.look(f"{address}/move").text
    assert "Monday, 15 March 2027, 09:00" in text
    assert f'value="{TEN}"' in text
    answer = customer.browser.post(f"{address}/move", {**customer.hidden(), "start": TEN})
    assert answer.status_code == 303
    assert "was moved" in customer.browser.follow(answer).text
    assert found(customer, address).start == int(TEN)
    again = customer.browser.post(f"{address}/move", {"start": TEN})
    assert again.status_code == 303
    assert found(customer, address).start == int(TEN)


def test_a_move_that_cannot_be_made_leaves_the_appointment_and_shows_other_times(customer: Customer) -> None:
    address, world = customer.book(), customer.front.world
    world.calendars.busy[customer.front.staff[0]].append(Busy(int(TEN), int(TEN) + 1800))
    answer = customer.browser.post(f"{address}/move", {"start": TEN})
    assert answer.status_code == 409
    assert "stays as it was" in answer.text
    assert customer.browser.post(f"{address}/move", {"start": "17"}).status_code == 422
    assert customer.browser.post(f"{address}/move", {"start": TEN, "zone": "Nowhere"}).status_code in (409, 422)
    world.calendars.fail = down("hub_free_busy")
    answer = customer.browser.post(f"{address}/move", {"start": str(int(TEN) + HOUR)})
    assert answer.status_code == 503
    assert "Try again later" in answer.text
    assert found(customer, address).start == int(NINE)


def test_cancelling_asks_first_and_then_says_so(customer: Customer) -> None:
    address = customer.book()
    assert "Cancel this appointment?" in customer.look(f"{address}/cancel").text
    assert found(customer, address).state is State.CONFIRMED
    answer = customer.browser.post(f"{address}/cancel")
    text = customer.browser.follow(answer).text
    assert "This appointment is cancelled" in text
    assert customer.front.path in text
    assert "Move it" not in text
    assert found(customer, address).state is State.CANCELLED
    assert customer.browser.post(f"{address}/cancel").status_code == 303
    for path in ("move", "cancel"):
        assert customer.look(f"{address}/{path}").status_code == 303
    assert customer.browser.post(f"{address}/move", {"start": TEN}).status_code == 303
    assert found(customer, address).state is State.CANCELLED
    assert customer.look(f"{address}/appointment.ics").status_code == 409


def test_fetching_every_link_of_a_mail_changes_nothing(customer: Customer, app: Flask) -> None:
    address = customer.book()
    before = found(customer, address)
    client = app.test_client()
    for path in ("", "/move", "/cancel", "/appointment.ics"):
        for method in (client.get, client.head, client.options):
            assert method(f"{address}{path}", query_string={"start": TEN}).status_code in (200, 405)
    for path in ("", "/appointment.ics"):
        assert client.post(f"{address}{path}").status_code in (404, 405)
    for path in ("/move", "/cancel"):
        for method in (client.put, client.delete, client.patch):
            assert method(f"{address}{path}").status_code == 405
        headers = {"X-HTTP-Method-Override": "POST"}
        client.get(f"{address}{path}", headers=headers, query_string={"_method": "POST", "start": TEN})
    assert found(customer, address).version == before.version


def test_a_page_of_another_site_changes_nothing(customer: Customer) -> None:
    address = customer.book()
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "same-site"}):
        assert customer.browser.post(f"{address}/cancel", headers=headers).status_code == 403
    assert found(customer, address).state is State.CONFIRMED


def test_within_the_notice_the_page_says_whom_to_call(customer: Customer) -> None:
    address = customer.book(str(int(NINE) + 3 * HOUR))
    customer.front.change(cancel_notice=2 * HOUR)
    assert "Here this can be done until" in customer.look(address).text
    customer.front.world.clock.now = MONDAY + 3 * HOUR
    text = customer.look(address).text
    assert "too late to change" in text
    assert "tel:+4930901820" in text
    assert "/cancel" not in text
    assert "/move" not in text
    for path in ("move", "cancel"):
        assert customer.look(f"{address}/{path}").status_code == 303
        assert customer.browser.post(f"{address}/{path}", {"start": TEN}).status_code == 303
    assert found(customer, address).state is State.CONFIRMED


def test_an_appointment_that_is_over_offers_to_book_anew(customer: Customer) -> None:
    address = customer.book()
    customer.front.world.clock.now = int(NINE) + HOUR
    text = customer.look(address).text
    assert "is over" in text
    assert "Book another time" in text
    assert "Cancel it" not in text


def test_a_requested_appointment_is_not_called_confirmed_and_can_be_cancelled(customer: Customer) -> None:
    address = customer.details()
    customer.front.world.calendars.fail = down("hub_free_busy")
    text = customer.browser.follow(customer.finish(address)).text
    assert "Not confirmed yet" in text
    assert "Cancel it" in text
    assert "Move it" not in text


def test_what_the_business_ended_is_explained(customer: Customer) -> None:
    address = customer.details()
    world = customer.front.world
    world.calendars.fail = down("hub_free_busy")
    answer = customer.finish(address)
    world.calendars.fail = down("none")
    world.calendars.busy[customer.front.staff[0]].append(Busy(int(NINE), int(NINE) + 1800))
    world.clock.now += 60
    drain(world.hub, EFFECTS)
    text = customer.browser.follow(answer).text
    assert "This appointment is cancelled" in text
    assert "Nobody is available at that time after all." in text


def test_the_file_for_the_calendar_has_a_plain_name_and_no_text_that_breaks_out(customer: Customer) -> None:
    customer.front.change_service(name="Check-up\\;X-EVIL,a", place='"Room"; ATTENDEE:mailto:x@y')
    address = customer.book(name="Ada\\nATTENDEE:mailto:evil@example.com")
    answer = customer.look(f"{address}/appointment.ics")
    assert answer.content_type == "text/calendar; charset=utf-8"
    assert answer.headers["Content-Disposition"] == "attachment; filename=appointment.ics"
    lines = answer.text.replace("\r\n ", "").splitlines()
    assert "DTSTART;TZID=Europe/Berlin:20270315T090000" in lines
    assert [line for line in lines if line.startswith(("ATTENDEE", "X-EVIL", "ORGANIZER"))] == []
    (booking_id,) = re.findall(r"UID:frontdesk-(\w+)", answer.text)
    assert booking_id in address
    assert any(f"To move or cancel it: {customer.front.world.hub.settings.base_url}/b/manage/" in one for one in lines)


def test_a_link_that_is_cut_or_forged_leads_to_a_kind_page(customer: Customer, browser: Callable[[], Browser]) -> None:
    address = customer.book()
    token = address.removeprefix("/b/manage/")
    for forged in (token[:-1], token + "x", token.replace(".", "-"), "x", "é", "x" * 3000, token.upper()):
        answer = browser().get(f"/b/manage/{forged}")
        assert answer.status_code == 404
        assert "This link does not work any more" in answer.text
        assert "start page" not in answer.text
        assert browser().post(f"/b/manage/{forged}/cancel").status_code == 404
    assert found(customer, address).state is State.CONFIRMED


def test_the_link_is_of_use_for_one_booking_only(customer: Customer, world: World) -> None:
    first = customer.book()
    token = customer_token(world.hub, world.business, "x" * 26)
    assert customer.look(f"/b/manage/{token}").status_code == 404
    customer.browser.page = ""
    second = customer.book(TEN)
    business, booking_id, _ = first.removeprefix("/b/manage/").split(".")
    mac = second.rpartition(".")[2]
    assert customer.look(f"/b/manage/{business}.{booking_id}.{mac}").status_code == 404


def test_only_the_confirmation_stands_in_a_frame(customer: Customer) -> None:
    address = customer.book()
    framed = customer.look(address, embed="1", done="booked")
    assert SITE in framed.headers["Content-Security-Policy"]
    assert 'target="_blank" rel="noopener">Move it' in framed.text
    for path in ("move", "cancel"):
        answer = customer.look(f"{address}/{path}", embed="1")
        assert answer.headers["X-Frame-Options"] == "DENY"


def test_a_service_that_is_off_still_shows_and_cancels_what_was_booked(customer: Customer) -> None:
    address = customer.book()
    customer.front.change_service(active=False)
    text = customer.look(address).text
    assert "Cancel it" in text
    assert "Move it" not in text
    assert "cannot be moved here" in customer.look(f"{address}/move").text
    assert customer.browser.post(f"{address}/move", {"start": TEN}).headers["Location"] == address
    assert customer.browser.post(f"{address}/cancel").status_code == 303
    assert found(customer, address).state is State.CANCELLED


def test_links_begin_with_the_configured_address_whoever_asks(customer: Customer) -> None:
    address = customer.book()
    for headers in ({"Host": "evil.example"}, {"Host": "evil.example:443"}):
        assert customer.browser.client.get(f"{address}/appointment.ics", headers=headers).status_code == 400
    for headers in ({"Host": "localhost"}, {"X-Forwarded-Host": "evil.example"}, {"Forwarded": "host=evil.example"}):
        answer = customer.browser.client.get(f"{address}/appointment.ics", headers=headers)
        unfolded = answer.text.replace("\r\n ", "")
        assert f"To move or cancel it: {customer.front.world.hub.settings.base_url}/b/manage/" in unfolded
        assert "evil" not in unfolded
