"""Make one entry of the uses of a key in a minute, and one of the refused calls: a loop cannot flood the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from hub.core.ledger import EntryKind
from hub.ledger.append import append
from hub.store.crash import CrashPoint, crash_point
from hub.store.database import Database
from hub.store.key_use import CallRefusal, Counted, KeyUse, counted, lock_counts, set_collected

BATCH = 500
"""How many counts one transaction takes."""

_COUNTS: tuple[tuple[Counted, EntryKind], ...] = ((KeyUse, EntryKind.KEY_USED), (CallRefusal, EntryKind.CALL_REFUSED))
_MOST = 100
"""How many different things one entry counts; what is more is an entry of its own."""


def collect(database: Database, now: int, *, batch: int = BATCH) -> int:
    """Make entries of all that was counted in minutes that are over, and return how many.

    Each use is in one entry, also when several processes collect at once or die at any point. One that is counted
    late, after its minute was collected, is in an entry that follows. Raises Unavailable.
    """
    return sum(_collect(database, table, kind, now // 60, batch) for table, kind in _COUNTS)


def _collect(database: Database, table: Counted, kind: EntryKind, minute: int, batch: int) -> int:
    made = 0
    while _is_any_left(database, table, minute):
        with database.writing() as conn:
            lock_counts(conn)
            rows = counted(conn, table, minute, batch)
            for _, group in groupby(rows, lambda row: (row.business_id, row.connection_id, row.minute)):
                made += _append(conn, kind, list(group))
            set_collected(conn, table, rows)
            crash_point(CrashPoint.COLLECT_BEFORE_COMMIT)
        crash_point(CrashPoint.COLLECT_AFTER_COMMIT)
    return made


def _append(conn: sa.Connection, kind: EntryKind, rows: Sequence[sa.Row[*tuple[Any, ...]]]) -> int:
    """Append what was counted of one connection in one minute, and return how many entries that took."""
    first = rows[0]
    said = [(":".join(map(str, row[3:-2])), row.count - row.collected) for row in rows]
    parts = [said[n : n + _MOST] for n in range(0, len(said), _MOST)]
    for part in parts:
        content = {
            "minute": first.minute,
            "count": sum(many for _, many in part),
            "calls": [f"{what}:{many}" for what, many in part],
        }
        at = (first.minute + 1) * 60
        append(conn, first.business_id, kind, content, at=at, connection_id=first.connection_id)
    return len(parts)


def _is_any_left(database: Database, table: Counted, minute: int) -> bool:
    with database.reading() as conn:
        return bool(counted(conn, table, minute, 1))
