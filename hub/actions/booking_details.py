"""One booking with all that belongs to it: whose it is, what was asked, where its events stand, what was sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import select

from hub.actions.access_mask import masked_calendars
from hub.actions.answers import open_answers
from hub.actions.bookings import BookingRow, as_rows
from hub.actions.event import UNWANTED
from hub.actions.people import Customer, open_people
from hub.core.access import mask_account
from hub.core.errors import Tampered, UnknownId
from hub.core.outside import SHOWN
from hub.core.security import Kind
from hub.parts import Hub
from hub.store.agreement import Agreement, TextVersion
from hub.store.booking import Booking, BookingEvent
from hub.store.booking_list import list_bookings
from hub.store.calendar import Calendar, calendars_of_connections
from hub.store.connection import Connection
from hub.store.holder import names_of
from hub.store.ids import is_id
from hub.store.mail import OVERTAKEN, WAITING, Mail
from hub.store.outbox import DEAD, UNKNOWN, Outbox
from hub.store.outside import outside_of
from hub.store.security import SecurityEvent
from hub.vault.names import account_names
from hub.vault.people import fields_of_many


class EventState(StrEnum):
    """Where a booking's event stands in one calendar."""

    WRITTEN = "written"  # read back as it is
    PENDING = "pending"  # to be written
    REMOVING = "removing"  # to be taken out
    REMOVED = "removed"
    FAILED = "failed"  # given up: see the outbox


@dataclass(frozen=True, slots=True)
class EventView:
    """A booking's event in one calendar; names of calendar and account are masked.

    ``problem`` is a machine word if it could not be written or taken out.
    """

    calendar_id: str
    calendar: str
    account: str
    holder_id: str
    holder: str
    state: EventState
    problem: str


@dataclass(frozen=True, slots=True)
class AgreementView:
    """A text that the customer was shown, by its hash, and whether they agreed. ``at`` in UTC seconds."""

    hash: str
    purpose: str
    text: str
    given: bool
    channel: str
    at: int


@dataclass(frozen=True, slots=True)
class MailView:
    """A mail about the booking; times in UTC seconds."""

    id: str
    kind: str
    reader: str
    state: str
    problem: str
    made_at: int
    ended_at: int | None


class What(StrEnum):
    """What a line of a booking's history is about; its ``detail`` is a machine word."""

    MADE = "made"  # detail: the door
    STATE = "state"
    CALENDAR = "calendar"
    MAIL = "mail"  # detail: the kind of mail
    STAFF = "staff"  # detail: what somebody of the agency did
    OUTSIDE = "outside"  # detail: what somebody did to its event in a calendar, and what came of it


@dataclass(frozen=True, slots=True)
class Happened:
    """A line of a booking's history. ``actor`` and ``actor_id`` are known where somebody of the agency did it."""

    at: int
    what: What
    detail: str
    actor: str = ""
    actor_id: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class BookingDetails:
    """A booking with what belongs to it. ``customer`` is None where ``booking.who`` is not known.

    ``history`` is what is still kept of it: facts that were told are forgotten after 30 days.
    """

    booking: BookingRow
    customer: Customer | None
    answers: Mapping[str, str]
    events: tuple[EventView, ...]
    agreements: tuple[AgreementView, ...]
    mails: tuple[MailView, ...]
    history: tuple[Happened, ...]


def get_booking(hub: Hub, business_id: str, booking_id: str) -> BookingDetails:
    """Return a booking with all that belongs to it, personal data in the clear. Raises UnknownId."""
    with hub.database.reading() as conn:
        found = list_bookings(conn, [business_id], Booking.id == booking_id) if is_id(booking_id) else []
        if not found:
            raise UnknownId("booking", booking_id)
        (row,) = found
        (shown,) = as_rows(hub, conn, [business_id], found)
        wanted = {(business_id, row.person_id)} if row.person_id else set()
        customer = open_people(hub, conn, wanted).get((business_id, row.person_id))
        mails = _mails(conn, business_id, booking_id)
        return BookingDetails(
            booking=shown,
            customer=customer,
            answers=_answers(hub, conn, row) if customer else {},
            events=_events(hub, conn, business_id, booking_id),
            agreements=_agreements(conn, business_id, booking_id),
            mails=mails,
            history=tuple(sorted(_history(conn, row, mails), key=lambda one: one.at)),
        )


def _answers(hub: Hub, conn: sa.Connection, row: sa.Row[Any]) -> dict[str, str]:
    known = row.business_id, row.person_id
    fields = fields_of_many(conn, hub.keyring, {known}).get(known)
    if fields is None:
        return {}
    try:
        return open_answers(fields, row.id, row.answers)
    except Tampered:
        return {}


