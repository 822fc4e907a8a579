"""A world for each test of an action."""

from __future__ import annotations

import pytest

from hub.actions.businesses import create_business
from hub.actions.holders import add_staff
from hub.actions.hours import every_weekday
from tests.revoking import grants, keys, revoking
from tests.world import World

__all__ = ["grants", "keys", "revoking"]


@pytest.fixture
def strangers(world: World) -> dict[str, str]:
    """What there is in another business, and ids that are nobody's."""
    ben = create_business(world.hub, "Ben's Garage", "Europe/Berlin")
    hours = every_weekday("Europe/Berlin", (9 * 60, 17 * 60))
    return {"ben": ben, "his": add_staff(world.hub, ben, "Ben", hours), "nobody": "x" * 26}
