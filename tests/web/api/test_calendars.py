"""Choosing calendars over the API: together or not at all."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from hub.actions.businesses import create_business
from hub.actions.connections import list_connections
from tests.web.api.conftest import Program
from tests.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def choice(calendar: str, holder: str | None, *, checked: bool = True, written: bool = False) -> dict[str, object]:
    return {"calendar_id": calendar, "holder_id": holder, "checked": checked, "written": written}


def test_a_calendar_is_given_to_another_or_to_nobody(program: Program, things: Mapping[str, str]) -> None:
    path = f"connections/{things['connection_id']}/calendars"
    other = program.post("staff", {"name": "Ben"}).json
    assert other is not None
    answer = program.put(path, {"choices": [choice(things["calendar_id"], other["id"], written=True)]})
    assert answer.json is not None
    assert answer.json["items"][0]["holder_id"] == other["id"]
    assert answer.json["items"][0]["written"] is True
    nobody = program.put(path, {"choices": [choice(things["calendar_id"], None, checked=False)]})
    assert nobody.json is not None
    assert nobody.json["items"][0]["checked"] is False
    assert program.get(path).json == nobody.json


def test_choices_with_one_foreign_id_among_them_are_refused_whole(
    world: World, program: Program, things: Mapping[str, str]
) -> None:
    ben = create_business(world.hub, "Ben's Garage", "Europe/Berlin")
    theirs = World(world.hub, world.calendars, world.clock, ben, world.names)
    foreign = theirs.staff()
    foreign_calendar = list_connections(world.hub, ben)[0].calendars[0].id
    path = f"connections/{things['connection_id']}/calendars"
    before = program.get(path).json
    mine = choice(things["calendar_id"], None, checked=False)
    for wrong in (
        [mine, choice(foreign_calendar, things["staff_id"])],
        [mine, choice("0" * 26, things["staff_id"])],
        [choice(things["calendar_id"], foreign)],
    ):
        assert program.put(path, {"choices": wrong}).status_code == 404
    for wrong in ([mine, mine], [choice(things["calendar_id"], None)]):
        assert program.put(path, {"choices": wrong}).status_code == 422
    assert program.get(path).json == before
    assert list_connections(world.hub, ben)[0].calendars[0].holder_id == foreign


def test_a_choice_that_somebody_else_changed_is_not_written_over(program: Program, things: Mapping[str, str]) -> None:
    path = f"connections/{things['connection_id']}/calendars"
    seen = program.get(path)
    nobody = {"choices": [choice(things["calendar_id"], None, checked=False)]}
    mine = {"choices": [choice(things["calendar_id"], things["staff_id"])], "version": seen.json["version"]}
    assert seen.headers["ETag"] == f'"{seen.json["version"]}"'
    assert program.put(path, nobody).status_code == 200
    assert program.put(path, mine).status_code == 409
    assert program.ask("PUT", path, nobody, headers={"If-Match": seen.headers["ETag"]}).status_code == 412
    now = program.get(path)
    assert now.json["items"][0]["checked"] is False
    assert program.put(path, {**mine, "version": now.json["version"]}).status_code == 200
