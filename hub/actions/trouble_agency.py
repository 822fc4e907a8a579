"""Tell people of the agency of the accounts that do not work: one mail a user, however many fail at once."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import sqlalchemy as sa

from hub.actions.access_mask import shown_account
from hub.actions.account import open_email
from hub.actions.at_risk import coming_bookings, holders_of_connection
from hub.actions.mail import queue_mail
from hub.core.errors import InputError
from hub.core.health import AGAIN
from hub.core.mail import MailKind
from hub.core.mail_time import spell_time
from hub.core.role import Right, Role
from hub.core.trouble import sentence
from hub.parts import Hub
from hub.store.business import AGENCY, find_business
from hub.store.connection import find_connection
from hub.store.outage import agency_told_at, take_for_agency, untold_agency
from hub.store.user import all_users, businesses_of

GATHER = 900
"""Seconds between two such mails: what fails meanwhile is gathered for the next."""

_MOST = 50
"""Accounts that one mail names."""


def tell_agency(hub: Hub) -> None:
    """Mail every user who may connect accounts of a business those of which the agency was not told for a day."""
    now = hub.clock()
    with hub.database.reading() as conn:
        last = agency_told_at(conn)
        if (last is not None and last > now - GATHER) or not untold_agency(conn, now - AGAIN):
            return
    with hub.database.writing() as conn:
        rows = [row for row in untold_agency(conn, now - AGAIN) if take_for_agency(conn, row, now, now - AGAIN)]
        if rows:
            _mail_users(hub, conn, rows)


def _mail_users(hub: Hub, conn: sa.Connection, rows: list[sa.Row[Any]]) -> None:
    users = [one for one in all_users(conn) if one.dismissed_at is None and Right.CONNECT in Role(one.role).rights]
    limits = businesses_of(conn, [one.id for one in users])
    agency = find_business(conn, AGENCY).name
    for user in users:
        mine = [row for row in rows if user.everywhere or row.business_id in limits.get(user.id, ())]
        if not mine:
            continue
        lines = [_line(hub, conn, row, user.zone) for row in mine[:_MOST]]
        lines += [f"and {len(mine) - _MOST} more."] if len(mine) > _MOST else []
        one_place = {row.business_id for row in mine} - {AGENCY}
        path = f"/{one_place.pop()}/connections" if len(one_place) == 1 else ""
        link = f"{hub.settings.base_url}/console{path}"
        values = {"agency_name": agency, "accounts": "\n".join(lines), "link": link}
        email = open_email(hub, conn, user.id, user.email)
        with suppress(InputError):  # an address that mail servers do not take: the console shows it all the same
            kind = MailKind.USER_CONNECTIONS
            queue_mail(hub, conn, business_id=AGENCY, kind=kind, to=email, values=values, name=user.name)


def _line(hub: Hub, conn: sa.Connection, row: sa.Row[Any], zone: str) -> str:
    business, connection = (
        find_business(conn, row.business_id),
        find_connection(conn, row.business_id, row.connection_id),
    )
    holders = holders_of_connection(conn, row.business_id, row.connection_id)
    count = coming_bookings(conn, row.business_id, holders, hub.clock())[1]
    many = {0: "", 1: " 1 coming appointment is not watched."}.get(
        count, f" {count} coming appointments are not watched."
    )
    since = spell_time(row.began_at, zone, business.zone)
    what = f"{business.name}: {shown_account(hub, conn, connection)}, since {since}."
    return f"- {what} {sentence(row.health_reason)}{many}"
