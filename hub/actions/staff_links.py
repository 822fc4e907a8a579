"""Links with which staff members connect their own calendars and disconnect them, without a console account."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from hub.actions.access_tell import can_reach, tell_link
from hub.actions.connections import ConnectionView, list_connections
from hub.actions.mail import plan_mail
from hub.actions.record import note
from hub.core.access import Subject
from hub.core.errors import InputError, StateError, UnknownId
from hub.core.mail import MailKind
from hub.core.security import Kind, Visit
from hub.parts import Hub
from hub.store.claim import lock_holders
from hub.store.holder import find_holder
from hub.store.ids import is_id, new_id
from hub.store.link import StaffLink as Table
from hub.store.link import add_link, end_links, link_by_hash, list_links, token_hash_of, touch_link
from hub.store.outbox import RUNNING, WAITING, Outbox

DAY = 86_400
LONGEST = 365
"""Days that a link may work at most."""

_MAILED = "clock:"
_MAIL_DAYS, _MAIL_LEAST = 14, 2
"""Days that a link in a mail works, and must still work to be mailed once more."""
_TOKEN_BYTES = 32
_USE = "mailed staff link"
_LONGEST_TOKEN = 100
_TOUCH = 60
_HOUR = 3600


@dataclass(frozen=True, slots=True)
class StaffLink:
    """A link of a staff member, without its secret. Times in UTC seconds; ``seen_at`` is its last use, to a minute.

    ``mailed``: the hub mailed it, so nobody else saw it.
    """

    id: str
    business_id: str
    holder_id: str
    holder: str
    made_at: int
    until: int
    seen_at: int | None
    ended_at: int | None
    mailed: bool = False

    def works(self, now: int) -> bool:
        """Tell whether the link is neither over nor ended."""
        return self.ended_at is None and now < self.until


def make_staff_link(hub: Hub, visit: Visit, business_id: str, holder_id: str, days: int = 30) -> tuple[StaffLink, str]:
    """Make a link for a staff member and return it with its secret, which is shown this once and kept nowhere.

    A new one ends the older, and the staff member is told by mail who made it, if a mail goes out: who makes it could
    use it. Raises InputError for days, StateError for somebody who is not active, UnknownId.
    """
    if not 1 <= days <= LONGEST:
        raise InputError("days", f"A link may work for 1 to {LONGEST} days.")
    token, link_id = secrets.token_urlsafe(_TOKEN_BYTES), new_id()
    with hub.database.writing() as conn:
        row = find_holder(conn, business_id, holder_id)
        lock_holders(conn, business_id, [holder_id])  # or two made at once would both live
        if row.kind != "staff":
            raise UnknownId("staff member", holder_id)
        if not row.active:
            raise StateError(f"{row.name} is not active; switch them on first.", code="inactive")
        now = hub.clock()
        older = end_links(conn, business_id, now, Table.holder_id == holder_id)
        until = now + days * DAY
        ids = {"id": link_id, "business_id": business_id, "holder_id": holder_id}
        by = f"{visit.actor}:{visit.actor_id}"
        add_link(conn, **ids, token_hash=_hash(token), made_at=now, until=until, made_by=by)
        tell_link(hub, conn, visit, business_id, holder_id)
        detail = "replaced" if older else ""
        note(hub, conn, visit, Kind.STAFF_LINK_MADE, about=holder_id, within=business_id, detail=detail)
    return StaffLink(link_id, business_id, holder_id, row.name, now, until, None, None), token


def mailed_link(hub: Hub, conn: sa.Connection, business_id: str, holder_id: str) -> str:
    """Return the id of a link that only its staff member gets to see, in a mail; it works for two days and more.

    One for several mails, beside the link that somebody made by hand. What it is found by is `mailed_token`.
    """
    now, mine = hub.clock(), list_links(conn, business_id, holder_id)
    for row in mine:
        if row.made_by == _MAILED and row.ended_at is None and row.until > now + _MAIL_LEAST * DAY:
            return str(row.id)
    link_id, ids = new_id(), {"business_id": business_id, "holder_id": holder_id}
    until = now + _MAIL_DAYS * DAY
    token_hash = _hash(hub.keyring.doors.sign(_USE, link_id.encode()))
    add_link(conn, id=link_id, **ids, token_hash=token_hash, made_at=now, until=until, made_by=_MAILED)
    note(hub, conn, Visit(actor="clock"), Kind.STAFF_LINK_MADE, about=holder_id, within=business_id, detail="mailed")
    return link_id


def mailed_token(hub: Hub, link_id: str) -> str:
    """Return the secret of a link that is only mailed: made of its id, so that a mail can be written from that."""
    found = hub.keyring.doors.signs(_USE, link_id.encode())
    if len(found) > 1:  # the one by which it was made
        with hub.database.reading() as conn:
            known = token_hash_of(conn, link_id)
        found = [token for token in found if _hash(token) == known] or found
    return found[0]


def find_staff_link(hub: Hub, token: str, visit: Visit | None = None) -> StaffLink | None:
    """Return the link with that secret, or None: unknown, over, ended, or its staff member is not active any more.

    Its use is noted at most once a minute, and as a security event (who, from where) once an hour. A link that is
    looked at is never used up.
    """
    if not token or len(token) > _LONGEST_TOKEN:
        return None
    now = hub.clock()
    with hub.database.reading() as conn:
        row = link_by_hash(conn, _hash(token), now)
    if row is None:
        return None
    if row.seen_at is None or row.seen_at <= now - _TOUCH:
        _touch(hub, row, replace(visit or Visit(), actor="staff", actor_id=row.holder_id), now)
    return _link(row)


def end_staff_link(hub: Hub, visit: Visit, business_id: str, link_id: str) -> None:
    """End a link; one that ended already stays so. What was connected by it stays connected. Raises UnknownId."""
    with hub.database.writing() as conn:
        found = [one for one in list_links(conn, business_id) if one.id == link_id] if is_id(link_id) else []
        if not found:
            raise UnknownId("link", link_id)
        if end_links(conn, business_id, hub.clock(), Table.id == link_id):
            about = found[0].holder_id
            note(hub, conn, visit, Kind.STAFF_LINK_ENDED, about=about, within=business_id)


def list_staff_links(hub: Hub, business_id: str, holder_id: str | None = None) -> tuple[StaffLink, ...]:
    """Return the links of a business or of one staff member, the newest first, also those that are over."""
    with hub.database.reading() as conn:
        if holder_id is not None:
            find_holder(conn, business_id, holder_id)
        return tuple(_link(row) for row in list_links(conn, business_id, holder_id))


def staff_connections(hub: Hub, link: StaffLink) -> tuple[ConnectionView, ...]:
    """Return what the staff member of a link connected: their own accounts and nobody else's.

    What they do with them takes ``holder_id=link.holder_id`` as well: `connect`, `try_connection`, `choose_calendars`,
    `unchoose` and `disconnect`.
    """
    return list_connections(hub, link.business_id, link.holder_id, hidden=hides_names(hub, link))


def hides_names(hub: Hub, link: StaffLink) -> bool:
    """Tell whether names are hidden from who comes by a link: somebody saw it who is not its staff member.

    Not where no mail would reach them: then they could not get a link of their own.
    """
    if link.mailed:
        return False
    with hub.database.reading() as conn:
        return can_reach(hub, conn, link.business_id, Subject.STAFF, link.holder_id)


def mail_own_link(hub: Hub, link: StaffLink) -> None:
    """Mail the staff member a link that nobody else sees, unless one is on its way or none would go out."""
    with hub.database.writing() as conn:
        lock_holders(conn, link.business_id, [link.holder_id])
        key, now = f"mail:own:{link.holder_id}", hub.clock()
        mine = Outbox.business_id == link.business_id, Outbox.key == key, Outbox.state.in_((WAITING, RUNNING))
        if conn.execute(sa.select(Outbox.id).where(*mine)).first() is not None:
            return
        if not can_reach(hub, conn, link.business_id, Subject.STAFF, link.holder_id):
            return
        about = {"holder": link.holder_id, "link": mailed_link(hub, conn, link.business_id, link.holder_id)}
        kind = MailKind.STAFF_ACCESS_PAGE
        plan_mail(conn, business_id=link.business_id, kind=kind, key=key, about=about, now=now)


def _touch(hub: Hub, row: sa.Row[Any], visit: Visit, now: int) -> None:
    with hub.database.writing() as conn:
        touched = touch_link(conn, row.business_id, row.id, now, now - _TOUCH)
        if touched and (row.seen_at is None or row.seen_at <= now - _HOUR):
            note(hub, conn, visit, Kind.STAFF_LINK_USED, about=row.id, within=row.business_id)


def _link(row: sa.Row[Any]) -> StaffLink:
    ids = (row.id, row.business_id, row.holder_id, row.holder)
    return StaffLink(*ids, row.made_at, row.until, row.seen_at, row.ended_at, row.made_by == _MAILED)


def _hash(token: str) -> str:
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
