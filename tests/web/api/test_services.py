"""Services over the API."""

from __future__ import annotations

import pytest

from tests.web.api.conftest import Program
from tests.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_a_service_is_made_read_and_changed(world: World, program: Program) -> None:
    staff = world.staff(connected=False)
    room = program.post("resources", {"name": "Room"}).json
    assert room is not None
    question = {"label": "Which tooth?", "required": True, "choices": []}
    given = {"name": "Check-up", "duration": 1800, "staff": [staff], "resources": [[room["id"]]]}
    answer = program.post("services", given | {"questions": [question]})
    assert answer.status_code == 201
    made = answer.json
    assert made is not None
    assert made | given == made
    assert made["questions"] == [question]
    assert made["slug"] == "check-up"
    assert program.get(f"services/{made['id']}").json == made
    changed = program.patch(f"services/{made['id']}", {"version": 1, "before": 600, "staff_rule": "round_robin"}).json
    assert changed == made | {"before": 600, "staff_rule": "round_robin", "version": 2}
    assert program.get("services").json == {"items": [changed], "next": None}


@pytest.mark.parametrize(
    ("fault", "field"),
    [
        ({"duration": 1000}, "duration"),
        ({"duration": -300}, "duration"),
        ({"duration": 1800.5}, "duration"),
        ({"duration": "1800"}, "duration"),
        ({"horizon": 0}, "horizon"),
        ({"anchor": "moon"}, "anchor"),
        ({"questions": [{"label": "A"}, {"label": "a"}]}, "questions"),
        ({"staff": ["not an id"]}, "staff.0"),
        ({"resources": [[]]}, "resources"),
    ],
)
def test_a_rule_that_is_broken_names_its_field(program: Program, fault: dict[str, object], field: str) -> None:
    answer = program.post("services", {"name": "Check-up", "duration": 1800} | fault)
    assert answer.status_code == 422, answer.text
    assert answer.json is not None
    assert answer.json["field"] == field
    assert program.get("services").json == {"items": [], "next": None}


def test_a_length_may_be_written_as_the_same_number_with_a_point(program: Program) -> None:
    assert program.post("services", {"name": "Check-up", "duration": 1800.0}).json["duration"] == 1800  # type: ignore[index]
