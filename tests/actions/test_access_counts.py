"""Figures over people: none for fewer than five."""

from __future__ import annotations

from hub.actions.access_counts import Figure, counts
from tests.actions.test_calendars import account
from tests.world import World


def test_a_group_is_counted_in_people_and_shown_from_five_on(world: World, strangers: dict[str, str]) -> None:
    staff = [world.staff(connected=False) for _ in range(5)]
    for one in staff[:4]:
        account(world, f"{one}@example.com", owner=one)
    account(world, "second@example.com", owner=staff[0])
    account(world, "ours@example.com")
    assert counts(world.hub, None, Figure.PROVIDER) == {}
    account(world, "fifth@example.com", owner=staff[4])
    assert counts(world.hub, None, Figure.PROVIDER) == {"fake": 5}
    assert counts(world.hub, [world.business], Figure.HEALTH) == {"ok": 5}
    assert counts(world.hub, [strangers["ben"]], Figure.HEALTH) == {}
