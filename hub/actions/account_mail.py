"""One-time links to accounts: made, found by their secret, and mailed.

The secret of a link is made from its id with a key of the doors, so a mail can be written from the id alone, and
neither the database nor the outbox holds it. The mail that does is sealed until it was sent.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import insert, select, update

from hub.actions.account import open_email
from hub.actions.effect import Effect, Repeat, Work
from hub.actions.mail import queue_mail
from hub.actions.record import record
from hub.actions.sessions import secret_hash
from hub.core.errors import StateError
from hub.core.mail import MailKind
from hub.core.mail_time import spell_time
from hub.core.role import Role
from hub.core.security import Kind, Outcome, Visit
from hub.parts import Hub
from hub.store.business import AGENCY, find_business
from hub.store.ids import new_id
from hub.store.mail import change_mail
from hub.store.outbox import Outbox, add_effect
from hub.store.sign_in import OneTimeLink, find_link_row
from hub.store.user import find_user
from hub.vault.cipher import Place
from hub.vault.texts import open_text, seal_text

HOUR = 3600


class LinkKind(StrEnum):
    """What a link is for."""

    INVITATION = "invitation"
    RESET = "reset"


LASTS = {LinkKind.INVITATION: 7 * 24 * HOUR, LinkKind.RESET: HOUR}
"""Seconds that a link works."""

PATHS = {LinkKind.INVITATION: "/invitation/", LinkKind.RESET: "/reset/"}
"""Where the pages of links are; the secret follows."""

_USE = "link"


@dataclass(frozen=True, slots=True)
class Link:
    """A link that works. ``email`` is whom it was made for; an invitation's role and businesses are fixed in it."""

    id: str
    kind: LinkKind
    email: str
    until: int
    user_id: str | None = None
    role: Role | None = None
    everywhere: bool = False
    businesses: frozenset[str] = frozenset()


def find_link(hub: Hub, token: str, kind: LinkKind) -> Link | None:
    """Return the link with this secret, None when it does not work (any more). Changes nothing: a page may look."""
    with hub.database.reading() as conn:
        row = find_link_row(conn, secret_hash(token))
        if row is None or row.kind != kind or row.used_at is not None or row.until <= hub.clock():
            return None
        email = _address(hub, conn, row)
    if email is None:
        return None
    role = Role(row.role) if row.role else None
    return Link(row.id, kind, email, row.until, row.user_id, role, row.everywhere, frozenset(row.businesses))


def link_token(hub: Hub, link_id: str) -> str:
    """Return the secret of a link: by the key that signed when it was made."""
    found = hub.keyring.doors.signs(_USE, link_id.encode())
    if len(found) > 1:
        with hub.database.reading() as conn:
            known = conn.scalar(select(OneTimeLink.token_hash).where(OneTimeLink.id == link_id))
        found = [token for token in found if secret_hash(token) == known] or found
    return found[0]


def link_url(hub: Hub, kind: LinkKind, token: str) -> str:
    """Return the address of a link's page."""
    return f"{hub.settings.base_url}{PATHS[kind]}{token}"


def add_link(
    hub: Hub,
    conn: sa.Connection,
    kind: LinkKind,
    *,
    email_hash: str,
    email: str | None = None,
    user_id: str | None = None,
    role: str = "",
    everywhere: bool = False,
    businesses: Collection[str] = (),
    made_by: str = "",
) -> str:
    """Insert a link in the transaction of what asks for it, and return its id."""
    link_id, now = new_id(), hub.clock()
    conn.execute(
        insert(OneTimeLink).values(
            id=link_id,
            token_hash=secret_hash(hub.keyring.doors.sign(_USE, link_id.encode())),
            kind=kind,
            user_id=user_id,
            email=None if email is None else seal_text(conn, hub.keyring, _place(link_id), email),
            email_hash=email_hash,
            role=role,
            everywhere=everywhere,
            businesses=sorted(businesses),
            made_by=made_by or None,
            made_at=now,
            until=now + LASTS[kind],
        )
    )
    return link_id


def mail_link(hub: Hub, conn: sa.Connection, link_id: str) -> None:
    """Let a link be mailed to whom it is for, once the transaction has committed."""
    now, payload = hub.clock(), {"link_id": link_id}
    key = f"account_mail {link_id}"
    add_effect(conn, business_id=AGENCY, kind=ACCOUNT_MAIL.name, key=key, payload=payload, due_at=now, now=now)


def link_email(hub: Hub, conn: sa.Connection, link_id: str) -> tuple[sa.Row[Any], str] | None:
    """Return a link's row and whom to mail it to; None when there is nobody, or it works no more."""
    row = conn.execute(select(OneTimeLink.__table__).where(OneTimeLink.id == link_id)).one_or_none()
    if row is None or row.used_at is not None or row.until <= hub.clock():
        return None
    email = _address(hub, conn, row)
    return None if email is None else (row, email)


def invitation_email(hub: Hub, conn: sa.Connection, row: sa.Row[Any]) -> str:
    """Return the address that an invitation was made for."""
    return open_text(conn, hub.keyring, _place(row.id), row.email)


def bad_link(hub: Hub, visit: Visit) -> StateError:
    """Write down that somebody came with a link that does not work, and return the error for it."""
    record(hub, visit, Kind.BAD_LINK, Outcome.REFUSED)
    return StateError("This link was used, replaced or withdrawn, or is too old. Ask for a new one.", code="bad_link")


def _address(hub: Hub, conn: sa.Connection, row: sa.Row[Any]) -> str | None:
    if row.user_id is None:
        return None if row.email is None else invitation_email(hub, conn, row)
    user = find_user(conn, row.user_id)
    return None if user is None or user.dismissed_at is not None else open_email(hub, conn, user.id, user.email)


def _place(link_id: str) -> Place:
    return Place(AGENCY, "one_time_link", link_id, "email")


def _perform(hub: Hub, work: Work) -> None:
    """Write the mail and queue it, once; a link that is for nobody or works no more is done without."""
    link_id = work.payload["link_id"]
    with hub.database.writing() as conn:
        found = link_email(hub, conn, link_id)
        if found is None or "mail_id" in work.payload:
            return
        row, email = found
        agency = find_business(conn, AGENCY)
        user = None if row.user_id is None else find_user(conn, row.user_id)
        zone = agency.zone if user is None else user.zone
        values = {
            "agency_name": agency.name,
            "link": link_url(hub, LinkKind(row.kind), link_token(hub, link_id)),
            "until": spell_time(row.until, zone),
        }
        mail_id = queue_mail(hub, conn, business_id=AGENCY, kind=MailKind(row.kind), to=email, values=values)
        change_mail(conn, AGENCY, mail_id, about={"link": link_id})
        mine = (Outbox.business_id == AGENCY, Outbox.id == work.id)
        conn.execute(update(Outbox).where(*mine).values(payload={"link_id": link_id, "mail_id": mail_id}))


ACCOUNT_MAIL = Effect("account_mail", Repeat.SAFE, _perform)
