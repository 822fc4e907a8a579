"""Bookings over the API: listed, read, moved, cancelled, missed."""

from __future__ import annotations

import pytest

from hub.core.role import Right
from tests.web.api.conftest import Program, Programs
from tests.world import HOUR, World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ADA = {"name": "Ada Lovelace", "email": "ada@example.com"}


def book(program: Program, service: str, hour: int = 9, customer: dict[str, str] | None = None) -> dict[str, object]:
    start = f"2027-03-15T{hour:02}:00:00+01:00"
    given = {"service_id": service, "start": start, "zone": "Europe/Berlin", "customer": customer or ADA}
    answer = program.post("bookings", given)
    assert answer.json is not None
    assert answer.status_code == 201, answer.text
    return dict(answer.json)


def test_bookings_are_listed_by_start_filtered_and_page_by_page(world: World, program: Program) -> None:
    one, two = world.staff(), world.staff()
    first, second = world.service(one), world.service(two)
    made = [book(program, first, 9), book(program, second, 10), book(program, first, 11)]
    page = program.get("bookings", limit=2).json
    assert page is not None
    assert [one["id"] for one in page["items"]] == [made[0]["id"], made[1]["id"]]
    rest = program.get("bookings", limit=2, after=page["next"]).json
    assert rest is not None
    assert [one["id"] for one in rest["items"]] == [made[2]["id"]]
    assert rest["next"] is None

    def ids(**query: object) -> list[str]:
        answer = program.get("bookings", **query).json
        assert answer is not None
        return [one["id"] for one in answer["items"]]

    assert ids(service_id=second) == ids(holder_id=two) == [made[1]["id"]]
    assert ids(**{"from": "2027-03-15T10:00:00+01:00"}) == [made[1]["id"], made[2]["id"]]
    assert ids(until="2027-03-15T10:00:00+01:00") == [made[0]["id"]]
    assert ids(newest="true", limit=1) == [made[2]["id"]]
    assert ids(state="cancelled") == []
    assert ids(search="ADA@example.com") == [one["id"] for one in made]
    assert ids(search="ben@example.com") == []
    for wrong in ({"state": "gone"}, {"search": "Ada"}, {"from": "2027-03-15"}):
        assert program.get("bookings", **wrong).status_code == 422


def test_a_booking_is_read_with_its_customer(world: World, program: Program) -> None:
    made = book(program, world.service(world.staff()))
    read = program.get(f"bookings/{made['id']}").json
    assert read is not None
    assert read["customer"] == {**ADA, "phone": ""}
    assert read | made == read


def test_without_the_scope_nobody_learns_whose_a_booking_is(world: World, programs: Programs) -> None:
    blind = programs([Right.BOOK])
    made = book(blind, world.service(world.staff()))
    assert made["customer_name"] is None
    assert blind.get(f"bookings/{made['id']}").status_code == 403
    assert blind.get("bookings").status_code == 403
    cancelled = blind.post(f"bookings/{made['id']}/cancel", {})
    assert cancelled.status_code == 200
    assert "Lovelace" not in cancelled.text


def test_a_booking_is_moved_from_the_version_that_was_looked_at(world: World, program: Program) -> None:
    service = world.service(world.staff())
    made, other = book(program, service, 9), book(program, service, 12)
    path = f"bookings/{made['id']}"
    moved = program.patch(path, {"version": made["version"], "start": "2027-03-15T14:00:00+01:00", "zone": "UTC"})
    assert moved.json is not None
    assert moved.json["start"] == "2027-03-15T13:00:00Z"
    assert moved.json["zone"] == "UTC"
    late = program.patch(path, {"version": made["version"], "start": "2027-03-15T15:00:00+01:00"})
    assert late.status_code == 409
    assert late.json is not None
    assert late.json["code"] == "changed"
    taken = program.patch(path, {"version": moved.json["version"], "start": other["start"]})
    assert taken.status_code == 409
    assert taken.json is not None
    assert taken.json["code"] == "taken"
    nowhere = program.patch(path, {"version": moved.json["version"], "start": other["start"], "zone": "Mars"})
    assert nowhere.status_code == 422
    assert program.get(path).json | moved.json == program.get(path).json  # type: ignore[operator]


def test_a_booking_is_cancelled_once_and_its_time_is_free(world: World, program: Program) -> None:
    service = world.service(world.staff())
    made = book(program, service)
    path = f"bookings/{made['id']}/cancel"
    assert program.post(path, {"version": 99}).status_code == 409
    assert program.post(path).status_code in (415, 422)
    ended = program.post(path, {"version": made["version"]}).json
    assert ended is not None
    assert ended["state"] == "cancelled"
    assert program.post(path, {}).json == ended
    assert book(program, service)["state"] == "confirmed"


def test_who_did_not_come_is_noted_and_can_be_taken_back(world: World, program: Program) -> None:
    made = book(program, world.service(world.staff()))
    path = f"bookings/{made['id']}/attendance"
    early = program.put(path, {"version": made["version"], "attendance": "no_show"})
    assert early.status_code == 409
    world.clock.now += 2 * HOUR
    missed = program.put(path, {"version": made["version"], "attendance": "no_show"}).json
    assert missed is not None
    assert missed["attendance"] == "no_show"
    came = program.put(path, {"version": missed["version"], "attendance": ""}).json
    assert came is not None
    assert came["attendance"] == ""
    assert program.put(path, {"version": came["version"], "attendance": "late"}).status_code == 422
