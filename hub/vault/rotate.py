"""Rotate the keys below the roots: of businesses, with the people's keys and the texts below them, and of connections.

Every step is a short transaction that can be repeated. Old versions open until they are destroyed, which happens only
when nothing names them and every transaction that may have read by them is long over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hub.core.errors import Tampered, UnknownId
from hub.store.business import AGENCY
from hub.store.connection import find_for_call
from hub.store.crash import CrashPoint, crash_point
from hub.store.database import Database
from hub.store.keys import find_business_key
from hub.store.recovery import add_key_copy, delete_key_copies, list_key_copies
from hub.store.rotation import (
    all_business_keys,
    connection_key_age,
    connections_with_keys,
    delete_business_key,
    delete_connection_key_versions,
    lock_connection,
    newest_versions,
    old_versions,
    people_under_old_keys,
    put_people_keys,
    put_resealed,
)
from hub.vault.cipher import Cipher
from hub.vault.credentials import credential_place
from hub.vault.keys import Keyring, person_place
from hub.vault.sealed_texts import Batch, is_needed, reseal, reseal_pending, texts_of


@dataclass(frozen=True, slots=True)
class Vault:
    """What a rotation works on."""

    database: Database
    keystore: Database
    keyring: Keyring


def copy_business_keys(database: Database, keystore: Database) -> int:
    """Keep copies of the businesses' keys in the key store that are not there yet, and return how many were added."""
    with keystore.reading() as keys:
        there = {(row.business_id, row.version) for row in list_key_copies(keys)}
    with database.reading() as conn:
        missing = [row for row in all_business_keys(conn) if (row.business_id, row.version) not in there]
    if missing:
        with keystore.writing() as keys:
            for row in missing:
                add_key_copy(keys, row.business_id, row.version, row.wrapped, row.made_at)
    return len(missing)


def make_versions(vault: Vault, since: int) -> Iterator[int]:
    """Make the next version of the key of each business whose newest is from before an instant, one a step."""
    with vault.database.reading() as conn:
        old = [business for business, (_, made_at) in newest_versions(conn).items() if made_at < since]
    for business in old:
        with vault.database.writing() as conn:
            vault.keyring.make_business_key(conn, business)
        crash_point(CrashPoint.ROTATE_KEY_MADE)
        yield 1


def rewrap_people(vault: Vault, limit: int) -> Iterator[Batch]:
    """Wrap the keys of people by the newest key of their business, a batch a step."""
    for business in _businesses(vault):
        after: str | None = ""
        while after is not None:
            batch = _people(vault, business, after, limit)
            if batch.done:
                crash_point(CrashPoint.ROTATE_PEOPLE_AFTER_COMMIT)
            yield batch
            after = batch.last


def reseal_texts(vault: Vault, limit: int) -> Iterator[Batch]:
    """Seal the texts of staff and users anew with the newest key of their business, a batch a step."""
    for business in _businesses(vault):
        for text in texts_of(business):
            after: str | None = ""
            while after is not None:
                with vault.database.writing() as conn:
                    newest = vault.keyring.business_key(conn, business)
                    batch = reseal(conn, vault.keyring, text, business, newest, after, limit)
                    if batch.done:
                        crash_point(CrashPoint.ROTATE_TEXTS_BEFORE_COMMIT)
                if batch.done:
                    crash_point(CrashPoint.ROTATE_TEXTS_AFTER_COMMIT)
                yield batch
                after = batch.last
        if business == AGENCY:
            with vault.database.writing() as conn:
                batch = reseal_pending(conn, vault.keyring, vault.keyring.business_key(conn, business))
            yield batch


def destroy_versions(vault: Vault) -> Iterator[tuple[str, int]]:
    """Destroy the versions of each business's key that nothing names, and yield businesses and how many went.

    Where something still names one (it was written meanwhile, or does not open), all are kept for the next time.
    """
    for business in _businesses(vault):
        count = 0
        with vault.database.writing() as conn:
            newest = find_business_key(conn, business)
            assert newest is not None
            old = old_versions(conn, business)
            if old and not is_needed(conn, business, newest[0]) and not _people_left(vault, business, newest[0]):
                for version in old:
                    delete_business_key(conn, business, version)
                count = len(old)
            kept = old_versions(conn, business)
        if count:
            crash_point(CrashPoint.ROTATE_KEY_DESTROYED)
        if not kept:
            with vault.keystore.writing() as keys:
                delete_key_copies(keys, business, newest[0])
        yield business, count


def renew_connections(vault: Vault, since: int) -> Iterator[Batch]:
    """Make the next key of each connection whose newest is from before an instant, and seal its credential by it.

    The old version goes in the same transaction: a call reads credential and key at once. The credential keeps its
    own version, for it is the same one, and calls under way compare that with the watermark.
    """
    after = ("", "")
    while True:
        with vault.database.reading() as conn:
            found = connections_with_keys(conn, after, 200)
        if not found:
            return
        for business, connection in found:
            yield _renew(vault, business, connection, since)
        after = found[-1]


def _renew(vault: Vault, business: str, connection: str, since: int) -> Batch:
    keyring = vault.keyring
    with vault.database.writing() as conn:
        lock_connection(conn, business, connection)
        row = find_for_call(conn, business, connection)
        if row is None or row.sealed is None or connection_key_age(conn, business, connection) >= since:
            return Batch(0)
        place = credential_place(business, connection)
        if row.wrapped is None:
            return Batch(0, broken=1)
        try:
            old = keyring.unwrap_connection_key(business, connection, row.key_version, row.wrapped)
            content = old.open(row.sealed, place, row.version)
        except Tampered:
            return Batch(0, broken=1)
        cipher = keyring.make_connection_key(conn, business, connection)
        sealed = cipher.seal(content, place, row.version)
        put_resealed(conn, business, connection, row.version, cipher.version, sealed)
        delete_connection_key_versions(conn, business, connection, below=cipher.version)
        crash_point(CrashPoint.ROTATE_CONNECTION_BEFORE_COMMIT)
    crash_point(CrashPoint.ROTATE_CONNECTION_AFTER_COMMIT)
    return Batch(1)


def _people(vault: Vault, business: str, after: str, limit: int) -> Batch:
    keyring, above = vault.keyring, dict[int, Cipher]()
    with vault.database.reading() as conn:
        newest = keyring.business_key(conn, business)
    with vault.keystore.writing() as keys:
        rows = people_under_old_keys(keys, business, newest.version, after, limit)
        wrapped = {}
        for row in rows:
            try:
                version = row.business_key_version
                if version not in above:
                    with vault.database.reading() as conn:
                        above[version] = keyring.business_key(conn, business, version)
                place = person_place(business, row.person_id)
                wrapped[row.person_id] = newest.seal(
                    above[version].open(row.wrapped, place, version), place, newest.version
                )
            except (Tampered, UnknownId):  # it did not open before either: it stays as it is
                continue
        if wrapped:
            put_people_keys(keys, business, newest.version, wrapped)
            crash_point(CrashPoint.ROTATE_PEOPLE_BEFORE_COMMIT)
    return Batch(len(wrapped), len(rows) - len(wrapped), rows[-1].person_id if rows else None)


def _people_left(vault: Vault, business: str, newest: int) -> bool:
    with vault.keystore.reading() as keys:
        return bool(people_under_old_keys(keys, business, newest, "", 1))


def _businesses(vault: Vault) -> list[str]:
    with vault.database.reading() as conn:
        return sorted(newest_versions(conn))
