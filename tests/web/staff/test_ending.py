"""Ending an account by a staff member's link: what stays, the watch, the receipt, and nothing of anybody else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hub.actions.staff_links import make_staff_link
from hub.core.errors import Retry
from hub.core.security import OPERATOR
from tests.actions.test_book import settle
from tests.revoking import Keys, connected, keys, revoking
from tests.web.conftest import Browser
from tests.world import World

__all__ = ["keys", "revoking"]
Open = Callable[[], Browser]


@pytest.fixture
def world(revoking: World) -> World:
    """The provider revokes, and can be down."""
    return revoking


def test_an_account_is_ended_with_a_receipt_and_asked_for_again(world: World, keys: Keys, browser: Open) -> None:
    staff, visitor = world.staff(connected=False), browser()
    link = f"/staff/{make_staff_link(world.hub, OPERATOR, world.business, staff)[1]}"
    one = f"{link}/accounts/{connected(world, staff, holder_id=staff)}"
    assert "What stays here, and until when" in visitor.get(f"{one}/end").text
    assert "never disconnected" in visitor.get(f"{one}/receipt").text
    keys.problem = Retry("down", code="unreachable")
    page = visitor.post(f"{one}/end").text
    assert "By the watch" in page
    settle(world)
    assert "Ask the provider again" in visitor.get(f"{one}/receipt").text
    keys.problem = None
    page = visitor.follow(visitor.post(f"{one}/revoke")).text
    assert "The provider has ended the permission." in page
    assert visitor.get(f"{one}/receipt.json").json["end_state"] == "done"
    assert visitor.get(f"{one}/end").status_code == 303


def test_the_account_of_somebody_else_is_unknown(world: World, browser: Open) -> None:
    staff, other = world.staff(connected=False), world.staff(connected=False)
    link = f"/staff/{make_staff_link(world.hub, OPERATOR, world.business, staff)[1]}"
    one, visitor = f"{link}/accounts/{connected(world, other, holder_id=other)}", browser()
    assert [visitor.get(f"{one}/{rest}").status_code for rest in ("end", "receipt", "receipt.json")] == [404] * 3
    assert [visitor.post(f"{one}/{rest}").status_code for rest in ("end", "revoke")] == [404] * 2
