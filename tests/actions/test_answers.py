"""Answers: checked against the questions, sealed with the customer's key, readable after a move."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from hub.actions.answers import open_answers
from hub.actions.book import book
from hub.actions.booking_details import get_booking
from hub.actions.hold import hold
from hub.actions.reschedule import reschedule
from hub.core.errors import InputError, Tampered
from hub.store.booking import Booking, find_booking
from hub.store.service import Service
from hub.vault.people import person_fields
from tests.tables import nothing_changed
from tests.world import ADA, BEN, HOUR, MONDAY, World

TEN = MONDAY + 2 * HOUR
QUESTIONS = [
    {"label": "Which car?", "required": True, "choices": []},
    {"label": "Fuel", "required": False, "choices": ["Petrol", "Diesel"]},
]


def asking(world: World) -> str:
    service = world.service(world.staff())
    with world.hub.database.writing() as conn:
        mine = Service.business_id == world.business, Service.id == service
        conn.execute(update(Service).where(*mine).values(questions=QUESTIONS))
    return service


def held(world: World, service: str, start: int = TEN) -> str:
    return hold(world.hub, world.business, service, start, zone="Europe/Berlin").booking_id


def test_answers_are_sealed_and_open_again_also_after_the_booking_was_moved(world: World) -> None:
    booking_id = held(world, asking(world))
    book(world.hub, world.business, booking_id, ADA, answers={"Fuel": "Diesel", "Which car?": " An old Golf "})
    with world.hub.database.reading() as conn:
        sealed = find_booking(conn, world.business, booking_id).answers
    assert b"Golf" not in sealed
    assert b"Fuel" not in sealed
    reschedule(world.hub, world.business, booking_id, TEN + HOUR)
    assert get_booking(world.hub, world.business, booking_id).answers == {"Which car?": "An old Golf", "Fuel": "Diesel"}


def test_where_no_question_was_asked_nothing_is_kept(world: World) -> None:
    booking_id = held(world, asking(world))
    assert get_booking(world.hub, world.business, booking_id).answers == {}
    book(world.hub, world.business, booking_id, ADA)
    assert get_booking(world.hub, world.business, booking_id).answers == {}


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ({}, "answers.Which car?"),
        ({"Which car?": "Golf", "Fuel": "Wood"}, "answers.Fuel"),
        ({"Which car?": "Golf", "price": "0"}, "answers"),
    ],
)
def test_an_answer_that_is_missing_or_wrong_leaves_the_time_held(
    world: World, answers: dict[str, str], field: str
) -> None:
    booking_id = held(world, asking(world))
    with nothing_changed(world.hub), pytest.raises(InputError) as caught:
        book(world.hub, world.business, booking_id, ADA, answers=answers)
    assert caught.value.field == field


def test_answers_moved_to_another_booking_do_not_open(world: World) -> None:
    service = asking(world)
    first, second = held(world, service), held(world, service, TEN + HOUR)
    book(world.hub, world.business, first, ADA, answers={"Which car?": "Golf"})
    book(world.hub, world.business, second, BEN, answers={"Which car?": "Beetle"})
    with world.hub.database.writing() as conn:
        sealed = find_booking(conn, world.business, first).answers
        mine = Booking.business_id == world.business, Booking.id == second
        conn.execute(update(Booking).where(*mine).values(answers=sealed))
        person = find_booking(conn, world.business, second).person_id
        assert person is not None
        with pytest.raises(Tampered):
            open_answers(person_fields(conn, world.hub.keyring, world.business, person), second, sealed)
    assert get_booking(world.hub, world.business, second).answers == {}
