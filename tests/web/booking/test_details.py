from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

from flask import Flask
from sqlalchemy import select

from hub.actions.booking_details import get_booking
from hub.actions.hold import hold
from hub.actions.texts import current_texts, set_text
from hub.core.booking import State
from hub.core.consent import TextPurpose
from hub.plugin import Busy
from hub.store.agreement import Agreement
from hub.store.booking import Booking
from hub.web.booking.hold_token import hold_token
from tests.web.booking.conftest import NINE, TEN, Customer
from tests.world import DAY, HOUR, World, down


def bookings(world: World) -> list[tuple[str, str, str]]:
    with world.hub.database.reading() as conn:
        rows = select(Booking.id, Booking.state, Booking.source).where(Booking.business_id == world.business)
        return [tuple(row) for row in conn.execute(rows.order_by(Booking.id))]  # type: ignore[misc]


def agreements(world: World) -> dict[str, bool]:
    with world.hub.database.reading() as conn:
        rows = select(Agreement.text_hash, Agreement.given).where(Agreement.business_id == world.business)
        return {row.text_hash: row.given for row in conn.execute(rows)}


def test_the_details_name_what_is_held_and_for_how_long(customer: Customer) -> None:
    customer.details(NINE, zone="America/New_York")
    for words in (
        "Check-up",
        "Monday, 15 March 2027, 04:00 to 04:30",
        "09:00 to 09:30",
        "Kept for you until 03:10",
        'data-left="600"',
        "Is it your first visit?",
        "Lindenstraße 1, Berlin",
    ):
        assert words in customer.page


def test_every_text_is_shown_in_full_and_none_is_ticked(customer: Customer) -> None:
    customer.details()
    texts = current_texts(customer.front.world.hub, customer.front.world.business)
    assert len(texts) == 2
    for text in texts:
        assert text.text.replace("'", "&#39;") in customer.page
        assert text.hash in customer.page
    assert "checked" not in customer.page


def test_a_booking_stores_who_what_and_which_texts_by_hash(customer: Customer) -> None:
    world = customer.front.world
    answer = customer.finish(customer.details())
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/b/manage/")
    assert answer.headers["Location"].endswith("done=booked")
    ((booking_id, state, source),) = bookings(world)
    assert (state, source) == (State.CONFIRMED, "page")
    assert get_booking(world.hub, world.business, booking_id).answers == {"Is it your first visit?": "Yes"}
    booking, messages = current_texts(world.hub, world.business)
    assert agreements(world) == {booking.hash: True, messages.hash: False}
    assert "You are booked" in customer.browser.follow(answer).get_data(as_text=True)


def test_without_the_needed_agreement_nothing_is_booked(customer: Customer) -> None:
    world, address = customer.front.world, customer.details()
    answer = customer.finish(address, agreed=[])
    assert answer.status_code == 422
    assert "Please agree to how your details are used" in answer.text
    # Nor where the text is left out, as if it had never been shown.
    assert customer.finish(address, shown=[], agreed=[]).status_code == 422
    assert customer.finish(address, shown=["0" * 64], agreed=["0" * 64]).status_code == 422
    _, messages = current_texts(world.hub, world.business)
    assert customer.finish(address, shown=[messages.hash], agreed=[messages.hash]).status_code == 422
    assert [state for _, state, _ in bookings(world)] == [State.HELD]
    assert agreements(world) == {}


def test_a_text_that_is_replaced_meanwhile_is_shown_anew_or_stands_as_it_was_read(customer: Customer) -> None:
    world, address = customer.front.world, customer.details()
    read = re.findall(r'name="shown" value="(\w+)"', customer.page)
    set_text(world.hub, world.business, TextPurpose.BOOKING, "I agree to something quite different now.")
    assert customer.finish(address, shown=read, agreed=read).status_code == 303
    assert agreements(world) == dict.fromkeys(read, True)
    customer.browser.page = ""
    customer.details(TEN)
    assert "quite different" in customer.page


def test_faults_stand_beside_their_fields_and_nothing_typed_is_lost(customer: Customer) -> None:
    address = customer.details()
    answer = customer.finish(address, name="", email="ada@", phone="12", q0="")
    assert answer.status_code == 422
    assert "Give a name" in answer.text
    assert "Please answer this question" in answer.text
    assert 'value="ada@"' in answer.text
    assert "checked" in answer.text  # the agreement
    answer = customer.finish(address, name="Ada", email="ada@")
    assert "no e-mail address" in answer.text
    answer = customer.finish(address, name="Ada", email="", phone="12")
    assert "No number of its country" in answer.text
    answer = customer.finish(address, name="Ada", email="", phone="")
    assert "so that you can be reached" in answer.text
    answer = customer.finish(address, q0="Perhaps")
    assert "Choose one of the answers" in answer.text
    assert [state for _, state, _ in bookings(customer.front.world)] == [State.HELD]


def test_a_local_number_is_enough_and_read_where_the_business_is(customer: Customer) -> None:
    answer = customer.finish(customer.details(), email="", phone="030 901821")
    assert answer.status_code == 303
    assert "Keep the address of this page" in customer.browser.follow(answer).text


def test_a_field_that_the_form_does_not_have_is_refused(customer: Customer) -> None:
    address = customer.details()
    assert customer.finish(address, state="confirmed").status_code == 422
    assert customer.finish(address, website="x").status_code == 422
    assert [state for _, state, _ in bookings(customer.front.world)] == [State.HELD]


