"""Let providers tell of changes: open a channel for each checked calendar, and renew it in time."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy import delete, insert, select

from hub.actions.ask import ask_provider
from hub.actions.effect import Effect, Repeat, Work
from hub.actions.poll import add_look
from hub.actions.sync import marks_of
from hub.actions.unwatch import add_ending, end_watches
from hub.core.calendar import Calendar
from hub.core.errors import NeedsReconnect, PluginBroken, ProviderError, Refused, Retry, Unavailable
from hub.core.purpose import Purpose
from hub.core.push import Channel, Watching
from hub.parts import Hub
from hub.store.calendar import change_calendars
from hub.store.connection import DISCONNECTED, Connection
from hub.store.crash import CrashPoint, crash_point
from hub.store.guard import Across
from hub.store.ids import new_id
from hub.store.outbox import add_effect
from hub.store.watch import (
    ENDED,
    LIVE,
    OPENING,
    Watch,
    change_watch,
    find_watch,
    forget_watches,
    lock_calendar,
    wanting_watch,
    watches_of,
)
from hub.vault.names import open_calendar

WANTED = 7 * 86_400
"""Seconds for which the hub wants to be told; the provider may give less."""

_PAUSE = 86_400
_AFTER_LOSS = 300
_AT_ONCE = 200
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_PAST = select(Watch.id).where(Watch.until <= sa.bindparam("now")).limit(1).execution_options(across=Across.SWEEP)


def keep_watches(hub: Hub) -> int:
    """Put into the outbox what is to be opened, renewed or ended, and forget what has run out; return how much.

    A calendar is watched if it is checked, its plugin implements `hub_watch`, and the provider can reach the hub. What
    the provider refused is tried again after a day; the calendar is polled meanwhile.
    """
    now = hub.clock()
    providers = watching_providers(hub)
    with hub.database.reading() as conn:
        rows = wanting_watch(conn, now, providers, _AT_ONCE) if providers and hub.settings.push else []
        past = conn.execute(_PAST, {"now": now}).first() is not None
    wanting = [row for row in rows if is_reachable(hub.settings.base_url, row.origins)]
    if wanting or past:
        with hub.database.writing() as conn:
            forget_watches(conn, now)
            for row in wanting:
                if row.watch_id is not None:  # made under another permission, which may be gone there
                    lock_calendar(conn, row.business_id, row.id)
                    end_watches(conn, row.business_id, [row.id], now)
                add_opening(conn, row.business_id, row.id, now)
    return len(wanting)


def add_opening(conn: sa.Connection, business_id: str, calendar_id: str, now: int) -> None:
    """Put into the outbox that a calendar is to be watched, or its watch renewed."""
    add_effect(
        conn,
        business_id=business_id,
        kind=OPEN_WATCH.name,
        key=opening_key(calendar_id),
        payload={"calendar_id": calendar_id},
        due_at=now,
        now=now,
    )


def opening_key(calendar_id: str) -> str:
    """Return the key of the effect by which a calendar is watched, or its watch renewed."""
    return f"watch:{calendar_id}"


def is_reachable(base_url: str, origins: Sequence[str]) -> bool:
    """Tell whether a provider at these origins can be expected to reach the hub at its address.

    Over https, or when both are on this machine: that is a stand-in for the provider.
    """
    address = urlsplit(base_url)
    if address.hostname in _LOOPBACK:
        return bool(origins) and all(urlsplit(origin).hostname in _LOOPBACK for origin in origins)
    return address.scheme == "https"


def renewal(made: int, until: int) -> int:
    """Return when a watch is to be renewed that was made or renewed just now: a third of its time before its end."""
    return made + (until - made) * 2 // 3


def secret_hash(secret: str) -> str:
    """Return what is kept of a channel's secret. It is 256 random bits, so a plain hash is enough."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()  # JSON can hold half a sign


@dataclass(frozen=True, slots=True)
class _Opening:
    """A channel that the provider is to be asked for, and the watch that it may renew in its place."""

    calendar: sa.Row[Any]
    which: Calendar
    channel: Channel
    before: sa.Row[Any] | None
    epoch: int

    @property
    def watching(self) -> Watching | None:
        return None if self.before is None else Watching(self.before.id, self.before.ref, self.before.until)


def _open(hub: Hub, work: Work) -> None:
    """Ask the provider to tell of changes.

    When an attempt was lost after the provider took it, that channel is there, but nobody knows its name: it is not
    believed and runs out by itself, and a new one is made beside it.
    """
    opening = _prepare(hub, work.business_id, work.payload["calendar_id"])
    if opening is None:
        return
    business_id, row = work.business_id, opening.calendar
    crash_point(CrashPoint.WATCH_BEFORE_CALL)
    try:
        made = ask_provider(
            hub,
            business_id,
            row.connection_id,
            Purpose.CHECK_AVAILABILITY,
            "hub_watch",
            calendar=opening.which,
            channel=opening.channel,
            watching=opening.watching,
        )
        _check(hub, opening, made)
    except (Retry, Unavailable) as error:
        _drop(hub, business_id, opening, perhaps=getattr(error, "sent", False), pause=0)
        raise
    except (ProviderError, PluginBroken) as error:
        pause = _AFTER_LOSS if isinstance(error, NeedsReconnect) else _PAUSE
        _drop(hub, business_id, opening, perhaps=False, pause=pause)
        return
    crash_point(CrashPoint.WATCH_AFTER_CALL)
    with hub.database.writing() as conn:
        _take(hub, conn, business_id, opening, made)


