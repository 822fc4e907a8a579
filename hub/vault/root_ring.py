"""The roots as a process has them: which one seals, and which one opens what an older or newer one sealed.

While a root is rotated two are accepted. A process that meets a key under a root that it has not seen reads the files
again, so nothing has to be started anew.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import sqlalchemy as sa

from hub.core.errors import Sealed
from hub.store.database import Database
from hub.store.keys import find_root_secret, list_root_checks
from hub.vault.cipher import Cipher, Place, derive, key_version
from hub.vault.roots import Root, Roots, is_root

INDEX, HASHES, DOORS = "index", "hashes", "doors"
SECRETS = {INDEX: b"hub index", HASHES: b"hub doors", DOORS: b"hub doors"}
"""What is derived from the data root, and kept when that is rotated: links and keyed hashes stay what they are.

The doors hash by what they once signed by: the two part when the latter is rotated.
"""

_log = logging.getLogger(__name__)


class RootRing:
    """Finds the root of a generation. ``reload`` reads the root files again; without it what was given is all."""

    def __init__(self, database: Database, roots: Roots, reload: Callable[[], Roots] | None = None) -> None:
        self._database = database
        self._roots = roots
        self._reload = reload
        self._known: dict[tuple[Root, int], Cipher] = {}
        self._secrets: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def opening(self, root: Root, wrapped: bytes) -> Cipher:
        """Return the root that an envelope names. Raises Sealed where this process has none of that kind.

        What names a generation that there is not is given the present one, which does not open it.
        """
        self._require(root)
        generation = key_version(wrapped)
        if (root, generation) not in self._known:
            with self._database.reading() as conn:
                rows = list_root_checks(conn, root)
            self._learn(root, rows)
            if (root, generation) not in self._known and any(row.generation == generation for row in rows):
                self._read_again(root, rows)
        return self._known.get((root, generation)) or self._any(root)

    def sealing(self, conn: sa.Connection, root: Root) -> Cipher:
        """Return the newest root. ``conn`` is writing, and keeps that one the newest until it ends."""
        self._require(root)
        rows = list_root_checks(conn, root, shared=True)
        if not rows:
            return self._any(root)
        newest = (root, int(rows[0].generation))
        if newest not in self._known:
            self._learn(root, rows)
        if newest not in self._known:
            self._read_again(root, rows)
        if newest not in self._known:
            raise Sealed(
                f"The {root} root key was rotated, and this process cannot read the new file. See that it lies where "
                "the setting says, or start this process anew.",
                code="root_missing",
            )
        return self._known[newest]

    def secret(self, name: str) -> bytes:
        """Return one of `SECRETS`: kept under the data root, or derived from it before that was ever rotated."""
        if name not in self._secrets:
            self._require(Root.DATA)
            kept, wrapped = name, None
            with self._database.reading() as conn:
                for kept in (HASHES, DOORS) if name == HASHES else (name,):
                    wrapped = find_root_secret(conn, kept)
                    if wrapped is not None:
                        break
            if wrapped is not None:
                self._secrets[name] = self.opening(Root.DATA, wrapped).open(wrapped, place_of(kept), 1)
            else:
                assert self._roots.data is not None
                self._secrets[name] = derive(self._roots.data, SECRETS[name])
        return self._secrets[name]

    def _require(self, root: Root) -> None:
        if not self._roots.every(root):
            raise Sealed(f"This process has no {root} root key, so it cannot do this; ask the process that has it.")

    def _any(self, root: Root) -> Cipher:
        """Return the present root where the database knows none yet, and for what no root opens."""
        generations = [number for one, number in self._known if one is root]
        if generations:
            return self._known[root, max(generations)]
        return Cipher(self._roots.every(root)[0])

    def _learn(self, root: Root, rows: list[sa.Row[tuple[object, ...]]]) -> None:
        """Find out which generation each of our keys is."""
        for row in rows:
            for key in self._roots.every(root):
                if (root, row.generation) not in self._known and is_root(key, root, row.salt, row.check):
                    with self._lock:
                        self._known[root, row.generation] = Cipher(key, row.generation)

    def _read_again(self, root: Root, rows: list[sa.Row[tuple[object, ...]]]) -> None:
        if self._reload is None:
            return
        try:
            self._roots = self._reload()
        except Sealed as error:
            _log.error("roots: %s", error.code)
            return
        self._learn(root, rows)


def place_of(name: str) -> Place:
    """Return where a secret that outlives its root is sealed for."""
    return Place("", "root_secret", name, "wrapped")
