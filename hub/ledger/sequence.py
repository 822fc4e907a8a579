"""Give entries their places in one order over all businesses: contiguous, each once, never changed.

The places and the commitments are what the leaves of a Merkle log are made of.
"""

from __future__ import annotations

from hub.store.crash import CrashPoint, crash_point
from hub.store.database import Database
from hub.store.ledger import lock_order, next_place, set_places, waiting_entries

BATCH = 500


def sequence(database: Database, *, batch: int = BATCH) -> int:
    """Give a place to every entry that was committed before, and return how many got one.

    In the order of time and id; an entry whose transaction commits later comes later, whatever its time. Several
    processes may do it at once, and die at any point. Raises Unavailable.
    """
    count = 0
    while _is_any_waiting(database):
        with database.writing() as conn:
            lock_order(conn)
            first, entries = next_place(conn), waiting_entries(conn, batch)
            set_places(conn, {entry: first + n for n, entry in enumerate(entries)})
            crash_point(CrashPoint.SEQUENCE_BEFORE_COMMIT)
        crash_point(CrashPoint.SEQUENCE_AFTER_COMMIT)
        count += len(entries)
    return count


def _is_any_waiting(database: Database) -> bool:
    """Look first, so that a hub in which nothing happens does not write every second."""
    with database.reading() as conn:
        return bool(waiting_entries(conn, 1))
