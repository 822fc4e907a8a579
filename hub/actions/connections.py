"""The connections of a business for the people who look after them: what they are, and how they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.actions.access_mask import connected_just_now, is_masked, masked_calendars
from hub.actions.calendars import own_connection
from hub.actions.connect import list_calendars
from hub.actions.health import health_after, note_health, reason_of
from hub.actions.in_step import InStep, in_step
from hub.actions.reconnected import look_soon
from hub.core.access import mask_account
from hub.core.errors import PluginBroken, ProviderError
from hub.core.health import Health
from hub.core.provider import Provider
from hub.core.trouble import MENDS_ITSELF, sentence
from hub.parts import Hub
from hub.store.business import find_business
from hub.store.calendar import calendars_of_connections
from hub.store.connection import DISCONNECTED
from hub.store.connection import list_connections as read_connections
from hub.store.consent import consent_ends
from hub.store.holder import names_of
from hub.vault.names import account_names, calendar_names


@dataclass(frozen=True, slots=True)
class CalendarView:
    """A calendar as people see it. ``looked_at`` (UTC seconds) is when its busy times were last known to be current.

    ``age`` is the seconds since then; both are None for one that was never read. ``problem`` is a machine word of the
    last look, ``sentence`` what it means. ``in_step`` tells how one that is checked is kept in step.
    """

    id: str
    name: str
    zone: str
    writable: bool
    checked: bool
    written: bool
    holder_id: str | None
    holder: str
    looked_at: int | None
    age: int | None
    problem: str
    sentence: str
    in_step: InStep | None


@dataclass(frozen=True, slots=True)
class ConnectionView:
    """A connection as people see it. Times in UTC seconds.

    ``title`` and ``keeps`` (what the provider keeps after a disconnect) come from its plugin; ``broken`` says why the
    plugin cannot be used, if so. ``health`` is ``ok``, ``failing``, ``needs_reconnect`` or ``disconnected``, ``reason``
    a machine word and ``sentence`` what it means. ``holder_id`` is the staff member whose own account it is.
    ``looked_at`` is when the hub last looked at one of its checked calendars, ``age`` how many seconds old the oldest
    of what it knows is. ``revoking``: disconnected here, but not yet ended at the provider. ``masked``: its name and
    those of its calendars are not shown to who looks (`actions.access_mask`). ``sees`` are the sentences of its level,
    ``limits`` what cannot be done because less was granted than asked, ``extra`` what was granted beyond that: it is
    not used. ``lists_calendars`` is false where calendars are added by their ids. Of how many ``levels`` it has one.
    ``consent_until`` is when the consent to its use ends by itself, None for one without an end.
    """

    id: str
    provider: str
    title: str
    broken: str
    keeps: str
    level: str
    level_title: str
    account_name: str
    health: str
    reason: str
    sentence: str
    health_at: int
    made_at: int
    holder_id: str | None
    holder: str
    looked_at: int | None
    age: int | None
    revoking: bool
    masked: bool
    calendars: tuple[CalendarView, ...]
    sees: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    lists_calendars: bool = True
    levels: int = 1
    consent_until: int | None = None


@dataclass(frozen=True, slots=True)
class Tested:
    """What a test of a connection found. ``reason`` is a machine word, ``calendars`` how many the account has."""

    ok: bool
    reason: str
    sentence: str
    calendars: int


def list_connections(
    hub: Hub, business_id: str, holder_id: str | None = None, *, user_id: str = "", hidden: bool = False
) -> tuple[ConnectionView, ...]:
    """Return a business's connections, the oldest first; with ``holder_id`` that staff member's own alone.

    Names are masked but for that staff member, unless they are ``hidden`` from who comes by the link
    (`staff_links.hides_names`), and for the console user ``user_id`` who connected an account. One whose plugin is off
    or broken is listed too. Asks no provider. Raises UnknownId.
    """
    with hub.database.reading() as conn:
        find_business(conn, business_id)
        rows = read_connections(conn, business_id, holder_id=holder_id)
        return _views(hub, conn, business_id, rows, (None if hidden else holder_id, user_id))


def get_connection(
    hub: Hub,
    business_id: str,
    connection_id: str,
    *,
    holder_id: str | None = None,
    user_id: str = "",
    hidden: bool = False,
) -> ConnectionView:
    """Return one connection, as `list_connections`; with ``holder_id`` one of somebody else is unknown.

    Who connected an account of a staff member, in the console or by a link from which names are ``hidden``, sees its
    names for `access_mask.CHOOSING` seconds: they choose its calendars now. Raises UnknownId.
    """
    with hub.database.reading() as conn:
        row = own_connection(conn, business_id, connection_id, holder_id)
        if hidden and not connected_just_now(conn, row, ("staff", holder_id or ""), hub.clock()):
            holder_id = None
        elif connected_just_now(conn, row, ("user", user_id), hub.clock()):
            holder_id = row.holder_id
        rows = read_connections(conn, business_id, connection_id=connection_id)
        return _views(hub, conn, business_id, rows, (holder_id, user_id))[0]


def try_connection(hub: Hub, business_id: str, connection_id: str, *, holder_id: str | None = None) -> Tested:
    """Ask the account for its calendars now, and say how it went. New calendars are added, none is chosen.

    What is found becomes the connection's health. A provider's fault is an answer and not raised. Raises UnknownId,
    and Unavailable when the hub itself cannot ask.
    """
    with hub.database.reading() as conn:
        row = own_connection(conn, business_id, connection_id, holder_id)
    try:
        if not hub.registry.offers(row.provider, "hub_list_calendars"):
            return Tested(row.health == "ok", row.health_reason, "This account has no calendars to ask for.", 0)
        found = list_calendars(hub, business_id, connection_id)
    except (ProviderError, PluginBroken) as error:
        reason = reason_of(error)
        _note(hub, row, health_after(error), reason)
        return Tested(False, reason, sentence(reason), 0)
    if row.health == Health.NEEDS_RECONNECT:
        if row.health_reason not in MENDS_ITSELF:  # what still answers may be a token that outlives its permission
            return Tested(False, row.health_reason, sentence(row.health_reason), len(found))
        with hub.database.writing() as conn:  # its calendars decide
            look_soon(conn, business_id, [one.id for one in found if one.checked])
    _note(hub, row, "ok", "")
    many = "1 calendar" if len(found) == 1 else f"{len(found)} calendars"
    return Tested(True, "", f"It works: the account shows {many}.", len(found))


def _note(hub: Hub, row: sa.Row[Any], health: str, reason: str) -> None:
    with hub.database.writing() as conn:
        note_health(conn, row.business_id, row.id, health, reason, hub.clock(), epoch=row.epoch)


def _views(
    hub: Hub, conn: sa.Connection, business_id: str, rows: Sequence[sa.Row[Any]], who: tuple[str | None, str]
) -> tuple[ConnectionView, ...]:
    now = hub.clock()
    calendars: dict[str, list[sa.Row[Any]]] = defaultdict(list)
    known = calendars_of_connections(conn, business_id, [row.id for row in rows])
    for one in known:
        calendars[one.connection_id].append(one)
    steps = in_step(hub, conn, business_id, rows, known, now)
    holders = {one.holder_id for found in calendars.values() for one in found if one.holder_id is not None}
    names = names_of(conn, business_id, holders)
    accounts = account_names(conn, hub.keyring, rows)
    ends = consent_ends(conn, business_id, [row.consent_id for row in rows if row.consent_id is not None])
    views = []
    for row in rows:
        mine = calendars[row.id]
        masked = is_masked(hub, row, holder_id=who[0], user_id=who[1])
        seen = masked_calendars(mine) if masked else calendar_names(conn, hub.keyring, mine)
        shown = mine if masked else sorted(mine, key=lambda one: (seen[one.id], one.id))
        account = mask_account(accounts[row.id]) if masked else accounts[row.id]
        named = [_calendar(one, seen[one.id], names, steps, now) for one in shown]
        views.append(_view(hub, row, account, named, now, masked=masked, until=ends.get(row.consent_id)))
    return tuple(views)


def _calendar(
    row: sa.Row[Any], name: str, names: Mapping[str, str], steps: Mapping[str, InStep], now: int
) -> CalendarView:
    looked_at = row.read_at or None
    return CalendarView(
        id=row.id,
        name=name,
        zone=row.zone,
        writable=row.writable,
        checked=row.checked,
        written=row.written,
        holder_id=row.holder_id,
        holder=names.get(row.holder_id, ""),
        looked_at=looked_at,
        age=None if looked_at is None else max(0, now - looked_at),
        problem=row.problem,
        sentence=sentence(row.problem),
        in_step=steps.get(row.id),
    )


def _view(
    hub: Hub,
    row: sa.Row[Any],
    account: str,
    calendars: Sequence[CalendarView],
    now: int,
    *,
    masked: bool,
    until: int | None,
) -> ConnectionView:
    declared: Provider | None = None
    broken = ""
    try:
        declared = hub.registry.provider(row.provider)
    except PluginBroken as error:
        broken = error.message
    level = next((one for one in declared.levels if one.name == row.level), None) if declared else None
    looks = [one.looked_at for one in calendars if one.checked and one.looked_at is not None]
    return ConnectionView(
        id=row.id,
        provider=row.provider,
        title=declared.title if declared else row.provider,
        broken=broken,
        keeps=declared.keeps if declared else "",
        level=row.level,
        level_title=level.title if level else row.level,
        account_name=account,
        health=row.health,
        reason=row.health_reason,
        sentence=sentence(row.health_reason),
        health_at=row.health_at,
        made_at=row.made_at,
        holder_id=row.holder_id,
        holder=row.holder_name or "",
        looked_at=max(looks, default=None),
        age=max(0, now - min(looks)) if looks else None,
        revoking=row.health == DISCONNECTED and row.sealed,
        masked=masked,
        calendars=tuple(calendars),
        sees=level.sees if level else (),
        limits=tuple(row.limits),
        extra=tuple(one for one in row.scopes if one not in level.scopes) if level else (),
        lists_calendars=level.lists_calendars if level else True,
        levels=len(declared.levels) if declared else 1,
        consent_until=until,
    )
