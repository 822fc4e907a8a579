"""End the channels of calendars that are let go: here at once, then at the provider."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy import delete, select

from hub.actions.ask import ask_provider
from hub.actions.effect import Effect, Repeat, Work
from hub.core.errors import PluginBroken, ProviderError, Retry, Unavailable
from hub.core.purpose import Purpose
from hub.core.push import Watching
from hub.parts import Hub
from hub.store.calendar import Calendar, change_calendars
from hub.store.outbox import add_effect
from hub.store.watch import ENDED, ENDING, LIVE, OPENING, Watch, change_watch, find_watch, watches_of
from hub.vault.names import open_calendar


def end_watches(conn: sa.Connection, business_id: str, calendars: Collection[str], now: int) -> None:
    """Believe nothing more of what comes for these calendars, and put into the outbox to end it at the provider."""
    for row in watches_of(conn, business_id, calendars, (OPENING, LIVE)):
        # Of one that is being opened the provider's name is not known yet: it is ended when that is over.
        if row.state == LIVE:
            add_ending(conn, business_id, row.id, now)
        else:
            change_watch(conn, business_id, row.id, state=ENDED)
    change_calendars(conn, business_id, calendars, pushed_until=0)


def add_ending(conn: sa.Connection, business_id: str, watch_id: str, now: int) -> None:
    """Believe nothing more of what comes for a watch, and put into the outbox to end it at its provider.

    Under a key of its own: while the provider is down, the next watch of the calendar does not wait for this.
    """
    change_watch(conn, business_id, watch_id, state=ENDING)
    add_effect(
        conn,
        business_id=business_id,
        kind=END_WATCH.name,
        key=f"unwatch:{watch_id}",
        payload={"watch_id": watch_id},
        due_at=now,
        now=now,
    )


def _end(hub: Hub, work: Work) -> None:
    """End a watch at the provider, where a second time finds it gone."""
    business_id, watch_id = work.business_id, work.payload["watch_id"]
    with hub.database.reading() as conn:
        watch = find_watch(conn, business_id, watch_id)
        row = None if watch is None else _calendar(conn, business_id, watch.calendar_id)
        which = None if row is None else open_calendar(conn, hub.keyring, row)
    if watch is None or which is None or watch.state != ENDING or watch.until <= hub.clock():
        return
    gone = True
    try:
        about = {"calendar": which, "watching": Watching(watch.id, watch.ref, watch.until)}
        purpose = Purpose.CHECK_AVAILABILITY
        ask_provider(hub, business_id, watch.connection_id, purpose, "hub_unwatch", **about)
    except (Retry, Unavailable):
        raise
    except (ProviderError, PluginBroken) as error:
        gone = error.code == "not_found"
    with hub.database.writing() as conn:
        if gone:
            conn.execute(delete(Watch).where(Watch.business_id == business_id, Watch.id == watch_id))
        else:
            change_watch(conn, business_id, watch_id, state=ENDED)


def _give_up_ending(hub: Hub, work: Work) -> None:
    with hub.database.writing() as conn:
        change_watch(conn, work.business_id, work.payload["watch_id"], state=ENDED)


def _calendar(conn: sa.Connection, business_id: str, calendar_id: str) -> sa.Row[Any] | None:
    mine = Calendar.business_id == business_id, Calendar.id == calendar_id
    return conn.execute(select(Calendar.__table__).where(*mine)).one_or_none()


END_WATCH = Effect("end_watch", Repeat.SAFE, _end, gave_up=_give_up_ending)
