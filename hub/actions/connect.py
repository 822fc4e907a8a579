"""Connect a provider account: step by step with its plugin, tested before anything is saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import insert, select, update

from hub.actions.ask import ask_provider
from hub.core.calendar import Calendar as Listed
from hub.core.errors import InputError, UnknownId
from hub.core.provider import Form, Redirect
from hub.core.purpose import Purpose
from hub.parts import Hub
from hub.store.business import find_business
from hub.store.calendar import Calendar
from hub.store.holder import Holder
from hub.store.ids import new_id
from hub.vault.keycalls import Connected


def connect(
    hub: Hub,
    business_id: str,
    provider: str,
    level: str,
    answer: Mapping[str, str] | None = None,
    *,
    connection_id: str | None = None,
) -> Form | Redirect | Connected:
    """Take one step of connecting an account, or with ``connection_id`` of connecting that one again.

    Without an ``answer`` it begins: a form to fill in, or where to send the owner. With what was typed or sent back it
    goes on, until the plugin has tried the credential and grants: then it is stored sealed, together with the calendars
    that the account has, none of them checked or written to yet (`choose_calendar`). If the calendars cannot be listed
    a new connection is ended again and the error raised. Raises ProviderError, PluginBroken, InputError, UnknownId.
    """
    with hub.database.reading() as conn:
        find_business(conn, business_id)
    step = hub.broker.connect(business_id, provider, level, answer, connection=connection_id)
    if isinstance(step, Connected):
        try:
            list_calendars(hub, business_id, step.connection)
        except BaseException:
            if connection_id is None:
                hub.broker.disconnect(business_id, step.connection)
            raise
    return step


def list_calendars(hub: Hub, business_id: str, connection_id: str) -> list[sa.Row[Any]]:
    """Ask the account for its calendars, add those that are new, and return all rows. None is ever taken away here."""
    listed: Sequence[Listed] = ask_provider(
        hub, business_id, connection_id, Purpose.SHOW_CALENDARS, "hub_list_calendars"
    )
    mine = Calendar.business_id == business_id, Calendar.connection_id == connection_id
    with hub.database.writing() as conn:
        known = {row.ref: row.id for row in conn.execute(select(Calendar.ref, Calendar.id).where(*mine))}
        for one in listed:
            seen = {"name": one.name, "zone": one.zone, "writable": one.writable}
            if one.ref in known:
                conn.execute(update(Calendar).where(*mine, Calendar.id == known[one.ref]).values(**seen))
                continue
            ids = {"id": new_id(), "business_id": business_id, "connection_id": connection_id, "ref": one.ref}
            state = {"read_from": 0, "read_until": 0, "read_at": 0, "tried_at": 0, "problem": ""}
            conn.execute(insert(Calendar).values(**ids, **seen, **state, checked=False, written=False))
        return list(conn.execute(select(Calendar.__table__).where(*mine).order_by(Calendar.name, Calendar.id)).all())


def choose_calendar(
    hub: Hub, business_id: str, calendar_id: str, holder_id: str, *, checked: bool = True, written: bool = False
) -> None:
    """Let a calendar stand for a staff member or resource: its busy times are checked, bookings are written to it.

    One calendar a holder is written to: choosing another one lets the first go. Raises InputError for a calendar that
    cannot be written, UnknownId.
    """
    with hub.database.writing() as conn:
        row = conn.execute(
            select(Calendar.__table__).where(Calendar.business_id == business_id, Calendar.id == calendar_id)
        ).one_or_none()
        if row is None:
            raise UnknownId("calendar", calendar_id)
        holder = select(Holder.id).where(Holder.business_id == business_id, Holder.id == holder_id)
        if conn.execute(holder).first() is None:
            raise UnknownId("staff member or resource", holder_id)
        if written and not row.writable:
            raise InputError("calendar", f"{row.name!r} is read only; choose another calendar to write bookings to.")
        if written:
            conn.execute(
                update(Calendar)
                .where(Calendar.business_id == business_id, Calendar.holder_id == holder_id)
                .values(written=False)
            )
        conn.execute(
            update(Calendar)
            .where(Calendar.business_id == business_id, Calendar.id == calendar_id)
            .values(holder_id=holder_id, checked=checked, written=written)
        )
