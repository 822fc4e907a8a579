"""Calls of a connection are let through together, and its end alone: whoever comes after an end waits behind it."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import String, func, select

_TURN = func.hashtextextended(sa.bindparam("id", type_=String), 0)
_TOGETHER = select(func.pg_advisory_xact_lock_shared(_TURN))
_ALONE = select(func.pg_advisory_xact_lock(_TURN))


def wait_for_end(conn: sa.Connection, connection_id: str, *, shared: bool) -> None:
    """Wait for an end of this connection that began before (``shared``), or for calls that are being let through.

    Until this transaction ends. SQLite has one writer anyhow. No lock of the row: PostgreSQL lets new sharers of one go
    before who waits to change it, so that many calls hold an end up for ever.
    """
    if conn.dialect.name == "postgresql":
        conn.execute(_TOGETHER if shared else _ALONE, {"id": connection_id}).all()
