"""Try the agency's mail server: one mail to whoever asks, through the outbox like every other."""

from __future__ import annotations

from hub.actions.account import open_email
from hub.actions.mail import MailView, list_mails, queue_mail
from hub.actions.mail_sender import find_sender
from hub.actions.record import note
from hub.actions.sessions import User
from hub.core.errors import StateError, UnknownId
from hub.core.mail import MailKind
from hub.core.security import Kind, Visit
from hub.parts import Hub
from hub.store.business import AGENCY, find_business
from hub.store.user import find_user

_LOOKED_AT = 50


def sends_mail(hub: Hub, business_id: str = AGENCY) -> bool:
    """Tell whether a mail server is connected that takes the mails of a business, by default of the agency itself."""
    with hub.database.reading() as conn:
        return bool(find_sender(hub, conn, business_id).connection_id)


def send_test_mail(hub: Hub, visit: Visit, by: User) -> str:
    """Queue a mail to a user's own address, and return its id. Raises StateError without a server."""
    with hub.database.writing() as conn:
        if not find_sender(hub, conn, AGENCY).connection_id:
            raise StateError("No mail server is connected; connect one first.", code="no_mail_server")
        row = find_user(conn, by.id)
        if row is None:
            raise UnknownId("user", by.id)
        values = {"agency_name": find_business(conn, AGENCY).name}
        email = open_email(hub, conn, row.id, row.email)
        mail_id = queue_mail(hub, conn, business_id=AGENCY, kind=MailKind.TEST, to=email, values=values, name=row.name)
        note(hub, conn, visit, Kind.AGENCY_CHANGED, about=mail_id, detail="mail_tried")
    return mail_id


def last_test_mail(hub: Hub) -> MailView | None:
    """Return the last of these mails, if it is among the newest of the agency's."""
    found, _ = list_mails(hub, [AGENCY], limit=_LOOKED_AT)
    return next((one for one in found if one.kind is MailKind.TEST), None)
