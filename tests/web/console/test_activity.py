"""What was done with an account, in the console and behind the link of its owner."""

from __future__ import annotations

from collections.abc import Callable

from hub.actions.staff_links import make_staff_link
from hub.core.security import OPERATOR
from hub.store.key_use import add_refusal
from tests.actions.test_activity import use
from tests.actions.test_calendars import account
from tests.web.conftest import Browser
from tests.world import World


def test_it_is_told_in_plain_words_for_the_agency_masked_and_for_the_owner_in_full(
    world: World, signed_in: Callable[[str], Browser], browser: Callable[[], Browser]
) -> None:
    grace, other = world.staff(connected=False), world.staff(connected=False)
    mine = account(world, "grace@gmail.com", owner=grace)
    use(world, mine, world.clock.now, "check_availability", 14)
    with world.hub.database.writing() as conn:
        add_refusal(conn, world.business, mine, world.clock.now // 60, "hub_free_busy", "check_availability", "purpose")
    page = signed_in("agent").get(f"/console/{world.business}/connections/{mine}/activity").text
    assert "Asked 14 times for availability, last Mon 15 Mar 2027, 08:00" in page
    assert "The owner did not agree" in page
    assert "gmail" not in page
    link = f"/staff/{make_staff_link(world.hub, OPERATOR, world.business, grace)[1]}"
    assert "grace@gmail.com" in browser().get(f"{link}/accounts/{mine}/activity").text
    link = f"/staff/{make_staff_link(world.hub, OPERATOR, world.business, other)[1]}"
    assert browser().get(f"{link}/accounts/{mine}/activity").status_code == 404
