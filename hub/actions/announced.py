"""Take what a provider sends to a channel's address: believe what fits, and note it in one short write, or in none.

A notification is a hint. It leads to a look at the calendar, never to anything that it says itself.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from typing import Any

from hub.actions.poll import add_look
from hub.actions.sync import marks_of
from hub.actions.watch import add_opening, secret_hash
from hub.core.push import Notice, NoticeKind
from hub.parts import Hub
from hub.store.calendar import change_calendars
from hub.store.ids import is_id
from hub.store.watch import ENDED, LIVE, OPENING, change_watch, find_channel, find_watch, lock_calendar

PAUSE = 10
"""Seconds between two looks that notifications lead to. A search does not wait for it."""


def take_notices(hub: Hub, provider: str, channel: str, notices: Sequence[Notice]) -> None:
    """Do what notifications at a channel's address ask for, if they are believed; else nothing.

    Believed is what comes to a channel that lives, from its provider, with its secret, its reference, and a number that
    is not an old one. Nobody can tell from outside whether it was. Raises Unavailable.
    """
    now = hub.clock()
    row = _open_channel(hub, provider, channel, now)
    if row is None or row.state != LIVE:
        return  # while it is being opened nothing is missed: the calendar is read once it is
    kinds = {one.kind for one in notices if _is_believed(row, one)}
    if not _needed(row, kinds, now):
        return
    number = max((one.number for one in notices if _is_believed(row, one)), default=0)
    with hub.database.writing() as conn:
        calendar = lock_calendar(conn, row.business_id, row.calendar_id)
        watch = find_watch(conn, row.business_id, row.id)
        if calendar is None or watch is None or watch.state != LIVE or not calendar.checked:
            return
        values: dict[str, Any] = {}
        if kinds & {NoticeKind.CHANGED, NoticeKind.MISSED} and not marks_of(calendar).is_waiting:
            values["announced"] = marks_of(calendar).announce().announced
            add_look(conn, row.business_id, row.calendar_id, max(now, min(calendar.tried_at, now) + PAUSE), now)
        if NoticeKind.MISSED in kinds:
            values["cursor"] = None  # a look that is under way is thrown away, and everything is read
        if NoticeKind.ENDED in kinds:
            values["pushed_until"] = 0
            change_watch(conn, row.business_id, row.id, state=ENDED, number=max(watch.number, number))
            add_opening(conn, row.business_id, row.calendar_id, now)
        else:
            renewing = {"renew_at": now} if NoticeKind.EXPIRING in kinds and watch.renew_at > now else {}
            change_watch(conn, row.business_id, row.id, number=max(watch.number, number), **renewing)
            if renewing:
                add_opening(conn, row.business_id, row.calendar_id, now)
        if values:
            change_calendars(conn, row.business_id, [row.calendar_id], **values)


def is_open(hub: Hub, provider: str, channel: str) -> bool:
    """Tell whether an address is one that this provider was given, and that has not ended. Raises Unavailable."""
    return _open_channel(hub, provider, channel, hub.clock()) is not None


def _open_channel(hub: Hub, provider: str, channel: str, now: int) -> Any:
    if not is_id(channel):
        return None
    with hub.database.reading() as conn:
        row = find_channel(conn, channel)
    if row is None or row.provider != provider or row.state not in (OPENING, LIVE) or row.until <= now:
        return None
    return row


def _is_believed(row: Any, notice: Notice) -> bool:
    secret = hmac.compare_digest(secret_hash(notice.secret), row.secret_hash)
    ref = hmac.compare_digest(secret_hash(notice.ref), secret_hash(row.ref))
    return secret and ref and (notice.number == 0 or notice.number > row.number)


def _needed(row: Any, kinds: set[NoticeKind], now: int) -> bool:
    """Tell whether anything is to be written: not while a look that will read it all waits already."""
    return (
        NoticeKind.ENDED in kinds
        or (NoticeKind.EXPIRING in kinds and row.renew_at > now)
        or (NoticeKind.MISSED in kinds and not (marks_of(row).is_waiting and row.cursor is None))
        or (NoticeKind.CHANGED in kinds and not marks_of(row).is_waiting)
    )
