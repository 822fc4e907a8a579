"""Whether the ledger fits together: an order without a gap, and entries that still say what they are bound to.

Who owns the database can change an entry and its commitment alike: that shows by proofs that others hold, and not here.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from hub.core.errors import InputError
from hub.core.ledger import Entry, EntryKind, commitment
from hub.store.ledger import newest_entries, order_of

MOST = 5000
"""Entries that are compared with their commitments, the newest."""

_IDS = ("connection_id", "person_id", "holder_id", "user_id")


@dataclass(frozen=True, slots=True)
class Consistency:
    """What was found: ``placed`` entries have a place, so many places are ``missing``; of the ``compared`` newest
    entries so many were ``changed``."""

    placed: int
    missing: int
    compared: int
    changed: int


def consistency(conn: sa.Connection, most: int = MOST) -> Consistency:
    """Compare the order with the count of it, and the newest entries with what they are bound to."""
    placed, following = order_of(conn)
    rows = newest_entries(conn, most)
    return Consistency(placed, following - placed, len(rows), sum(not _is_bound(row) for row in rows))


def _is_bound(row: sa.Row[tuple[object, ...]]) -> bool:
    try:
        about = {name: getattr(row, name) for name in _IDS}
        entry = Entry(row.id, row.business_id, EntryKind(row.kind), row.at, row.content, **about)
        return bool(commitment(entry, row.salt) == row.commitment)
    except (InputError, ValueError, AttributeError, TypeError):  # it says what no entry can say
        return False
