"""Rotate a secret below the data root: a new version beside the old one, which is accepted until it is destroyed.

What the doors hash with (networks, recovery codes, codes in mails) was once the same as what they sign with. It stays,
under a name of its own, and signs nothing.
"""

from __future__ import annotations

import secrets

from hub.store.crash import CrashPoint, crash_point
from hub.store.keys import add_root_secret, delete_root_secret, list_root_secrets
from hub.vault.cipher import KEY_BYTES
from hub.vault.root_ring import DOORS, HASHES, place_of
from hub.vault.roots import Root
from hub.vault.rotate import Vault
from hub.vault.secret_versions import number_of


def make_secret_version(vault: Vault, name: str, since: int, now: int) -> int:
    """Make the next version, unless one was made from an instant on, and return how many were made."""
    roots = vault.keyring.roots
    kept = {one: roots.secret(one) for one in (name, HASHES)}
    with vault.database.writing() as conn:
        above = roots.sealing(conn, Root.DATA)

        def keep(one: str, secret: bytes, at: int) -> None:
            add_root_secret(conn, one, above.seal(secret, place_of(one), 1), at)

        rows = list_root_secrets(conn, name)
        newest = max((number_of(row.name) for row in rows), default=1)
        if any(number_of(row.name) > 1 and row.made_at >= since for row in rows):
            return 0
        if name == DOORS:
            keep(HASHES, kept[HASHES], now)
        if not rows:
            keep(name, kept[name], 0)
        keep(f"{name}.{newest + 1}", secrets.token_bytes(KEY_BYTES), now)
    crash_point(CrashPoint.ROTATE_VERSION_MADE)
    return 1


def destroy_secret_versions(vault: Vault, name: str) -> int:
    """Destroy all versions but the newest, and return how many went."""
    with vault.database.writing() as conn:
        rows = list_root_secrets(conn, name)
        newest = max(number_of(row.name) for row in rows)
        old = [row.name for row in rows if number_of(row.name) < newest]
        for one in old:
            delete_root_secret(conn, one)
    crash_point(CrashPoint.ROTATE_VERSION_DESTROYED)
    return len(old)
