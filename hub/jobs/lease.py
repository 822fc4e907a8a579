"""One process at a time: a lease in the database, kept by its owner and taken over when it lapses."""

from __future__ import annotations

import logging

from sqlalchemy.exc import IntegrityError

from hub.core.errors import Unavailable
from hub.parts import Hub
from hub.store.ids import new_id
from hub.store.outbox import release_lease, take_lease

SECONDS = 6
"""How long a lease lasts without renewal: after a kill another process takes over that much later."""

_log = logging.getLogger(__name__)


class Lease:
    """A lease by name, for one owner. ``owner`` is an id of this process unless given."""

    def __init__(self, hub: Hub, name: str, *, owner: str = "", seconds: int = SECONDS) -> None:
        self._hub, self._name, self._seconds = hub, name, seconds
        self._owner = owner or new_id()
        self._until = 0
        self._asked = 0

    @property
    def held(self) -> bool:
        """Whether this owner has the lease now, by what it knows."""
        return self._hub.clock() < self._until

    def hold(self) -> bool:
        """Take or renew the lease when it is time to, and tell whether this owner has it.

        Cheap to call often: it writes once a third of the lease when held, and asks once a second when not. With
        the database out of reach it is held until it lapses.
        """
        now = self._hub.clock()
        if now < self._until - self._seconds * 2 // 3 or (now >= self._until and now == self._asked):
            return self.held
        self._asked = now
        try:
            with self._hub.database.writing() as conn:
                taken = take_lease(conn, self._name, self._owner, now=now, until=now + self._seconds)
        except IntegrityError:  # another process made the row between our look and our write
            taken = False
        except Unavailable as error:
            _log.warning("lease %s: %s", self._name, error.message)
            return self.held
        self._until = now + self._seconds if taken else 0
        return taken

    def release(self) -> None:
        """Give the lease back, so that another process takes over at once. Does nothing if it is not held."""
        if not self.held:
            return
        self._until = 0
        try:
            with self._hub.database.writing() as conn:
                release_lease(conn, self._name, self._owner)
        except Unavailable:
            _log.warning("lease %s: could not be given back; it lapses in %d s", self._name, self._seconds)
