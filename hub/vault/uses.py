"""How often keys sealed: counted in memory, added to the rows about once a minute, and capped.

So no version stands above too much. The envelope sets no limit (each has a key of its own); the former one did, at
2^32 random nonces (NIST SP 800-38D, 8.3). The count is about right: what a process counted since it last added is lost
when it dies.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import Any

import sqlalchemy as sa
from sqlalchemy import select, update

from hub.store.keys import BusinessKey, ConnectionKey

CAP = 2**24
"""How often one version of a key seals before the next one is made."""

ADDED_EVERY = 60.0
"""Seconds for which uses are counted in memory."""


class Uses:
    """Counts uses of keys of businesses and connections (``connection`` empty: of the business)."""

    def __init__(self, *, cap: int = CAP, every: float = ADDED_EVERY) -> None:
        self.cap, self._every = cap, every
        self._counted: Counter[tuple[str, str, int]] = Counter()
        self._added: dict[tuple[str, str, int], float] = {}
        self._lock = threading.Lock()

    def count(self, conn: sa.Connection, business: str, connection: str, version: int) -> bool:
        """Count one use, add what was counted to the row when it is time to, and tell whether the key is used up.

        ``conn`` is writing. A row that somebody else is writing is left for later: nothing waits for a count.
        """
        key = (business, connection, version)
        with self._lock:
            self._counted[key] += 1
            if time.monotonic() - self._added.setdefault(key, time.monotonic()) < self._every:
                return False
        return self._add(conn, key) >= self.cap

    def _add(self, conn: sa.Connection, key: tuple[str, str, int]) -> int:
        business, connection, version = key
        mine: tuple[Any, ...]
        if connection:
            table: Any = ConnectionKey
            mine = (table.business_id == business, table.connection_id == connection, table.version == version)
        else:
            table = BusinessKey
            mine = (table.business_id == business, table.version == version)
        uses = conn.execute(select(table.uses).where(*mine).with_for_update(skip_locked=True)).scalar_one_or_none()
        if uses is None:
            return 0
        with self._lock:
            more, self._added[key] = self._counted.pop(key, 0), time.monotonic()
        conn.execute(update(table).where(*mine).values(uses=uses + more))
        return int(uses) + more
