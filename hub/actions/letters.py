"""What a planned mail says, written when it is sent: from its ids, and only if it is still so.

``about`` of a mail's outbox row holds: ``start`` and ``end`` as told, ``old_start`` and ``old_end``, ``version`` of the
booking, ``holder`` (a staff member; without one the business's address), ``why`` (a machine word), ``invited``,
``connection`` and ``outage`` or ``consent`` and ``until``, ``link`` (a staff link's id). Times in UTC seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import select

from hub.actions.access_letter import access_values
from hub.actions.consent_letter import ending_values
from hub.actions.customer_link import customer_link
from hub.actions.mail import reply_to
from hub.actions.mail_sender import Sender
from hub.actions.mail_texts import text_of
from hub.actions.missed import spell_these
from hub.actions.people import Customer, open_person
from hub.actions.staff_links import mailed_token
from hub.actions.trouble_letter import trouble_values
from hub.core.booking import LIVE, Decline, State
from hub.core.calendar import Event
from hub.core.mail import MailKind, Reader, fill
from hub.core.mail_address import NOBODY, greeted_name
from hub.core.mail_message import Invitation, Letter, Mailbox
from hub.core.mail_time import spell_span
from hub.ical.invite import Method, invitation
from hub.identity.email import ascii_email
from hub.identity.phone import spell_phone
from hub.parts import Hub
from hub.store.booking import find_booking, staff_of
from hub.store.business import find_business
from hub.store.holder import Holder
from hub.store.service import Service
from hub.vault.cipher import Place
from hub.vault.texts import open_text

About = Mapping[str, Any]

_INVITING = {
    MailKind.BOOKING_CONFIRMED: Method.REQUEST,
    MailKind.BOOKING_MOVED: Method.REQUEST,
    MailKind.BOOKING_CANCELLED: Method.CANCEL,
}
_MUST_BE = {
    MailKind.BOOKING_CONFIRMED: frozenset({State.CONFIRMED}),
    MailKind.BOOKING_REQUESTED: frozenset({State.REQUESTED}),
    MailKind.BOOKING_MOVED: frozenset({State.CONFIRMED}),
    MailKind.BOOKING_REMINDER: frozenset({State.CONFIRMED}),
    MailKind.STAFF_BOOKED: frozenset({State.CONFIRMED}),
    MailKind.STAFF_MOVED: frozenset({State.CONFIRMED}),
    MailKind.STAFF_CALENDAR_PROBLEM: LIVE,
}
_EVENT = "The event of this appointment"
_STAYS = (
    "The appointment stands as it was, and the customer was told nothing. Please decide on its page in the console."
)
_WORDS = {
    "calendar_busy": "The time turned out to be taken.",
    "cancelled_outside": "It had to be cancelled.",
    "calendar_failed": "This appointment could not be written into the calendar. Please enter it by hand, or connect "
    "the calendar again.",
    "calendar_conflict": "Something else stands in the calendar at the time of this appointment. Please move one of "
    "the two.",
    "moved_taken": f"{_EVENT} was moved in the calendar, to a time that is not free. {_STAYS}",
    "moved_unclaimable": f"{_EVENT} was moved in the calendar, to a time at which no appointment can be. {_STAYS}",
    "moved_told": f"{_EVENT} was moved in the calendar. {_STAYS}",
    "deleted_told": f"{_EVENT} was deleted in the calendar. {_STAYS}",
    "deleted_elsewhere": f"{_EVENT} was put into another calendar. {_STAYS}",
    "never_checked": "The calendar could not be asked for hours, so this appointment is not confirmed and its time is "
    "kept. Please look at the calendar, and tell the customer.",
    "refused": "The mail server does not take mail for that address.",
    "bounced": "It came back.",
    **{one.value: one.sentence for one in Decline},
}

_FOR_STAFF = {"cancelled_outside": "Its event was deleted in the calendar."}
_OFFERS_ANOTHER = frozenset({"cancelled_outside", "calendar_busy"})


def write_letter(hub: Hub, conn: sa.Connection, mail: sa.Row[Any], about: About, sender: Sender) -> Letter | None:
    """Return the letter of a planned mail; None when what it was to say is no longer so, or there is nobody to read it.

    Raises InputError for an address that mail servers do not take.
    """
    kind, business = MailKind(mail.kind), find_business(conn, mail.business_id)
    values = {"business_name": business.name, "business_email": business.email}
    values["business_phone"] = spell_phone(business.phone, business.region)
    to, zone = _staff_reader(hub, conn, business, about)
    links, invited = [], None
    if mail.booking_id is not None:
        row = find_booking(conn, mail.business_id, mail.booking_id)
        if not is_still_so(kind, row.state, row.starts_at, about, hub.clock()):
            return None
        customer = open_person(hub, mail.business_id, mail.person_id) if mail.person_id else Customer("")
        if mail.reader == Reader.CUSTOMER:
            if not customer.email:
                return None
            name = greeted_name(customer.name)
            to, zone = Mailbox("" if name == NOBODY else name, ascii_email(customer.email)), row.zone or business.zone
            links.append(customer_link(hub, mail.business_id, mail.booking_id))
            values["manage_link"] = links[0]
        values |= _booking_values(conn, business, row, customer, about, zone, hub.settings.base_url)
        if mail.reader == Reader.CUSTOMER:
            values["customer_name"] = greeted_name(customer.name)
            links += [values["book_link"]] if values["book_link"] else []
        else:
            values["reason"] = _FOR_STAFF.get(about.get("why", ""), values["reason"])
    if "grant" in about or "by" in about:
        told = access_values(hub, conn, mail.business_id, about, zone)
        if told is None:
            return None
        values |= told
        links += [told["link"]] if told.get("link") else []
    elif kind is MailKind.STAFF_ACCESS_PAGE:
        if not sender.connection_id:  # it would be kept where people of the console hand mails on
            return None
        links.append(f"{hub.settings.base_url}/staff/{mailed_token(hub, about['link'])}")
        values["link"] = links[-1]
    elif kind is MailKind.STAFF_EVENTS_MISSING:
        page = f"{hub.settings.base_url}/console/{business.id}/bookings?attention=1"
        values["bookings"] = spell_these(conn, business.id, about["bookings"], zone, business.zone)
        values["link"] = "" if about.get("holder") else page
        links += [values["link"]] if values["link"] else []
    elif about.get("connection"):
        kept = not sender.connection_id
        if kind is MailKind.CONNECTION_ENDING:
            trouble = ending_values(hub, conn, mail.business_id, about, zone, kept=kept)
        else:
            trouble = trouble_values(hub, conn, mail.business_id, kind, about, zone, kept=kept)
        if trouble is None:
            return None
        values |= trouble.values
        links += [trouble.link] if trouble.link else []
    if to is None:
        return None
    values["reader_name"] = to.name
    come_from = Mailbox(sender.mailbox.name or business.name, sender.mailbox.address)
    if mail.reader == Reader.CUSTOMER and kind in _INVITING and about.get("invited"):
        invited = _invitation(_INVITING[kind], mail.booking_id, values, about, zone, come_from, to, hub.clock())
    text = fill(kind, text_of(conn, mail.business_id, kind), values)
    answers = reply_to(business.name, business.email)
    return Letter(come_from, to, answers, text.subject, text.body, tuple(links), invited)


def is_still_so(kind: MailKind, state: str, starts_at: int, about: About, now: int) -> bool:
    """Tell whether a booking still is as a mail about it will say: a later change has a mail of its own."""
    if kind in _MUST_BE and (state not in _MUST_BE[kind] or starts_at != about["start"]):
        return False
    return kind is not MailKind.BOOKING_REMINDER or now < starts_at


def _staff_reader(hub: Hub, conn: sa.Connection, business: Any, about: About) -> tuple[Mailbox | None, str]:
    """Return whom of the business a mail is for, and the zone in which they read times."""
    holder_id = about.get("holder", "")
    if not holder_id:
        found = reply_to(business.name, business.email)
        return found, business.zone
    mine = Holder.business_id == business.id, Holder.id == holder_id
    row = conn.execute(select(Holder.name, Holder.zone, Holder.email, Holder.active).where(*mine)).one_or_none()
    if row is None or row.email is None or not row.active:
        return None, business.zone
    address = open_text(conn, hub.keyring, Place(business.id, "holder", holder_id, "email"), row.email)
    return Mailbox(row.name, ascii_email(address)), row.zone


def _book_link(business: Any, slug: str | None, base: str) -> str:
    """Return where the customer chooses another time, empty where there is no page."""
    if not business.slug:
        return ""
    return f"{base}/b/{business.slug}/{slug}" if slug else f"{base}/b/{business.slug}"


def _booking_values(
    conn: sa.Connection, business: Any, row: sa.Row[Any], customer: Customer, about: About, zone: str, base: str
) -> dict[str, str]:
    mine = Service.business_id == business.id, Service.id == row.service_id
    service = conn.execute(select(Service.name, Service.place, Service.slug).where(*mine)).one()
    holders = about.get("staff") or staff_of(conn, business.id, row.id)
    named = Holder.business_id == business.id, Holder.id.in_(holders)
    names = conn.execute(select(Holder.name).where(*named).order_by(Holder.name)).scalars()
    why = _WORDS.get(about.get("why", ""), "")
    old = [about[name] for name in ("old_start", "old_end") if about.get(name) is not None]
    return {
        "service_name": service.name,
        "place": service.place or business.place,
        "staff_names": ", ".join(names),
        "when": spell_span(about["start"], about["end"], zone, business.zone),
        "old_when": spell_span(old[0], old[1], zone, business.zone) if len(old) == 2 else "",
        "customer_name": customer.name,
        "customer_phone": spell_phone(customer.phone, business.region),
        "customer_email": customer.email,
        "reason": why,
        "problem": why,
        "book_link": _book_link(business, service.slug, base) if about.get("why") in _OFFERS_ANOTHER else "",
    }


def _invitation(
    method: Method,
    booking_id: str,
    values: Mapping[str, str],
    about: About,
    zone: str,
    organizer: Mailbox,
    attendee: Mailbox,
    now: int,
) -> Invitation:
    event = Event(
        uid=f"frontdesk-{booking_id}",
        start=about["start"],
        end=about["end"],
        zone=zone,
        summary=f"{values['service_name']} ({values['business_name']})",
        description="" if method is Method.CANCEL else f"To move or cancel it: {values['manage_link']}",
        location=values["place"],
        sequence=about["version"],
    )
    return Invitation(method, invitation(event, method, organizer, attendee, now=now))
