"""What a mail about human access says: who, what, why, and the link by which its reader decides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from hub.actions.access_link import access_link
from hub.core.access import AccessReason, AccessState, ObjectKind
from hub.core.mail_time import spell_time
from hub.parts import Hub
from hub.store.access import find_grant, objects_of
from hub.store.business import find_business
from hub.store.mail import find_mail
from hub.store.user import user_names

WHY = {
    AccessReason.SUPPORT: "support: to help with something that does not work",
    AccessReason.SECURITY: "security: to look into an incident or abuse",
    AccessReason.LEGAL: "law: a legal duty",
}
"""The reasons in words."""


def access_values(
    hub: Hub, conn: sa.Connection, business_id: str, about: Mapping[str, Any], zone: str
) -> dict[str, str] | None:
    """Return the values of a mail about a grant; None for a question that was answered or is too old.

    ``about`` holds ``grant``, and for a look ``kind``, ``object`` and ``at`` (UTC seconds); or ``by`` alone, for a link
    that a user made.
    """
    if "by" in about:
        return {"asked_by": user_names(conn, [about["by"]]).get(about["by"], "A program or the operator")}
    row = find_grant(conn, business_id, about["grant"])
    objects = [(one.kind, one.object_id) for one in objects_of(conn, business_id, [row.id])]
    by = find_business(conn, business_id).zone
    values = {
        "asked_by": user_names(conn, [row.user_id]).get(row.user_id, "somebody"),
        "why": WHY[AccessReason(row.reason)],
    }
    if "at" in about:
        objects = [(about["kind"], about["object"])]
        values["seen_at"] = spell_time(about["at"], zone, by)
    elif row.state != AccessState.ASKED or row.until <= hub.clock():
        return None
    else:
        hours = row.seconds // 3600
        values["hours"] = "1 hour" if hours == 1 else f"{hours} hours"
        values["link"] = access_link(hub, business_id, row.id)
    return {**values, "objects": "; ".join(spell_objects(conn, business_id, objects, zone, by))}


def spell_objects(
    conn: sa.Connection, business_id: str, objects: Iterable[tuple[str, str]], zone: str, by: str = ""
) -> list[str]:
    """Return objects in words, without what is masked: a connected account, or a mail by its kind and time."""
    words = []
    for kind, object_id in objects:
        if kind == ObjectKind.CONNECTION:
            words.append("the name of a connected account, and the names of its calendars")
        else:
            mail = find_mail(conn, business_id, object_id)
            words.append(f"the text of a mail ({mail.kind.replace('_', ' ')}, {spell_time(mail.made_at, zone, by)})")
    return words
