"""Codes by mail: who types the right one in time shows that the address is theirs, and nobody else does."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import select

from hub.actions.book import book
from hub.actions.contact_code import check_code, is_proved, send_code
from hub.actions.forget import forget_codes
from hub.actions.hoarding import check_booker
from hub.actions.hold import hold
from hub.actions.kept_mails import Way, how_again
from hub.actions.mail import list_mails, read_mail
from hub.actions.people import Customer
from hub.core.booking import State
from hub.core.contact_proof import CODES_A_HOLD, CODES_AN_HOUR, LIFE, NETWORK_CODES_AN_HOUR, PAUSE, TRIES, Need
from hub.core.errors import InputError, Refused, StateError, Taken, TooMany
from hub.core.mail import MailKind
from hub.store.booking import find_booking
from hub.store.contact_code import ContactCode
from hub.store.mail import find_mail
from tests.post import TEN, Post, settle, text, with_post
from tests.world import ADA, DAY, HOUR, World

ADDRESS = ADA.email


@dataclass
class Desk:
    """A service with free times, and a mail server that takes what is sent."""

    world: World
    post: Post
    service: str

    def hold(self, start: int = TEN) -> str:
        found = hold(self.world.hub, self.world.business, self.service, start, zone="Europe/Berlin")
        return found.booking_id

    def send(self, booking_id: str, customer: Customer = ADA, browser: str = "one", **options: Any) -> bool:
        return send_code(self.world.hub, self.world.business, booking_id, customer, browser=browser, **options)

    def check(self, booking_id: str, code: str, customer: Customer = ADA, browser: str = "one") -> None:
        check_code(self.world.hub, self.world.business, booking_id, customer, code, browser=browser)

    def proved(self, booking_id: str, customer: Customer = ADA, browser: str = "one") -> bool:
        return is_proved(self.world.hub, self.world.business, booking_id, customer, browser=browser)

    def code(self, address: str = ADDRESS) -> str:
        """The code of the newest mail to an address."""
        settle(self.world)
        found = re.search(r"Your code is (\d{6})", text(self.post.to(address)[-1]))
        assert found
        return found[1]

    def hold_until(self, booking_id: str) -> int:
        with self.world.hub.database.reading() as conn:
            return int(find_booking(conn, self.world.business, booking_id).hold_until)


@pytest.fixture
def desk(world: World) -> Desk:
    post = with_post(world)
    return Desk(world, post, world.service(world.staff(), horizon=30 * DAY))


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


def test_the_right_code_proves_the_address_for_this_hold_and_browser_alone(desk: Desk) -> None:
    mine, other = desk.hold(), desk.hold(TEN + HOUR)
    assert desk.send(mine)
    code = desk.code()
    for booking_id, customer, browser in (
        (mine, ADA, "two"),
        (mine, replace(ADA, email="cyd@example.com"), "one"),
        (other, ADA, "one"),
    ):
        with pytest.raises(InputError) as caught:
            desk.check(booking_id, code, customer, browser)
        assert caught.value.field == "code"
        assert not desk.proved(booking_id, customer, browser)
    assert not desk.proved(mine)
    desk.check(mine, f"{code[:3]} {code[3:]}")
    assert desk.proved(mine)
    desk.check(mine, code)  # a second click
    assert not desk.proved(mine, browser="two")
    assert not desk.proved(mine, replace(ADA, email="cyd@example.com"))


def test_the_mail_says_what_is_booked_and_nothing_that_the_visitor_typed(desk: Desk) -> None:
    desk.send(desk.hold(), replace(ADA, name="Win money at evil.example"))
    code = desk.code()
    (mail,) = desk.post.to(ADDRESS)
    assert mail["Subject"] == "Your code for Ada's Practice"
    said = text(mail)
    assert f"Your code is {code}" in said
    assert "Check-up" in said
    assert "10:00 to 10:30" in said
    assert "evil" not in mail.as_string()


def test_a_code_is_kept_as_a_keyed_hash_and_its_mail_is_for_nobody_else(desk: Desk) -> None:
    world = desk.world
    desk.send(desk.hold(), network="somewhere")
    (mail,) = list_mails(world.hub, [world.business])[0]
    with pytest.raises(StateError, match="masked"):
        read_mail(world.hub, world.business, mail.id)
    code = desk.code()
    with world.hub.database.reading() as conn:
        table = ContactCode
        (row,) = conn.execute(select(table.__table__).where(table.business_id == world.business)).all()
        assert find_mail(conn, world.business, mail.id).message is None  # it was handed over
    assert code not in str(tuple(row))
    assert "@" not in str(tuple(row))
    assert how_again(world.hub, world.business, mail.id).way is Way.NO


def test_after_five_wrong_tries_the_code_ended_and_the_right_one_is_too_late(desk: Desk) -> None:
    mine = desk.hold()
    desk.send(mine)
    code = desk.code()
    for left in ("4 times", "3 times", "2 times", "once"):
        with pytest.raises(InputError, match=f"You can try {left} more"):
            desk.check(mine, wrong(code))
    with pytest.raises(InputError, match="wrong too often"):
        desk.check(mine, wrong(code))
    with pytest.raises(InputError, match="wrong too often"):
        desk.check(mine, code)
    assert desk.send(mine, again=True)
    desk.check(mine, desk.code())


def test_of_many_guesses_at_once_no_more_than_five_are_looked_at(desk: Desk) -> None:
    mine = desk.hold()
    desk.send(mine)
    code = desk.code()
    guesses = [f"{(int(code) + n) % 10**6:06}" for n in range(1, 9)]

    def guess(one: str) -> str:
        with pytest.raises(InputError) as caught:
            desk.check(mine, one)
        return str(caught.value.code)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(guess, guesses))
    assert answers.count("wrong_code") == TRIES - 1
    assert answers.count("code_ended") == len(guesses) - TRIES + 1


def test_a_code_counts_for_ten_minutes(desk: Desk) -> None:
    mine = desk.hold()
    desk.send(mine)
    code = desk.code()
    desk.world.clock.now += LIFE
    with pytest.raises(InputError, match="more than ten minutes old"):
        desk.check(mine, code)


def test_what_is_no_code_uses_up_no_try(desk: Desk) -> None:
    mine = desk.hold()
    desk.send(mine)
    for _ in range(TRIES):
        with pytest.raises(InputError, match="six digits"):
            desk.check(mine, "")
    desk.check(mine, desk.code())


def test_a_second_click_sends_no_second_code_and_a_wish_after_half_a_minute_does(desk: Desk) -> None:
    mine = desk.hold()
    assert desk.send(mine)
    assert not desk.send(mine)
    assert not desk.send(mine, again=True)
    first = desk.code()
    desk.world.clock.now += PAUSE
    assert not desk.send(mine)
    assert desk.send(mine, again=True)
    second = desk.code()
    assert len(desk.post.to(ADDRESS)) == 2
    if first != second:
        with pytest.raises(InputError, match="newest mail"):
            desk.check(mine, first)
    desk.check(mine, second)


def test_two_clicks_at_once_send_one_code(desk: Desk) -> None:
    mine = desk.hold()
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda _: desk.send(mine), range(4))) == 1


def test_another_browser_or_address_gets_a_code_of_its_own_and_the_older_one_ends(desk: Desk) -> None:
    mine = desk.hold()
    desk.send(mine)
    code = desk.code()
    assert desk.send(mine, browser="two")
    with pytest.raises(InputError):
        desk.check(mine, code)
    desk.check(mine, desk.code(), browser="two")


def test_the_hold_is_kept_until_the_first_code_ends_and_no_longer(desk: Desk) -> None:
    world, mine = desk.world, desk.hold()
    world.clock.now += 300
    desk.send(mine)
    until = world.clock.now + LIFE
    assert desk.hold_until(mine) == until
    world.clock.now += 400  # the first ten minutes of the hold are over
    with pytest.raises(Taken):
        desk.hold()
    assert desk.send(mine, again=True)
    assert desk.hold_until(mine) == until
    desk.check(mine, desk.code())
    assert book(world.hub, world.business, mine, ADA).state is State.CONFIRMED


def test_a_hold_that_is_over_gets_no_code(desk: Desk) -> None:
    mine = desk.hold()
    desk.world.clock.now += desk.world.hub.settings.hold_seconds
    desk.hold()  # somebody else took the time
    with pytest.raises(StateError, match="not held any more"):
        desk.send(mine)
    settle(desk.world)
    assert desk.post.taken == []


def test_so_many_codes_are_sent_for_one_hold(desk: Desk) -> None:
    mine = desk.hold()
    for n in range(CODES_A_HOLD):
        assert desk.send(mine, browser=str(n))
    with pytest.raises(TooMany, match="codes were sent for this time"):
        desk.send(mine, browser="more")


def test_one_address_gets_so_many_codes_an_hour_whoever_asks(desk: Desk) -> None:
    for n in range(CODES_AN_HOUR):
        desk.send(desk.hold(TEN + n * HOUR), browser=str(n), network=str(n))
    late = desk.hold(TEN + DAY)
    with pytest.raises(TooMany, match="try again in an hour"):
        desk.send(late, replace(ADA, email="ADA@example.com"))
    assert desk.send(late, replace(ADA, email="cyd@example.com"))
    desk.world.clock.now += HOUR
    assert desk.send(desk.hold(TEN + 2 * DAY))


def test_one_network_is_sent_so_many_codes_an_hour_to_whatever_addresses(desk: Desk) -> None:
    holds = [desk.hold(TEN + day * DAY + n * HOUR) for day in range(2) for n in range(4)]
    for n in range(NETWORK_CODES_AN_HOUR):
        lead = Customer("A lead", email=f"lead{n}@example.com")
        desk.send(holds[n // CODES_A_HOLD], lead, browser=str(n), network="one")
    with pytest.raises(TooMany):
        desk.send(holds[7], network="one")
    assert desk.send(holds[7], network="two")


def test_who_was_asked_for_a_code_is_asked_for_every_address_so_that_nobody_learns_which_ones_are_known(
    desk: Desk,
) -> None:
    world, mine, other = desk.world, desk.hold(), desk.hold(TEN + HOUR)
    cyd = Customer("Cyd", email="cyd@example.com")
    desk.send(mine, network="one")

    def need(network: str) -> Need:
        return check_booker(world.hub, world.business, other, cyd, network=network)

    assert (need("one"), need("two")) == (Need.CODE, Need.NOTHING)
    world.clock.now += DAY
    assert need("one") is Need.NOTHING


def test_a_code_that_is_too_old_when_the_server_works_again_is_not_sent(desk: Desk) -> None:
    world = desk.world
    desk.send(desk.hold())
    world.clock.now += LIFE
    settle(world)
    assert desk.post.taken == []
    assert [one.state for one in list_mails(world.hub, [world.business])[0]] == ["overtaken"]


def test_staff_are_not_told_of_a_code_that_did_not_arrive_and_its_mail_is_forgotten(desk: Desk) -> None:
    world = desk.world
    desk.post.before = lambda message: Refused("550", "No such user.")
    mine = desk.hold()
    desk.send(mine)
    settle(world)
    (mail,) = list_mails(world.hub, [world.business])[0]
    assert (mail.kind, mail.state) == (MailKind.BOOKING_CODE, "refused")
    world.clock.now += DAY + 1
    forget_codes(world.hub)
    with world.hub.database.reading() as conn:
        assert find_mail(conn, world.business, mail.id).message is None
        table = ContactCode
        assert conn.execute(select(table.id).where(table.business_id == world.business)).all() == []
