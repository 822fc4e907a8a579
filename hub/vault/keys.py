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

from hub.core.errors import StateError, UnknownId
from hub.store import keys as store
from hub.store.database import Database
from hub.store.recovery import add_erasure, add_key_copy, find_key_copy
from hub.vault.cipher import KEY_BYTES, Cipher, Place, derive
from hub.vault.door_keys import DoorKeys
from hub.vault.root_ring import DOORS, HASHES, INDEX, RootRing
from hub.vault.roots import Root, Roots
from hub.vault.secret_versions import SecretVersions
from hub.vault.uses import Uses

MARK_SECONDS = 5.0
"""How long a watermark is believed before the key store is read again."""

_REMEMBERED = 4096


class Keyring:
    """The keys of one hub. A process that lacks a root raises Sealed when a key below that root is asked for.

    ``reload`` reads the root files again, when a key is met that a newer root wrapped.
    """

    def __init__(
        self,
        database: Database,
        keystore: Database,
        roots: Roots,
        *,
        clock: Callable[[], int],
        reload: Callable[[], Roots] | None = None,
        uses: Uses | None = None,
    ) -> None:
        self._database = database
        self._keystore = keystore
        self.roots = RootRing(database, roots, reload)
        self.doors = DoorKeys(SecretVersions(database, self.roots, DOORS, clock))
        self._index = SecretVersions(database, self.roots, INDEX, clock)
        self._uses = uses if uses is not None else Uses()
        self._clock = clock
        self._opened: OrderedDict[tuple[Place, int, bytes], Cipher] = OrderedDict()
        self._marks: dict[tuple[str, str], tuple[int, float]] = {}
        self._lock = threading.Lock()

    # Businesses

    def make_business_key(self, conn: sa.Connection, business: str) -> Cipher:
        """Add a version to a business's key, the first or the next; it seals from then on.

        A copy of it is in the key store before the caller commits: keys of people that it wraps must open also over
        data that are put back from before.
        """
        _writing(conn)
        newest = store.find_business_key(conn, business)
        version = 1 if newest is None else newest[0] + 1
        now = self._clock()
        wrapped = self.roots.sealing(conn, Root.DATA).seal(_fresh(), business_place(business), version)
        store.add_business_key(conn, business, version, wrapped, now)
        found = store.find_business_key(conn, business, version)  # read back: another process may have been faster
        assert found is not None
        with self._keystore.writing() as keys:
            add_key_copy(keys, business, *found, now)
        return self.business_key(conn, business, version)

    def business_key(self, conn: sa.Connection, business: str, version: int | None = None) -> Cipher:
        """Return the key of a business, the newest unless a version is given. Raises UnknownId.

        A version that these data do not know may be newer than they are, or than what this transaction sees: its copy
        is in the key store.
        """
        found = store.find_business_key(conn, business, version)
        if found is None and version is not None:
            with self._keystore.reading() as keys:
                copied = find_key_copy(keys, business, version)
            found = None if copied is None else (version, copied)
        if found is None:
            raise UnknownId("key of the business", business)
        return self._unwrap(Root.DATA, business_place(business), *found)

    def sealing_key(self, conn: sa.Connection, business: str) -> Cipher:
        """Return the key with which a business seals, and count the use. Raises UnknownId.

        One that sealed too often is followed by the next version, if ``conn`` is writing.
        """
        cipher = self.business_key(conn, business)
        if is_writing(conn) and self._uses.count(conn, business, "", cipher.version):
            return self.make_business_key(conn, business)
        return cipher

    # People

    def make_person_key(self, conn: sa.Connection, business: str, person: str) -> Cipher:
        """Return the key of a person, made if there is none. ``conn`` is to the main database, writing.

        It is in the key store before the caller commits: a crash leaves a key without a person, never the opposite.
        """
        _writing(conn)
        if store.find_business_key(conn, business) is None:
            self.make_business_key(conn, business)
        above = self.sealing_key(conn, business)
        wrapped = above.seal(_fresh(), person_place(business, person), above.version)
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
        key = self.business_key(conn, business, version).open(wrapped, person_place(business, person), version)
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
            if (business, row.person_id) in wanted:
                if (business, version) in above:
                    cipher = self._unwrap(Root.DATA, business_place(business), version, above[business, version])
                else:
                    cipher = self.business_key(conn, business, version)
                key = cipher.open(row.wrapped, person_place(business, row.person_id), version)
                found[business, row.person_id] = Cipher(key)
        return found

    def destroy_person_key(self, business: str, person: str) -> bool:
        """Destroy the key of a person, and tell whether there was one. What it sealed stays unreadable for ever.

        The person joins the erasure list, by which data that are put back later are brought in order.
        """
        with self._keystore.writing() as keys:
            add_erasure(keys, business, person, self._clock())
            return store.delete_person_key(keys, business, person)

    def index_keys(self, business: str) -> list[bytes]:
        """Return the keys of a business's keyed hashes: the one to write by first, the others to look up by as well."""
        return self._index.keys(business)

    def writes_newest_index(self) -> bool:
        """Look which keys of keyed hashes there are now, and tell whether this process writes by the newest."""
        return self._index.uses_newest()

    def door_key(self, use: str) -> bytes:
        """Return the key with which the doors hash for one use (``network``, ``recovery code``). It is not rotated."""
        return derive(self.roots.secret(HASHES), use.encode())

    # Connections

    def make_connection_key(self, conn: sa.Connection, business: str, connection: str) -> Cipher:
        """Add a version to a connection's key, the first or the next; it seals from then on."""
        _writing(conn)
        newest = store.find_connection_key(conn, business, connection)
        version = 1 if newest is None else newest[0] + 1
        above = self.roots.sealing(conn, Root.CREDENTIAL)
        wrapped = above.seal(_fresh(), connection_place(business, connection), version)
        store.add_connection_key(conn, business, connection, version, wrapped, self._clock())
        return self.unwrap_connection_key(business, connection, version, wrapped)

    def connection_key(self, conn: sa.Connection, business: str, connection: str, *, sealing: bool = False) -> Cipher:
        """Return the newest key of a connection; ``sealing`` counts a use. Raises UnknownId."""
        found = store.find_connection_key(conn, business, connection)
        if found is None:
            raise UnknownId("key of the connection", connection)
        if sealing and self._uses.count(conn, business, connection, found[0]):
            return self.make_connection_key(conn, business, connection)
        return self.unwrap_connection_key(business, connection, *found)

    def unwrap_connection_key(self, business: str, connection: str, version: int, wrapped: bytes) -> Cipher:
        """Return the key of a connection from its row. Raises Tampered."""
        return self._unwrap(Root.CREDENTIAL, connection_place(business, connection), version, wrapped)

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

    def _unwrap(self, root: Root, place: Place, version: int, wrapped: bytes) -> Cipher:
        known = (place, version, wrapped)
        with self._lock:
            if known in self._opened:
                self._opened.move_to_end(known)
                return self._opened[known]
        cipher = Cipher(self.roots.opening(root, wrapped).open(wrapped, place, version), version)
        with self._lock:
            self._opened[known] = cipher
            while len(self._opened) > _REMEMBERED:
                self._opened.popitem(last=False)
        return cipher


def _fresh() -> bytes:
    return secrets.token_bytes(KEY_BYTES)


def business_place(business: str) -> Place:
    """Return where a business's key is sealed for."""
    return Place(business, "business_key", business, "wrapped")


def connection_place(business: str, connection: str) -> Place:
    """Return where a connection's key is sealed for."""
    return Place(business, "connection_key", connection, "wrapped")


def person_place(business: str, person: str) -> Place:
    """Return where a person's key is sealed for."""
    return Place(business, "person_key", person, "wrapped")


def is_writing(conn: sa.Connection) -> bool:
    """Tell whether a transaction is one that commits (`Database.writing`)."""
    return conn.get_execution_options().get("begin") == "IMMEDIATE"


def _writing(conn: sa.Connection) -> None:
    """Refuse to make a key in a transaction that will not commit: what it seals would be lost."""
    if not is_writing(conn):
        raise StateError("A key is made in a writing transaction only; use Database.writing().")
