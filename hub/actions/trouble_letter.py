"""What a mail about an account in trouble says: since when, why, what happens meanwhile, which bookings it concerns.

Bookings stand there as times and services alone, whoever reads it: who comes is nobody's business at the provider's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.actions.access_mask import shown_account
from hub.actions.at_risk import AtRisk, coming_bookings, holders_of_connection
from hub.actions.missed import lines_of, spell_missed
from hub.actions.staff_links import mailed_token
from hub.core.health import Health
from hub.core.mail import MailKind
from hub.core.mail_time import spell_span, spell_time
from hub.core.trouble import sentence
from hub.parts import Hub
from hub.store.business import AGENCY, find_business
from hub.store.connection import find_connection
from hub.store.holder import names_of
from hub.store.outage import find_outage

NO_LINK = "ask in the business for a new link to your page"
"""What stands in place of a link in a mail that may be read by somebody else."""

_LISTED = 10
_MUST_BE = {
    MailKind.CONNECTION_LOST: Health.NEEDS_RECONNECT,
    MailKind.CONNECTION_FAILING: Health.FAILING,
}


@dataclass(frozen=True, slots=True)
class Told:
    """The values of a mail, and the link among them, empty for none."""

    values: Mapping[str, str]
    link: str


def trouble_values(
    hub: Hub, conn: sa.Connection, business_id: str, kind: MailKind, about: Mapping[str, Any], zone: str, *, kept: bool
) -> Told | None:
    """Return what a mail about an account says; None when the account is not any more as it would say.

    ``kept``: the mail goes to no server, and people of the console may read it. Then even its reader's own account is
    masked, and there is no link to the staff member's page in it.
    """
    row, by = find_connection(conn, business_id, about["connection"]), find_business(conn, business_id).zone
    if kind in _MUST_BE and row.health != _MUST_BE[kind]:
        return None
    reader = about.get("holder", "")
    outage = find_outage(conn, business_id, about.get("outage", ""))
    holders = holders_of_connection(conn, business_id, row.id)
    link = _link(hub, business_id, row.id, about, kept=kept)
    began = row.health_at if outage is None else outage.began_at
    values = {
        "account_name": shown_account(hub, conn, row, holder_id=None if kept else reader or None),
        "problem": sentence(row.health_reason),
        "since": spell_time(began, zone, by),
        "link": link or ("" if kept else NO_LINK),
    }
    if kind is MailKind.CONNECTION_MENDED:
        report = (outage.report or {}) if outage is not None else {}
        values["changes"] = spell_missed(lines_of(conn, business_id, report, reader), zone, by)
        return Told(values, link)
    names = ", ".join(sorted(names_of(conn, business_id, holders).values()))
    mine = [one for one in holders if one == reader] if reader else holders
    found, count = coming_bookings(conn, business_id, mine, hub.clock())
    values["meanwhile"] = _meanwhile(names)
    values["bookings"] = spell_bookings(found, count, zone, by, named=not reader)
    return Told(values, link)


def spell_bookings(found: tuple[AtRisk, ...], count: int, zone: str, by: str, *, named: bool) -> str:
    """Return coming bookings as the lines of a mail, empty for none; ``named``: with whose they are."""
    if not found:
        return ""
    lines = ["Appointments that nobody watches meanwhile:"]
    for one in found[:_LISTED]:
        whose = f", {one.holder}" if named else ""
        lines.append(f"- {spell_span(one.start, one.end, zone, by)}: {one.service}{whose}")
    if count > _LISTED:
        lines.append(f"and {count - _LISTED} more.")
    return "\n".join(lines)


def _meanwhile(names: str) -> str:
    if not names:
        return "Until then the hub does not use it: mails that go out by it wait."
    return (
        f"Until then no new times of {names} are offered. Appointments that stand are kept, but the hub does not see "
        "what else is entered at their time."
    )


def _link(hub: Hub, business_id: str, connection_id: str, about: Mapping[str, Any], *, kept: bool) -> str:
    if about.get("link"):
        if kept:
            return ""
        return f"{hub.settings.base_url}/staff/{mailed_token(hub, about['link'])}/accounts/{connection_id}"
    if about.get("holder"):  # whoever reads that person's mail now may be somebody else: they get no way in
        return ""
    if business_id == AGENCY:
        return f"{hub.settings.base_url}/console/agency-mail"
    return f"{hub.settings.base_url}/console/{business_id}/connections/{connection_id}"
