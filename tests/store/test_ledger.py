from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete, insert, update
from sqlalchemy.exc import IntegrityError

from hub.core.ledger import EntryKind
from hub.ledger.append import append
from hub.store.database import Database
from hub.store.erasing import take_out
from hub.store.ids import new_id
from hub.store.ledger import (
    LedgerContent,
    LedgerEntry,
    find_entries,
    next_place,
    set_places,
    waiting_entries,
)
from tests.store.conftest import NOW, Rows


def add(database: Database, business_id: str, at: int = NOW, **about: str) -> str:
    with database.writing() as conn:
        return append(conn, business_id, EntryKind.CONNECTED, {"provider": "caldav"}, at=at, **about)


def place(database: Database, places: dict[str, int]) -> None:
    with database.writing() as conn:
        set_places(conn, places)


def test_what_was_written_can_be_neither_changed_nor_deleted(rows: Rows) -> None:
    entry = add(rows.database, rows.ada)
    placed = add(rows.database, rows.ada)
    place(rows.database, {placed: 0})
    mine, its = LedgerEntry.business_id == rows.ada, LedgerContent.business_id == rows.ada
    forbidden: list[Any] = [
        *(
            update(LedgerEntry).where(mine).values(**{name: value})
            for name, value in {
                "id": "x" * 26,
                "business_id": rows.ben,
                "kind": "erased",
                "at": 1,
                "commitment": b"x" * 32,
            }.items()
        ),
        update(LedgerEntry).where(mine, LedgerEntry.id == placed).values(seq=1),
        update(LedgerEntry).where(mine, LedgerEntry.id == placed).values(seq=None),
        update(LedgerEntry).where(mine, LedgerEntry.id == placed).values(seq=LedgerEntry.seq),
        update(LedgerEntry).where(mine, LedgerEntry.id == entry).values(seq=1, kind="erased"),
        delete(LedgerEntry).where(mine),
        update(LedgerContent).where(its).values(content={"provider": "other"}),
        insert(LedgerEntry).values(id="y" * 26, business_id=rows.ada, kind="x", at=1, commitment=b"x" * 32, seq=1),
    ]
    with rows.database.reading() as conn:
        before = list(map(tuple, find_entries(conn, rows.ada)))
    for statement in forbidden:
        with pytest.raises(IntegrityError, match="never changed"), rows.database.writing() as conn:
            conn.execute(statement)
    with rows.database.reading() as conn:
        assert list(map(tuple, find_entries(conn, rows.ada))) == before


def test_sqlites_way_of_replacing_rows_and_postgresqls_way_of_emptying_tables_are_refused_too(rows: Rows) -> None:
    placed, other = add(rows.database, rows.ada), add(rows.database, rows.ada)
    place(rows.database, {placed: 0})
    columns = "(id, business_id, kind, at, commitment, seq)"
    statements = (
        (
            f"INSERT OR REPLACE INTO ledger_entry {columns} VALUES ('{placed}', '{rows.ada}', 'x', 1, x'00', NULL)",
            f"INSERT OR REPLACE INTO ledger_entry {columns} VALUES ('{new_id()}', '{rows.ada}', 'x', 1, x'00', 0)",
            f"UPDATE OR REPLACE ledger_entry SET seq = 0 WHERE id = '{other}'",
        )
        if rows.database.is_sqlite
        else ("TRUNCATE ledger_entry CASCADE", "TRUNCATE ledger_entry, ledger_content")
    )
    for statement in statements:
        with rows.database.engine.connect() as conn, pytest.raises(IntegrityError, match="never changed"):
            conn.exec_driver_sql(statement)
    with rows.database.reading() as conn:
        assert [(row.id, row.seq) for row in find_entries(conn, rows.ada)] == [(other, None), (placed, 0)]


def test_places_begin_at_zero_and_leave_no_gap_whoever_gives_them(rows: Rows) -> None:
    one, two, three = (add(rows.database, rows.ada) for _ in range(3))
    for wrong in ({one: 1}, {one: 0, two: 0}, {one: 0, two: 2}, {one: -1}):
        with pytest.raises(IntegrityError):
            place(rows.database, wrong)
    place(rows.database, {two: 0, one: 1})
    with pytest.raises(IntegrityError):
        place(rows.database, {three: 1})
    with rows.database.reading() as conn:
        assert next_place(conn) == 2
        assert waiting_entries(conn, 10) == [three]


def test_entries_wait_in_the_order_of_time_over_all_businesses(rows: Rows) -> None:
    late, early, same = (
        add(rows.database, rows.ada, NOW + 5),
        add(rows.database, rows.ben),
        add(rows.database, rows.ada),
    )
    with rows.database.reading() as conn:
        assert waiting_entries(conn, 10) == [early, same, late]
        assert waiting_entries(conn, 1) == [early]
        assert next_place(conn) == 0


def test_an_entry_without_what_it_said_is_found_still(rows: Rows) -> None:
    mine = add(rows.database, rows.ada, person_id="p" * 26)
    hers = add(rows.database, rows.ada, person_id="q" * 26)
    with rows.database.writing() as conn:
        take_out(conn, rows.ben, "p" * 26)  # of another business: nothing goes
        assert len(find_entries(conn, rows.ada, person_id="p" * 26)) == 1
        take_out(conn, rows.ada, "p" * 26)
    with rows.database.reading() as conn:
        found = find_entries(conn, rows.ada)
        assert find_entries(conn, rows.ada, person_id="p" * 26) == []
        assert find_entries(conn, rows.ben) == []
    assert [(row.id, row.content, row.salt is None) for row in found] == [
        (hers, {"provider": "caldav"}, False),
        (mine, None, True),
    ]
    assert len(found[1].commitment) == 32
