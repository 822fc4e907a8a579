"""The signed link by which the person whose data it is decides on a look: mailed to them and to nobody else."""

from __future__ import annotations

from dataclasses import dataclass

from hub.core.access import AccessReason, Subject
from hub.core.errors import UnknownId
from hub.parts import Hub
from hub.store.access import find_grant, objects_of
from hub.vault.door_keys import framed

PATH = "/access/"
"""Where the page is; the token follows."""

_USE = "access link"


@dataclass(frozen=True, slots=True)
class Approver:
    """Who decides by a link, and on what."""

    business_id: str
    grant_id: str
    subject: Subject
    subject_id: str


def access_token(hub: Hub, business_id: str, grant_id: str) -> str:
    """Return the token of a request: the same each time, and of use for this request only."""
    return f"{business_id}.{grant_id}.{hub.keyring.doors.sign(_USE, framed(business_id, grant_id))}"


def access_link(hub: Hub, business_id: str, grant_id: str) -> str:
    """Return the address that is mailed to the person; it begins with the settings' base_url, whoever asks."""
    return f"{hub.settings.base_url}{PATH}{access_token(hub, business_id, grant_id)}"


def open_access_token(hub: Hub, token: str) -> Approver | None:
    """Return who decides by this token; None for one that is not of ours, or whose request is gone."""
    business_id, _, rest = token.partition(".")
    grant_id, _, mac = rest.partition(".")
    if not token.isascii() or not hub.keyring.doors.is_signed(_USE, framed(business_id, grant_id), mac):
        return None
    try:
        with hub.database.reading() as conn:
            row = find_grant(conn, business_id, grant_id)
            objects = objects_of(conn, business_id, [grant_id])
    except UnknownId:
        return None
    if row.reason != AccessReason.SUPPORT:
        return None
    return Approver(business_id, grant_id, Subject(objects[0].subject), objects[0].subject_id)
