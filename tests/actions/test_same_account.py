"""Connections of one account: named within a business, ended together, and never told to another business."""

from __future__ import annotations

import pytest

from hub.actions.connections import list_connections
from hub.actions.disconnect import disconnect
from hub.actions.receipt import disconnection_receipt
from hub.actions.same_account import disconnect_account, outlook
from hub.core.ended import EndState
from hub.core.errors import UnknownId
from hub.core.security import OPERATOR
from tests.actions.test_book import settle
from tests.revoking import Keys, connected
from tests.world import World


def live(world: World) -> int:
    return sum(one.health != "disconnected" for one in list_connections(world.hub, world.business))


def test_the_others_of_an_account_are_named_and_what_a_disconnect_means_for_them(grants: None, revoking: World) -> None:
    ada, other = revoking.staff(connected=False), revoking.staff(connected=False)
    first, second = connected(revoking, ada), connected(revoking, ada, holder_id=ada)
    connected(revoking, other)
    found = outlook(revoking.hub, revoking.business, first)
    assert found.shares
    assert [one.connection_id for one in found.siblings] == [second]
    assert "until the last of them ends" in found.at_provider
    assert outlook(revoking.hub, revoking.business, second, holder_id=ada).siblings == ()  # the other is not hers
    with pytest.raises(UnknownId):
        outlook(revoking.hub, revoking.business, first, holder_id=ada)


def test_one_of_two_leaves_the_permission_alone_and_says_why(grants: None, revoking: World, keys: Keys) -> None:
    ada = revoking.staff(connected=False)
    first, second = connected(revoking, ada), connected(revoking, ada, "token-2")
    disconnect(revoking.hub, OPERATOR, revoking.business, first)
    settle(revoking)
    receipt = disconnection_receipt(revoking.hub, revoking.business, first)
    assert (receipt.end_state, keys.revoked, receipt.may_retry) == (EndState.KEPT, [], False)
    assert "another connection of this hub uses the same account" in receipt.state_sentence
    assert "permission" not in [one.what for one in receipt.kept]
    disconnect(revoking.hub, OPERATOR, revoking.business, second)
    settle(revoking)
    receipt = disconnection_receipt(revoking.hub, revoking.business, first)
    assert (receipt.end_state, keys.revoked) == (EndState.DONE, ["token-2"])
    assert receipt.steps[-1].title == "Ended at the provider"


def test_everything_of_an_account_can_be_ended_at_once(grants: None, revoking: World, keys: Keys) -> None:
    ada = revoking.staff(connected=False)
    first = connected(revoking, ada)
    connected(revoking, ada, "token-2")
    connected(revoking, revoking.staff(connected=False), "token-3")
    ended = disconnect_account(revoking.hub, OPERATOR, revoking.business, first)
    assert (ended.connection_id, live(revoking)) == (first, 1)
    settle(revoking)
    states = [one.revoking for one in list_connections(revoking.hub, revoking.business)]
    assert (states, sorted(keys.revoked)) == ([False, False, False], ["token-1", "token-2"])
