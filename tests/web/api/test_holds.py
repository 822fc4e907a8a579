"""Holds over the API."""

from __future__ import annotations

import pytest

from tests.web.api.conftest import Program
from tests.world import HOUR, MONDAY, World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NINE = "2027-03-15T09:00:00+01:00"


def new(service: str, start: str = NINE, **more: str) -> dict[str, str]:
    return {"service_id": service, "start": start, "zone": "Europe/Berlin", **more}


def test_a_held_time_is_kept_for_one_and_free_again_when_it_is_let_go(world: World, program: Program) -> None:
    staff = world.staff()
    service = world.service(staff)
    held = program.post("holds", new(service))
    assert held.status_code == 201
    assert held.json is not None
    assert held.json["start"] == "2027-03-15T08:00:00Z"
    assert held.json["end"] == "2027-03-15T08:30:00Z"
    assert held.json["staff"] == [staff]
    taken = program.post("holds", new(service))
    assert taken.status_code == 409
    assert taken.json is not None
    assert taken.json["code"] == "taken"
    assert program.ask("DELETE", f"holds/{held.json['id']}").status_code == 204
    assert program.ask("DELETE", f"holds/{held.json['id']}").status_code == 409
    assert program.post("holds", new(service)).status_code == 201


def test_a_hold_that_is_asked_for_twice_is_one(world: World, program: Program) -> None:
    service = world.service(world.staff())
    first = program.post("holds", new(service), key="k")
    again = program.post("holds", new(service), key="k")
    assert first.json == again.json
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    other = program.post("holds", new(service, "2027-03-15T10:00:00+01:00"), key="k")
    assert other.status_code == 422
    assert other.json is not None
    assert other.json["field"] == "idempotency_key"


def test_a_time_without_an_offset_or_that_is_never_offered_is_refused_in_words(world: World, program: Program) -> None:
    service = world.service(world.staff())
    for start, words in (
        ("2027-03-15T09:00:00", "no offset"),
        ("2027-03-15T09:01:00+01:00", "off_step"),
        ("2027-03-15T03:00:00+01:00", "too_soon"),
        ("2027-03-14T09:00:00+01:00", "too_soon"),
        ("2029-03-15T09:00:00+01:00", "too_far"),
    ):
        answer = program.post("holds", new(service, start))
        assert answer.status_code == 422, start
        assert answer.json is not None
        assert answer.json["field"] == "start"
        assert words in answer.json["detail"]
    assert program.post("holds", new(service) | {"zone": "Berlin"}).status_code == 422


def test_a_staff_member_of_another_service_is_refused(world: World, program: Program) -> None:
    service, other = world.service(world.staff()), world.staff()
    answer = program.post("holds", new(service, staff_id=other))
    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["field"] == "staff"


def test_a_hold_is_over_when_its_time_is(world: World, program: Program) -> None:
    service = world.service(world.staff())
    held = program.post("holds", new(service, "2027-03-15T13:00:00+01:00")).json
    assert held is not None
    world.clock.now = MONDAY + HOUR
    customer = {"name": "Ada", "email": "ada@example.com"}
    assert program.post("holds", new(service, "2027-03-15T13:00:00+01:00")).status_code == 201
    late = program.post("bookings", {"hold_id": held["id"], "customer": customer})
    assert late.status_code == 409
