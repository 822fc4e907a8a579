"""Connect a provider account: step by step with its plugin, tested before anything is saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy import insert, select, update

from hub.actions.ask import ask_provider
from hub.actions.calendars import Choice, own_connection, set_choices
from hub.actions.consent import check_consent, consent_about, return_consent, take_consent
from hub.actions.consent_state import About
from hub.actions.disconnect import destroy_at_once, end
from hub.actions.provider_settings import is_configured, not_configured
from hub.actions.reconnected import note_connected
from hub.actions.record import note, record
from hub.core.calendar import Calendar as Listed
from hub.core.consent_record import check_until
from hub.core.errors import InputError, ProviderError, Refused, UnknownId
from hub.core.provider import Form, Redirect
from hub.core.purpose import Purpose
from hub.core.security import OPERATOR, Kind, Outcome, Visit
from hub.parts import Hub
from hub.store.business import find_business
from hub.store.calendar import Calendar
from hub.store.connection import DISCONNECTED, Connection, set_owner, set_user
from hub.store.holder import find_holder
from hub.store.ids import new_id
from hub.vault.border import NOWHERE, RoundTrip
from hub.vault.keycalls import Connected
from hub.vault.names import calendar_hashes, open_calendar, open_calendars, seal_calendar
from hub.vault.texts import Opener

MOST_CONNECTIONS = 500
"""The most live connections of a business, and..."""
MOST_LISTED = 1000
"""...the most calendars of one account."""


def connect(
    hub: Hub,
    business_id: str,
    provider: str,
    level: str,
    answer: Mapping[str, str] | None = None,
    *,
    connection_id: str | None = None,
    holder_id: str | None = None,
    visit: Visit = OPERATOR,
    trip: RoundTrip = NOWHERE,
    consent: str = "",
    agreed: str = "",
    until: int | None = None,
) -> Form | Redirect | Connected:
    """Take one step of connecting an account, or with ``connection_id`` of connecting that one again.

    Without an ``answer`` it begins: a form to fill in, or where to send the owner. With what was typed or sent back it
    goes on, until the plugin has tried the credential and grants: then it is stored sealed, together with the calendars
    that the account has, none of them checked or written to yet (`choose_calendars`). If the calendars cannot be listed
    a new connection is ended again and the error raised. ``holder_id`` says whose own account it is: only they may
    connect it again. A success and each answer that was not accepted is noted.

    What people typed is taken only with their ``consent`` (`hub.actions.consent.answer_consent`), or with the hash of
    the text that they agree to with it, ``agreed``; without it raises StateError (``consent``). Connecting again goes
    on under the consent that stands. ``until`` (UTC seconds) is when a consent that is given by this call ends by
    itself. For a program and for the operator the call is the consent, and recorded as such.
    Raises ProviderError, PluginBroken, InputError, UnknownId.
    """
    with hub.database.reading() as conn:
        find_business(conn, business_id)
        if holder_id is not None:
            find_holder(conn, business_id, holder_id)
        if connection_id is not None:
            holder_id = own_connection(conn, business_id, connection_id, holder_id).holder_id
        elif _live(conn, business_id) >= MOST_CONNECTIONS:
            raise InputError(
                "connection", f"A business has {MOST_CONNECTIONS} connected accounts at most; disconnect one first."
            )
        about = consent_about(hub, business_id, provider, level, holder_id)
        if answer is not None:
            check_consent(hub, conn, visit, about, connection_id, consent, agreed)
            check_until(until, hub.clock())
    _check_ready(hub, provider)
    try:
        step = hub.broker.connect(business_id, provider, level, answer, connection=connection_id, trip=trip)
    except ProviderError as error:
        _note_refusal(hub, visit, business_id, answer, connection_id or "", error.code)
        raise
    if isinstance(step, Form) and step.problem:
        _note_refusal(hub, visit, business_id, answer, connection_id or "", "not_accepted")
    if isinstance(step, Connected):
        _finish(hub, visit, about, step, consent, until, new=connection_id is None)
    return step


def _check_ready(hub: Hub, provider: str) -> None:
    declared = hub.registry.provider(provider)
    if not is_configured(hub, declared):
        raise not_configured(declared.title)


def _live(conn: sa.Connection, business_id: str) -> int:
    mine = Connection.business_id == business_id, Connection.health != DISCONNECTED
    return int(conn.execute(select(sa.func.count()).where(*mine)).scalar_one())


def _finish(
    hub: Hub, visit: Visit, about: About, step: Connected, consent: str, until: int | None, *, new: bool
) -> None:
    """List the calendars that a stored account has, and note how it ended. A new one that cannot list them is ended."""
    business_id, provider = about.business_id, about.provider.name
    problem: BaseException | None = None
    try:
        with hub.database.writing() as conn:
            if new and about.holder_id is not None:
                set_owner(conn, business_id, step.connection, about.holder_id)
            if visit.actor == "user":
                set_user(conn, business_id, step.connection, visit.actor_id)
            take_consent(hub, conn, visit, about, step.connection, consent, new=new, until=until)
        if not new:
            note_connected(hub, business_id, step.connection)
        if hub.registry.offers(provider, "hub_list_calendars"):
            list_calendars(hub, business_id, step.connection)
    except BaseException as error:
        problem = error
    ended = new and problem is not None
    with hub.database.writing() as conn:
        if ended:
            end(hub, conn, business_id, step.connection)
            return_consent(hub, conn, visit, business_id, step.connection)
        detail = getattr(problem, "code", "error") if ended else "" if new else "again"
        outcome = Outcome.FAILED if ended else Outcome.OK
        note(hub, conn, visit, Kind.CONNECTED, outcome, about=step.connection, within=business_id, detail=detail)
    if ended:
        destroy_at_once(hub, business_id, step.connection, provider)
    if problem is not None:
        raise problem


def _note_refusal(
    hub: Hub, visit: Visit, business_id: str, answer: Mapping[str, str] | None, connection_id: str, detail: str
) -> None:
    if answer is not None:  # asking for the empty form is no attempt
        record(hub, visit, Kind.CONNECTED, Outcome.FAILED, about=connection_id, within=business_id, detail=detail)


@dataclass(frozen=True, slots=True)
class KnownCalendar:
    """A calendar that the hub knows of an account: its id here, its names, and whether it is checked and written to."""

    id: str
    ref: str
    name: str
    checked: bool
    written: bool


def list_calendars(hub: Hub, business_id: str, connection_id: str) -> list[KnownCalendar]:
    """Ask the account for its calendars, add those that are new, and return all that are known, by name.

    None is ever taken away here. The names are for who asked the account: people see them masked.
    """
    listed: Sequence[Listed] = ask_provider(
        hub, business_id, connection_id, Purpose.SHOW_CALENDARS, "hub_list_calendars"
    )
    mine = Calendar.business_id == business_id, Calendar.connection_id == connection_id
    if len(listed) > MOST_LISTED:
        raise Refused("too_many_calendars", f"The account has more than {MOST_LISTED} calendars.")
    with hub.database.writing() as conn:
        known = {row.ref_hash: row for row in conn.execute(select(Calendar.__table__).where(*mine))}
        for one in listed:
            seen, row = {"zone": one.zone, "writable": one.writable}, _known(hub, business_id, known, one)
            if row is not None and open_calendar(conn, hub.keyring, row) == replace(one, primary=False):
                continue
            identifier = new_id() if row is None else row.id
            named = seal_calendar(conn, hub.keyring, business_id, identifier, one.ref, one.name)
            if row is not None:
                conn.execute(update(Calendar).where(*mine, Calendar.id == identifier).values(**seen, **named))
                continue
            ids = {"id": identifier, "business_id": business_id, "connection_id": connection_id}
            state = {"read_from": 0, "read_until": 0, "read_at": 0, "tried_at": 0, "problem": ""}
            conn.execute(insert(Calendar).values(**ids, **seen, **named, **state, checked=False, written=False))
        rows = conn.execute(select(Calendar.__table__).where(*mine).order_by(Calendar.id)).all()
        named_rows = zip(rows, open_calendars(Opener(conn, hub.keyring), rows), strict=True)
        found = [KnownCalendar(row.id, one.ref, one.name, row.checked, row.written) for row, one in named_rows]
    return sorted(found, key=lambda one: (one.name, one.id))


def _known(hub: Hub, business_id: str, known: Mapping[str, sa.Row[Any]], calendar: Listed) -> sa.Row[Any] | None:
    hashes = calendar_hashes(hub.keyring, business_id, calendar.ref)
    return next((known[one] for one in hashes if one in known), None)


def choose_calendar(
    hub: Hub, business_id: str, calendar_id: str, holder_id: str, *, checked: bool = True, written: bool = False
) -> None:
    """Let one calendar stand for a staff member or resource; see `hub.actions.calendars.choose_calendars`."""
    with hub.database.writing() as conn:
        mine = Calendar.business_id == business_id, Calendar.id == calendar_id
        connection_id = conn.execute(select(Calendar.connection_id).where(*mine)).scalar_one_or_none()
        if connection_id is None:
            raise UnknownId("calendar", calendar_id)
        choice = Choice(holder_id, checked, written)
        set_choices(conn, business_id, connection_id, {calendar_id: choice}, hub.clock())
