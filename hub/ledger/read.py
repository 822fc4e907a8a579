"""Read the ledger: what it says about a connection, a person, a staff member or a user, for pages and commands."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from hub.core.ledger import Content, EntryKind
from hub.store.ledger import find_entries

LIMIT = 50


@dataclass(frozen=True, slots=True)
class Recorded:
    """An entry as it is kept. ``at`` is in UTC seconds; ``seq`` its place in the order, None for about a second.

    ``content`` is None, and the ids are empty, where they were erased with the person.
    """

    id: str
    business_id: str
    kind: EntryKind
    at: int
    seq: int | None
    content: Content | None
    connection_id: str = ""
    person_id: str = ""
    holder_id: str = ""
    user_id: str = ""


def entries_about(
    conn: sa.Connection,
    business_id: str,
    *,
    connection_id: str = "",
    person_id: str = "",
    holder_id: str = "",
    user_id: str = "",
    kinds: Collection[EntryKind] = (),
    before: str = "",
    limit: int = LIMIT,
) -> list[Recorded]:
    """Return a business's entries, the newest first: all of them, or those about every id that is given.

    ``kinds`` empty means all. For the next page give the id of the last entry as ``before``.
    """
    given = {"connection_id": connection_id, "person_id": person_id, "holder_id": holder_id, "user_id": user_id}
    about = {name: value for name, value in given.items() if value}
    rows = find_entries(conn, business_id, kinds=kinds, before=before, limit=limit, **about)
    return [
        Recorded(
            row.id,
            row.business_id,
            EntryKind(row.kind),
            row.at,
            row.seq,
            row.content,
            *(getattr(row, name) or "" for name in given),
        )
        for row in rows
    ]
