"""Mails: what was sent to whom and how it ended, the business's own wording, and who of the staff is told what."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import JSON, BigInteger, ForeignKey, Index, LargeBinary, String, Text, delete, insert, select, update
from sqlalchemy.orm import Mapped

from hub.core.errors import UnknownId
from hub.store.annotate import About, Base, Category, Erase, Link, Retention, column
from hub.store.guard import Across
from hub.store.ids import LENGTH, is_id
from hub.store.prepared import prepared

_ID = About(Category.IDENTIFIER, Retention.BOOKING)
_PERSON = About(Category.IDENTIFIER, Retention.BOOKING, Link.CUSTOMER, erase=Erase.CLEAR)
_SEALED = About(Category.MESSAGE, Retention.BOOKING, Link.CUSTOMER, export=True, erase=Erase.KEY)
_STATE = About(Category.TECHNICAL, Retention.BOOKING)
_RULE = About(Category.CONFIGURATION, Retention.BUSINESS)

WAITING, HANDED, SENT, KEPT = "waiting", "handed", "sent", "kept"
REFUSED, BOUNCED, UNKNOWN, FAILED, OVERTAKEN = "refused", "bounced", "unknown", "failed", "overtaken"
STATES = (WAITING, HANDED, SENT, KEPT, REFUSED, BOUNCED, UNKNOWN, FAILED, OVERTAKEN)


class Mail(Base):
    """One mail. ``kind`` names the template, ``reader`` is ``customer``, ``staff`` or ``user``.

    ``message`` is the whole RFC 5322 message, sealed: with the key of the person that it is about, else with the
    business's. It is kept where there is no mail server (state ``kept``), and otherwise emptied once it was ``sent``.
    ``handed``: given to the server, which has not answered yet. ``refused``: the server did not take it; ``bounced``:
    it came back; ``unknown``: nobody knows whether it was taken; ``failed``: given up; ``overtaken``: what it was to
    say is no longer so. ``message_id`` is the header without brackets, the row's id until the message is written.
    ``about`` is what it was written from, from the first try on: ids, times and machine words (`actions.letters`), or
    the link's id.
    """

    __tablename__ = "mail"

    id: Mapped[str] = column(_ID, String(LENGTH), primary_key=True)
    business_id: Mapped[str] = column(_ID, ForeignKey("business.id"))
    booking_id: Mapped[str | None] = column(_ID, ForeignKey("booking.id"), nullable=True)
    person_id: Mapped[str | None] = column(_PERSON, ForeignKey("person.id"), nullable=True)
    kind: Mapped[str] = column(_STATE, Text)
    reader: Mapped[str] = column(_STATE, Text)
    message_id: Mapped[str] = column(_ID, Text, unique=True)
    message: Mapped[bytes | None] = column(_SEALED, LargeBinary, nullable=True)
    state: Mapped[str] = column(_STATE, Text)
    problem: Mapped[str] = column(_STATE, Text, server_default="")
    made_at: Mapped[int] = column(_STATE, BigInteger)
    ended_at: Mapped[int | None] = column(_STATE, BigInteger, nullable=True)
    about: Mapped[dict[str, Any] | None] = column(_STATE, JSON(none_as_null=True), nullable=True)

    __table_args__ = (
        Index("ix_mail_made", "business_id", "made_at"),
        Index("ix_mail_booking", "business_id", "booking_id"),
    )


class MailText(Base):
    """A business's own wording of one kind of mail, in place of the hub's."""

    __tablename__ = "mail_text"

    business_id: Mapped[str] = column(_ID, ForeignKey("business.id"), primary_key=True)
    kind: Mapped[str] = column(_RULE, Text, primary_key=True)
    subject: Mapped[str] = column(_RULE, Text)
    body: Mapped[str] = column(_RULE, Text)


class NoticeRule(Base):
    """Whom a change is told: ``to`` is ``staff`` (those of the booking) or ``business`` (its address)."""

    __tablename__ = "notice_rule"

    business_id: Mapped[str] = column(_ID, ForeignKey("business.id"), primary_key=True)
    kind: Mapped[str] = column(_RULE, Text, primary_key=True)
    to: Mapped[str] = column(_RULE, Text, primary_key=True)


_SUMMARY = tuple(one for one in Mail.__table__.c if one.name != "message")


def add_mail(conn: sa.Connection, *, mail_id: str, now: int, **values: Any) -> None:
    """Insert a mail that waits to be sent."""
    _add(conn, **{"id": mail_id, "message_id": mail_id, "state": WAITING, "made_at": now, **values})


def find_mail(conn: sa.Connection, business_id: str, mail_id: str) -> sa.Row[Any]:
    """Return the mail's row, or raise UnknownId."""
    statement = select(Mail.__table__).where(Mail.business_id == business_id, Mail.id == mail_id)
    row = conn.execute(statement).one_or_none() if is_id(mail_id) else None
    if row is None:
        raise UnknownId("mail", mail_id)
    return row


