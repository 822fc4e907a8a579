"""Staff and resources over the API."""

from __future__ import annotations

import pytest

from tests.web.api.conftest import Program

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
WEEK = [{"weekday": 0, "start": "09:00", "end": "12:00"}, {"weekday": 0, "start": "13:00", "end": "24:00"}]


def test_staff_come_with_their_week_and_in_the_zone_of_the_business(program: Program) -> None:
    answer = program.post("staff", {"name": "Ada", "hours": WEEK, "email": "ada@example.com"})
    assert answer.status_code == 201
    made = answer.json
    assert made is not None
    assert made["hours"] == WEEK
    assert made["zone"] == "Europe/Berlin"
    assert made["has_email"] is True
    assert "ada@example.com" not in answer.text
    assert program.get(f"staff/{made['id']}").json == made


def test_a_resource_without_hours_can_be_used_at_any_time(program: Program) -> None:
    room = program.post("resources", {"name": "Room"}).json
    assert room is not None
    assert room["always_open"] is True
    assert room["kind"] == "resource"


def test_a_resource_is_no_staff_member(program: Program) -> None:
    room = program.post("resources", {"name": "Room"}).json
    assert room is not None
    for answer in (
        program.get(f"staff/{room['id']}"),
        program.patch(f"staff/{room['id']}", {"version": 1, "name": "Ada"}),
        program.get(f"resources/{'0' * 26}"),
    ):
        assert answer.status_code == 404
    assert program.get(f"resources/{room['id']}").json == room


def test_who_is_switched_off_is_still_listed(program: Program) -> None:
    made = program.post("staff", {"name": "Ada"}).json
    assert made is not None
    changed = program.patch(f"staff/{made['id']}", {"version": 1, "active": False}).json
    assert changed == made | {"active": False, "version": 2}
    assert program.get("staff").json == {"items": [changed], "next": None}


def test_a_long_list_comes_in_pages_that_name_the_next(program: Program) -> None:
    names = [f"Staff {number}" for number in range(5)]
    for name in names:
        program.post("staff", {"name": name})
    seen: list[str] = []
    path = "staff?limit=2&search=staff"
    while True:
        answer = program.get(path)
        assert answer.json is not None
        seen += [one["name"] for one in answer.json["items"]]
        if answer.json["next"] is None:
            assert "Link" not in answer.headers
            break
        link = answer.headers["Link"]
        assert link.endswith('>; rel="next"')
        path = link[1 : link.index(">")]
        assert f"after={answer.json['next']}" in path
    assert seen == names


def test_hours_that_overlap_are_refused_in_words(program: Program) -> None:
    answer = program.post("staff", {"name": "Ada", "hours": [WEEK[0], WEEK[0]]})
    assert answer.status_code == 422
    assert answer.json is not None
    assert "Monday" in answer.json["detail"]
