"""The signed link by which the person whose data it is decides on a look: mailed to them and to nobody else."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256

from hub.core.access import AccessReason, Subject
from hub.core.errors import UnknownId
from hub.parts import Hub
from hub.store.access import find_grant, objects_of

PATH = "/access/"
"""Where the page is; the token follows."""


@dataclass(frozen=True, slots=True)
class Approver:
    """Who decides by a link, and on what."""

    business_id: str
    grant_id: str
    subject: Subject
    subject_id: str


def access_token(hub: Hub, business_id: str, grant_id: str) -> str:
    """Return the token of a request: the same each time, and of use for this request only."""
    return f"{business_id}.{grant_id}.{_mac(hub, business_id, grant_id)}"


def access_link(hub: Hub, business_id: str, grant_id: str) -> str:
    """Return the address that is mailed to the person; it begins with the settings' base_url, whoever asks."""
    return f"{hub.settings.base_url}{PATH}{access_token(hub, business_id, grant_id)}"


def open_access_token(hub: Hub, token: str) -> Approver | None:
    """Return who decides by this token; None for one that is not of ours, or whose request is gone."""
    business_id, _, rest = token.partition(".")
    grant_id, _, mac = rest.partition(".")
    if not token.isascii() or not hmac.compare_digest(mac, _mac(hub, business_id, grant_id)):
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


def _mac(hub: Hub, business_id: str, grant_id: str) -> str:
    content = b"".join(len(part).to_bytes(4, "big") + part for part in (business_id.encode(), grant_id.encode()))
    digest = hmac.digest(hub.keyring.door_key("access link"), content, sha256)
    return urlsafe_b64encode(digest).decode().rstrip("=")
