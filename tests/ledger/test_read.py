from __future__ import annotations

from hub.core.ledger import EntryKind
from hub.ledger.append import append
from hub.ledger.read import entries_about
from hub.store.erasing import take_out
from tests.store.conftest import NOW, Rows

CONNECTION, PERSON, USER = "c" * 26, "p" * 26, "u" * 26


def test_entries_come_by_what_they_are_about_the_newest_first_and_page_by_page(rows: Rows) -> None:
    kinds = (EntryKind.CONNECTED, EntryKind.KEY_USED, EntryKind.DISCONNECTED)
    with rows.database.writing() as conn:
        made = [
            append(conn, rows.ada, kind, {"n": n}, at=NOW, connection_id=CONNECTION) for n, kind in enumerate(kinds)
        ]
        seen = append(conn, rows.ada, EntryKind.ACCESS_VIEWED, {}, at=NOW, person_id=PERSON, user_id=USER)
    with rows.database.reading() as conn:
        about = entries_about(conn, rows.ada, connection_id=CONNECTION)
        assert [(one.id, one.content) for one in about] == [
            (made[n], {"n": n}) for n in sorted(range(3), key=lambda n: made[n], reverse=True)
        ]
        first = entries_about(conn, rows.ada, connection_id=CONNECTION, limit=2)
        rest = entries_about(conn, rows.ada, connection_id=CONNECTION, before=first[-1].id)
        assert first + rest == about
        (one,) = entries_about(conn, rows.ada, connection_id=CONNECTION, kinds=[EntryKind.KEY_USED])
        assert (one.id, one.kind, one.seq) == (made[1], EntryKind.KEY_USED, None)
        assert [one.id for one in entries_about(conn, rows.ada, person_id=PERSON, user_id=USER)] == [seen]
        assert entries_about(conn, rows.ada, person_id=PERSON, connection_id=CONNECTION) == []
        assert len(entries_about(conn, rows.ada)) == 4


def test_another_business_sees_none_of_them(rows: Rows) -> None:
    with rows.database.writing() as conn:
        append(conn, rows.ada, EntryKind.CONNECTED, {}, at=NOW, connection_id=CONNECTION)
    with rows.database.reading() as conn:
        assert entries_about(conn, rows.ben) == entries_about(conn, rows.ben, connection_id=CONNECTION) == []


def test_what_was_erased_is_an_entry_without_content(rows: Rows) -> None:
    with rows.database.writing() as conn:
        append(conn, rows.ada, EntryKind.ACCESS_VIEWED, {}, at=NOW, person_id=PERSON, user_id=USER)
        take_out(conn, rows.ada, PERSON)
    with rows.database.reading() as conn:
        (one,) = entries_about(conn, rows.ada)
        assert entries_about(conn, rows.ada, user_id=USER) == []
    assert (one.kind, one.content, one.person_id, one.user_id) == (EntryKind.ACCESS_VIEWED, None, "", "")
