"""Rotate a root: a new file beside the old one, every key below wrapped anew, then the new one in the old one's place.

Both are accepted until the end. What was derived from the data root is kept under the new one, so links that people
have and keyed hashes stay what they are.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase

from hub.core.errors import Sealed, StateError, Tampered
from hub.settings import Settings
from hub.store.crash import CrashPoint, crash_point
from hub.store.database import Database
from hub.store.keys import (
    BusinessKey,
    ConnectionKey,
    RootSecret,
    add_root_check,
    add_root_secret,
    delete_root_check,
    list_root_checks,
    list_root_secrets,
)
from hub.store.provider_setting import ProviderSetting
from hub.store.recovery import BusinessKeyCopy
from hub.store.rotation import keys_under_another_root, put_wrapped, take_next_root
from hub.vault.cipher import Cipher, Place
from hub.vault.keys import business_place, connection_place
from hub.vault.provider_settings import settings_place
from hub.vault.root_ring import DOORS, INDEX, SECRETS, place_of
from hub.vault.roots import Root, is_root, make_root_file, next_file, read_root, root_check, root_file
from hub.vault.rotate import Vault
from hub.vault.sealed_texts import Batch

_BATCH = 200


def begin_root(vault: Vault, settings: Settings, root: Root, now: int) -> None:
    """Make the next root file and let every process know of it. Raises Sealed if another file lies there."""
    file = next_file(settings, root)
    if not os.path.lexists(file):
        make_root_file(file, root)
    crash_point(CrashPoint.ROOT_FILE_MADE)
    key = read_root(file, root)
    assert key is not None
    kept = {name: vault.keyring.roots.secret(name) for name in SECRETS} if root is Root.DATA else {}
    with vault.database.writing() as conn:
        for name in (INDEX, DOORS):
            if list_root_secrets(conn, name):  # the first one may be destroyed by now
                kept.pop(name, None)
        checks = {row.root: row for row in list_root_checks(conn, root, locked=True)}
        if root.value not in checks:
            raise StateError(f"The database does not know its {root} root key yet; start the hub once.")
        known = checks.get(f"{root}.next")
        if known is None:
            generation = checks[root.value].generation + 1
            salt = secrets.token_bytes(16)
            delete_root_check(conn, f"{root}.old")
            add_root_check(conn, f"{root}.next", salt, root_check(key, root, salt), generation)
            for name, secret in kept.items():
                add_root_secret(conn, name, Cipher(key, generation).seal(secret, place_of(name), 1), now)
        elif not is_root(key, root, known.salt, known.check):
            raise Sealed(
                f"The file {str(file)!r} is not the {root} root key whose rotation is under way. Bring that one back.",
                code="root_wrong",
            )
    crash_point(CrashPoint.ROOT_NEXT_KNOWN)


def rewrap_keys(vault: Vault, root: Root) -> Iterator[Batch]:
    """Wrap everything below a root by the next one, a batch a step."""
    with vault.database.writing() as conn:
        above = vault.keyring.roots.sealing(conn, root)
    for database, table in _below(vault, root):
        with database.reading() as conn:
            rows = keys_under_another_root(conn, table, above.version)
        for first in range(0, len(rows), _BATCH):
            with database.writing() as conn:
                batch = _rewrap(vault, conn, table, root, above, rows[first : first + _BATCH])
            crash_point(CrashPoint.ROOT_WRAPPED)
            yield batch


def take_root(vault: Vault, root: Root) -> None:
    """Let the next root be the root, once nothing is wrapped by the old one. Does nothing if that was done."""
    with vault.database.writing() as conn:
        checks = {row.root for row in list_root_checks(conn, root, locked=True)}
        if f"{root}.next" in checks:
            above = vault.keyring.roots.sealing(conn, root)
            for database, table in _below(vault, root):
                if database is vault.database:  # what was made while the others were wrapped; nothing more can come
                    _rewrap(vault, conn, table, root, above, keys_under_another_root(conn, table, above.version))
            take_next_root(conn, root)
    crash_point(CrashPoint.ROOT_TAKEN)


def put_in_place(settings: Settings, root: Root, started_at: int) -> Path:
    """Put the next root file in the place of the old one, which is kept beside it, and return where."""
    file, following = root_file(settings, root), next_file(settings, root)
    kept = file.with_name(f"{file.name}.old-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(started_at))}")
    if os.path.lexists(following):
        if not os.path.lexists(kept):
            os.link(file, kept)
        crash_point(CrashPoint.ROOT_OLD_KEPT)
        following.replace(file)
        _sync(file.parent)
    return kept


def old_files(settings: Settings, root: Root) -> list[Path]:
    """Return the files of former roots that are still kept."""
    file = root_file(settings, root)
    return sorted(file.parent.glob(f"{file.name}.old-*")) if file.parent.is_dir() else []


def give_up_old(vault: Vault, settings: Settings, root: Root) -> list[Path]:
    """Delete the files of former roots, and return which. Raises StateError while something is wrapped by them."""
    with vault.database.writing() as conn:
        checks = {row.root: row for row in list_root_checks(conn, root, locked=True)}
        if f"{root}.next" in checks or os.path.lexists(next_file(settings, root)):
            raise StateError(f"The {root} root key is being rotated; let that end first: hub rotate --root {root}.")
        delete_root_check(conn, f"{root}.old")
    found = old_files(settings, root)
    for file in found:
        file.unlink()
    return found


def _below(vault: Vault, root: Root) -> tuple[tuple[Database, type[DeclarativeBase]], ...]:
    if root is Root.CREDENTIAL:
        return (vault.database, ConnectionKey), (vault.database, ProviderSetting)
    return (vault.database, BusinessKey), (vault.database, RootSecret), (vault.keystore, BusinessKeyCopy)


def _rewrap(
    vault: Vault, conn: sa.Connection, table: type[DeclarativeBase], root: Root, above: Cipher, rows: list[sa.Row[Any]]
) -> Batch:
    done = broken = 0
    for row in rows:
        place, version = _bound(table, row)
        try:
            key = vault.keyring.roots.opening(root, row.wrapped).open(row.wrapped, place, version)
        except Tampered:  # it did not open before either: it stays as it is
            broken += 1
            continue
        done += put_wrapped(conn, table, row, above.seal(key, place, version))
    return Batch(done, broken)


def _bound(table: type[DeclarativeBase], row: sa.Row[Any]) -> tuple[Place, int]:
    """Return what a wrapped key is bound to."""
    if table is RootSecret:
        return place_of(row.name), 1
    if table is ProviderSetting:
        return settings_place(row.provider), row.version
    if table is ConnectionKey:
        return connection_place(row.business_id, row.connection_id), row.version
    return business_place(row.business_id), row.version


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
