"""Businesses: made, listed and changed by those who may, and never more than was said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from hub.actions.businesses import create_business
from hub.actions.hours import every_weekday
from hub.core.errors import InputError
from hub.core.service import Service
from hub.store.business import find_business
from tests.tables import nothing_changed
from tests.world import DAY, MINUTE, World

BERLIN = every_weekday("Europe/Berlin", (9 * 60, 17 * 60))
MONDAY_DATE = date(2027, 3, 15)
PLAIN = Service("new", 30 * MINUTE, 15 * MINUTE, 60 * DAY)
TOO_LONG = "x" * 201


def test_a_business_has_a_key_of_its_own_from_the_first_moment(world: World) -> None:
    with world.hub.database.reading() as conn:
        assert world.hub.keyring.business_key(conn, world.business).version == 1
        assert find_business(conn, world.business).name == "Ada's Practice"


REFUSED: dict[str, tuple[Callable[[World, str], object], str]] = {
    "a business without a name": (lambda w, h: create_business(w.hub, " \n", "UTC"), "business.name"),
    "a business with a name too long": (lambda w, h: create_business(w.hub, TOO_LONG, "UTC"), "business.name"),
    "a business with a name of control characters": (
        lambda w, h: create_business(w.hub, "A\0", "UTC"),
        "business.name",
    ),
    "a business in no zone": (lambda w, h: create_business(w.hub, "Ada", "Mars/Olympus"), "zone"),
}


def test_what_breaks_a_rule_is_refused_under_its_name_and_nothing_is_different(world: World) -> None:
    ada = world.staff(connected=False)
    for case, (call, field) in REFUSED.items():
        with nothing_changed(world.hub), pytest.raises(InputError) as caught:
            call(world, ada)
        assert caught.value.field == field, case
        assert TOO_LONG not in caught.value.message, case
