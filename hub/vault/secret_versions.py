"""The versions of a secret below the data root: the newest is used, all are accepted, until one is destroyed.

A new version is accepted as soon as it is there and used a minute later: by then every process has read it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from hub.store.database import Database
from hub.store.keys import list_root_secrets
from hub.vault.cipher import derive
from hub.vault.root_ring import RootRing, place_of
from hub.vault.roots import Root

USED_AFTER = 60
"""Seconds from when a version was made until it is used."""

READ_AGAIN = 5.0
"""Seconds after which a process looks again which versions there are."""


class SecretVersions:
    """The versions of one of `root_ring.SECRETS` as a process has them."""

    def __init__(self, database: Database, roots: RootRing, name: str, clock: Callable[[], int]) -> None:
        self._database = database
        self._roots = roots
        self._name = name
        self._clock = clock
        self._versions: tuple[tuple[int, bytes], ...] = ()  # since when each is there, the oldest first
        self._read_at = -READ_AGAIN
        self._derived: dict[tuple[bytes, str], bytes] = {}
        self._lock = threading.Lock()

    def keys(self, use: str) -> list[bytes]:
        """Return what each version gives for one use, first that of the newest which is used by now."""
        if time.monotonic() - self._read_at >= READ_AGAIN:
            self._read()
        versions, used = self._versions, self._used()
        return [self._key(used, use), *(self._key(secret, use) for _, secret in versions if secret != used)]

    def uses_newest(self) -> bool:
        """Look which versions there are now, and tell whether this process uses the newest of them."""
        self._read()
        return self._used() == self._versions[-1][1]

    def _used(self) -> bytes:
        ripe = self._clock() - USED_AFTER
        return next((secret for made_at, secret in reversed(self._versions) if made_at <= ripe), self._versions[0][1])

    def _key(self, secret: bytes, use: str) -> bytes:
        known = self._derived.get((secret, use))
        if known is None:
            known = self._derived[secret, use] = derive(secret, use.encode())
        return known

    def _read(self) -> None:
        with self._database.reading() as conn:
            rows = list_root_secrets(conn, self._name)
        found = []
        for row in sorted(rows, key=lambda row: number_of(row.name)):
            above = self._roots.opening(Root.DATA, row.wrapped)
            found.append((row.made_at, above.open(row.wrapped, place_of(row.name), 1)))
        if not found:  # none was made yet: there is what comes from the data root
            found = [(0, self._roots.secret(self._name))]
        with self._lock:
            self._versions, self._read_at = tuple(found), time.monotonic()
            secrets = {secret for _, secret in found}
            self._derived = {key: known for key, known in self._derived.items() if key[0] in secrets}


def number_of(name: str) -> int:
    """Return which version a row is; the first one has no number in its name."""
    return int(name.partition(".")[2] or 1)