def _prepare(hub: Hub, business_id: str, calendar_id: str) -> _Opening | None:
    """Write down the channel before it is asked for: a provider may ask at its address at once. None: no need."""
    now = hub.clock()
    with hub.database.writing() as conn:
        row = lock_calendar(conn, business_id, calendar_id)
        account = None if row is None else _account(conn, business_id, row.connection_id)
        if row is None or not row.checked or account is None or account.provider not in watching_providers(hub):
            return None
        for one in watches_of(conn, business_id, [calendar_id], (OPENING,)):
            change_watch(conn, business_id, one.id, state=ENDED)
        live = watches_of(conn, business_id, [calendar_id], (LIVE,))
        before = next((one for one in reversed(live) if one.epoch == account.epoch and one.until > now), None)
        if before is not None and before.renew_at > now:
            return None
        identifier, secret = new_id(), secrets.token_urlsafe(32)
        url = f"{hub.settings.base_url}/webhooks/{account.provider}/{identifier}"
        until = now + WANTED
        keys = {"id": identifier, "business_id": business_id, "connection_id": row.connection_id}
        state = {"calendar_id": calendar_id, "provider": account.provider, "epoch": account.epoch, "state": OPENING}
        times = {"made_at": now, "renew_at": until, "until": until, "number": 0}
        conn.execute(insert(Watch).values(**keys, **state, **times, secret_hash=secret_hash(secret), ref=""))
        which = open_calendar(conn, hub.keyring, row)
    return _Opening(row, which, Channel(identifier, url, secret, until), before, account.epoch)


def _check(hub: Hub, opening: _Opening, made: Watching) -> None:
    known = {opening.channel.id, *(() if opening.before is None else (opening.before.id,))}
    if made.channel not in known or made.until <= hub.clock() or len(made.ref) > 2000:
        raise Refused("plugin_error", "The plugin answered with a watch that is over, or that was not asked for.")


def _take(hub: Hub, conn: sa.Connection, business_id: str, opening: _Opening, made: Watching) -> None:
    """Note what the provider made. Somebody may have let the calendar go, or disconnected, meanwhile."""
    now, identifier = hub.clock(), opening.channel.id
    row = lock_calendar(conn, business_id, opening.calendar.id)
    account = _account(conn, business_id, opening.calendar.connection_id)
    fresh, before = find_watch(conn, business_id, identifier), opening.before
    until = min(made.until, now + 4 * WANTED)
    times = {"until": until, "renew_at": renewal(now, until), "ref": made.ref}
    wanted = row is not None and row.checked and account is not None and account.epoch == opening.epoch
    if before is not None and made.channel == before.id:
        conn.execute(delete(Watch).where(Watch.business_id == business_id, Watch.id == identifier))
        current = find_watch(conn, business_id, before.id)
        if current is None or current.state != LIVE or not wanted:
            return  # it was ended meanwhile; whatever ended it sees to the rest
        change_watch(conn, business_id, before.id, **times)
    elif fresh is None or fresh.state != OPENING or not wanted:
        if fresh is not None and account is not None:
            change_watch(conn, business_id, identifier, **times)
            add_ending(conn, business_id, identifier, now)
        return
    else:
        end_watches(conn, business_id, [opening.calendar.id], now)
        change_watch(conn, business_id, identifier, state=LIVE, **times)
    assert row is not None
    marks = marks_of(row)
    if made.channel == identifier and not marks.is_waiting:  # what changed before it was opened was not told
        marks = marks.announce()
        add_look(conn, business_id, row.id, now, now)
    change_calendars(conn, business_id, [row.id], pushed_until=until, announced=marks.announced)


def _drop(hub: Hub, business_id: str, opening: _Opening, *, perhaps: bool, pause: int) -> None:
    """Forget a channel that was not opened. ``perhaps`` it was: then it is remembered until it would have run out."""
    mine = Watch.business_id == business_id, Watch.id == opening.channel.id
    with hub.database.writing() as conn:
        if perhaps:
            change_watch(conn, business_id, opening.channel.id, state=ENDED)
        else:
            conn.execute(delete(Watch).where(*mine))
        if pause:
            change_calendars(conn, business_id, [opening.calendar.id], watch_after=hub.clock() + pause)


def _pause(hub: Hub, work: Work) -> None:
    with hub.database.writing() as conn:
        later = hub.clock() + _PAUSE
        change_calendars(conn, work.business_id, [work.payload["calendar_id"]], watch_after=later)


def _account(conn: sa.Connection, business_id: str, connection_id: str) -> sa.Row[str, int] | None:
    mine = Connection.business_id == business_id, Connection.id == connection_id, Connection.health != DISCONNECTED
    return conn.execute(select(Connection.provider, Connection.epoch).where(*mine)).one_or_none()


def watching_providers(hub: Hub) -> list[str]:
    """Return the names of the providers whose plugins can let them tell of changes."""
    names = [record.provider.name for record in hub.registry.records if record.provider is not None]
    return [name for name in names if hub.registry.offers(name, "hub_watch")]


OPEN_WATCH = Effect("open_watch", Repeat.SAFE, _open, gave_up=_pause)
