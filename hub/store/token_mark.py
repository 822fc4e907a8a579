"""Keyed hashes of live tokens, beside the sealed credential that they belong to. They go with it."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import select, update

from hub.store.connection import Credential
from hub.store.guard import Across


def put_token_marks(conn: sa.Connection, business_id: str, connection_id: str, marks: Sequence[str]) -> None:
    """Keep these marks of a connection's credential in place of those there were."""
    mine = Credential.business_id == business_id, Credential.connection_id == connection_id
    conn.execute(update(Credential).where(*mine).values(token_marks=list(marks)))


def token_marks_since(conn: sa.Connection, instant: int) -> tuple[set[str], int]:
    """Return the marks of all credentials stored at an instant or later, and when the last of them was stored."""
    found, last = set[str](), instant
    for row in conn.execute(_SINCE, {"instant": instant}):
        found.update(row.token_marks)
        last = max(last, row.stored_at)
    return found, last


_SINCE = (
    select(Credential.token_marks, Credential.stored_at)
    .where(Credential.stored_at >= sa.bindparam("instant"))
    .execution_options(across=Across.WATCH)
)