def change_mail(conn: sa.Connection, business_id: str, mail_id: str, **values: Any) -> None:
    """Change a mail, in whatever state it is."""
    conn.execute(update(Mail).where(Mail.business_id == business_id, Mail.id == mail_id).values(**values))


def overtake_mails(conn: sa.Connection, business_id: str, booking_id: str, kind: str, now: int) -> None:
    """End the mails of a kind about a booking that still wait."""
    _overtake(conn, business=business_id, booking=booking_id, which=kind, ended_at=now)


def bounce_mail(
    conn: sa.Connection, message_ids: Collection[str], problem: str, now: int
) -> sa.Row[*tuple[Any, ...]] | None:
    """Mark the mail with one of these Message-IDs as come back, if it went out; return its business, id and booking."""
    went_out = Mail.message_id.in_(message_ids), Mail.state.in_((SENT, UNKNOWN))
    statement = (
        update(Mail)
        .where(*went_out)
        .values(state=BOUNCED, problem=problem, ended_at=now, message=None)
        .returning(Mail.business_id, Mail.id, Mail.booking_id, Mail.person_id, Mail.reader)
    )
    return conn.execute(statement.execution_options(across=Across.OPERATOR)).first()


def mails(
    conn: sa.Connection,
    business_ids: Collection[str] | None,
    *,
    before: str = "",
    booking_id: str = "",
    states: Collection[str] = (),
    readers: Collection[str] = (),
    limit: int,
) -> list[sa.Row[Any]]:
    """Return mails without their messages, the newest first; those of all businesses with None."""
    statement = select(*_SUMMARY).order_by(Mail.id.desc()).limit(limit)
    if business_ids is not None:
        statement = statement.where(Mail.business_id.in_(business_ids))
    if before:
        statement = statement.where(Mail.id < before)
    if booking_id:
        statement = statement.where(Mail.booking_id == booking_id)
    if states:
        statement = statement.where(Mail.state.in_(states))
    if readers:
        statement = statement.where(Mail.reader.in_(readers))
    across = {"across": Across.DOOR} if business_ids is None else {}
    return list(conn.execute(statement.execution_options(**across)).all())


def mails_by_id(conn: sa.Connection, business_id: str, mail_ids: Collection[str]) -> list[sa.Row[Any]]:
    """Return those of these mails that are this business's, without their messages."""
    if not mail_ids:
        return []
    return list(conn.execute(select(*_SUMMARY).where(Mail.business_id == business_id, Mail.id.in_(mail_ids))).all())


def find_text(conn: sa.Connection, business_id: str, kind: str) -> sa.Row[*tuple[Any, ...]] | None:
    """Return a business's own wording of a kind of mail, if it has one."""
    mine = MailText.business_id == business_id, MailText.kind == kind
    return conn.execute(select(MailText.subject, MailText.body).where(*mine)).one_or_none()


def put_text(conn: sa.Connection, business_id: str, kind: str, subject: str, body: str) -> None:
    """Store a business's own wording in place of the one there was."""
    drop_text(conn, business_id, kind)
    conn.execute(insert(MailText).values(business_id=business_id, kind=kind, subject=subject, body=body))


def drop_text(conn: sa.Connection, business_id: str, kind: str) -> None:
    """Go back to the hub's own wording."""
    conn.execute(delete(MailText).where(MailText.business_id == business_id, MailText.kind == kind))


def own_texts(conn: sa.Connection, business_id: str) -> set[str]:
    """Return the kinds of mail for which a business has its own wording."""
    return set(conn.execute(select(MailText.kind).where(MailText.business_id == business_id)).scalars())


def notice_rules(conn: sa.Connection, business_id: str) -> set[tuple[str, str]]:
    """Return the pairs of kind and to of a business; an empty set when it never chose."""
    return {(kind, to) for kind, to in _rules(conn, business_id=business_id)}


def put_notice_rules(conn: sa.Connection, business_id: str, rules: Iterable[tuple[str, str]]) -> None:
    """Replace the rules of a business."""
    conn.execute(delete(NoticeRule).where(NoticeRule.business_id == business_id))
    rows = [{"business_id": business_id, "kind": kind, "to": to} for kind, to in rules]
    if rows:
        conn.execute(insert(NoticeRule), rows)


_add = prepared(lambda: insert(Mail))


@prepared
def _overtake(business: Any, booking: Any, which: Any) -> sa.Executable:
    mine = Mail.business_id == business, Mail.booking_id == booking, Mail.kind == which, Mail.state == WAITING
    return update(Mail).where(*mine).values(state=OVERTAKEN, message=None)


@prepared
def _rules(business_id: Any) -> sa.Executable:
    return select(NoticeRule.kind, NoticeRule.to).where(NoticeRule.business_id == business_id)
