"""Mails as rows: planned with the change that causes them, sealed once they are written, listed and read by people."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.actions.mail_sender import find_sender
from hub.actions.mail_texts import text_of
from hub.core.errors import InputError, StateError
from hub.core.mail import SECRET_KINDS, MailKind, Reader, fill, reader_of
from hub.core.mail_address import mail_host
from hub.core.mail_message import Letter, Mailbox, compose
from hub.identity.email import ascii_email
from hub.parts import Hub
from hub.store.business import find_business
from hub.store.ids import is_id, new_id
from hub.store.kept_mail import due_times
from hub.store.mail import KEPT, WAITING, add_mail, find_mail, mails
from hub.store.outbox import add_effect
from hub.vault.cipher import Place
from hub.vault.people import person_fields
from hub.vault.texts import open_text, seal_text

EFFECT = "send_mail"
PAGE, MOST = 50, 200
"""Mails on a page: usually, and at most."""

_VERSION = 1


@dataclass(frozen=True, slots=True)
class MailView:
    """A mail as a list shows it: never what it says. Times in UTC seconds; ``problem`` is a machine word.

    ``due_at`` is from when on it is sent, for one that waits in a list.
    """

    id: str
    business_id: str
    booking_id: str | None
    kind: MailKind
    reader: Reader
    state: str
    problem: str
    made_at: int
    ended_at: int | None
    due_at: int | None = None


def queue_mail(
    hub: Hub,
    conn: sa.Connection,
    *,
    business_id: str,
    kind: MailKind,
    to: str,
    values: Mapping[str, str],
    name: str = "",
    booking_id: str | None = None,
    person_id: str | None = None,
) -> str:
    """Write a mail from these values, seal it, and put its sending into the outbox; return its id.

    All in the transaction of what causes it. ``values`` are those of `core.mail.VARIABLES`; one that begins with the
    hub's own address becomes a link. For a mail that can be written from ids alone when it is sent, `plan_mail` costs
    the transaction less. Raises InputError for an address that mail servers do not take.
    """
    business, sender = find_business(conn, business_id), find_sender(hub, conn, business_id)
    text = fill(kind, text_of(conn, business_id, kind), values)
    links = tuple(one for one in values.values() if one.startswith(f"{hub.settings.base_url}/"))
    letter = Letter(
        Mailbox(sender.mailbox.name or business.name, sender.mailbox.address),
        Mailbox(name, ascii_email(to)),
        reply_to(business.name, business.email),
        text.subject,
        text.body,
        links,
    )
    mail_id, now = new_id(), hub.clock()
    raw = compose(letter, message_id(hub, mail_id), now)
    about = {"business_id": business_id, "booking_id": booking_id, "person_id": person_id}
    sealed = seal_message(hub, conn, business_id, person_id, mail_id, raw)
    known = {"kind": kind, "reader": reader_of(kind), "message": sealed, "message_id": message_id(hub, mail_id)}
    add_mail(conn, mail_id=mail_id, now=now, **about, **known)
    _add(conn, business_id, mail_id, f"mail:{mail_id}", {}, now, now)
    return mail_id


def plan_mail(
    conn: sa.Connection,
    *,
    business_id: str,
    kind: MailKind,
    key: str,
    about: Mapping[str, Any],
    now: int,
    due_at: int | None = None,
    booking_id: str | None = None,
    person_id: str | None = None,
) -> str:
    """Put a mail into the outbox that is written when it is sent, from ids and what ``about`` says; return its id.

    ``about`` holds ids, times and machine words (`actions.letters`). Mails of one ``key`` go out in order.
    """
    mail_id = new_id()
    ids = {"business_id": business_id, "booking_id": booking_id, "person_id": person_id}
    add_mail(conn, mail_id=mail_id, now=now, kind=kind, reader=reader_of(kind), **ids)
    _add(conn, business_id, mail_id, key, {"about": dict(about)}, now if due_at is None else due_at, now)
    return mail_id


def list_mails(
    hub: Hub,
    business_ids: Collection[str] | None,
    *,
    cursor: str = "",
    limit: int = PAGE,
    booking_id: str = "",
    states: Collection[str] = (),
    readers: Collection[str] = (),
) -> tuple[list[MailView], str]:
    """Return a page of mails, the newest first, and the cursor of the next page, empty at the end.

    ``business_ids`` are those that the reader may see, the agency's own included if it is among them; None: all.
    Raises InputError for a cursor that is none.
    """
    if cursor and not is_id(cursor):
        raise InputError("after", "This is no place in this list; begin again without it.")
    limit = max(1, min(limit, MOST))
    with hub.database.reading() as conn:
        rows = mails(
            conn, business_ids, before=cursor, booking_id=booking_id, states=states, readers=readers, limit=limit + 1
        )
        rows, more = rows[:limit], len(rows) > limit
        due = due_times(conn, business_ids, [row.id for row in rows if row.state == WAITING])
    views = [_view(row, due.get(row.id)) for row in rows]
    return views, views[-1].id if more else ""


def find_mail_view(hub: Hub, business_id: str, mail_id: str) -> MailView:
    """Return what is known of one mail apart from what it says. Raises UnknownId."""
    with hub.database.reading() as conn:
        row = find_mail(conn, business_id, mail_id)
        due = due_times(conn, [business_id], [row.id] if row.state == WAITING else [])
        return _view(row, due.get(row.id))


def is_masked_mail(row: sa.Row[Any]) -> bool:
    """Tell whether what a mail says is not for people: all but what is kept so that somebody hands it on.

    A mail to a console user is no text about a customer. One with a link by which its reader alone decides is for
    nobody else, also where it is kept.
    """
    if row.kind in SECRET_KINDS:
        return True
    return bool(row.state != KEPT and row.reader != Reader.USER)


def read_mail(hub: Hub, business_id: str, mail_id: str) -> bytes:
    """Return a mail as it was or is to be sent, an ``.eml`` file (RFC 5322).

    Raises StateError for one that is no longer or not yet there, and (``masked``) for one that takes a grant
    (`actions.access_view`), UnknownId.
    """
    with hub.database.reading() as conn:
        row = find_mail(conn, business_id, mail_id)
        if row.message is None:
            raise StateError(
                f"This mail is {row.state}; its text is kept only while it has not been sent.", code=row.state
            )
        if is_masked_mail(row):
            raise StateError("What this mail says is masked; ask to see it.", code="masked")
        return open_message(hub, conn, row)


def seal_message(
    hub: Hub, conn: sa.Connection, business_id: str, person_id: str | None, mail_id: str, raw: bytes
) -> bytes:
    """Return a message sealed with the key of the person that it is about, else with the business's.

    So a mail to the staff about an appointment goes with its customer when they are erased. Raises UnknownId then.
    """
    text = raw.decode("ascii")
    if person_id is None:
        return seal_text(conn, hub.keyring, _place(business_id, mail_id), text)
    fields = person_fields(conn, hub.keyring, business_id, person_id)
    return fields.seal("message", text, _VERSION, table="mail", row=mail_id)


def open_message(hub: Hub, conn: sa.Connection, row: sa.Row[Any]) -> bytes:
    """Return the message in a mail's row. Raises UnknownId when its person was erased."""
    if row.person_id is None:
        return open_text(conn, hub.keyring, _place(row.business_id, row.id), row.message).encode()
    fields = person_fields(conn, hub.keyring, row.business_id, row.person_id)
    return fields.open("message", row.message, _VERSION, table="mail", row=row.id).encode()


def message_id(hub: Hub, mail_id: str) -> str:
    """Return the Message-ID of a mail, by which it is found when it comes back."""
    return f"{mail_id}@{mail_host(hub.settings.base_url)}"


def reply_to(name: str, address: str) -> Mailbox | None:
    """Return where answers go: to the business, if its address can be written."""
    try:
        return Mailbox(name, ascii_email(address)) if address else None
    except InputError:
        return None


def _view(row: sa.Row[Any], due_at: int | None) -> MailView:
    what = MailKind(row.kind), Reader(row.reader), row.state, row.problem
    return MailView(row.id, row.business_id, row.booking_id, *what, row.made_at, row.ended_at, due_at)


def _add(
    conn: sa.Connection, business_id: str, mail_id: str, key: str, more: dict[str, Any], due_at: int, now: int
) -> None:
    payload = {"mail_id": mail_id, **more}
    add_effect(conn, business_id=business_id, kind=EFFECT, key=key, payload=payload, due_at=due_at, now=now)


def _place(business_id: str, mail_id: str) -> Place:
    return Place(business_id, "mail", mail_id, "message")