def test_sending_twice_going_back_and_loading_anew_lead_to_the_same_booking(customer: Customer) -> None:
    address = customer.details()
    first = customer.finish(address)
    again = customer.browser.client.post(address, data={"name": "Somebody Else", "email": "else@example.com"})
    back = customer.look(address)
    assert first.headers["Location"] == again.headers["Location"] == back.headers["Location"]
    assert [state for _, state, _ in bookings(customer.front.world)] == [State.CONFIRMED]
    # The time chosen again on the old page of times leads there too.
    assert customer.browser.client.get(address).status_code == 303


def test_two_clicks_at_once_are_one_booking(customer: Customer, app: Flask) -> None:
    address = customer.details()
    shown = re.findall(r'name="shown" value="(\w+)"', customer.page)
    data = {"name": "Ada", "email": "ada@example.com", "q0": "No", "shown": shown, "agreed": shown[:1]}
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: app.test_client().post(address, data=data), range(4)))
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert [state for _, state, _ in bookings(customer.front.world)] == [State.CONFIRMED]
    assert len(agreements(customer.front.world)) == 2


def test_a_lapsed_hold_says_so_and_offers_the_same_day(customer: Customer) -> None:
    address = customer.details(str(int(NINE) + DAY))
    world = customer.front.world
    world.clock.now += world.hub.settings.hold_seconds
    answer = customer.look(address)
    assert answer.status_code == 410
    assert "not kept any more" in answer.text
    assert "day=2027-03-16" in answer.text
    # Who sends what is already typed still gets the time, as long as nobody else took it.
    customer.browser.page = ""
    shown = [text.hash for text in current_texts(world.hub, world.business)]
    assert customer.finish(address, shown=shown, agreed=shown[:1]).status_code == 303


def test_a_lapsed_time_that_another_one_took_is_not_booked_twice(customer: Customer) -> None:
    address = customer.details()
    world = customer.front.world
    world.clock.now += world.hub.settings.hold_seconds
    hold(world.hub, world.business, customer.front.service, int(NINE), zone="Europe/Berlin")
    answer = customer.finish(address)
    assert answer.status_code == 410
    assert "not kept any more" in answer.text
    assert sorted(state for _, state, _ in bookings(world)) == [State.HELD, State.LAPSED]


def test_a_time_that_became_busy_shows_the_other_times_of_the_day(customer: Customer) -> None:
    address = customer.details()
    world = customer.front.world
    world.calendars.busy[customer.front.staff[0]].append(Busy(int(NINE), int(NINE) + 1800))
    answer = customer.finish(address)
    assert answer.status_code == 409
    assert "nothing was booked" in answer.text
    assert "Monday, 15 March" in answer.text
    assert f'value="{TEN}"' in answer.text


def test_what_could_not_be_checked_is_not_called_booked(customer: Customer) -> None:
    address = customer.details()
    customer.front.world.calendars.fail = down("hub_free_busy")
    text = customer.browser.follow(customer.finish(address)).text
    assert "Not confirmed yet" in text
    assert "You are booked" not in text
    assert "Booked." not in text
    assert "Add to calendar" not in text


def test_nobody_finishes_what_another_one_holds(customer: Customer, another: Customer, world: World) -> None:
    address = customer.details()
    token = address.partition("/details/")[2].partition("?")[0]
    booking_id, _, mac = token.partition(".")
    for forged in (
        booking_id,
        f"{booking_id}.",
        f"{booking_id}.{mac[:-1]}",
        f"{booking_id}.{mac}A",
        f"{booking_id[:-1]}x.{mac}",
        "ü.ü",
        "x" * 3000,
    ):
        path = f"{customer.front.path}/details/{forged}"
        assert another.look(path).status_code == 404
        assert another.finish(path).status_code == 404
    # A token of another business's booking does not open here.
    other = hold_token(world.hub, "another", booking_id)
    assert another.look(f"{customer.front.path}/details/{other}").status_code == 404
    assert [state for _, state, _ in bookings(world)] == [State.HELD]


def test_what_is_typed_appears_as_it_is_and_never_as_markup(customer: Customer) -> None:
    evil = "<script>alert(1)</script><b onload=x>\"'&lt;"
    address = customer.details()
    answer = customer.finish(address, name=evil, email=evil, phone=evil, q0=evil)
    assert answer.status_code == 422
    assert "<script>alert" not in answer.text
    assert "<b onload" not in answer.text
    assert "&lt;script&gt;alert(1)" in answer.text
    page = customer.browser.follow(customer.finish(address, name=evil)).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&lt;b onload=x&gt;&#34;&#39;&amp;lt;" in page
    assert "<script>alert" not in page


def test_a_token_is_worth_nothing_an_hour_later_for_another_time(customer: Customer) -> None:
    address = customer.details()
    customer.front.world.clock.now += HOUR
    assert customer.look(address).status_code == 410


def test_who_has_as_many_appointments_as_they_may_is_told_whom_to_call(customer: Customer) -> None:
    most = customer.front.world.hub.settings.bookings_per_customer
    customer.front.change(contact_proof="never")
    for number in range(most):
        customer.look()
        customer.book(str(int(NINE) + 1800 * number))
    customer.look()
    answer = customer.finish(customer.details(str(int(NINE) + 1800 * most)))
    assert answer.status_code == 429
    assert f"There are {most} coming appointments" in answer.text
    assert "please call 030 901820 or write to front@ada.example" in answer.text
    assert "ada@example.com" in answer.text  # what was typed still stands there
    assert customer.finish(answer.request.path, email="ben@example.com").status_code == 303
