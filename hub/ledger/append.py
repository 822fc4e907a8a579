"""Append to the ledger: in the transaction of what is recorded, so that neither is there without the other."""

from __future__ import annotations

import secrets

import sqlalchemy as sa

from hub.core.ledger import SALT, Content, Entry, EntryKind, commitment
from hub.store.ids import new_id
from hub.store.ledger import add_entry


def append(
    conn: sa.Connection,
    business_id: str,
    kind: EntryKind,
    content: Content,
    *,
    at: int,
    connection_id: str = "",
    person_id: str = "",
    holder_id: str = "",
    user_id: str = "",
) -> str:
    """Record that something happened, and return the entry's id. ``conn`` is writing what it records.

    ``content`` holds ids, codes, counts, instants and hashes in lower case; ``at`` is in UTC seconds, and the ids say
    whom and what it is about. What belongs to the installation is an entry of the agency
    (`hub.store.business.AGENCY`). Raises InputError for other content, before anything is written; when the store
    cannot take the entry, the whole transaction fails.
    """
    entry = Entry(new_id(), business_id, kind, at, content, connection_id, person_id, holder_id, user_id)
    salt = secrets.token_bytes(SALT)
    add_entry(conn, entry, commitment(entry, salt), salt)
    return entry.id
