"""Console users: listed, changed, dismissed. Nobody changes their own rights, and an owner is always left."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import func, select

from hub.actions.account import (
    check_scope,
    email_hashes,
    not_allowed,
    open_email,
    person_name,
    reaches,
    require,
    require_manages,
    role_of,
)
from hub.actions.record import note
from hub.actions.sessions import Session, User, end_others
from hub.core.errors import InputError, StateError, UnknownId
from hub.core.role import Right, Role
from hub.core.security import Kind, Visit
from hub.core.zones import check_zone
from hub.parts import Hub
from hub.store.sign_in import ApiKey, ConsoleSession, OneTimeLink, end_keys, withdraw_links
from hub.store.user import (
    Passkey,
    all_users,
    businesses_of,
    change_user_row,
    drop_second_factor,
    find_user_by_email,
    lock_owners,
    set_businesses,
)
from hub.store.user import (
    find_user as find_row,
)


@dataclass(frozen=True, slots=True)
class UserEntry:
    """A console user in the list of those who manage them. Times in UTC seconds; ``version`` for the next change."""

    id: str
    email: str
    name: str
    role: Role
    everywhere: bool
    businesses: frozenset[str]
    zone: str
    version: int
    made_at: int
    seen_at: int | None
    second_factor: bool
    dismissed_at: int | None


def list_users(hub: Hub, by: User, *, dismissed: bool = False) -> list[UserEntry]:
    """Return the users whom ``by`` may see, oldest first: all, or those wholly within their own businesses."""
    require(by, Right.MANAGE_USERS)
    with hub.database.reading() as conn:
        return [one for one in _entries(hub, conn, all_users(conn), by) if dismissed or one.dismissed_at is None]


def find_user(hub: Hub, by: User, user_id: str) -> UserEntry:
    """Return one of those users, or oneself. Raises UnknownId."""
    with hub.database.reading() as conn:
        row = find_row(conn, user_id)
        entries = [] if row is None else _entries(hub, conn, [row], by)
    if not entries or (user_id != by.id and Right.MANAGE_USERS not in by.rights):
        raise UnknownId("user", user_id)
    return entries[0]


def find_user_id(hub: Hub, email: str) -> str:
    """Return the id of whoever has an address, for the operator. Raises InputError for nobody."""
    with hub.database.reading() as conn:
        row = find_user_by_email(conn, email_hashes(hub, email))
    if row is None or row.dismissed_at is not None:
        raise InputError("email", "nobody with this address may sign in; hub user list shows who may.")
    return str(row.id)


def change_user(
    hub: Hub,
    visit: Visit,
    by: User,
    user_id: str,
    *,
    version: int,
    role: str,
    everywhere: bool,
    businesses: Collection[str] = (),
) -> None:
    """Change what a user may do and where. Their sessions end, and so do the invitations that they made.

    Raises StateError (``not_allowed``) for oneself, and for more than ``by`` may give; UnknownId for a user or business
    beyond theirs; StateError (``last_owner``, ``changed``).
    """
    wanted = role_of(role)
    require_manages(by, wanted)
    if wanted is Role.OWNER and not everywhere:
        raise InputError("businesses", "an owner enters every business; choose all of them.")
    now = hub.clock()
    with hub.database.writing() as conn:
        row = _managed(conn, by, user_id)
        if row.version != version:
            raise StateError("Somebody else changed this user meanwhile. Look again, then decide.", code="changed")
        limits = check_scope(conn, by, everywhere=everywhere, businesses=businesses)
        if wanted is not Role.OWNER:
            _keep_an_owner(conn, row)
        change_user_row(conn, user_id, role=wanted, everywhere=everywhere)
        set_businesses(conn, user_id, limits)
        withdraw_links(conn, now, OneTimeLink.made_by == user_id)
        end_others(hub, conn, visit, user_id, why="rights_changed")
        note(hub, conn, visit, Kind.USER_CHANGED, about=user_id, detail=wanted)


def change_own(hub: Hub, visit: Visit, session: Session, *, version: int, name: str, zone: str) -> None:
    """Change one's own name and time zone. Raises StateError (``changed``)."""
    name, zone = person_name("name", name), check_zone(zone)
    with hub.database.writing() as conn:
        row = find_row(conn, session.user.id, locked=True)
        if row is None or row.version != version:
            raise StateError("This was changed meanwhile, perhaps in another window. Look again.", code="changed")
        change_user_row(conn, row.id, name=name, zone=zone)
        note(hub, conn, visit, Kind.USER_CHANGED, about=row.id, detail="own")


