"""Booking over the API: of a hold, or in one step; once, however often it is asked for."""

from __future__ import annotations

import threading

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from hub.actions.booking_details import get_booking
from hub.actions.services import change_service
from hub.actions.texts import current_texts
from tests.web.api.conftest import Program, Programs
from tests.world import World, down

NINE = {"start": "2027-03-15T09:00:00+01:00", "zone": "Europe/Berlin"}
ADA = {"name": "Ada Lovelace", "email": "ada@example.com"}
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def direct(service: str, **more: object) -> dict[str, object]:
    return {"service_id": service, **NINE, "customer": ADA, **more}


def test_a_hold_becomes_a_booking(world: World, program: Program) -> None:
    service = world.service(world.staff())
    held = program.post("holds", {"service_id": service, **NINE}).json
    assert held is not None
    answer = program.post("bookings", {"hold_id": held["id"], "customer": ADA})
    assert answer.status_code == 201
    booking = answer.json
    assert booking is not None
    assert booking["id"] == held["id"]
    assert booking["state"] == "confirmed"
    assert booking["calendar_state"] == "pending"
    assert booking["customer_name"] == "Ada Lovelace"
    assert booking["source"] == "api"
    assert booking["hold_until"] is None


def test_a_start_is_booked_in_one_step_and_then_taken(world: World, program: Program) -> None:
    service = world.service(world.staff())
    assert program.post("bookings", direct(service)).status_code == 201
    taken = program.post("bookings", direct(service))
    assert taken.status_code == 409
    assert taken.json is not None
    assert taken.json["code"] == "taken"


@sqlite
def test_what_cannot_be_booked_keeps_no_time(world: World, program: Program) -> None:
    service = world.service(world.staff())
    for wrong in ({"customer": {"name": "Ada"}}, {"answers": {"No question": "x"}}, {"agreements": {"0" * 64: True}}):
        answer = program.post("bookings", direct(service, **wrong))
        assert answer.status_code == 422
        assert "No question" not in answer.text
    assert program.post("bookings", direct(service)).status_code == 201


@sqlite
def test_a_booking_is_of_a_hold_or_of_a_service_and_not_of_both(world: World, program: Program) -> None:
    service = world.service(world.staff())
    for wrong in ({"customer": ADA}, {"customer": ADA, "service_id": service}, direct(service, hold_id="0" * 26)):
        answer = program.post("bookings", wrong)
        assert answer.status_code == 422
        assert "hold_id" in answer.text


@sqlite
def test_when_the_calendars_cannot_be_asked_the_booking_is_requested(world: World, program: Program) -> None:
    service = world.service(world.staff())
    program.get("availability", service_id=service, **{"from": "2027-03-15", "until": "2027-03-15", "zone": "UTC"})
    world.calendars.fail = down("hub_free_busy")
    answer = program.post("bookings", direct(service)).json
    assert answer is not None
    assert answer["state"] == "requested"


@sqlite
def test_questions_are_answered_and_texts_agreed_to(world: World, program: Program) -> None:
    service = world.service(world.staff())
    change_service(world.hub, world.business, service, 1, {"questions": [{"label": "Which?", "required": True}]})
    assert program.post("bookings", direct(service)).status_code == 422
    agreed = {one.hash: True for one in current_texts(world.hub, world.business)}
    answer = program.post("bookings", direct(service, answers={"Which?": "This"}, agreements=agreed))
    assert answer.status_code == 201
    assert answer.json is not None
    assert get_booking(world.hub, world.business, answer.json["id"]).answers == {"Which?": "This"}


@sqlite
def test_the_same_key_books_once_and_another_request_under_it_is_refused(world: World, program: Program) -> None:
    service = world.service(world.staff(), world.staff())
    first = program.post("bookings", direct(service), key="k")
    again = program.post("bookings", direct(service), key="k")
    assert first.status_code == again.status_code == 201
    assert first.json is not None
    assert again.json is not None
    assert again.json["id"] == first.json["id"]
    assert again.headers["Idempotency-Replayed"] == "true"
    for other in (direct(service, customer={**ADA, "name": "Ben"}), direct(service, start="2027-03-15T10:00:00+01:00")):
        assert program.post("bookings", other, key="k").status_code == 422
    listed = program.get("bookings").json
    assert listed is not None
    assert len(listed["items"]) == 1


@sqlite
def test_a_hold_is_confirmed_once_under_a_key(world: World, program: Program) -> None:
    service = world.service(world.staff())
    held = program.post("holds", {"service_id": service, **NINE}).json
    assert held is not None
    given = {"hold_id": held["id"], "customer": ADA}
    assert program.post("bookings", given | {"customer": {"name": "Ada"}}, key="k").status_code == 422
    first, again = program.post("bookings", given, key="k"), program.post("bookings", given, key="k")
    assert first.json == again.json
    assert again.headers["Idempotency-Replayed"] == "true"
    assert program.post("bookings", given | {"customer": {**ADA, "name": "Ben"}}, key="k").status_code == 422


@sqlite
def test_a_key_of_another_program_is_another_key(world: World, programs: Programs) -> None:
    service = world.service(world.staff(), world.staff())
    one = programs().post("bookings", direct(service), key="k")
    two = programs().post("bookings", direct(service), key="k")
    assert one.status_code == two.status_code == 201
    assert one.json is not None
    assert two.json is not None
    assert one.json["id"] != two.json["id"]


def test_the_same_request_many_times_at_once_books_once_and_all_are_told_the_same(
    world: World, app: Flask, program: Program
) -> None:
    service = world.service(world.staff(), world.staff())
    answers: list[TestResponse] = []

    def ask() -> None:
        other = Program(app.test_client(), program.token, program.business)
        answers.append(other.post("bookings", direct(service), key="k"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert {one.status_code for one in answers} == {201}, [one.text for one in answers]
    assert len({one.json["id"] for one in answers if one.json}) == 1
    listed = program.get("bookings").json
    assert listed is not None
    assert len(listed["items"]) == 1


@sqlite
def test_a_number_is_read_as_it_is_dialled_where_the_business_is(world: World, program: Program) -> None:
    program.patch("", {"version": 1, "region": "DE"})
    service = world.service(world.staff())
    booked = program.post("bookings", direct(service, customer={"name": "Ben", "phone": "030 901820"})).json
    assert booked is not None
    shown = program.get(f"bookings/{booked['id']}").json
    assert shown is not None
    assert shown["customer"] == {"name": "Ben", "email": "", "phone": "+4930901820"}
