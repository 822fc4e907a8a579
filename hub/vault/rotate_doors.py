"""Rotate the keys with which the doors sign: a new version beside the old, which verifies until it is destroyed.

What the doors hash with (networks, recovery codes, codes in mails) was the same key once. It stays, under a name of its
own, and signs nothing.
"""

from __future__ import annotations

import secrets

from hub.store.crash import CrashPoint, crash_point
from hub.store.keys import add_root_secret, delete_root_secret, list_root_secrets
from hub.vault.cipher import KEY_BYTES
from hub.vault.door_keys import DOORS, number_of
from hub.vault.root_ring import HASHES, place_of
from hub.vault.roots import Root
from hub.vault.rotate import Vault


def make_door_version(vault: Vault, since: int, now: int) -> int:
    """Make the next version, unless the newest is from after an instant, and return how many were made."""
    roots = vault.keyring.roots
    kept = {name: roots.secret(name) for name in (DOORS, HASHES)}
    with vault.database.writing() as conn:
        above = roots.sealing(conn, Root.DATA)

        def keep(name: str, secret: bytes, at: int) -> None:
            add_root_secret(conn, name, above.seal(secret, place_of(name), 1), at)

        rows = list_root_secrets(conn, DOORS)
        newest = max((number_of(row.name) for row in rows), default=1)
        if any(number_of(row.name) > 1 and row.made_at >= since for row in rows):
            return 0
        keep(HASHES, kept[HASHES], now)
        if not rows:
            keep(DOORS, kept[DOORS], 0)
        keep(f"{DOORS}.{newest + 1}", secrets.token_bytes(KEY_BYTES), now)
    crash_point(CrashPoint.ROTATE_DOORS_MADE)
    return 1


def destroy_door_versions(vault: Vault) -> int:
    """Destroy all versions but the newest, and return how many went. What they signed is worth nothing then."""
    with vault.database.writing() as conn:
        rows = list_root_secrets(conn, DOORS)
        newest = max(number_of(row.name) for row in rows)
        old = [row.name for row in rows if number_of(row.name) < newest]
        for name in old:
            delete_root_secret(conn, name)
    crash_point(CrashPoint.ROTATE_DOORS_DESTROYED)
    return len(old)
