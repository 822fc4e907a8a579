"""What was done with an account: counted by purpose and local day, with what was refused and why."""

from __future__ import annotations

from datetime import date

import pytest

from hub.actions.activity import DAYS, activity
from hub.actions.connections import try_connection
from hub.core.errors import UnknownId
from hub.store.key_use import add_refusal, add_use
from tests.actions.test_calendars import account
from tests.world import DAY, HOUR, MINUTE, MONDAY, World


def use(world: World, connection: str, at: int, purpose: str, times: int = 1) -> None:
    with world.hub.database.writing() as conn:
        for _ in range(times):
            add_use(conn, world.business, connection, at // 60, "read", purpose)


def test_calls_are_counted_by_purpose_and_local_day_with_the_last_of_each(world: World) -> None:
    grace = world.staff(connected=False)
    mine = account(world, "grace@gmail.com", owner=grace)
    use(world, mine, MONDAY - 8 * HOUR - MINUTE, "check_availability", 3)  # 23:59 of the day before, in Berlin
    use(world, mine, MONDAY - 8 * HOUR, "check_availability", 2)
    use(world, mine, MONDAY, "create_event")
    use(world, mine, MONDAY - DAYS * DAY, "check_availability", 9)
    with world.hub.database.writing() as conn:
        for _ in range(2):
            add_refusal(conn, world.business, mine, MONDAY // 60, "hub_free_busy", "check_availability", "purpose")
    found = activity(world.hub, world.business, mine, holder_id=grace)
    assert [(one.purpose, one.count, one.last_at) for one in found.uses] == [
        ("check_availability", 5, MONDAY - 8 * HOUR),
        ("create_event", 1, MONDAY),
    ]
    assert [(one.purpose, one.reason, one.count) for one in found.refused] == [("check_availability", "purpose", 2)]
    assert len(found.days) == DAYS
    today, before = found.days[:2]
    assert (today.day, today.uses, today.refused) == (
        date(2027, 3, 15),
        (("check_availability", 2), ("create_event", 1)),
        2,
    )
    assert (before.uses, before.refused) == ((("check_availability", 3),), 0)
    assert found.total == 6


def test_an_account_that_was_never_asked_has_nothing_to_show(world: World) -> None:
    mine = account(world, "grace@gmail.com")
    found = activity(world.hub, world.business, mine)
    assert (found.uses, found.total, len(found.days)) == ((), 0, DAYS)


def test_that_of_somebody_else_is_unknown(world: World, strangers: dict[str, str]) -> None:
    grace = world.staff(connected=False)
    mine = account(world, "grace@gmail.com", owner=grace)
    assert try_connection(world.hub, world.business, mine, holder_id=grace).ok
    for business, holder in ((world.business, world.staff(connected=False)), (strangers["ben"], None)):
        with pytest.raises(UnknownId):
            activity(world.hub, business, mine, holder_id=holder)
