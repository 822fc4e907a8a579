"""A process that orders the ledger or collects for it is killed: nothing is lost, doubled or left out."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from hub.core.ledger import EntryKind
from hub.ledger.append import append
from hub.ledger.collect import collect
from hub.ledger.read import entries_about
from hub.ledger.sequence import sequence
from hub.store.crash import CrashPoint
from hub.store.database import Database
from hub.store.guard import Across
from hub.store.key_use import add_use
from hub.store.ledger import LedgerEntry
from tests.crash.harness import run_until_killed
from tests.crash.ledger import AFTER

BUSINESS, CONNECTION = "b" * 26, "c" * 26
pytestmark = pytest.mark.crash


def places(database: Database) -> list[tuple[int | None, str]]:
    statement = select(LedgerEntry.seq, LedgerEntry.id).order_by(LedgerEntry.seq.is_(None), LedgerEntry.seq)
    with database.reading() as conn:
        return [tuple(row) for row in conn.execute(statement.execution_options(across=Across.OPERATOR))]


@pytest.mark.parametrize(
    ("point", "count", "placed"),
    [
        (CrashPoint.SEQUENCE_BEFORE_COMMIT, 1, 0),
        (CrashPoint.SEQUENCE_BEFORE_COMMIT, 2, 3),
        (CrashPoint.SEQUENCE_AFTER_COMMIT, 2, 6),
    ],
)
def test_a_sequencer_that_is_killed_leaves_whole_batches_and_the_next_goes_on(
    database: Database, database_url: str, tmp_path: Path, point: CrashPoint, count: int, placed: int
) -> None:
    made = []
    for n in range(8):
        with database.writing() as conn:
            made.append(append(conn, BUSINESS, EntryKind.CONNECTED, {}, at=AFTER + n))
    module = "tests.crash.ledger"
    run_until_killed("sequence", point, count, data_dir=tmp_path, database_url=database_url, module=module)
    before = places(database)
    assert before[:placed] == list(enumerate(made))[:placed]
    assert {seq for seq, _ in before[placed:]} == {None}
    assert sequence(database) == 8 - placed
    assert places(database) == list(enumerate(made))


@pytest.mark.parametrize(
    ("point", "count", "collected"),
    [
        (CrashPoint.COLLECT_BEFORE_COMMIT, 1, 0),
        (CrashPoint.COLLECT_BEFORE_COMMIT, 2, 2),
        (CrashPoint.COLLECT_AFTER_COMMIT, 1, 2),
    ],
)
def test_a_collector_that_is_killed_leaves_each_use_in_one_entry(
    database: Database, database_url: str, tmp_path: Path, point: CrashPoint, count: int, collected: int
) -> None:
    for n in range(5):
        with database.writing() as conn:
            add_use(conn, BUSINESS, CONNECTION, AFTER // 60 - 5 + n, "read", "protect")
    module = "tests.crash.ledger"
    run_until_killed("collect", point, count, data_dir=tmp_path, database_url=database_url, module=module)

    def minutes() -> list[object]:
        with database.reading() as conn:
            return sorted(one.content["minute"] for one in entries_about(conn, BUSINESS))  # type: ignore[index,type-var]

    assert minutes() == [AFTER // 60 - 5 + n for n in range(collected)]
    assert collect(database, AFTER) == 5 - collected
    assert minutes() == [AFTER // 60 - 5 + n for n in range(5)]
