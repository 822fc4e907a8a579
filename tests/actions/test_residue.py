"""What stays after a disconnect: the list that is shown before is what the database holds afterwards."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, select, text

from hub.actions.connections import list_connections
from hub.actions.disconnect import disconnect
from hub.actions.residue import CALENDAR_DAYS, COUNTS, forget_old_calendars, residue
from hub.actions.sync import sync_calendar
from hub.core.errors import UnknownId
from hub.core.security import OPERATOR
from hub.plugin import Busy
from hub.store.annotate import Base
from hub.store.calendar import BusyTime, Calendar
from hub.store.guard import Across
from hub.store.keys import ConnectionKey, KeyStoreBase
from tests.actions.test_book import booked, settle
from tests.actions.test_calendars import calendars_of
from tests.revoking import Keys, connected
from tests.tables import rows_of
from tests.world import DAY, HOUR, MONDAY, World, with_names

CANARY = "access-token-canary-58fbb1"
BUSY_REF = "busy-canary-61c0d2"
WHERE = {
    "booking_event": "bookings",
    "calendar": "calendars",
    "call_refusal": "refusals",
    "health_change": "health",
    "outage": "health",
    "outside_change": "bookings",
    "connection": "connection",
    "consent": "consents",
    "connection_key": "permission",
    "credential": "permission",
    "watermark": "connection",
    "key_use": "uses",
    "ledger_content": "ledger",
    "outbox": "tasks",
    "security_event": "security",
    "watch": "watches",
}
"""Under which word of the list each table's rows about an ended connection stand."""


def holding(world: World, ids: Collection[str]) -> set[str]:
    """Return the tables of both databases with a row in which one of these ids stands, in any column."""
    found = set()
    for database, metadata in ((world.hub.database, Base.metadata), (world.hub.keystore, KeyStoreBase.metadata)):
        with database.reading() as conn:
            for table in metadata.sorted_tables:
                statement = select(table).execution_options(across=Across.OPERATOR)
                if any(one in str(value) for row in conn.execute(statement) for value in row for one in ids):
                    found.add(table.name)
    return found


def used(world: World, **options: Any) -> str:
    """Connect an account, look at its calendar and book in it."""
    ada = world.staff(connected=False)
    connection_id = connected(world, ada, CANARY, **options)
    (calendar,) = calendars_of(world, connection_id)
    world.calendars.busy[ada].append(Busy(MONDAY + 5 * HOUR, MONDAY + 6 * HOUR, uid=BUSY_REF))
    assert sync_calendar(world.hub, world.business, calendar.id)
    booked(world, world.service(ada))
    settle(world)
    return connection_id


def test_the_list_before_is_the_list_afterwards_and_the_database_holds_nothing_else(
    revoking: World, keys: Keys
) -> None:
    connection_id = used(revoking)
    calendars = [one.id for one in calendars_of(revoking, connection_id)]
    before = residue(revoking.hub, revoking.business, connection_id)
    disconnect(revoking.hub, OPERATOR, revoking.business, connection_id)
    after = residue(revoking.hub, revoking.business, connection_id)
    assert set(after) ^ set(before) == set()
    counted = {one.what: one.count for one in after if one.count is not None}
    assert counted == {"permission": 1, "bookings": 1, "calendars": 1, "connection": 1}
    said = {one.what for one in after}
    assert {WHERE.get(name, name) for name in holding(revoking, [connection_id, *calendars])} - said == set()
    assert rows_of(revoking.hub, revoking.business, BusyTime) == []


def test_when_the_provider_has_ended_it_no_credential_is_left_anywhere(
    revoking: World, keys: Keys, tmp_path: Path
) -> None:
    connection_id = used(revoking)
    disconnect(revoking.hub, OPERATOR, revoking.business, connection_id)
    settle(revoking)
    assert keys.revoked == [CANARY]
    assert "permission" not in {one.what for one in residue(revoking.hub, revoking.business, connection_id)}
    assert rows_of(revoking.hub, revoking.business, ConnectionKey) == []
    for database in (revoking.hub.database, revoking.hub.keystore):
        if database.engine.dialect.name == "sqlite":
            with database.engine.connect().execution_options(across=Across.OPERATOR) as conn:
                conn.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    files = [one for one in tmp_path.rglob("*") if one.is_file()]
    assert files
    for canary in (CANARY, BUSY_REF):
        assert [one.name for one in files if canary.encode() in one.read_bytes()] == []
        assert holding(revoking, [canary]) == set()


def test_nothing_of_a_provider_without_revocation_waits_for_it(world: World) -> None:
    world.staff()
    (one,) = list_connections(world.hub, world.business)
    before = residue(world.hub, world.business, one.id)
    assert "permission" not in {kept.what for kept in before}
    disconnect(world.hub, OPERATOR, world.business, one.id)
    assert set(residue(world.hub, world.business, one.id)) ^ set(before) <= set()


def test_names_of_calendars_are_kept_for_thirty_days_and_then_gone(revoking: World, keys: Keys) -> None:
    """P37. One in which an event of ours stands keeps its row, without a name."""
    connection_id, plain = used(revoking), connected(revoking, revoking.staff(connected=False))
    for one in (connection_id, plain):
        disconnect(revoking.hub, OPERATOR, revoking.business, one)
    (until,) = {one.until for one in residue(revoking.hub, revoking.business, plain) if one.what == "calendars"}
    assert until == MONDAY + CALENDAR_DAYS * DAY
    revoking.clock.now = until
    forget_old_calendars(revoking.hub)
    assert len(rows_of(revoking.hub, revoking.business, Calendar)) == 2
    revoking.clock.now = until + 1
    forget_old_calendars(revoking.hub)
    (left,) = rows_of(revoking.hub, revoking.business, Calendar)
    assert (left.connection_id, left.ref_hash, left.names, left.holder_id) == (connection_id, "", None, None)
    assert "calendars" not in {one.what for one in residue(revoking.hub, revoking.business, plain)}


def test_calendars_of_an_account_that_came_back_stay(revoking: World, keys: Keys) -> None:
    ada = revoking.staff(connected=False)
    connection_id = connected(revoking, ada)
    disconnect(revoking.hub, OPERATOR, revoking.business, connection_id)
    settle(revoking)
    connected(revoking, ada, "token-2", connection_id=connection_id)
    revoking.clock.now += 40 * DAY
    forget_old_calendars(revoking.hub)
    assert [one.name for one in with_names(revoking.hub, rows_of(revoking.hub, revoking.business, Calendar))] == [ada]


def test_every_table_with_rows_about_a_connection_stands_in_the_list() -> None:
    """A table that is added later has to be named in the list, or to be emptied with the connection."""
    leads = {one.name for one in Base.metadata.sorted_tables if _is_about(one)}
    gone = {"refresh", "call_count", "call_pause", "connecting", "grant_mark"}  # with the credential, and with the end
    assert leads - set(WHERE) == gone
    assert set(WHERE.values()) - {"connection"} == set(COUNTS)


def _is_about(table: Table) -> bool:
    return "connection_id" in table.c or table.name == "connection"


def test_the_list_of_anothers_connection_is_unknown(world: World, strangers: dict[str, str]) -> None:
    staff = world.staff()
    (one,) = list_connections(world.hub, world.business)
    for business, holder in ((strangers["ben"], None), (world.business, staff)):
        with pytest.raises(UnknownId):
            residue(world.hub, business, one.id, holder_id=holder)
