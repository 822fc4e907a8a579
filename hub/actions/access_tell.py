"""Tell the person whose data it is: that somebody asks to see it, and of each look. In the transaction of both."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import sqlalchemy as sa
from sqlalchemy import select

from hub.actions.access_letter import access_values
from hub.actions.account import open_email
from hub.actions.mail import plan_mail, queue_mail
from hub.actions.mail_sender import find_sender
from hub.core.access import Named, ObjectKind, Subject
from hub.core.errors import InputError
from hub.core.mail import MailKind
from hub.core.security import Visit
from hub.parts import Hub
from hub.store.access import named, objects_of
from hub.store.booking import Booking
from hub.store.business import AGENCY, find_business
from hub.store.holder import Holder
from hub.store.mail import find_mail
from hub.store.person import Person
from hub.store.user import find_user

_ASKED = {
    Subject.STAFF: MailKind.STAFF_ACCESS_ASKED,
    Subject.USER: MailKind.USER_ACCESS_ASKED,
    Subject.CUSTOMER: MailKind.BOOKING_ACCESS_ASKED,
}
_VIEWED = {
    Subject.STAFF: MailKind.STAFF_ACCESS_VIEWED,
    Subject.USER: MailKind.USER_ACCESS_VIEWED,
    Subject.CUSTOMER: MailKind.BOOKING_ACCESS_VIEWED,
}


def can_reach(hub: Hub, conn: sa.Connection, business_id: str, subject: Subject, subject_id: str) -> bool:
    """Tell whether a mail to the person would go out: there is a server, and an address on record."""
    if not find_sender(hub, conn, AGENCY if subject is Subject.USER else business_id).connection_id:
        return False
    if subject is Subject.STAFF:
        holder = Holder.business_id == business_id, Holder.id == subject_id, Holder.email.is_not(None)
        return conn.execute(select(Holder.id).where(*holder)).first() is not None
    if subject is Subject.CUSTOMER:
        person = Person.business_id == business_id, Person.id == subject_id, Person.email.is_not(None)
        return conn.execute(select(Person.id).where(*person)).first() is not None
    return subject is Subject.USER


def tell_asked(hub: Hub, conn: sa.Connection, business_id: str, grant_id: str) -> None:
    """Mail the person the link by which they decide, if a mail goes out. Staff and users find it on their pages too."""
    one = objects_of(conn, business_id, [grant_id])[0]
    subject = Subject(one.subject)
    if can_reach(hub, conn, business_id, subject, one.subject_id):
        _mail(hub, conn, business_id, _ASKED[subject], one, {"grant": grant_id})


def tell_viewed(hub: Hub, conn: sa.Connection, business_id: str, grant_id: str, viewed: Named, at: int) -> None:
    """Tell the person of a look, kept as a mail where there is no server; nobody where nobody is known."""
    for one in objects_of(conn, business_id, [grant_id]):
        if named(one) == viewed and one.subject in _VIEWED:
            about = {"grant": grant_id, "kind": str(viewed.kind), "object": viewed.id, "at": at}
            _mail(hub, conn, business_id, _VIEWED[Subject(one.subject)], one, about)


def tell_link(hub: Hub, conn: sa.Connection, visit: Visit, business_id: str, holder_id: str) -> None:
    """Tell a staff member that somebody made a link to their page, and so knows it: if a mail goes out to them."""
    if can_reach(hub, conn, business_id, Subject.STAFF, holder_id):
        about = {"holder": holder_id, "by": visit.actor_id if visit.actor == Subject.USER else ""}
        key, kind = f"mail:link:{holder_id}", MailKind.STAFF_ACCESS_LINK
        plan_mail(conn, business_id=business_id, kind=kind, key=key, about=about, now=hub.clock())


def _mail(hub: Hub, conn: sa.Connection, business_id: str, kind: MailKind, one: Any, about: dict[str, Any]) -> None:
    now, key = hub.clock(), f"mail:access:{about['grant']}"
    if one.subject == Subject.STAFF:
        told = {**about, "holder": one.subject_id}
        plan_mail(conn, business_id=business_id, kind=kind, key=key, about=told, now=now)
    elif one.subject == Subject.USER:
        _mail_user(hub, conn, business_id, kind, one.subject_id, about)
    else:
        booking = _booking(conn, business_id, one)
        if booking is not None:
            told = {**about, "start": booking.starts_at, "end": booking.ends_at}
            ids = {"booking_id": booking.id, "person_id": one.subject_id}
            plan_mail(conn, business_id=business_id, kind=kind, key=key, about=told, now=now, **ids)


def _mail_user(
    hub: Hub, conn: sa.Connection, business_id: str, kind: MailKind, user_id: str, about: dict[str, Any]
) -> None:
    row = find_user(conn, user_id)
    if row is None or row.dismissed_at is not None:
        return
    values = access_values(hub, conn, business_id, about, row.zone)
    if values is None:
        return
    if "link" in values:  # their page in the console, which takes their sign-in
        values["link"] = f"{hub.settings.base_url}/console/{business_id}/access/{about['grant']}"
    values |= {"agency_name": find_business(conn, AGENCY).name, "business_name": find_business(conn, business_id).name}
    email = open_email(hub, conn, row.id, row.email)
    with suppress(InputError):  # an address that mail servers do not take: their page says it all the same
        queue_mail(hub, conn, business_id=AGENCY, kind=kind, to=email, values=values, name=row.name)


def _booking(conn: sa.Connection, business_id: str, one: Any) -> Any:
    """Return the booking that a mail is about: the mail to its customer hangs on it."""
    if one.kind != ObjectKind.MAIL:
        return None
    booking_id = find_mail(conn, business_id, one.object_id).booking_id
    mine = Booking.business_id == business_id, Booking.id == booking_id
    return conn.execute(select(Booking.id, Booking.starts_at, Booking.ends_at).where(*mine)).one_or_none()
