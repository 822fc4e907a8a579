"""A world for each test of an action."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.actions.businesses import create_business
from hub.actions.holders import add_staff
from hub.actions.hours import every_weekday
from hub.store.database import Database
from tests.world import World, make_world


@pytest.fixture
def world(database: Database, keystore: Database, tmp_path: Path) -> Iterator[World]:
    """A hub with an empty business, on both kinds of database."""
    made = make_world(database, keystore, tmp_path)
    yield made
    made.hub.broker.close()


@pytest.fixture
def strangers(world: World) -> dict[str, str]:
    """What there is in another business, and ids that are nobody's."""
    ben = create_business(world.hub, "Ben's Garage", "Europe/Berlin")
    hours = every_weekday("Europe/Berlin", (9 * 60, 17 * 60))
    return {"ben": ben, "his": add_staff(world.hub, ben, "Ben", hours), "nobody": "x" * 26}
