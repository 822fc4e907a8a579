from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from hub.core.errors import Unavailable
from hub.core.ledger import EntryKind
from hub.ledger.append import append
from hub.ledger.sequence import sequence
from hub.store.database import Database
from hub.store.ledger import waiting_entries
from tests.ledger.conftest import Add, Placed
from tests.store.conftest import NOW, Rows


def test_entries_of_all_businesses_get_places_in_the_order_of_time(rows: Rows, add: Add, placed: Placed) -> None:
    late, early, hers = add(1, NOW + 9), add(2, NOW), add(1, NOW + 1, rows.ben)
    assert sequence(rows.database) == 4
    assert [(row.seq, row.id) for row in placed()] == list(enumerate([*sorted(early), *hers, *late]))
    assert sequence(rows.database) == 0


def test_an_entry_that_comes_later_gets_a_later_place_whatever_its_time(rows: Rows, add: Add, placed: Placed) -> None:
    first = add(1, NOW)
    sequence(rows.database)
    before = placed()
    second = add(1, NOW - 1000)
    assert sequence(rows.database) == 1
    assert placed()[:1] == before
    assert [row.id for row in placed()] == first + second


@pytest.mark.parametrize("many", [1, 3, 7])
def test_batches_make_no_seam(rows: Rows, add: Add, placed: Placed, many: int) -> None:
    made = add(7)
    assert sequence(rows.database, batch=many) == 7
    assert [(row.seq, row.id) for row in placed()] == list(enumerate(sorted(made)))


def test_what_is_not_committed_yet_gets_no_place_and_is_not_lost(rows: Rows, add: Add, placed: Placed) -> None:
    if rows.database.is_sqlite:
        pytest.skip("SQLite has one writer at a time")
    with rows.database.writing() as conn:
        open_one = append(conn, rows.ada, EntryKind.CONNECTED, {}, at=NOW - 50)
        made = add(2)
        assert sequence(rows.database) == 2
    assert sequence(rows.database) == 1
    assert [row.id for row in placed()] == [*sorted(made), open_one]


def test_several_at_once_leave_no_gap_and_give_no_place_twice(rows: Rows, add: Add, placed: Placed) -> None:
    made: list[str] = []
    done = threading.Event()

    def write(_: int) -> None:
        made.extend(add(25))

    def order(_: int) -> int:
        count = 0
        while not done.is_set():
            count += sequence(rows.database, batch=4)
        return count

    with ThreadPoolExecutor(6) as pool:
        ordering = [pool.submit(order, n) for n in range(3)]
        list(pool.map(write, range(3)))
        done.set()
        counts = [task.result() for task in ordering]
    counts.append(sequence(rows.database))
    assert [row.seq for row in placed()] == list(range(75))
    assert {row.id for row in placed()} == set(made)
    assert sum(counts) == 75
    with rows.database.reading() as conn:
        assert waiting_entries(conn, 1) == []


def test_a_database_out_of_reach_is_said(rows: Rows, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(self: Database) -> None:
        raise Unavailable("gone")

    monkeypatch.setattr(Database, "reading", unreachable)
    with pytest.raises(Unavailable):
        sequence(rows.database)
