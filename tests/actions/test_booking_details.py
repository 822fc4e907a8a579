"""One booking with all that belongs to it, and what is left of it when its customer was erased."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from hub.actions.attendance import set_attendance
from hub.actions.book import book
from hub.actions.booking_details import EventState, What, get_booking
from hub.actions.bookings import Who
from hub.actions.cancel import cancel
from hub.actions.texts import current_texts
from hub.core.access import mask_account
from hub.core.errors import UnknownId
from hub.plugin import Refused
from hub.store.booking import Booking
from hub.store.mail import Mail
from hub.store.service import Service
from tests.actions.test_book import booked, held, row, settle
from tests.actions.test_decide import CYD
from tests.tables import nothing_changed
from tests.world import ADA, HOUR, MONDAY, World, down

TEN = MONDAY + 2 * HOUR


def asking(world: World, *staff: str) -> str:
    """A service that asks a question."""
    service = world.service(*staff)
    with world.hub.database.writing() as conn:
        question = {"label": "What hurts?", "required": True, "choices": []}
        mine = Service.business_id == world.business, Service.id == service
        conn.execute(update(Service).where(*mine).values(questions=[question]))
    return service


def states(world: World, booking_id: str) -> list[tuple[str, str]]:
    return [(one.state, one.problem) for one in get_booking(world.hub, world.business, booking_id).events]


def test_it_has_the_customer_the_answers_and_what_was_agreed_to(world: World) -> None:
    service = asking(world, world.staff())
    shown = {one.hash: one.is_required for one in current_texts(world.hub, world.business)}
    booking_id = held(world, service)
    answers = {"What hurts?": "My <b>tooth</b>"}
    book(world.hub, world.business, booking_id, ADA, answers=answers, agreements=shown, source="page")
    found = get_booking(world.hub, world.business, booking_id)
    assert found.customer is not None
    assert (found.customer.name, found.customer.email) == ("Ada Lovelace", "ada@example.com")
    assert found.answers == answers
    assert {one.hash: one.given for one in found.agreements} == shown
    assert {(one.channel, one.at) for one in found.agreements} == {("page", world.clock.now)}
    assert all(one.text and one.purpose for one in found.agreements)
    assert "tooth" not in repr(found)
    assert "Lovelace" not in repr(found)


def test_each_event_says_in_which_calendar_it_stands_and_how(world: World) -> None:
    ada = world.staff()
    done = booked(world, world.service(ada))
    assert states(world, done.booking_id) == [("pending", "")]
    settle(world)
    (event,) = get_booking(world.hub, world.business, done.booking_id).events
    names = event.calendar, event.account, event.holder
    assert (names, event.state) == (("Calendar 1", mask_account(ada), "Staff 1"), EventState.WRITTEN)
    world.calendars.fail = down("hub_cancel_event")
    cancel(world.hub, world.business, done.booking_id)
    settle(world)
    assert states(world, done.booking_id) == [("removing", "")]
    world.calendars.fail = lambda hook: None
    world.clock.now += HOUR
    settle(world)
    assert states(world, done.booking_id) == [("removed", "")]


def test_an_event_that_was_given_up_says_why(world: World) -> None:
    world.calendars.fail = lambda hook: Refused("forbidden") if hook == "hub_create_event" else None
    done = booked(world, world.service(world.staff()))
    settle(world)
    assert states(world, done.booking_id) == [("failed", "Refused: forbidden")]


def test_its_history_tells_in_order_what_happened(world: World) -> None:
    done = booked(world, world.service(world.staff()))
    settle(world)
    world.clock.now = TEN
    set_attendance(world.hub, CYD, world.business, done.booking_id, 2, "no_show")
    found = get_booking(world.hub, world.business, done.booking_id)
    assert [(one.what, one.detail, one.actor_id) for one in found.history] == [
        (What.MADE, "", ""),
        (What.STATE, "confirmed", ""),
        (What.CALENDAR, "pending", ""),
        (What.CALENDAR, "written", ""),
        (What.MAIL, "booking_confirmed", ""),
        (What.STAFF, "no_show", "cyd"),
    ]
    assert [(one.kind, one.reader, one.state) for one in found.mails] == [("booking_confirmed", "customer", "kept")]


def test_its_history_tells_of_a_mail_when_it_was_sent_and_not_while_it_waits(world: World) -> None:
    done = booked(world, world.service(world.staff()))
    settle(world)
    mine = Mail.business_id == world.business
    for state, ended_at, expected in (("waiting", None, []), ("overtaken", TEN, []), ("sent", TEN, [TEN])):
        with world.hub.database.writing() as conn:
            conn.execute(update(Mail).where(mine).values(state=state, ended_at=ended_at))
        history = get_booking(world.hub, world.business, done.booking_id).history
        assert [one.at for one in history if one.what is What.MAIL] == expected


def test_an_erased_customer_leaves_the_rest_of_the_booking(world: World) -> None:
    service = asking(world, world.staff())
    booking_id = held(world, service)
    book(world.hub, world.business, booking_id, ADA, answers={"What hurts?": "A tooth"})
    person: Any = row(world, booking_id).person_id
    world.hub.keyring.destroy_person_key(world.business, person)
    found = get_booking(world.hub, world.business, booking_id)
    assert (found.customer, found.answers, found.booking.who) == (None, {}, Who.ERASED)
    assert len(found.events) == 1


def test_answers_that_were_tampered_with_are_not_shown(world: World) -> None:
    booking_id = held(world, asking(world, world.staff()))
    book(world.hub, world.business, booking_id, ADA, answers={"What hurts?": "A tooth"})
    with world.hub.database.writing() as conn:
        mine = Booking.business_id == world.business
        sealed = conn.execute(select(Booking.answers).where(mine)).scalar_one()
        conn.execute(update(Booking).where(mine).values(answers=sealed[:-1] + bytes([sealed[-1] ^ 1])))
    assert get_booking(world.hub, world.business, booking_id).answers == {}


def test_a_hold_has_neither_customer_nor_events(world: World) -> None:
    found = get_booking(world.hub, world.business, held(world, world.service(world.staff())))
    assert (found.customer, found.answers, found.events, found.booking.who) == (None, {}, (), Who.NOBODY)


def test_the_booking_of_another_business_is_unknown(world: World, strangers: dict[str, str]) -> None:
    booking_id = booked(world, world.service(world.staff())).booking_id
    with nothing_changed(world.hub):
        pairs = ((strangers["ben"], booking_id), (world.business, strangers["nobody"]), (world.business, "\x00"))
        for business, identifier in pairs:
            with pytest.raises(UnknownId, match="no booking"):
                get_booking(world.hub, business, identifier)
