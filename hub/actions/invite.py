"""Invite somebody to the console: a link bound to their address, with a role and businesses that stay as given."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy import insert, update

from hub.actions.account import (
    as_user,
    check_scope,
    email_hash,
    email_hashes,
    not_allowed,
    person_name,
    reaches,
    require,
    require_manages,
    role_of,
    seal_email,
)
from hub.actions.account_mail import (
    LinkKind,
    add_link,
    bad_link,
    find_link,
    invitation_email,
    link_token,
    mail_link,
)
from hub.actions.password import hash_password
from hub.actions.record import note
from hub.actions.sessions import User
from hub.core.errors import InputError, UnknownId
from hub.core.role import Right, Role
from hub.core.security import Kind, Visit
from hub.core.zones import check_zone
from hub.identity.email import canonical_email
from hub.parts import Hub
from hub.store.ids import is_id, new_id
from hub.store.sign_in import OneTimeLink, open_links, use_link, withdraw_links
from hub.store.user import (
    ConsoleUser,
    drop_second_factor,
    existing_businesses,
    find_user_by_email,
    set_businesses,
)


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation that was not accepted yet. Times in UTC seconds; ``token`` only where it was just made."""

    id: str
    email: str
    role: Role
    everywhere: bool
    businesses: frozenset[str]
    made_at: int
    until: int
    token: str = field(default="", repr=False)


def invite(
    hub: Hub,
    visit: Visit,
    by: User,
    email: str,
    role: str,
    *,
    everywhere: bool = False,
    businesses: Collection[str] = (),
) -> Invitation:
    """Invite an address, mail the link, and return the invitation with its token. An earlier one of theirs ends.

    Nobody gives more than they have: StateError (``not_allowed``) for a role or for everywhere, UnknownId for a
    business, InputError for an address that has an account.
    """
    address, wanted = canonical_email(email), role_of(role)
    require_manages(by, wanted)
    if wanted is Role.OWNER and not everywhere:
        raise InputError("businesses", "an owner enters every business; choose all of them.")
    hashes, now = email_hashes(hub, address), hub.clock()
    with hub.database.writing() as conn:
        limits = check_scope(conn, by, everywhere=everywhere, businesses=businesses)
        user = find_user_by_email(conn, hashes)
        if user is not None and user.dismissed_at is None:
            raise InputError("email", "whoever has this address has an account already.", code="exists")
        mine = OneTimeLink.email_hash.in_(hashes)
        if not all(_may_manage(by, row) for row in open_links(conn, LinkKind.INVITATION, now, mine)):
            raise not_allowed("Somebody with more rights than you invited this address already; ask an owner.")
        withdraw_links(conn, now, OneTimeLink.kind == LinkKind.INVITATION, mine)
        link_id = add_link(
            hub,
            conn,
            LinkKind.INVITATION,
            email_hash=hashes[0],
            email=address,
            role=wanted,
            everywhere=everywhere,
            businesses=limits,
            made_by=by.id,
        )
        mail_link(hub, conn, link_id)
        note(hub, conn, visit, Kind.INVITED, about=link_id, detail=wanted)
        (row,) = open_links(conn, LinkKind.INVITATION, now, OneTimeLink.id == link_id)
    return _invitation(address, row, link_token(hub, link_id))


def list_invitations(hub: Hub, by: User) -> list[Invitation]:
    """Return the open invitations that ``by`` may withdraw, newest first."""
    require(by, Right.MANAGE_USERS)
    with hub.database.reading() as conn:
        rows = open_links(conn, LinkKind.INVITATION, hub.clock())
        return [_invitation(invitation_email(hub, conn, row), row) for row in rows if _may_manage(by, row)]


def withdraw_invitation(hub: Hub, visit: Visit, by: User, invitation_id: str) -> None:
    """Let an invitation end now. Raises UnknownId when it is not one of `list_invitations`."""
    require(by, Right.MANAGE_USERS)
    now, this = hub.clock(), OneTimeLink.id == invitation_id
    with hub.database.writing() as conn:
        rows = open_links(conn, LinkKind.INVITATION, now, this) if is_id(invitation_id) else ()
        if not rows or not _may_manage(by, rows[0]) or not withdraw_links(conn, now, this):
            raise UnknownId("invitation", invitation_id)
        note(hub, conn, visit, Kind.INVITED, about=invitation_id, detail="withdrawn")


def accept_invitation(hub: Hub, visit: Visit, token: str, name: str, password: str, zone: str = "UTC") -> str:
    """Make the account that an invitation promises, and return the user's id; they sign in next.

    Raises StateError (``bad_link``) when the link does not work, and InputError for name, password or zone.
    """
    link = find_link(hub, token, LinkKind.INVITATION)
    if link is None or link.role is None:
        raise bad_link(hub, visit)
    name, zone = person_name("name", name), check_zone(zone)
    hashed = hash_password(hub, password, (link.email, name))
    now, user_id = hub.clock(), new_id()
    with hub.database.writing() as conn:
        done = use_link(conn, link.id, now)
        old = find_user_by_email(conn, email_hashes(hub, link.email))
        if done and (old is None or old.dismissed_at is not None):
            user_id = user_id if old is None else old.id
            values = {"name": name, "zone": zone, "role": link.role, "everywhere": link.everywhere}
            add_user(hub, conn, user_id, link.email, password_hash=hashed, again=old is not None, **values)
            set_businesses(conn, user_id, link.businesses & existing_businesses(conn))
            note(hub, conn, as_user(visit, user_id), Kind.INVITATION_ACCEPTED, about=user_id, detail=link.role)
            return user_id
    raise bad_link(hub, visit)


def add_user(hub: Hub, conn: sa.Connection, user_id: str, email: str, *, again: bool = False, **values: Any) -> None:
    """Insert a user; ``again``: the row of somebody who was dismissed begins anew, with nothing of what it could."""
    now = hub.clock()
    if not again:
        found = {"id": user_id, "email_hash": email_hash(hub, email), "made_at": now}
        conn.execute(insert(ConsoleUser).values(**found, email=seal_email(hub, conn, user_id, email), **values))
        return
    drop_second_factor(conn, user_id)
    fresh = {**values, "dismissed_at": None, "made_at": now, "version": ConsoleUser.version + 1}
    conn.execute(update(ConsoleUser).where(ConsoleUser.id == user_id).values(**fresh))


def _may_manage(by: User, row: sa.Row[Any]) -> bool:
    return by.role.may_manage(Role(row.role)) and reaches(by, everywhere=row.everywhere, businesses=row.businesses)


def _invitation(email: str, row: sa.Row[Any], token: str = "") -> Invitation:
    limits = frozenset(row.businesses)
    return Invitation(row.id, email, Role(row.role), row.everywhere, limits, row.made_at, row.until, token)
