"""The businesses of the store's tests, and what stands in their ledgers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from hub.core.ledger import EntryKind
from hub.ledger.append import append
from hub.store.guard import Across
from hub.store.ledger import LedgerContent, LedgerEntry
from tests.store.conftest import NOW, Rows
from tests.store.conftest import rows as rows

Add = Callable[..., list[str]]
Placed = Callable[[], list[Any]]


@pytest.fixture
def add(rows: Rows) -> Add:
    """Append so many entries in a transaction each, and give their ids."""

    def add(many: int, at: int = NOW, business: str = "") -> list[str]:
        made = []
        for _ in range(many):
            with rows.database.writing() as conn:
                made.append(append(conn, business or rows.ada, EntryKind.CONNECTED, {}, at=at))
        return made

    return add


@pytest.fixture
def placed(rows: Rows) -> Placed:
    """All entries that have a place, in that order, with what they say."""

    def placed() -> list[Any]:
        source = select(LedgerEntry.__table__, LedgerContent.content, LedgerContent.connection_id)
        statement = source.join(LedgerContent, LedgerContent.entry_id == LedgerEntry.id)
        statement = statement.where(LedgerEntry.seq.is_not(None)).order_by(LedgerEntry.seq)
        with rows.database.reading() as conn:
            return list(conn.execute(statement.execution_options(across=Across.OPERATOR)).all())

    return placed
