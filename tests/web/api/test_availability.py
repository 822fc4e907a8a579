"""Free times over the API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from hub.actions.offer import offer
from hub.core.calendar import Window
from tests.web.api.conftest import Program
from tests.world import DAY, HOUR, MONDAY, World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
WEEK = {"from": "2027-03-15", "until": "2027-03-19", "zone": "Europe/Berlin"}


@contextmanager
def counted(world: World) -> Iterator[list[str]]:
    """Collect the statements that are sent meanwhile."""
    seen: list[str] = []

    def note(conn: sa.Connection, cursor: object, statement: str, *rest: object) -> None:
        seen.append(statement)

    event.listen(world.hub.database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(world.hub.database.engine, "before_cursor_execute", note)


def test_the_starts_are_those_of_the_engine_in_the_zone_asked_for(world: World, program: Program) -> None:
    one, two = world.staff(), world.staff()
    service = world.service(one, two)
    answer = program.get("availability", service_id=service, by_staff="true", **WEEK).json
    assert answer is not None
    found = offer(world.hub, world.business, service, Window(MONDAY - 8 * HOUR, MONDAY - 8 * HOUR + 5 * DAY))
    assert len(answer["starts"]) == len(found.starts) > 100
    assert answer["starts"][0] == "2027-03-15T09:00:00+01:00"
    assert {one["staff_id"]: one["starts"] for one in answer["staff"]} == {
        one: answer["starts"],
        two: answer["starts"],
    }
    york = program.get("availability", service_id=service, **WEEK | {"zone": "America/New_York"}).json
    assert york is not None
    assert york["staff"] == []
    assert york["starts"][0] == "2027-03-15T04:00:00-04:00"


def test_one_staff_member_can_be_asked_for(world: World, program: Program) -> None:
    one, two = world.staff(), world.staff()
    service = world.service(one, two)
    world.clock.now += HOUR
    program.post(f"holders/{one}/time-off", {"start": "2027-03-15", "end": "2027-03-15"})
    ask = {"service_id": service, **WEEK, "until": "2027-03-15"}
    assert program.get("availability", **ask, staff_id=one).json["starts"] == []  # type: ignore[index]
    assert program.get("availability", **ask, staff_id=two).json["starts"] != []  # type: ignore[index]
    nobody = program.get("availability", **ask, staff_id="0" * 26)
    assert nobody.json["starts"] == []  # type: ignore[index]


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"until": "2027-07-01"}, "until", "100 days"),
        ({"from": "0001-01-01"}, "from", "1970"),
        ({"until": "9999-12-31"}, "until", "9998"),
        ({"from": "2027-03-20"}, "until", "after the start"),
        ({"from": "2027-03-15T09:00:00"}, "from", "no offset"),
        ({"zone": "Mars/Olympus"}, "zone", "time zone"),
        ({"zone": ""}, "zone", "time zone"),
        ({"step": "1"}, "step", "leave it out"),
    ],
)
def test_a_window_that_cannot_be_searched_is_refused_in_words(
    world: World, program: Program, given: dict[str, str], field: str, words: str
) -> None:
    service = world.service(world.staff())
    answer = program.get("availability", service_id=service, **WEEK | given)
    assert answer.status_code == 422, answer.text
    assert answer.json is not None
    assert answer.json["field"] == field
    assert words in answer.json["detail"]


def test_the_number_of_queries_does_not_grow_with_the_staff_and_no_provider_is_called(
    world: World, program: Program
) -> None:
    few, many = [world.staff()], [world.staff() for _ in range(12)]
    counts = []
    for staff in (few, many):
        service = world.service(*staff)
        ask = {"service_id": service, "by_staff": "true", **WEEK}
        assert program.get("availability", **ask).status_code == 200  # calendars are fresh from now on
        world.calendars.calls.clear()
        with counted(world) as seen:
            assert program.get("availability", **ask).status_code == 200
        counts.append(len([one for one in seen if one.lstrip().upper().startswith("SELECT")]))
        assert world.calendars.calls == []
    assert counts[0] == counts[1]
    assert counts[0] <= 15


def test_why_a_time_is_not_offered_is_said_by_code_and_in_words(world: World, program: Program) -> None:
    staff = world.staff()
    service = world.service(staff)
    path = "availability/explain"
    answer = program.get(path, service_id=service, start="2027-03-15T09:05:00+01:00").json
    assert answer is not None
    assert answer["offered"] is False
    assert answer["start"] == "2027-03-15T08:05:00Z"
    assert answer["reasons"] == [{"code": "off_step", "sentence": "The service does not begin at this minute."}]
    assert answer["staff"][0]["holder_id"] == staff
    fine = program.get(path, service_id=service, start="2027-03-15T09:00:00+01:00").json
    assert fine is not None
    assert fine["offered"] is True
    assert fine["reasons"] == []
