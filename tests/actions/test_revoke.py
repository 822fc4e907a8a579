"""Revoking through the outbox and by hand: until it is done, or until somebody has to look."""

from __future__ import annotations

import pytest

from hub.actions.disconnect import disconnect
from hub.actions.effects import EFFECTS
from hub.actions.receipt import disconnection_receipt
from hub.actions.revoke import try_revocation
from hub.core.ended import Ended, EndState
from hub.core.errors import Retry, StateError, UnknownId
from hub.core.ledger import EntryKind
from hub.core.security import OPERATOR
from hub.jobs.perform import ATTEMPTS
from hub.ledger.read import entries_about
from hub.store.connection import find_connection
from hub.store.outbox import DEAD, DONE, Outbox
from tests.actions.test_book import settle
from tests.revoking import Keys, connected
from tests.tables import rows_of
from tests.world import DAY, World


def state(world: World, connection_id: str) -> str:
    with world.hub.database.reading() as conn:
        return str(find_connection(conn, world.business, connection_id).end_state)


def rows(world: World) -> list[str]:
    return [row.state for row in rows_of(world.hub, world.business, Outbox) if row.kind == "revoke"]


def give_up(world: World, keys: Keys) -> str:
    """Disconnect an account whose provider is down until the hub has given up."""
    connection_id = connected(world, world.staff(connected=False))
    keys.problem = Retry("down", code="unreachable")
    disconnect(world.hub, OPERATOR, world.business, connection_id)
    for _ in range(ATTEMPTS):
        settle(world)
        world.clock.now += DAY
    return connection_id


def test_what_is_given_up_is_shown_as_failed_and_kept_to_be_tried_by_hand(revoking: World, keys: Keys) -> None:
    connection_id = give_up(revoking, keys)
    assert (rows(revoking), state(revoking, connection_id)) == ([DEAD], EndState.FAILED)
    receipt = disconnection_receipt(revoking.hub, revoking.business, connection_id)
    assert receipt.may_retry
    assert receipt.steps[-1].title == "The hub gave up asking the provider"
    keys.problem = None
    assert try_revocation(revoking.hub, revoking.business, connection_id) == Ended(EndState.DONE)
    assert (rows(revoking), state(revoking, connection_id), keys.revoked) == ([DONE], EndState.DONE, ["token-1"])


def test_a_try_by_hand_that_fails_begins_the_tries_anew(revoking: World, keys: Keys) -> None:
    connection_id = give_up(revoking, keys)
    assert try_revocation(revoking.hub, revoking.business, connection_id).state is EndState.OPEN
    assert state(revoking, connection_id) == EndState.OPEN
    keys.problem = None
    settle(revoking)
    assert (state(revoking, connection_id), keys.revoked) == (EndState.DONE, ["token-1"])


def test_a_try_by_hand_while_the_hub_goes_on_adds_no_second_task(revoking: World, keys: Keys) -> None:
    connection_id = connected(revoking, revoking.staff(connected=False))
    keys.problem = Retry("down", code="unreachable")
    disconnect(revoking.hub, OPERATOR, revoking.business, connection_id)
    settle(revoking)
    assert not try_revocation(revoking.hub, revoking.business, connection_id).is_over
    assert len(rows(revoking)) == 1


def test_only_an_ended_account_of_ones_own_can_be_revoked(revoking: World, keys: Keys) -> None:
    ada = revoking.staff(connected=False)
    connection_id = connected(revoking, ada)
    with pytest.raises(StateError):
        try_revocation(revoking.hub, revoking.business, connection_id)
    for business, holder in ((revoking.business, ada), ("b" * 26, None)):
        with pytest.raises(UnknownId):
            try_revocation(revoking.hub, business, connection_id, holder_id=holder)
    assert keys.revoked == []


def test_each_attempt_stands_in_the_ledger_with_its_reason(revoking: World, keys: Keys) -> None:
    connection_id = connected(revoking, revoking.staff(connected=False))
    keys.problem = Retry("down", code="unreachable")
    disconnect(revoking.hub, OPERATOR, revoking.business, connection_id)
    settle(revoking)
    keys.problem = None
    revoking.clock.now += DAY
    settle(revoking)
    with revoking.hub.database.reading() as conn:
        found = entries_about(conn, revoking.business, connection_id=connection_id)
    ends = [one for one in reversed(found) if one.kind in (EntryKind.REVOKED, EntryKind.REVOCATION_FAILED)]
    assert [(one.kind, (one.content or {}).get("reason", "")) for one in ends] == [
        (EntryKind.REVOCATION_FAILED, "unreachable"),
        (EntryKind.REVOKED, ""),
    ]
    assert "revoke" in EFFECTS
