"""Ending a connection in the console: what stays is told before, the watch afterwards, and a receipt to keep."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hub.actions.connections import list_connections
from hub.actions.disconnect import disconnect
from hub.core.errors import Retry
from hub.core.security import OPERATOR
from tests.actions.test_book import settle
from tests.revoking import Keys, connected, grants, keys, revoking
from tests.web.conftest import Browser
from tests.world import World

__all__ = ["grants", "keys", "revoking"]
SignedIn = Callable[[str], Browser]


@pytest.fixture
def world(grants: None, revoking: World) -> World:
    """The provider ends whole permissions, and can be down."""
    return revoking


def path_of(world: World, connection_id: str, rest: str = "") -> str:
    return f"/console/{world.business}/connections/{connection_id}{rest}"


def live(world: World) -> int:
    return sum(one.health != "disconnected" for one in list_connections(world.hub, world.business))


def test_before_it_is_asked_what_stays_and_afterwards_the_watch_is_shown(
    world: World, keys: Keys, signed_in: SignedIn
) -> None:
    one = connected(world, world.staff(connected=False))
    ada = signed_in("owner")
    page = ada.get(path_of(world, one, "/end")).text
    for said in (
        "What stays here, and until when",
        "a copy of the events",
        "Names of its calendars",
        "until Wed 14 Apr",
    ):
        assert said in page, said
    page = ada.post(path_of(world, one, "/end")).text
    for said in (
        "is disconnected",
        "0 ms after it was asked for",
        "Calls started later",
        "has not ended the permission",
    ):
        assert said in page, said
    settle(world)
    page = ada.get(path_of(world, one, "/receipt")).text
    for said in ("Receipt of the disconnect", "08:00:00.000", "Ended at the provider", "What stays here"):
        assert said in page, said
    assert "Ask the provider again" not in page


def test_the_others_of_the_account_are_ended_only_when_that_is_ticked(world: World, signed_in: SignedIn) -> None:
    staff = world.staff(connected=False)
    first, _ = connected(world, staff), connected(world, staff, "token-2")
    ada = signed_in("owner")
    page = ada.get(path_of(world, first, "/end")).text
    assert "the permission at the provider stays for the others" in page
    ada.post(path_of(world, first, "/end"))
    assert live(world) == 1
    again = connected(world, staff, "token-3")
    ada.get(path_of(world, again, "/end"))
    ada.post(path_of(world, again, "/end"), {"all": "y"})
    assert live(world) == 0


def test_what_the_provider_has_not_ended_can_be_asked_for_again(world: World, keys: Keys, signed_in: SignedIn) -> None:
    one = connected(world, world.staff(connected=False))
    keys.problem = Retry("down", code="unreachable")
    disconnect(world.hub, OPERATOR, world.business, one)
    settle(world)
    ada = signed_in("owner")
    page = ada.get(path_of(world, one, "/receipt")).text
    assert "cannot be reached" in page
    assert "Ask the provider again" in page
    assert "Ask the provider again" not in signed_in("viewer").get(path_of(world, one, "/receipt")).text
    ada.get(path_of(world, one, "/receipt"))
    keys.problem = None
    page = ada.follow(ada.post(path_of(world, one, "/revoke"))).text
    assert "The provider was asked." in page
    assert "The provider has ended the permission." in page


def test_the_receipt_is_a_file_too_and_there_is_none_of_what_lives(world: World, signed_in: SignedIn) -> None:
    one = connected(world, world.staff(connected=False))
    ada = signed_in("owner")
    assert "never disconnected" in ada.get(path_of(world, one, "/receipt")).text
    assert ada.get(path_of(world, one, "/receipt.json")).status_code == 409
    disconnect(world.hub, OPERATOR, world.business, one)
    answer = ada.get(path_of(world, one, "/receipt.json"))
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert (answer.json["connection_id"], answer.json["later"], answer.json["took_ms"]) == (one, 0, 0)
    assert "token-1" not in answer.text
