"""Names of accounts and calendars, by which their provider knows them too: sealed with the key of their business.

An account's name is mostly an e-mail address, and so may be how a provider names a calendar or where an account's
calendars lie. So these are sealed with it; a calendar is looked up by a keyed hash of its name at the provider.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import update

from hub.core.calendar import Calendar
from hub.core.errors import Tampered, UnknownId
from hub.store.connection import Connection
from hub.vault.cipher import Place
from hub.vault.keys import Keyring
from hub.vault.people import keyed_hashes
from hub.vault.texts import Opener, open_text, seal_text

UNREADABLE = "unreadable"
"""What is shown in place of a name that does not open: a list is shown although one of its rows is damaged."""


@dataclass(frozen=True, slots=True, repr=False)
class AccountNames:
    """The name of an account, and what its plugin keeps of it to find its way there."""

    name: str
    settings: Mapping[str, str]


def name_account(
    conn: sa.Connection, keyring: Keyring, business: str, connection: str, name: str, settings: Mapping[str, str]
) -> None:
    """Seal name and settings of an account over those it had. ``conn`` is writing."""
    text = json.dumps({"name": name, "settings": dict(settings)})
    sealed = _seal(conn, keyring, _account(business, connection), text)
    mine = Connection.business_id == business, Connection.id == connection
    conn.execute(update(Connection).where(*mine).values(account=sealed))


def open_account_names(conn: sa.Connection, keyring: Keyring, row: Any) -> AccountNames:
    """Return the names of an account from the row of its connection. Raises Tampered."""
    if row.account is None:
        return AccountNames("", {})
    return AccountNames(**json.loads(open_text(conn, keyring, _account(row.business_id, row.id), row.account)))


def account_names(conn: sa.Connection, keyring: Keyring, rows: Iterable[Any]) -> dict[str, str]:
    """Return the names of accounts to be shown, by the id of the connection."""
    opener, found = Opener(conn, keyring), {}
    for row in rows:
        try:
            opened = row.account and opener.open(_account(row.business_id, row.id), row.account)
            found[row.id] = str(json.loads(opened)["name"]) if opened else ""
        except (Tampered, UnknownId):
            found[row.id] = UNREADABLE
    return found


def calendar_hashes(keyring: Keyring, business: str, ref: str) -> list[str]:
    """Return all that a calendar may be looked up by within its connection, the one to write first."""
    return keyed_hashes(keyring, business, "calendar", ref)


def seal_calendar(
    conn: sa.Connection, keyring: Keyring, business: str, calendar: str, ref: str, name: str
) -> dict[str, object]:
    """Return the columns that name a calendar. ``conn`` is writing."""
    sealed = _seal(conn, keyring, _calendar(business, calendar), json.dumps([ref, name]))
    return {"names": sealed, "ref_hash": calendar_hashes(keyring, business, ref)[0]}


def open_calendars(opener: Opener, rows: Iterable[Any]) -> list[Calendar]:
    """Return calendars as plugins know them, from their rows. Raises Tampered."""
    found = []
    for row in rows:
        ref, name = "", ""
        if row.names is not None:
            ref, name = json.loads(opener.open(_calendar(row.business_id, row.id), row.names))
        found.append(Calendar(ref, name, row.zone, row.writable))
    return found


def open_calendar(conn: sa.Connection, keyring: Keyring, row: Any) -> Calendar:
    """Return a calendar as plugins know it, from its row. Raises Tampered."""
    return open_calendars(Opener(conn, keyring), [row])[0]


def calendar_names(conn: sa.Connection, keyring: Keyring, rows: Iterable[Any]) -> dict[str, str]:
    """Return the names of calendars to be shown, by id."""
    opener, found = Opener(conn, keyring), {}
    for row in rows:
        try:
            opened = row.names and opener.open(_calendar(row.business_id, row.id), row.names)
            found[row.id] = str(json.loads(opened)[1]) if opened else ""
        except (Tampered, UnknownId):
            found[row.id] = UNREADABLE
    return found


def _seal(conn: sa.Connection, keyring: Keyring, place: Place, text: str) -> bytes:
    try:
        return seal_text(conn, keyring, place, text)
    except UnknownId:  # the first text of a business
        keyring.make_business_key(conn, place.business)
        return seal_text(conn, keyring, place, text)


def _account(business: str, connection: str) -> Place:
    return Place(business, "connection", connection, "account")


def _calendar(business: str, calendar: str) -> Place:
    return Place(business, "calendar", calendar, "names")
