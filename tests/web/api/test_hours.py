"""Hours, days that differ and absences over the API."""

from __future__ import annotations

import pytest

from tests.web.api.conftest import Program
from tests.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_a_week_is_replaced_as_a_whole_unless_it_changed_meanwhile(world: World, program: Program) -> None:
    staff = world.staff(connected=False)
    path = f"holders/{staff}/hours"
    before = program.get(path).json
    assert before is not None
    windows = [{"weekday": 6, "start": "10:00", "end": "12:00"}]
    answer = program.put(path, {"zone": "Europe/Vienna", "windows": windows, "version": before["version"]})
    assert answer.json is not None
    assert answer.json["windows"] == windows
    assert answer.json["zone"] == "Europe/Vienna"
    late = program.put(path, {"zone": "Europe/Vienna", "windows": [], "version": before["version"]})
    assert late.status_code == 409
    assert program.get(path).json == answer.json


def test_a_day_can_differ_from_the_week_and_be_as_usual_again(world: World, program: Program) -> None:
    path = f"holders/{world.staff(connected=False)}/different-days"
    closed = program.put(f"{path}/2027-03-16", {"windows": []}).json
    short = program.put(f"{path}/2027-03-15", {"windows": [{"start": "09:00", "end": "10:00"}]}).json
    usual = program.get(path).json["usual_version"]
    assert program.get(path).json == {"items": [short, closed], "usual_version": usual}
    assert program.ask("DELETE", f"{path}/2027-03-16").status_code == 204
    assert program.get(path).json == {"items": [short], "usual_version": usual}
    for day in ("2027-02-29", "tomorrow", "9999-01-01"):
        answer = program.put(f"{path}/{day}", {"windows": []})
        assert answer.status_code == 422, day
        assert answer.json is not None
        assert answer.json["field"] == "day"


def test_a_day_that_somebody_else_changed_is_not_written_over(world: World, program: Program) -> None:
    path = f"holders/{world.staff(connected=False)}/different-days"
    usual = program.get(path).json["usual_version"]
    day, short = f"{path}/2027-03-15", {"windows": [{"start": "09:00", "end": "10:00"}]}
    made = program.put(day, {**short, "version": usual})
    assert made.headers["ETag"] == f'"{made.json["version"]}"'
    assert program.put(day, {"windows": [], "version": usual}).status_code == 409
    assert program.put(day, {**short, "version": usual}).status_code == 200  # the same once more is no other change
    assert program.ask("PUT", day, {"windows": []}, headers={"If-Match": f'"{usual}"'}).status_code == 412
    assert program.ask("PUT", day, {"windows": []}, headers={"If-Match": made.headers["ETag"]}).status_code == 200
    assert program.ask("DELETE", day, headers={"If-Match": made.headers["ETag"]}).status_code == 412
    assert program.ask("DELETE", day).status_code == 204


def test_an_absence_of_days_is_as_long_as_they_are_where_the_holder_is(world: World, program: Program) -> None:
    path = f"holders/{world.staff(connected=False)}/time-off"
    answer = program.post(path, {"start": "2027-03-28", "end": "2027-03-28"})  # the clocks go forward
    assert answer.json is not None
    assert answer.json["start"] == "2027-03-27T23:00:00Z"
    assert answer.json["end"] == "2027-03-28T22:00:00Z"
    moments = program.post(path, {"start": "2027-04-01T08:00:00+02:00", "end": "2027-04-01T10:00:00+02:00"})
    assert moments.status_code == 201
    assert program.get(path, since="2027-03-29T00:00:00Z").json == {"items": [moments.json], "next": None}
    assert program.ask("DELETE", f"{path}/{answer.json['id']}").status_code == 204
    assert program.ask("DELETE", f"{path}/{answer.json['id']}").status_code == 404


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("2027-04-01", "2027-04-01T10:00:00Z", "two moments, or two days"),
        ("2027-04-02", "2027-04-01", "after the start"),
        ("2027-04-01T10:00:00", "2027-04-02T10:00:00", "no offset"),
    ],
)
def test_an_absence_that_makes_no_sense_is_refused_in_words(
    world: World, program: Program, start: str, end: str, words: str
) -> None:
    path = f"holders/{world.staff(connected=False)}/time-off"
    answer = program.post(path, {"start": start, "end": end})
    assert answer.status_code == 422
    assert words in answer.text
    assert program.get(path).json == {"items": [], "next": None}
