"""The receipt of a disconnect: what happened when, to the millisecond where the clock is the machine's own."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import pytest

from hub.actions.connect import list_calendars
from hub.actions.connections import list_connections
from hub.actions.disconnect import disconnect
from hub.actions.receipt import disconnection_receipt
from hub.core.errors import Refused, StateError, UnknownId
from hub.core.ledger import EntryKind
from hub.core.security import OPERATOR
from hub.ledger.append import append
from hub.store.key_use import add_use
from tests.actions.test_book import settle
from tests.revoking import Keys, connected
from tests.world import HOUR, MONDAY, World


def test_a_receipt_tells_the_last_use_the_stop_and_what_came_after(revoking: World, keys: Keys) -> None:
    hub = replace(revoking.hub, clock=lambda: int(time.time()))
    began = time.time_ns() // 1_000_000
    connection_id = connected(revoking, revoking.staff(connected=False))
    with hub.database.writing() as conn:
        add_use(conn, revoking.business, connection_id, began // 60_000, "read", "check_availability", at_ms=began - 7)
    disconnect(hub, OPERATOR, revoking.business, connection_id)
    with pytest.raises(Refused, match="disconnected"):
        list_calendars(hub, revoking.business, connection_id)
    found = disconnection_receipt(hub, revoking.business, connection_id)
    assert began <= found.asked_ms <= found.stopped_ms <= time.time_ns() // 1_000_000
    assert (found.last_call_ms, found.last_before) == (began - 7, found.stopped_ms - began + 7)
    assert (found.later, found.refused, found.is_live) == (0, 1, False)
    assert [one.what for one in found.steps] == ["last_call", "asked", "stopped"]
    assert {one.what for one in found.kept} >= {"permission", "connection", "ledger", "consents"}
    said = found.as_json()
    assert json.loads(json.dumps(said))["took_ms"] == found.took_ms
    assert "token-1" not in json.dumps(said)


def test_a_call_that_started_later_all_the_same_would_be_shown(world: World) -> None:
    """No code lets one through; if it happened, the receipt would not hide it."""
    staff = world.staff()
    (one,) = [row.id for row in list_connections(world.hub, world.business)]
    disconnect(world.hub, OPERATOR, world.business, one)
    with world.hub.database.writing() as conn:
        add_use(conn, world.business, one, MONDAY // 60, "read", "check_availability", at_ms=MONDAY * 1000 + 5)
        add_use(conn, world.business, one, MONDAY // 60, "hub_revoke", "connect", at_ms=MONDAY * 1000 + 9)
    assert disconnection_receipt(world.hub, world.business, one).later == 1
    assert staff


def test_with_another_clock_than_the_machines_it_is_that_clocks_second(world: World) -> None:
    world.staff()
    (one,) = [row.id for row in list_connections(world.hub, world.business)]
    disconnect(world.hub, OPERATOR, world.business, one)
    found = disconnection_receipt(world.hub, world.business, one)
    assert (found.asked_ms, found.stopped_ms, found.last_before) == (MONDAY * 1000, MONDAY * 1000, None)


def test_the_receipt_of_an_account_that_is_connected_again_stays_about_its_end(revoking: World, keys: Keys) -> None:
    ada = revoking.staff(connected=False)
    connection_id = connected(revoking, ada)
    disconnect(revoking.hub, OPERATOR, revoking.business, connection_id)
    settle(revoking)
    revoking.clock.now += HOUR
    connected(revoking, ada, "token-2", connection_id=connection_id)
    with revoking.hub.database.writing() as conn:
        when = revoking.clock.now + 60
        add_use(conn, revoking.business, connection_id, when // 60, "read", "check_availability", at_ms=when * 1000)
    found = disconnection_receipt(revoking.hub, revoking.business, connection_id)
    assert (found.is_live, found.later, found.kept, found.may_retry) == (True, 0, (), False)
    assert found.steps[-1].title == "Ended at the provider"


def test_an_end_from_before_the_stopwatch_has_its_second(world: World) -> None:
    world.staff()
    (one,) = [row.id for row in list_connections(world.hub, world.business)]
    with world.hub.database.writing() as conn:
        append(conn, world.business, EntryKind.DISCONNECTED, {"epoch": 2}, at=MONDAY - 5, connection_id=one)
    found = disconnection_receipt(world.hub, world.business, one)
    assert (found.stopped_ms, [step.what for step in found.steps]) == ((MONDAY - 5) * 1000, ["stopped"])


def test_there_is_no_receipt_of_what_did_not_end_or_is_somebody_elses(world: World, strangers: dict[str, str]) -> None:
    staff = world.staff()
    (one,) = [row.id for row in list_connections(world.hub, world.business)]
    with pytest.raises(StateError):
        disconnection_receipt(world.hub, world.business, one)
    disconnect(world.hub, OPERATOR, world.business, one)
    for business, connection, holder in ((strangers["ben"], one, None), (world.business, one, staff)):
        with pytest.raises(UnknownId):
            disconnection_receipt(world.hub, business, connection, holder_id=holder)
