"""Look at a named object under a grant: written down and told first, shown then."""

from __future__ import annotations

from dataclasses import dataclass
from email import message_from_bytes
from email.policy import SMTP

import sqlalchemy as sa

from hub.actions.access_ask import about, acting_user
from hub.actions.access_tell import tell_viewed
from hub.actions.mail import open_message
from hub.actions.record import note, record
from hub.core.access import AccessState, Named, ObjectKind, Subject
from hub.core.errors import StateError
from hub.core.ledger import EntryKind
from hub.core.role import Right
from hub.core.security import Kind, Outcome, Visit
from hub.ledger.append import append
from hub.parts import Hub
from hub.store.access import add_view, find_grant, named, objects_of
from hub.store.calendar import calendars_of_connections
from hub.store.connection import find_connection
from hub.store.mail import find_mail
from hub.vault.names import account_names, calendar_names

_HEADERS = ("From", "To", "Subject", "Date")


@dataclass(frozen=True, slots=True, repr=False)
class Revealed:
    """What an object says: facts as (name, value), and a text for a mail."""

    object: Named
    facts: tuple[tuple[str, str], ...]
    text: str = ""


def view_object(hub: Hub, visit: Visit, business_id: str, grant_id: str, wanted: Named) -> Revealed:
    """Return what an object says, for who asked and while their grant works.

    The look is in the ledger, and the person is told of it, before anything is read: one entry an object and minute.
    If that cannot be written nothing is shown. Raises StateError (``not_approved``, ``expired``, ``not_named``,
    ``not_yours``, ``not_allowed``), Unavailable, UnknownId.
    """
    try:
        with hub.database.writing() as conn:
            _look(hub, conn, visit, business_id, grant_id, wanted)
    except StateError as error:
        record(hub, visit, Kind.ACCESS, Outcome.REFUSED, about=grant_id, within=business_id, detail=error.code)
        raise
    with hub.database.reading() as conn:
        return _read(hub, conn, business_id, wanted)


def _look(hub: Hub, conn: sa.Connection, visit: Visit, business_id: str, grant_id: str, wanted: Named) -> None:
    user = acting_user(conn, visit, business_id, Right.BOOK)
    row, now = find_grant(conn, business_id, grant_id, lock=True), hub.clock()
    if row.user_id != user.id:
        raise StateError("Only who asked may look; ask yourself.", code="not_yours")
    if row.state in (AccessState.ENDED, AccessState.EXPIRED) or row.until <= now:
        raise StateError("The time of this access is over; ask again.", code="expired")
    if row.state != AccessState.APPROVED:
        raise StateError(f"Nobody has agreed to this: it is {row.state}.", code="not_approved")
    objects = {named(one): one for one in objects_of(conn, business_id, [grant_id])}
    if wanted not in objects:
        raise StateError("This access is for other objects; ask for this one.", code="not_named")
    one, told = objects[wanted], not row.delay or row.lifted_at is not None
    if not add_view(conn, business_id, grant_id, wanted, now, now if told else None):
        return
    said = {"grant": grant_id, "reason": row.reason, "object": f"{wanted.kind}:{wanted.id}"}
    whom = about([(wanted, Subject(one.subject), one.subject_id)])
    if told:
        tell_viewed(hub, conn, business_id, grant_id, wanted, now)
    else:
        said["told_later"] = row.delay
    append(conn, business_id, EntryKind.ACCESS_VIEWED, said, at=now, user_id=user.id, **whom)
    note(hub, conn, visit, Kind.ACCESS, about=grant_id, within=business_id, detail="viewed")


def _read(hub: Hub, conn: sa.Connection, business_id: str, wanted: Named) -> Revealed:
    if wanted.kind is ObjectKind.CONNECTION:
        row = find_connection(conn, business_id, wanted.id)
        calendars = calendar_names(conn, hub.keyring, calendars_of_connections(conn, business_id, [wanted.id]))
        names = tuple((f"Calendar {number}", name) for number, name in enumerate(calendars.values(), 1))
        return Revealed(wanted, (("Account", account_names(conn, hub.keyring, [row])[row.id]), *names))
    mail = find_mail(conn, business_id, wanted.id)
    if mail.message is None:
        raise StateError("What this mail says is not kept any more: it was sent.", code="not_kept")
    message = message_from_bytes(open_message(hub, conn, mail), policy=SMTP)
    body = message.get_body(("plain",))
    facts = tuple((name, str(message[name])) for name in _HEADERS if message[name])
    return Revealed(wanted, facts, "" if body is None else body.get_content())
