"""Send mails that were kept or given up, and send a mail again: only when somebody says so, and only what still holds.

A mail that no server has ever had can be sent as it should have been. One that a server may have had can arrive twice:
that is done by an explicit word alone. Nothing goes out by itself when a server is connected, because nobody wants a
hundred old mails to leave by surprise.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from hub.actions.account_mail import link_email
from hub.actions.consent_letter import is_ending
from hub.actions.letters import is_still_so
from hub.actions.mail import EFFECT
from hub.actions.mail_sender import find_sender
from hub.actions.record import note
from hub.core.errors import StateError, UnknownId
from hub.core.mail import ACCESS_KINDS, MailKind
from hub.core.security import Kind, Visit
from hub.parts import Hub
from hub.store import mail as store
from hub.store.connection import find_connection
from hub.store.ids import is_id
from hub.store.kept_mail import UNSENT, count_kept, let_wait, mail_with_booking, stuck_effect, unsent_mails
from hub.store.outbox import add_effect, replay

MOST = 500
"""Kept mails that are looked at, the newest first, and sent by one click."""

_AT_ONCE = 50
_HAD_BY_NOBODY = frozenset({*UNSENT, store.REFUSED})
_MAYBE_HAD = frozenset({store.SENT, store.UNKNOWN, store.BOUNCED})
_LOST = "needs_reconnect"
_LINKS = frozenset({MailKind.INVITATION, MailKind.RESET})


class Way(StrEnum):
    """How a mail can be sent again."""

    NO = "no"
    ONCE = "once"  # no server has had it
    TWICE = "twice"  # a server may have had it


@dataclass(frozen=True, slots=True)
class Again:
    """Whether a mail can be sent again. ``why`` says why not, where that is not plain from its state."""

    way: Way
    why: str = ""


def count_timely(hub: Hub, business_id: str) -> int:
    """Return how many mails that no server has had are still of use and could be sent now; 0 without a server."""
    with hub.database.reading() as conn:
        return 0 if _no_server(hub, conn, business_id) else len(_timely(hub, conn, business_id))


def kept_by_business(hub: Hub, business_ids: Collection[str] | None) -> dict[str, int]:
    """Return how many mails are kept, of use or not, for each of these businesses that has some; of all with None."""
    with hub.database.reading() as conn:
        return count_kept(conn, business_ids)


def send_timely(hub: Hub, visit: Visit, business_id: str) -> int:
    """Let these mails be sent, and return how many they were. Raises StateError without a server that works."""
    with hub.database.reading() as conn:
        _check_server(hub, conn, business_id)
        rows = _timely(hub, conn, business_id)
    count = 0
    for some in _parts(rows):
        with hub.database.writing() as conn:
            sent = sum(_send(hub, conn, row) for row in some)
            if sent and not count:
                note(hub, conn, visit, Kind.MAIL_SENT_AGAIN, within=business_id, detail="kept")
            count += sent
    return count


def how_again(hub: Hub, business_id: str, mail_id: str) -> Again:
    """Return whether and how a mail can be sent again now. Raises UnknownId."""
    with hub.database.reading() as conn:
        row = _find(conn, business_id, mail_id)
        why = _no_server(hub, conn, business_id)
        return Again(Way.NO, why) if why and _way(row.state) is not Way.NO else _judge(hub, conn, row)


def send_again(hub: Hub, visit: Visit, business_id: str, mail_id: str, *, twice: bool = False) -> None:
    """Let a mail wait to be sent once more. ``twice``: it is known that it may arrive a second time.

    Raises StateError without a server, for a mail that says nothing true any more, for one that waits or was handed
    over this moment, and for one that a server may have had unless ``twice``; UnknownId.
    """
    with hub.database.writing() as conn:
        row = _find(conn, business_id, mail_id)
        found = _judge(hub, conn, row)
        if found.way is Way.NO:
            raise StateError(found.why, code="not_again")
        _check_server(hub, conn, business_id)
        if found.way is Way.TWICE and not twice:
            raise StateError("A mail server may have this mail already. Say that it may arrive twice.", code="twice")
        if not _send(hub, conn, row):
            raise StateError("Somebody else was faster: this mail is on its way. Look again.", code="changed")
        note(hub, conn, visit, Kind.MAIL_SENT_AGAIN, about=mail_id, within=business_id, detail=row.state)


def _find(conn: sa.Connection, business_id: str, mail_id: str) -> sa.Row[Any]:
    row = mail_with_booking(conn, business_id, mail_id) if is_id(mail_id) else None
    if row is None:
        raise UnknownId("mail", mail_id)
    return row


def _no_server(hub: Hub, conn: sa.Connection, business_id: str) -> str:
    """Return why nothing can be sent now; empty if a server is there."""
    sender = find_sender(hub, conn, business_id)
    if not sender.connection_id:
        return "No mail server is connected; connect one first."
    if find_connection(conn, sender.business_id, sender.connection_id).health == _LOST:
        return "The mail server does not let the hub in; connect it again first."
    return ""


def _check_server(hub: Hub, conn: sa.Connection, business_id: str) -> None:
    why = _no_server(hub, conn, business_id)
    if why:
        raise StateError(why, code="no_mail_server")


def _timely(hub: Hub, conn: sa.Connection, business_id: str) -> list[sa.Row[Any]]:
    """Return what is worth sending, the oldest first. Of mails that say the same to one reader, the last one."""
    said: set[tuple[Any, ...]] = set()
    found = []
    for row in unsent_mails(conn, business_id, hub.clock(), MOST):
        if row.booking_id is not None:
            about = (row.booking_id, row.reader, (row.about or {}).get("holder"), _subject(row.kind))
            if about in said:
                continue
            said.add(about)
        if _judge(hub, conn, row).way is Way.ONCE:
            found.append(row)
    return found[::-1]


def _subject(kind: str) -> str:
    """Return what mails of a kind are about: a later one about the time of an appointment stands for those before."""
    apart = (MailKind.BOOKING_REMINDER, MailKind.STAFF_CALENDAR_PROBLEM, MailKind.STAFF_MAIL_RETURNED, *ACCESS_KINDS)
    return kind if kind in apart else "time"


def _way(state: str) -> Way:
    return Way.ONCE if state in _HAD_BY_NOBODY else Way.TWICE if state in _MAYBE_HAD else Way.NO


def _judge(hub: Hub, conn: sa.Connection, row: sa.Row[Any]) -> Again:
    way = _way(row.state)
    if way is Way.NO:
        return Again(way, f"This mail is {row.state}; it cannot be sent again.")
    why = _out_of_date(hub, conn, row)
    return Again(Way.NO, why) if why else Again(way)


def _out_of_date(hub: Hub, conn: sa.Connection, row: sa.Row[Any]) -> str:
    """Return why a mail is of no use any more; empty if it is."""
    kind, about = MailKind(row.kind), row.about
    if about is None:
        return "The hub does not know any more what this mail was written from."
    if kind in _LINKS:
        if row.state == store.SENT:
            return "The link in it was deleted when it was sent. Make a new one."
        return "" if link_email(hub, conn, about["link"]) else "The link in it works no more. Make a new one."
    if row.booking_id is not None:
        if row.starts_at is None or row.starts_at <= hub.clock():
            return "The appointment has begun or is over."
        if not is_still_so(kind, row.booking_state, row.starts_at, about, hub.clock()):
            return "What it says about the appointment is no longer so."
        return ""
    if kind is MailKind.CONNECTION_ENDING:
        return "" if is_ending(hub, conn, row.business_id, about) else "The account does not end then any more."
    if about.get("connection"):
        health = find_connection(conn, row.business_id, about["connection"]).health
        so = {MailKind.CONNECTION_LOST: _LOST, MailKind.CONNECTION_FAILING: "failing"}.get(kind, health)
        return "" if health == so else "The account works again, is to be connected again, or was disconnected."
    return "It is of no use later."


def _send(hub: Hub, conn: sa.Connection, row: sa.Row[Any]) -> bool:
    """Put a mail into the outbox once more; False if it is not in the state any more in which it was judged."""
    if not let_wait(conn, row.business_id, row.id, row.state):
        return False
    now, stuck = hub.clock(), stuck_effect(conn, row.business_id, row.id)
    if stuck is not None:  # or else somebody tries that one again, and the mail goes out a third time
        replay(conn, now, stuck)
        return True
    payload = {"mail_id": row.id} | ({} if MailKind(row.kind) in _LINKS else {"about": row.about})
    where = {"business_id": row.business_id, "kind": EFFECT, "key": f"mail:{row.id}"}
    add_effect(conn, **where, payload=payload, due_at=now, now=now)
    return True


def _parts(rows: list[sa.Row[Any]]) -> Iterable[list[sa.Row[Any]]]:
    """Yield them a few at a time: other writers come in between."""
    for begin in range(0, len(rows), _AT_ONCE):
        yield rows[begin : begin + _AT_ONCE]
