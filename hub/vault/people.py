"""A person's fields: sealed with a key of their own, and found by keyed hash.

Destroying the person's key makes every field unreadable, in backups too. A keyed hash finds a person by a canonical
number or address without storing it; the key is the business's own, so two businesses cannot compare.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256

import sqlalchemy as sa

from hub.vault.cipher import Cipher, Place
from hub.vault.keys import Keyring


@dataclass(frozen=True, slots=True, repr=False)
class PersonFields:
    """Seals and opens the fields of one person; holds the person's key, so keep it no longer than the request."""

    business: str
    person: str
    cipher: Cipher

    def seal(self, field: str, text: str, version: int, *, table: str = "person", row: str | None = None) -> bytes:
        """Return a text sealed for that field. ``version`` is the row's own; ``row`` is the person unless given."""
        return self.cipher.seal(text.encode(), self._place(table, row, field), version)

    def open(self, field: str, sealed: bytes, version: int, *, table: str = "person", row: str | None = None) -> str:
        """Return the text of a field. Raises Tampered when it was sealed for another place or version."""
        return self.cipher.open(sealed, self._place(table, row, field), version).decode()

    def _place(self, table: str, row: str | None, field: str) -> Place:
        # Fields of other tables (a message, say) are bound to the person as well as to their own row.
        return Place(self.business, table, f"{self.person}/{row if row is not None else self.person}", field)


def new_person_fields(conn: sa.Connection, keyring: Keyring, business: str, person: str) -> PersonFields:
    """Return what seals a person's fields, making their key if there is none. ``conn`` is writing."""
    return PersonFields(business, person, keyring.make_person_key(conn, business, person))


def person_fields(conn: sa.Connection, keyring: Keyring, business: str, person: str) -> PersonFields:
    """Return what seals and opens a person's fields. Raises UnknownId when the person was erased."""
    return PersonFields(business, person, keyring.person_key(conn, business, person))


def fields_of_many(
    conn: sa.Connection, keyring: Keyring, wanted: Collection[tuple[str, str]]
) -> dict[tuple[str, str], PersonFields]:
    """Return what opens the fields of many people, by (business, person); those who were erased are missing."""
    keys = keyring.person_keys(conn, wanted)
    return {(business, person): PersonFields(business, person, key) for (business, person), key in keys.items()}


def keyed_hash(keyring: Keyring, business: str, kind: str, canonical: str) -> str:
    """Return what a canonical text (``hub.identity``) is stored as, in hexadecimal.

    ``kind`` (``phone``, ``email``) keeps equal texts of different kinds apart.
    """
    return keyed_hashes(keyring, business, kind, canonical)[0]


def keyed_hashes(keyring: Keyring, business: str, kind: str, canonical: str) -> list[str]:
    """Return all that a canonical text may be stored as: more than the one to write, while the keys are rotated."""
    content = len(kind).to_bytes(4, "big") + kind.encode() + canonical.encode()
    return [hmac.digest(key, content, sha256).hex() for key in keyring.index_keys(business)]
