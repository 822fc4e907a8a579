"""The agency's own row: made once, renamed by version, written down."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from hub.actions.agency import agency_name, change_agency, ensure_agency, get_agency
from hub.core.errors import InputError, StateError
from hub.core.security import Kind
from hub.store.security import SecurityEvent
from tests.accounts import VISIT
from tests.tables import nothing_changed
from tests.world import World


def test_a_change_is_written_down_once(world: World) -> None:
    change_agency(world.hub, VISIT, version=get_agency(world.hub).version, name="North Star", zone="Europe/Berlin")
    found = get_agency(world.hub)
    assert (found.name, found.zone) == ("North Star", "Europe/Berlin")
    assert agency_name(world.hub.database) == "North Star"
    with world.hub.database.reading() as conn:
        kinds = list(conn.scalars(select(SecurityEvent.kind).where(SecurityEvent.kind == Kind.AGENCY_CHANGED)))
    assert kinds == [Kind.AGENCY_CHANGED]


def test_who_saves_second_is_told(world: World) -> None:
    version = get_agency(world.hub).version
    change_agency(world.hub, VISIT, version=version, name="North Star", zone="UTC")
    with nothing_changed(world.hub), pytest.raises(StateError) as caught:
        change_agency(world.hub, VISIT, version=version, name="South Star", zone="UTC")
    assert caught.value.code == "changed"


@pytest.mark.parametrize(
    ("name", "zone"), [("", "UTC"), ("North Star", "Mars/Base"), ("see http://evil.example", "UTC")]
)
def test_a_name_or_zone_that_is_none_changes_nothing(world: World, name: str, zone: str) -> None:
    with nothing_changed(world.hub), pytest.raises(InputError):
        change_agency(world.hub, VISIT, version=get_agency(world.hub).version, name=name, zone=zone)


def test_a_second_start_finds_what_is_there(world: World) -> None:
    with nothing_changed(world.hub):
        ensure_agency(world.hub.database, world.hub.keyring, world.clock.now)
