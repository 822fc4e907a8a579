from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import column, func, insert, select, table, update

from hub.actions.ask import ask_provider
from hub.core.purpose import Purpose
from hub.store.booking import BookingEvent
from hub.store.calendar import Calendar
from hub.store.connection import Connection
from hub.store.guard import Across
from hub.store.ids import new_id
from hub.store.schema import migrate
from hub.store.unsealed import UnsealedName
from hub.vault import seal_names
from hub.vault.names import account_names, calendar_hashes, open_account_names
from hub.vault.seal_names import seal_old_names
from tests.actions.test_book import booked, settle
from tests.tables import rows_of
from tests.world import World, with_names

OLD = table(
    "connection",
    column("id"),
    column("business_id"),
    column("account_name"),
    column("settings", UnsealedName.content.type),
)
OLD_CALENDAR = table("calendar", column("id"), column("business_id"), column("ref"), column("name"))
EMAIL, REF = "ada.canary@example.com", "https://dav.example.com/ada.canary@example.com/work/"


def before(world: World) -> None:
    """Take a world with a booking back to the tables of before, with the names that it had in them."""
    ada = world.staff()
    booked(world, world.service(ada))
    settle(world)
    migrate(world.hub.database, world.hub.keystore, "0010")
    with world.hub.database.writing() as conn:
        conn = conn.execution_options(across=Across.OPERATOR)
        conn.execute(update(OLD).values(account_name=EMAIL, settings={"home": REF}))
        conn.execute(update(OLD_CALENDAR).values(ref=REF, name="Ada's own"))
        conn.execute(update(BookingEvent).values(ref=f"{REF}one.ics"))


def waiting(world: World) -> int:
    with world.hub.database.reading() as conn:
        statement = select(func.count()).select_from(UnsealedName).execution_options(across=Across.OPERATOR)
        return conn.execute(statement).scalar_one()


def test_names_from_before_are_sealed_by_the_next_start_and_stand_nowhere_else(world: World) -> None:
    before(world)
    migrate(world.hub.database, world.hub.keystore)
    assert (waiting(world), seal_old_names(world.hub.database, world.hub.keyring), waiting(world)) == (2, 2, 0)
    assert seal_old_names(world.hub.database, world.hub.keyring) == 0
    (row,) = rows_of(world.hub, world.business, Connection)
    with world.hub.database.reading() as conn:
        opened = open_account_names(conn, world.hub.keyring, row)
    assert (opened.name, opened.settings) == (EMAIL, {"home": REF})
    (calendar,) = with_names(world.hub, rows_of(world.hub, world.business, Calendar))
    assert (calendar.ref, calendar.name) == (REF, "Ada's own")
    assert calendar.ref_hash == calendar_hashes(world.hub.keyring, world.business, REF)[0]
    assert [one.ref for one in rows_of(world.hub, world.business, BookingEvent)] == ["./one.ics"]
    if world.hub.database.is_sqlite:
        folder = world.hub.settings.data_dir
        kept = b"".join(one.read_bytes() for one in folder.rglob("hub.sqlite*"))
        assert kept
        assert b"canary" not in kept


def test_a_start_that_dies_in_the_middle_leaves_the_rest_to_the_next_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    before(world)
    many = 5
    monkeypatch.setattr(seal_names, "_AT_ONCE", 1)
    migrate(world.hub.database, world.hub.keystore)
    with world.hub.database.writing() as conn:
        for number in range(many):
            values = {"table_name": "calendar", "row_id": f"z{new_id()[1:]}", "business_id": world.business}
            conn.execute(insert(UnsealedName).values(**values, content=[f"ref {number}", "name"]))
    seal, count = seal_names._seal, [0]

    def dies(*given: Any) -> None:
        count[0] += 1
        if count[0] == 3:
            raise KeyboardInterrupt
        seal(*given)

    monkeypatch.setattr(seal_names, "_seal", dies)
    with pytest.raises(KeyboardInterrupt):
        seal_old_names(world.hub.database, world.hub.keyring)
    assert waiting(world) == many + 2 - 2
    monkeypatch.setattr(seal_names, "_seal", seal)
    assert seal_old_names(world.hub.database, world.hub.keyring) == many


def test_an_account_from_before_is_asked_as_ever_once_its_names_are_sealed(world: World) -> None:
    ada = world.staff()
    migrate(world.hub.database, world.hub.keystore, "0010")
    with world.hub.database.writing() as conn:
        conn = conn.execution_options(across=Across.OPERATOR)
        conn.execute(update(OLD).values(account_name=ada, settings={}))
        conn.execute(update(OLD_CALENDAR).values(ref=ada, name=ada))
    migrate(world.hub.database, world.hub.keystore)
    seal_old_names(world.hub.database, world.hub.keyring)
    (row,) = rows_of(world.hub, world.business, Connection)
    found = ask_provider(world.hub, world.business, row.id, Purpose.SHOW_CALENDARS, "hub_list_calendars")
    assert [one.ref for one in found] == [ada]
    with world.hub.database.reading() as conn:
        assert account_names(conn, world.hub.keyring, [row]) == {row.id: ada}
