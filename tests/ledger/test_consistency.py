from __future__ import annotations

import pytest
from sqlalchemy import text

from hub.ledger.consistency import Consistency, consistency
from hub.ledger.sequence import sequence
from hub.store.guard import Across
from tests.ledger.conftest import Add
from tests.store.conftest import Rows


def found(rows: Rows, most: int = 5000) -> Consistency:
    with rows.database.reading() as conn:
        return consistency(conn, most)


def past_the_hub(rows: Rows, statement: str) -> None:
    """Change the database as its owner can: without the triggers."""
    sqlite = rows.database.is_sqlite
    with rows.database.engine.connect().execution_options(across=Across.OPERATOR) as conn:
        if sqlite:
            names = ("ledger_entry_update", "ledger_entry_delete", "ledger_content_update")
            kept = [
                conn.execute(text("SELECT sql FROM sqlite_master WHERE name = :name"), {"name": name}).scalar_one()
                for name in names
            ]
            for name in names:
                conn.execute(text(f"DROP TRIGGER {name}"))
        else:
            conn.execute(text("SET LOCAL session_replication_role = replica"))
        conn.execute(text(statement))
        for one in kept if sqlite else ():
            conn.execute(text(one))
        conn.commit()


def test_a_ledger_that_nobody_touched_fits_together(rows: Rows, add: Add) -> None:
    assert found(rows) == Consistency(0, 0, 0, 0)
    add(3)
    sequence(rows.database)
    assert found(rows) == Consistency(3, 0, 3, 0)
    assert found(rows, 2) == Consistency(3, 0, 2, 0)


SECOND = "(SELECT id FROM ledger_entry WHERE seq = 1)"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE ledger_entry SET at = at + 1 WHERE seq = 1",
        "UPDATE ledger_entry SET kind = 'erased' WHERE seq = 1",
        "UPDATE ledger_entry SET kind = 'a kind of their own' WHERE seq = 1",
        f"UPDATE ledger_content SET person_id = 'ben' WHERE entry_id = {SECOND}",
        f'UPDATE ledger_content SET content = \'{{"a": "B c"}}\' WHERE entry_id = {SECOND}',
    ],
)
def test_an_entry_that_was_changed_past_the_hub_shows(rows: Rows, add: Add, change: str) -> None:
    add(3)
    sequence(rows.database)
    past_the_hub(rows, change)
    assert found(rows) == Consistency(3, 0, 3, 1)


def test_an_entry_that_is_gone_leaves_a_gap_and_an_erased_content_none(rows: Rows, add: Add) -> None:
    first, second, _ = add(3)
    sequence(rows.database)
    past_the_hub(rows, f"DELETE FROM ledger_content WHERE entry_id = '{first}'")
    assert found(rows) == Consistency(3, 0, 2, 0)
    past_the_hub(rows, f"DELETE FROM ledger_content WHERE entry_id = '{second}'")
    past_the_hub(rows, f"DELETE FROM ledger_entry WHERE id = '{second}'")
    assert found(rows).missing == 1
