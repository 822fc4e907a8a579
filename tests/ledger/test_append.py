from __future__ import annotations

from types import MappingProxyType

import pytest
from sqlalchemy import update

from hub.core.errors import InputError, Unavailable
from hub.core.ledger import SALT, Content, Entry, EntryKind, commitment
from hub.ledger.append import append
from hub.store.business import Business, find_business
from hub.store.ledger import find_entries
from tests.store.conftest import NOW, Rows


def test_an_entry_is_bound_by_its_commitment_to_all_that_it_says(rows: Rows) -> None:
    about = {"connection_id": "c" * 26, "person_id": "p" * 26, "holder_id": "h" * 26, "user_id": "u" * 26}
    content = {"provider": "caldav", "epoch": 2, "purposes": ["connect", "protect"]}
    with rows.database.writing() as conn:
        entry_id = append(conn, rows.ada, EntryKind.CONNECTED, content, at=NOW, **about)
    with rows.database.reading() as conn:
        (row,) = find_entries(conn, rows.ada)
    entry = Entry(entry_id, rows.ada, EntryKind.CONNECTED, NOW, content, **about)
    assert (row.id, row.kind, row.at, row.seq, row.content) == (entry_id, "connected", NOW, None, content)
    assert {name: getattr(row, name) for name in about} == about
    assert len(row.salt) == SALT
    assert row.commitment == commitment(entry, row.salt)


def test_two_entries_that_say_the_same_have_commitments_of_their_own(rows: Rows) -> None:
    with rows.database.writing() as conn:
        for _ in range(2):
            append(conn, rows.ada, EntryKind.DISCONNECTED, {}, at=NOW)
    with rows.database.reading() as conn:
        one, other = find_entries(conn, rows.ada)
    assert one.commitment != other.commitment
    assert one.salt != other.salt


def record(
    rows: Rows, content: Content = MappingProxyType({"keys": 1}), *, times: int = 1, then: object = None
) -> None:
    """Move the business and append in one transaction. ``then``: fail at the end, or have so many pages."""
    with rows.database.writing() as conn:
        conn.execute(update(Business).where(Business.id == rows.ada).values(place="moved"))
        if isinstance(then, int):
            conn.exec_driver_sql(f"PRAGMA max_page_count={then}")
        for _ in range(times):
            append(conn, rows.ada, EntryKind.ROTATED, content, at=NOW)
        if isinstance(then, Exception):
            raise then


def unchanged(rows: Rows) -> bool:
    with rows.database.reading() as conn:
        return find_business(conn, rows.ada).place == "" and not find_entries(conn, rows.ada)


def test_what_is_rolled_back_leaves_no_entry(rows: Rows) -> None:
    with pytest.raises(ZeroDivisionError):
        record(rows, then=ZeroDivisionError())
    assert unchanged(rows)
    record(rows)
    assert not unchanged(rows)


def test_a_name_in_an_entry_stops_what_it_records(rows: Rows) -> None:
    with pytest.raises(InputError):
        record(rows, {"reason": "Ada asked me to look"})
    assert unchanged(rows)


def test_where_the_ledger_cannot_be_written_nothing_else_is(rows: Rows) -> None:
    if not rows.database.is_sqlite:
        pytest.skip("a limit on the size of a file is SQLite's")
    with rows.database.engine.connect() as conn:
        pages = conn.exec_driver_sql("PRAGMA page_count").scalar_one()
    with pytest.raises(Unavailable):
        record(rows, {"words": ["x" * 100] * 30}, times=1000, then=pages)
    assert unchanged(rows)
