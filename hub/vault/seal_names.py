"""Seal the names of accounts and calendars from before they were sealed, at the first start that finds them."""

from __future__ import annotations

import logging
from typing import Any

import sqlalchemy as sa
from sqlalchemy import update

from hub.store.calendar import Calendar
from hub.store.database import Database
from hub.store.unsealed import delete_unsealed, next_unsealed
from hub.vault.keys import Keyring
from hub.vault.names import name_account, seal_calendar

_AT_ONCE = 200
_log = logging.getLogger("hub.vault.seal_names")


def seal_old_names(database: Database, keyring: Keyring) -> int:
    """Seal what is left to be sealed, and return how much it was.

    In steps that each commit: what a killed start has sealed stays so, and the next one goes on. Several processes may
    do it at once. On SQLite the log of the database is emptied afterwards, in which the names stood as well.
    """
    count = 0
    while done := _step(database, keyring):
        count += done
    if count:
        if database.is_sqlite:
            database.forget_log()
        _log.info("sealed the names of %d accounts and calendars", count)
    return count


def _step(database: Database, keyring: Keyring) -> int:
    with database.reading() as conn:
        if not next_unsealed(conn, 1):
            return 0
    with database.writing() as conn:
        rows = next_unsealed(conn, _AT_ONCE)
        for row in rows:
            _seal(conn, keyring, row.table_name, row.business_id, row.row_id, row.content)
            delete_unsealed(conn, row)
    return len(rows)


def _seal(conn: sa.Connection, keyring: Keyring, table: str, business: str, row: str, content: list[Any]) -> None:
    first, second = content
    if table == "connection":
        name_account(conn, keyring, business, row, first, second)
        return
    named = seal_calendar(conn, keyring, business, row, first, second)
    conn.execute(update(Calendar).where(Calendar.business_id == business, Calendar.id == row).values(**named))
