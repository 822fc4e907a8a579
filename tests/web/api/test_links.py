"""Staff links over the API."""

from __future__ import annotations

import pytest

from hub.actions.staff_links import find_staff_link
from tests.web.api.conftest import Program
from tests.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_a_link_is_shown_once_and_ends_when_it_is_told(world: World, program: Program) -> None:
    staff = world.staff()
    made = program.post("links", {"holder_id": staff, "days": 7}, key="k")
    assert made.status_code == 201
    assert made.json is not None
    token = made.json["url"].rpartition("/")[2]
    found = find_staff_link(world.hub, token)
    assert found is not None
    assert found.holder_id == staff
    repeated = program.post("links", {"holder_id": staff, "days": 7}, key="k")
    assert repeated.json is not None
    assert repeated.json["id"] == made.json["id"]
    listed = program.get("links")
    assert token not in listed.text + repeated.text
    assert program.ask("DELETE", f"links/{made.json['id']}").status_code == 204
    assert find_staff_link(world.hub, token) is None


def test_a_link_works_for_a_year_at_most(world: World, program: Program) -> None:
    staff = world.staff()
    for days in (0, 366, "7"):
        assert program.post("links", {"holder_id": staff, "days": days}).status_code == 422
    assert program.get("links").json == {"items": []}
