"""Passwords: hashed with argon2id (RFC 9106), compared in equal time whether there is one or not, changed."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from hub.actions.account import open_email
from hub.actions.agency import agency_name
from hub.actions.confirm import wrong_try
from hub.actions.record import note
from hub.actions.sessions import Session, SignedIn, end_others, over, renew_token
from hub.core.errors import InputError, TooMany
from hub.core.password import check_password, normal_password
from hub.core.security import Kind, Outcome, Visit
from hub.parts import Hub
from hub.store.sign_in import OneTimeLink, withdraw_links
from hub.store.user import find_user, set_password_hash

AT_ONCE = 4
"""Hashes that one process makes at once. Each takes `Settings.password_memory`, so a burst cannot take all there is."""
WAIT = 20.0
"""Seconds for which one waits for its turn."""
_turns = threading.BoundedSemaphore(AT_ONCE)  # of the process, because the memory is


def hash_password(hub: Hub, password: str, about: Iterable[str]) -> str:
    """Return the hash of a new password, or raise InputError if it is not good enough.

    ``about`` are the texts of the account (address, name); the agency's name is added. Slow by design: call it outside
    of transactions.
    """
    check_password(password, [*about, agency_name(hub.database)])
    with _turn():
        return _hasher(hub).hash(normal_password(password))


def matches(hub: Hub, stored: str | None, password: str) -> bool:
    """Tell whether a password is the stored one; without one, take as long and say no. Slow, as above."""
    hasher, given = _hasher(hub), normal_password(password)
    with _turn(), suppress(VerificationError, InvalidHashError):
        if stored is not None:
            return hasher.verify(stored, given)
        hasher.hash(given)
    return False


def renewed_hash(hub: Hub, stored: str, password: str) -> str | None:
    """Return a new hash of the right password when the parameters changed since it was stored, else None."""
    hasher = _hasher(hub)
    if not hasher.check_needs_rehash(stored):
        return None
    with _turn():
        return hasher.hash(normal_password(password))


def change_password(hub: Hub, visit: Visit, session: Session, current: str, new: str) -> SignedIn:
    """Replace the user's own password, end their other sessions and links, and return this session's new token.

    Raises InputError for ``current`` or ``password``; after five wrong ones the session ends (StateError).
    """
    user_id = session.user.id
    with hub.database.reading() as conn:
        row = find_user(conn, user_id)
        if row is None:
            raise over()
        stored, about = row.password_hash, (open_email(hub, conn, user_id, row.email), row.name)
    if not matches(hub, stored, current):
        wrong_try(hub, visit, session, Kind.PASSWORD_CHANGED)
        raise InputError("current", "this is not your password.", code="wrong_password")
    if normal_password(current) == normal_password(new):
        raise InputError("password", "this is the password that you have; choose another one.")
    hashed = hash_password(hub, new, about)
    now = hub.clock()
    with hub.database.writing() as conn:
        if not set_password_hash(conn, user_id, stored, hashed):
            raise over()
        withdraw_links(conn, now, OneTimeLink.user_id == user_id)
        end_others(hub, conn, visit, user_id, why="password_changed", but=session.id)
        note(hub, conn, visit, Kind.PASSWORD_CHANGED, Outcome.OK, about=user_id)
        return renew_token(hub, conn, session, confirmed_at=now)


@contextmanager
def _turn() -> Iterator[None]:
    """Wait until fewer than `AT_ONCE` are at work. Raises TooMany after `WAIT` seconds."""
    if not _turns.acquire(timeout=WAIT):
        raise TooMany("Many people sign in at this moment. Wait a minute, then try again.")
    try:
        yield
    finally:
        _turns.release()


def _hasher(hub: Hub) -> PasswordHasher:
    memory = hub.settings.password_memory
    return PasswordHasher(time_cost=3, memory_cost=memory, parallelism=4, type=Type.ID)
