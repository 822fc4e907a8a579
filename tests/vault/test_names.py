from __future__ import annotations

from sqlalchemy import event, update

from hub.actions.connections import list_connections
from hub.store.calendar import Calendar
from hub.store.connection import Connection
from hub.vault.names import UNREADABLE, account_names, calendar_hashes, calendar_names
from tests.actions.test_calendars import account
from tests.tables import rows_of
from tests.world import World, connection_named


def test_a_name_that_was_changed_in_the_database_is_unreadable_and_the_others_are_shown(world: World) -> None:
    ada, ben = world.staff(), world.staff()
    hers, his = connection_named(world, ada), connection_named(world, ben)
    (other,) = (one.account for one in rows_of(world.hub, world.business, Connection) if one.id == his)
    with world.hub.database.writing() as conn:
        mine = Connection.business_id == world.business, Connection.id == hers
        conn.execute(update(Connection).where(*mine).values(account=other))
    rows = rows_of(world.hub, world.business, Connection)
    with world.hub.database.reading() as conn:
        assert account_names(conn, world.hub.keyring, rows) == {hers: UNREADABLE, his: ben}
    assert {one.id for one in list_connections(world.hub, world.business)} == {hers, his}


def test_two_businesses_and_two_kinds_cannot_compare_what_a_calendar_is_looked_up_by(world: World) -> None:
    keyring = world.hub.keyring
    found = {
        calendar_hashes(keyring, business, ref)[0] for business in (world.business, "b" * 26) for ref in ("a", "b")
    }
    assert len(found) == 4


def test_a_list_of_accounts_reads_their_key_once_and_opens_no_calendar_that_is_masked(world: World) -> None:
    for number in range(8):
        account(world, f"account {number}", *(f"calendar {number} {n}" for n in range(3)))
    said: list[str] = []
    event.listen(world.hub.database.engine, "before_cursor_execute", lambda *given: said.append(given[2]))
    assert len(list_connections(world.hub, world.business)) == 8
    assert len([one for one in said if "business_key" in one]) == 1
    calendars = rows_of(world.hub, world.business, Calendar)
    with world.hub.database.writing() as conn:
        conn.execute(update(Calendar).where(Calendar.business_id == world.business).values(names=b"in pieces"))
    shown = list_connections(world.hub, world.business)
    assert {one.name for found in shown for one in found.calendars} == {f"Calendar {n}" for n in range(1, 5)}
    with world.hub.database.reading() as conn:
        assert len(calendar_names(conn, world.hub.keyring, calendars)) == len(calendars) == 32