def _events(hub: Hub, conn: sa.Connection, business_id: str, booking_id: str) -> tuple[EventView, ...]:
    statement = (
        select(BookingEvent.__table__, Calendar.connection_id)
        .join(Calendar, Calendar.id == BookingEvent.calendar_id)
        .where(
            BookingEvent.business_id == business_id,
            Calendar.business_id == business_id,
            BookingEvent.booking_id == booking_id,
        )
        .order_by(Calendar.id)
    )
    rows = conn.execute(statement).all()
    used = {row.connection_id for row in rows}
    seen = masked_calendars(calendars_of_connections(conn, business_id, used))
    mine = Connection.business_id == business_id, Connection.id.in_(used)
    accounts = account_names(conn, hub.keyring, conn.execute(select(Connection.__table__).where(*mine)))
    holders = {row.calendar_id: row.uid.rpartition("-")[2] for row in rows}  # a uid ends with the holder's id
    names = names_of(conn, business_id, set(holders.values()))
    failed = _failed(conn, business_id, [f"event:{booking_id}:{row.calendar_id}" for row in rows])
    return tuple(
        EventView(
            calendar_id=row.calendar_id,
            calendar=seen[row.calendar_id],
            account=mask_account(accounts[row.connection_id]),
            holder_id=holders[row.calendar_id],
            holder=names.get(holders[row.calendar_id], ""),
            state=_state(row, problem),
            problem=problem if row.wanted != row.shown else "",
        )
        for row in rows
        for problem in [failed.get(f"event:{booking_id}:{row.calendar_id}", "")]
    )


def _state(row: sa.Row[Any], problem: str) -> EventState:
    if row.wanted == row.shown:
        return EventState.REMOVED if row.wanted == UNWANTED else EventState.WRITTEN
    if problem:
        return EventState.FAILED
    return EventState.REMOVING if row.wanted == UNWANTED else EventState.PENDING


def _failed(conn: sa.Connection, business_id: str, keys: list[str]) -> dict[str, str]:
    """Return the problem of the newest effect of each of these keys, if that was given up."""
    mine = Outbox.business_id == business_id, Outbox.key.in_(keys)
    statement = select(Outbox.key, Outbox.state, Outbox.problem).where(*mine).order_by(Outbox.id)
    newest = {row.key: row for row in conn.execute(statement)}
    return {key: row.problem or row.state for key, row in newest.items() if row.state in (DEAD, UNKNOWN)}


def _agreements(conn: sa.Connection, business_id: str, booking_id: str) -> tuple[AgreementView, ...]:
    columns = TextVersion.purpose, TextVersion.text
    statement = (
        select(Agreement.__table__, *columns)
        .outerjoin(
            TextVersion, sa.and_(TextVersion.business_id == business_id, TextVersion.hash == Agreement.text_hash)
        )
        .where(Agreement.business_id == business_id, Agreement.booking_id == booking_id)
        .order_by(Agreement.at, Agreement.id)
    )
    return tuple(
        AgreementView(row.text_hash, row.purpose or "", row.text or "", row.given, row.channel, row.at)
        for row in conn.execute(statement)
    )


def _mails(conn: sa.Connection, business_id: str, booking_id: str) -> tuple[MailView, ...]:
    columns = (Mail.id, Mail.kind, Mail.reader, Mail.state, Mail.problem, Mail.made_at, Mail.ended_at)
    mine = Mail.business_id == business_id, Mail.booking_id == booking_id
    statement = select(*columns).where(*mine).order_by(Mail.made_at, Mail.id)
    return tuple(MailView(*row) for row in conn.execute(statement))


def _history(conn: sa.Connection, booking: sa.Row[Any], mails: tuple[MailView, ...]) -> Iterator[Happened]:
    yield Happened(booking.made_at, What.MADE, booking.source)
    for change in outside_of(conn, booking.business_id, booking.id):  # before what came of it, in the same second
        if change.state in SHOWN:
            yield Happened(change.seen_at, What.OUTSIDE, f"{change.kind}_{change.state}")
    mine = Outbox.business_id == booking.business_id, Outbox.key == f"tell:{booking.id}"
    told = select(Outbox.payload, Outbox.made_at).where(*mine).order_by(Outbox.id)
    before = {"state": "", "calendar_state": "none"}
    for payload, at in conn.execute(told):
        facts = payload.get("facts", {})
        for name, what in (("state", What.STATE), ("calendar_state", What.CALENDAR)):
            if name in facts and facts[name] != before[name]:
                before[name] = facts[name]
                yield Happened(at, what, facts[name])
    happened = (mail for mail in mails if mail.state not in (WAITING, OVERTAKEN))  # a reminder is written long before
    yield from (Happened(mail.ended_at or mail.made_at, What.MAIL, mail.kind) for mail in happened)
    table = SecurityEvent
    noted = select(table.at, table.detail, table.actor, table.actor_id).where(
        table.kind == Kind.BOOKING_CHANGED, table.about == booking.id, table.within == booking.business_id
    )
    for at, detail, actor, actor_id in conn.execute(noted.order_by(table.at, table.id)):
        yield Happened(at, What.STAFF, detail, actor, actor_id)
