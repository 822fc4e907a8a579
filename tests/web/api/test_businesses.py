"""Businesses over the API."""

from __future__ import annotations

import pytest

from tests.web.api.conftest import Program, Programs

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_a_key_for_every_business_adds_one_and_others_do_not(program: Program, programs: Programs) -> None:
    given = {"name": "Dora's Dance", "zone": "Europe/Vienna", "reminders": [3600], "place": "Ring 1"}
    assert program.post("/api/v1/businesses", given).status_code == 403
    answer = programs(everywhere=True).post("/api/v1/businesses", given)
    assert answer.status_code == 201
    made = answer.json
    assert made is not None
    assert (made["name"], made["zone"], made["reminders"], made["place"]) == tuple(given.values())
    assert made["slug"] == "doras-dance"
    assert programs(everywhere=True).get(f"/api/v1/businesses/{made['id']}").json == made


def test_what_is_left_out_of_a_change_stays_and_an_old_version_changes_nothing(program: Program) -> None:
    before = program.get("").json
    assert before is not None
    changed = program.patch("", {"version": before["version"], "region": "DE", "slug": None})
    assert changed.json == before | {"region": "DE", "slug": None, "version": before["version"] + 1}
    late = program.patch("", {"version": before["version"], "region": "AT"})
    assert late.status_code == 409
    assert late.json is not None
    assert late.json["code"] == "changed"
    assert program.get("").json == changed.json


def test_a_rule_that_is_broken_is_named_without_what_stands_before_it_inside(program: Program) -> None:
    answer = program.patch("", {"version": 1, "reminders": [3600, 3600]})
    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["field"] == "reminders"


def test_holidays_are_replaced_as_a_whole(program: Program) -> None:
    days = [{"day": "2027-12-25", "name": "Christmas"}, {"day": "2027-01-01", "name": "New Year"}]
    answer = program.put("holidays", {"holidays": days})
    assert answer.json is not None
    assert answer.json["holidays"] == days[::-1]
    late = program.put("holidays", {"holidays": [], "version": answer.json["version"] - 1})
    assert late.status_code == 409
    twice = program.put("holidays", {"holidays": [days[0], days[0]]})
    assert twice.status_code == 422
    assert program.get("holidays").json == answer.json
