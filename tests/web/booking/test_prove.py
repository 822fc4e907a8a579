"""A second booking on the page: a code by mail between the details and the appointment, and all ways around it."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from hub.core.booking import State
from hub.core.contact_proof import CODES_A_HOLD, LIFE, PAUSE
from hub.store.booking import Booking
from tests.front import Front, make_front
from tests.post import Post, settle, text, with_post
from tests.web.booking.conftest import NINE, TEN, Customer
from tests.web.conftest import Browser
from tests.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
BOOK, AGAIN, CHANGE = ({"step": step} for step in ("book", "again", "change"))


@pytest.fixture
def post(world: World) -> Post:
    """A mail server."""
    return with_post(world)


@pytest.fixture
def front(world: World, post: Post) -> Front:
    """The practice with its page, which sends mails."""
    return make_front(world)


def states(world: World) -> list[str]:
    with world.hub.database.reading() as conn:
        rows = select(Booking.state).where(Booking.business_id == world.business).order_by(Booking.id)
        return list(conn.scalars(rows))


def code_of(world: World, post: Post, address: str = "ada@example.com") -> str:
    settle(world)
    found = [re.search(r"Your code is (\d{6})", text(mail)) for mail in post.to(address)]
    return next(one[1] for one in reversed(found) if one)


def codes(post: Post) -> int:
    return sum("Your code is" in text(mail) for mail in post.mails)


def main(page: str) -> str:
    return page.partition("<main")[2]


def second(customer: Customer, **values: object) -> str:
    """Book once, send the details of another time, and return their address; the page asks for the code now."""
    customer.book(NINE)
    customer.browser.page = ""
    address = customer.details(TEN)
    carried = customer.hidden()
    assert customer.finish(address, browser=carried["browser"], **values).status_code == 200
    return address


def give(customer: Customer, address: str, code: str = "", **values: object) -> TestResponse:
    """Press a button of the page of the code: all that it carries goes along."""
    shown = re.findall(r'name="shown" value="(\w+)"', customer.page)
    agreed = re.findall(r'name="agreed" value="(\w+)"', customer.page)
    sent: dict[str, object] = {**customer.hidden(), "shown": shown, "agreed": agreed, "code": code}
    return customer.browser.post(address, sent | values)


def test_a_second_booking_needs_the_code_of_the_mail_and_the_first_does_not(customer: Customer, post: Post) -> None:
    world, address = customer.front.world, second(customer)
    for words in ("Look into your mail", "Nothing is booked yet", "ada@example.com", "Kept for you until 08:10"):
        assert words in customer.page
    assert states(world) == [State.CONFIRMED, State.HELD]
    answer = give(customer, address, code_of(world, post), **BOOK)
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith("done=booked")
    assert states(world) == [State.CONFIRMED, State.CONFIRMED]
    assert "You are booked" in customer.browser.follow(answer).text
    assert codes(post) == 1


def test_the_page_says_the_same_whether_the_address_is_known_or_only_the_network(
    customer: Customer, another: Customer, post: Post
) -> None:
    second(customer)
    known = customer.page
    address = another.details(str(int(TEN) + 3600))
    another.finish(address, browser=another.hidden()["browser"], name="Cyd", email="cyd@example.com")
    theirs = r'value="[^"]*"|\w+@example\.com|\d\d:\d\d|datetime="[^"]*"|href="[^"]*"'
    assert "Look into your mail" in known
    assert re.sub(theirs, "", main(another.page)) == re.sub(theirs, "", main(known))
    settle(customer.front.world)
    assert codes(post) == 2


def test_a_wrong_code_an_old_one_and_none_say_what_helps_and_nothing_typed_is_lost(
    customer: Customer, post: Post
) -> None:
    world, address = customer.front.world, second(customer)
    code = code_of(world, post)
    for typed, words in (("", "Type the six digits"), (f"{(int(code) + 1) % 10**6:06}", "You can try 4 times more")):
        answer = give(customer, address, typed, **BOOK)
        assert answer.status_code == 422
        assert words in answer.text
        assert 'name="name" value="Ada Lovelace"' in answer.text
    world.clock.now += LIFE
    answer = give(customer, address, code, **BOOK)
    assert answer.status_code == 422
    assert "ask for a new one" in answer.text
    answer = give(customer, address, **AGAIN)
    assert "A new code is on its way" in answer.text
    assert states(world) == [State.CONFIRMED, State.HELD]
    assert give(customer, address, code_of(world, post), **BOOK).status_code == 303


def test_a_code_does_not_work_in_another_browser_that_has_the_address(
    customer: Customer, another: Customer, post: Post
) -> None:
    world, address = customer.front.world, second(customer)
    code = code_of(world, post)
    another.look(address)
    sent = {"browser": another.hidden()["browser"], "code": code, **BOOK}
    answer = another.finish(address, **sent)
    assert answer.status_code == 422
    assert "not the code of the newest mail" in answer.text
    assert give(customer, address, code, **BOOK).status_code == 303


def test_another_address_in_the_fields_that_are_carried_along_is_not_proved_by_the_code(
    customer: Customer, post: Post
) -> None:
    world, address = customer.front.world, second(customer)
    answer = give(customer, address, code_of(world, post), email="cyd@example.com", **BOOK)
    assert answer.status_code == 422
    assert states(world) == [State.CONFIRMED, State.HELD]


def test_loading_anew_and_a_second_click_send_no_second_mail_and_make_one_booking(
    customer: Customer, post: Post, app: Flask
) -> None:
    world, address = customer.front.world, second(customer)
    carried = customer.hidden()
    for _ in range(2):  # the details, sent again by a reload
        assert customer.finish(address, browser=carried["browser"]).status_code == 200
    code = code_of(world, post)
    assert codes(post) == 1
    shown = re.findall(r'name="shown" value="(\w+)"', customer.page)
    data = {**carried, "shown": shown, "agreed": shown[:1], "name": "Ada Lovelace", "email": "ada@example.com"}
    data |= {"q0": "Yes", "code": code, **BOOK}
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: app.test_client().post(address, data=data), range(3)))
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert customer.look(address).status_code == 303  # the back button
    assert states(world) == [State.CONFIRMED, State.CONFIRMED]


def test_the_details_can_be_changed_without_typing_them_again(customer: Customer, post: Post) -> None:
    world, address = customer.front.world, second(customer)
    answer = give(customer, address, **CHANGE)
    assert answer.status_code == 200
    assert "Your details" in answer.text
    assert 'value="ada@example.com"' in answer.text
    assert len(re.findall(r"\bchecked\b", answer.text)) == 2  # the answer and the agreement
    browser = customer.hidden()["browser"]
    assert customer.finish(address, browser=browser, email="ada@work.example").status_code == 200
    assert give(customer, address, code_of(world, post, "ada@work.example"), **BOOK).status_code == 303


def test_who_proved_the_address_and_has_another_fault_to_mend_needs_no_second_code(
    customer: Customer, post: Post
) -> None:
    world, address = customer.front.world, second(customer)
    answer = give(customer, address, code_of(world, post), q0="Perhaps", **BOOK)
    assert answer.status_code == 422
    assert "Choose one of the answers" in answer.text
    assert customer.finish(address, browser=customer.hidden()["browser"]).status_code == 303
    assert codes(post) == 1


def test_a_telephone_number_alone_gets_one_appointment_and_then_the_number_to_call(
    customer: Customer, post: Post
) -> None:
    customer.book(NINE, email="", phone="030 901821")
    customer.browser.page = ""
    address = customer.details(TEN)
    answer = customer.finish(address, email="", phone="030 901821")
    assert answer.status_code == 422
    assert "Give an e-mail address too" in answer.text
    assert "call 030 901820 or write to front@ada.example" in answer.text
    assert states(customer.front.world) == [State.CONFIRMED, State.HELD]


def test_whoever_asks_for_code_after_code_is_told_whom_to_call(customer: Customer, post: Post) -> None:
    world, address = customer.front.world, second(customer)
    for _ in range(CODES_A_HOLD - 1):
        world.clock.now += PAUSE
        assert give(customer, address, **AGAIN).status_code == 200
    world.clock.now += PAUSE
    answer = give(customer, address, **AGAIN)
    assert answer.status_code == 429
    assert "please call 030 901820" in answer.text
    assert give(customer, address, code_of(world, post), **BOOK).status_code == 303


def test_a_time_that_somebody_took_while_the_code_was_looked_for_is_not_booked_twice(
    customer: Customer, another: Customer, post: Post
) -> None:
    world, address = customer.front.world, second(customer)
    code = code_of(world, post)
    world.clock.now += LIFE - 1
    assert another.hold(TEN).status_code == 409  # it is still kept
    world.clock.now += 1
    another.browser.page = ""
    assert another.hold(TEN).status_code == 303
    assert give(customer, address, code, **BOOK).status_code == 410


def test_a_business_that_always_asks_does_so_for_the_first_booking_and_one_that_never_asks_for_none(
    front: Front, customer: Customer, browser: Callable[[], Browser], post: Post
) -> None:
    front.change(contact_proof="always")
    address = customer.details(NINE)
    assert customer.finish(address, browser=customer.hidden()["browser"]).status_code == 200
    assert give(customer, address, code_of(front.world, post), **BOOK).status_code == 303
    front.change(contact_proof="never")
    Customer(front, browser()).book(TEN)
    assert states(front.world) == [State.CONFIRMED, State.CONFIRMED]


def test_what_no_page_of_ours_holds_is_refused(customer: Customer, post: Post) -> None:
    address = second(customer)
    for browser in ("x" * 65, "ü"):
        answer = give(customer, address, "123456", browser=browser, **BOOK)
        assert answer.status_code == 422
        assert "a field that it does not have" in answer.text
    assert states(customer.front.world) == [State.CONFIRMED, State.HELD]
