"""Services: kept with every rule and its people in order; one that cannot be booked is never made."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from hub.actions.holders import add_resource
from hub.actions.hours import every_weekday
from hub.actions.services import add_service
from hub.core.errors import InputError
from hub.core.service import Anchor, Service, StaffRule
from hub.store import service
from hub.store.service import ServiceHolder
from tests.tables import nothing_changed
from tests.world import DAY, HOUR, MINUTE, World

BERLIN = every_weekday("Europe/Berlin", (9 * 60, 17 * 60))
MONDAY_DATE = date(2027, 3, 15)
PLAIN = Service("new", 30 * MINUTE, 15 * MINUTE, 60 * DAY)
TOO_LONG = "x" * 201


def rows(world: World, table: Any) -> list[Any]:
    with world.hub.database.reading() as conn:
        return list(conn.execute(select(table.__table__).where(table.business_id == world.business)).all())


def test_a_service_is_kept_with_every_rule_and_its_people_in_their_order(world: World) -> None:
    staff = [world.staff(connected=False) for _ in range(3)][::-1]
    rooms = [add_resource(world.hub, world.business, f"Room {n}") for n in range(3)]
    rules = Service(
        "ignored",
        duration=HOUR,
        step=5 * MINUTE,
        horizon=DAY,
        before=5 * MINUTE,
        after=10 * MINUTE,
        notice=HOUR,
        anchor=Anchor.GAP,
        staff_rule=StaffRule.ROUND_ROBIN,
        staff=tuple(staff),
        resources=((rooms[0], rooms[1]), (rooms[2],)),
    )
    service_id = add_service(world.hub, world.business, "Check-up", rules)
    (found,) = rows(world, service.Service)
    assert found.id == service_id != "ignored"
    for name in ("duration", "step", "horizon", "before", "after", "notice", "anchor", "staff_rule"):
        assert getattr(found, name) == getattr(rules, name)
    members = {(row.group_no, row.rank): row.holder_id for row in rows(world, ServiceHolder)}
    assert [members[0, rank] for rank in range(3)] == staff
    assert [members[1, 0], members[1, 1], members[2, 0]] == rooms


def test_a_resource_may_be_in_two_groups_of_a_service(world: World) -> None:
    room, spare = (add_resource(world.hub, world.business, name) for name in ("Room", "Spare"))
    groups = ((room, spare), (spare, room))
    rules = Service("new", HOUR, HOUR, DAY, staff=(world.staff(connected=False),), resources=groups)
    add_service(world.hub, world.business, "Check-up", rules)
    assert len(rows(world, ServiceHolder)) == 5


REFUSED: dict[str, tuple[Callable[[World, str], object], str]] = {
    "a service without a name": (lambda w, h: add_service(w.hub, w.business, " ", PLAIN), "service.name"),
    "a service with a name that no database takes": (
        lambda w, h: add_service(w.hub, w.business, "A\ud800", PLAIN),
        "service.name",
    ),
}


def test_what_breaks_a_rule_is_refused_under_its_name_and_nothing_is_different(world: World) -> None:
    ada = world.staff(connected=False)
    for case, (call, field) in REFUSED.items():
        with nothing_changed(world.hub), pytest.raises(InputError) as caught:
            call(world, ada)
        assert caught.value.field == field, case
        assert TOO_LONG not in caught.value.message, case


@pytest.mark.parametrize(
    "rules",
    [
        {"duration": 31 * MINUTE},
        {"step": 0},
        {"horizon": 0},
        {"notice": -1},
        {"notice": 61 * DAY},
        {"after": 25 * HOUR},
        {"staff": ("a", "a")},
        {"resources": ((),)},
        {"resources": (("a", "a"),)},
        {"staff": ("a",), "resources": (("a",),)},
    ],
    ids=str,
)
def test_a_service_that_cannot_be_booked_is_never_made(rules: dict[str, Any]) -> None:
    given = {"id": "new", "duration": HOUR, "step": HOUR, "horizon": 60 * DAY} | rules
    with pytest.raises(InputError, match="service"):
        Service(**given)
