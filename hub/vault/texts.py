"""Short texts sealed with a business's key: addresses of staff and console users, mails to them, secrets of theirs.

The installation's own are sealed with the agency's key (`store.business.AGENCY`).
"""

from __future__ import annotations

import sqlalchemy as sa

from hub.vault.cipher import Cipher, Place, key_version
from hub.vault.keys import Keyring


def seal_text(conn: sa.Connection, keyring: Keyring, place: Place, text: str) -> bytes:
    """Return a text sealed for a place with the newest key of its business. Raises UnknownId without a key."""
    return keyring.sealing_key(conn, place.business).seal(text.encode(), place, 1)


def open_text(conn: sa.Connection, keyring: Keyring, place: Place, sealed: bytes) -> str:
    """Return the text that was sealed for the place. Raises Tampered when it was sealed for another one."""
    return Opener(conn, keyring).open(place, sealed)


class Opener:
    """Opens many texts in one transaction: the row of each key is read once."""

    def __init__(self, conn: sa.Connection, keyring: Keyring) -> None:
        self._conn, self._keyring = conn, keyring
        self._keys: dict[tuple[str, int], Cipher] = {}

    def open(self, place: Place, sealed: bytes) -> str:
        """Return the text that was sealed for the place. Raises Tampered when it was sealed for another one."""
        key = place.business, key_version(sealed)
        if key not in self._keys:
            self._keys[key] = self._keyring.business_key(self._conn, *key)
        return self._keys[key].open(sealed, place, 1).decode()