def dismiss_user(hub: Hub, visit: Visit, by: User, user_id: str) -> None:
    """End every way in that a user has: password, second factor, sessions, API keys, links, and those they sent.

    Raises StateError for oneself and for the last owner, UnknownId for a user beyond ``by``.
    """
    require(by, Right.MANAGE_USERS)
    now = hub.clock()
    with hub.database.writing() as conn:
        row = _managed(conn, by, user_id)
        _keep_an_owner(conn, row)
        change_user_row(conn, user_id, dismissed_at=now, password_hash=None)
        drop_second_factor(conn, user_id)
        withdraw_links(conn, now, (OneTimeLink.user_id == user_id) | (OneTimeLink.made_by == user_id))
        for key_id in end_keys(conn, now, ApiKey.made_by == user_id):
            note(hub, conn, visit, Kind.KEY_ENDED, about=key_id, detail="dismissed")
        end_others(hub, conn, visit, user_id, why="dismissed")
        note(hub, conn, visit, Kind.USER_DISMISSED, about=user_id)


def remove_second_factor(hub: Hub, visit: Visit, user_id: str, by: User | None = None) -> None:
    """Turn a user's second factor off: help for who lost phone and codes. Their sessions end.

    Without ``by`` it is the operator who helps. Raises StateError for oneself, UnknownId for a user beyond ``by``.
    """
    with hub.database.writing() as conn:
        if by is not None:
            require(by, Right.MANAGE_USERS)
            _managed(conn, by, user_id)
        elif find_row(conn, user_id, locked=True) is None:
            raise UnknownId("user", user_id)
        drop_second_factor(conn, user_id)
        end_others(hub, conn, visit, user_id, why="second_factor")
        note(hub, conn, visit, Kind.TOTP_OFF, about=user_id, detail="operator" if by is None else "helped")


def _managed(conn: sa.Connection, by: User, user_id: str) -> sa.Row[Any]:
    """Return the locked row of a user whom ``by`` may manage."""
    if user_id == by.id:
        raise not_allowed("Nobody changes their own rights; ask somebody else who manages users.")
    lock_owners(conn, Role.OWNER)  # always first, so that two at once wait instead of deadlocking
    row = find_row(conn, user_id, locked=True)
    if row is None or row.dismissed_at is not None:
        raise UnknownId("user", user_id)
    if not reaches(by, everywhere=row.everywhere, businesses=businesses_of(conn, [user_id])[user_id]):
        raise UnknownId("user", user_id)
    require_manages(by, Role(row.role))
    return row


def _keep_an_owner(conn: sa.Connection, row: sa.Row[Any]) -> None:
    if row.role == Role.OWNER and lock_owners(conn, Role.OWNER) == [row.id]:
        raise StateError("This is the last owner; make somebody else an owner first.", code="last_owner")


def _entries(hub: Hub, conn: sa.Connection, rows: Collection[sa.Row[Any]], by: User) -> list[UserEntry]:
    limits = businesses_of(conn, [row.id for row in rows])
    seen = select(ConsoleSession.user_id, func.max(ConsoleSession.seen_at)).group_by(ConsoleSession.user_id)
    seen_at = {row[0]: row[1] for row in conn.execute(seen)}
    with_passkey = set(conn.scalars(select(Passkey.user_id)))
    return [
        UserEntry(
            row.id,
            open_email(hub, conn, row.id, row.email),
            row.name,
            Role(row.role),
            row.everywhere,
            limits[row.id],
            row.zone,
            row.version,
            row.made_at,
            seen_at.get(row.id),
            row.totp is not None or row.id in with_passkey,
            row.dismissed_at,
        )
        for row in rows
        if row.id == by.id or reaches(by, everywhere=row.everywhere, businesses=limits[row.id])
    ]
