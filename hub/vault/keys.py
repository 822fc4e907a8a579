"""The keyring: every key below the roots, made, found and destroyed.

Data root > a key per business (versions) > a key per person, in the key store. Credential root > a key per connection.
Rows are always read; only their unwrapping is remembered, so a deleted row ends the key in every process.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection

import sqlalchemy as sa

from hub.core.errors import Sealed, StateError, UnknownId
from hub.store import keys as store
from hub.store.database import Database
from hub.vault.cipher import KEY_BYTES, Cipher, Place, derive
from hub.vault.roots import Root, Roots

MARK_SECONDS = 5.0
"""How long a watermark is believed before the key store is read again."""

_REMEMBERED = 4096


class Keyring:
    """The keys of one hub. A process that lacks a root raises Sealed when a key below that root is asked for."""

    def __init__(self, database: Database, keystore: Database, roots: Roots, *, clock: Callable[[], int]) -> None:
        self._database = database
        self._keystore = keystore
        self._roots = {root: Cipher(key) for root in Root if (key := roots.get(root)) is not None}
        self._index = None if roots.data is None else derive(roots.data, b"hub index")
        self._doors = None if roots.data is None else derive(roots.data, b"hub doors")
        self._clock = clock
        self._opened: OrderedDict[tuple[Place, int, bytes], Cipher] = OrderedDict()
        self._marks: dict[tuple[str, str], tuple[int, float]] = {}
        self._lock = threading.Lock()

    # Businesses

    def make_business_key(self, conn: sa.Connection, business: str) -> Cipher:
        """Add a version to a business's key, the first or the next; it seals from then on."""
        _writing(conn)
        newest = store.find_business_key(conn, business)
        version = 1 if newest is None else newest[0] + 1
        wrapped = self._root(Root.DATA).seal(_fresh(), _business(business), version)
        store.add_business_key(conn, business, version, wrapped, self._clock())
        return self.business_key(conn, business, version)  # read back: another process may have been faster

    def business_key(self, conn: sa.Connection, business: str, version: int | None = None) -> Cipher:
        """Return the key of a business, the newest unless a version is given. Raises UnknownId."""
        found = store.find_business_key(conn, business, version)
        if found is None:
            raise UnknownId("key of the business", business)
        return self._unwrap(self._root(Root.DATA), _business(business), *found)

    # People

    def make_person_key(self, conn: sa.Connection, business: str, person: str) -> Cipher:
        """Return the key of a person, made if there is none. ``conn`` is to the main database, writing.

        It is in the key store before the caller commits: a crash leaves a key without a person, never the opposite.
        """
        _writing(conn)
        if store.find_business_key(conn, business) is None:
            self.make_business_key(conn, business)
        above = self.business_key(conn, business)
        wrapped = above.seal(_fresh(), _person(business, person), above.version)
        with self._keystore.writing() as keys:
            store.add_person_key(keys, business, person, above.version, wrapped, self._clock())
        return self.person_key(conn, business, person)

    def person_key(self, conn: sa.Connection, business: str, person: str) -> Cipher:
        """Return the key of a person. Raises UnknownId when there is none (any more): the person was erased."""
        with self._keystore.reading() as keys:
            found = store.find_person_key(keys, business, person)
        if found is None:
            raise UnknownId("key of the person", person)
        version, wrapped = found
        key = self.business_key(conn, business, version).open(wrapped, _person(business, person), version)
        return Cipher(key)

    def person_keys(self, conn: sa.Connection, wanted: Collection[tuple[str, str]]) -> dict[tuple[str, str], Cipher]:
        """Return the keys of many people by (business, person), in two queries. Those who were erased are missing."""
        businesses, people = {one for one, _ in wanted}, {one for _, one in wanted}
        with self._keystore.reading() as keys:
            rows = store.list_person_keys(keys, businesses, people)
        above = store.list_business_keys(conn, businesses)
        found: dict[tuple[str, str], Cipher] = {}
        for row in rows:
            business, version = row.business_id, row.business_key_version
            if (business, row.person_id) in wanted and (business, version) in above:
                cipher = self._unwrap(self._root(Root.DATA), _business(business), version, above[business, version])
                key = cipher.open(row.wrapped, _person(business, row.person_id), version)
                found[business, row.person_id] = Cipher(key)
        return found

    def destroy_person_key(self, business: str, person: str) -> bool:
        """Destroy the key of a person, and tell whether there was one. What it sealed stays unreadable for ever."""
        with self._keystore.writing() as keys:
            return store.delete_person_key(keys, business, person)

    def index_key(self, business: str) -> bytes:
        """Return the key of a business's keyed hashes."""
        if self._index is None:
            raise _without(Root.DATA)
        return derive(self._index, business.encode())

    def door_key(self, use: str) -> bytes:
        """Return the key with which the doors sign or hash for one use (``customer link``, ``form``, ``network``)."""
        if self._doors is None:
            raise _without(Root.DATA)
        return derive(self._doors, use.encode())

    # Connections

    def make_connection_key(self, conn: sa.Connection, business: str, connection: str) -> Cipher:
        """Add a version to a connection's key, the first or the next; it seals from then on."""
        _writing(conn)
        newest = store.find_connection_key(conn, business, connection)
        version = 1 if newest is None else newest[0] + 1
        wrapped = self._root(Root.CREDENTIAL).seal(_fresh(), _connection(business, connection), version)
        store.add_connection_key(conn, business, connection, version, wrapped, self._clock())
        return self.unwrap_connection_key(business, connection, version, wrapped)

    def connection_key(self, conn: sa.Connection, business: str, connection: str) -> Cipher:
        """Return the newest key of a connection. Raises UnknownId."""
        found = store.find_connection_key(conn, business, connection)
        if found is None:
            raise UnknownId("key of the connection", connection)
        return self.unwrap_connection_key(business, connection, *found)

    def unwrap_connection_key(self, business: str, connection: str, version: int, wrapped: bytes) -> Cipher:
        """Return the key of a connection from its row. Raises Tampered."""
        return self._unwrap(self._root(Root.CREDENTIAL), _connection(business, connection), version, wrapped)

    # Watermarks

    def watermark(self, business: str, connection: str) -> int:
        """Return the highest version that a connection's credential has reached, 0 for none.

        What another process raised within the last seconds may be missing; what this one knows never is.
        """
        key = (business, connection)
        version, read = self._marks.get(key, (0, -MARK_SECONDS))
        if time.monotonic() - read < MARK_SECONDS:
            return version
        with self._keystore.reading() as keys:
            found = store.find_watermark(keys, business, connection)
        return self._remember_mark(key, found)

    def raise_watermark(self, business: str, connection: str, version: int) -> None:
        """Note that a credential reached a version. Call it after the commit: too low is safe, too high is not."""
        with self._keystore.writing() as keys:
            store.raise_watermark(keys, business, connection, version)
        self._remember_mark((business, connection), version)

    def _remember_mark(self, key: tuple[str, str], version: int) -> int:
        with self._lock:
            version = max(version, self._marks.get(key, (0, 0.0))[0])
            self._marks[key] = (version, time.monotonic())
        return version

    def _root(self, root: Root) -> Cipher:
        cipher = self._roots.get(root)
        if cipher is None:
            raise _without(root)
        return cipher

    def _unwrap(self, above: Cipher, place: Place, version: int, wrapped: bytes) -> Cipher:
        known = (place, version, wrapped)
        with self._lock:
            if known in self._opened:
                self._opened.move_to_end(known)
                return self._opened[known]
        cipher = Cipher(above.open(wrapped, place, version), version)
        with self._lock:
            self._opened[known] = cipher
            while len(self._opened) > _REMEMBERED:
                self._opened.popitem(last=False)
        return cipher


def _fresh() -> bytes:
    return secrets.token_bytes(KEY_BYTES)


def _business(business: str) -> Place:
    return Place(business, "business_key", business, "wrapped")


def _connection(business: str, connection: str) -> Place:
    return Place(business, "connection_key", connection, "wrapped")


def _person(business: str, person: str) -> Place:
    return Place(business, "person_key", person, "wrapped")


def _without(root: Root) -> Sealed:
    return Sealed(f"This process has no {root} root key, so it cannot do this; ask the process that has it.")


def _writing(conn: sa.Connection) -> None:
    """Refuse to make a key in a transaction that will not commit: what it seals would be lost."""
    if conn.get_execution_options().get("begin") != "IMMEDIATE":
        raise StateError("A key is made in a writing transaction only; use Database.writing().")
