"""What stands in a hub's databases: one table, or everything, to see that a refused call changed none of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import select

from hub.core.purpose import Purpose
from hub.parts import Hub
from hub.store.annotate import Base
from hub.store.guard import Across
from hub.store.keys import KeyStoreBase

Contents = dict[str, list[tuple[Any, ...]]]


def contents(hub: Hub) -> Contents:
    """Return all rows of all tables of both databases, sorted."""
    found: Contents = {}
    for database, metadata in ((hub.database, Base.metadata), (hub.keystore, KeyStoreBase.metadata)):
        with database.reading() as conn:
            for table in metadata.sorted_tables:
                rows = conn.execute(select(table).execution_options(across=Across.OPERATOR)).all()
                found[table.name] = sorted((tuple(row) for row in rows), key=repr)
    return found


def rows_of(hub: Hub, business_id: str, table: Any) -> list[Any]:
    """Return a business's rows of one table."""
    with hub.database.reading() as conn:
        return list(
            conn.execute(
                select(table.__table__)
                .where(table.business_id == business_id)
                .execution_options(purpose=Purpose.PROTECT)
            ).all()
        )


@contextmanager
def nothing_changed(hub: Hub, *, but: Collection[str] = ()) -> Iterator[None]:
    """See that the block leaves every row as it was, except in the tables named."""
    before = contents(hub)
    yield
    after = contents(hub)
    assert {name for name in after if after[name] != before[name]} - set(but) == set()
