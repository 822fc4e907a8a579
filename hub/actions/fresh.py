"""Which calendars are fresh enough to offer times from, and what is done about those that are not."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import sqlalchemy as sa

from hub.actions.age import is_known, oldest_fresh
from hub.actions.sync import sync_calendar
from hub.core.reason import Reason
from hub.core.trouble import LOST
from hub.parts import Hub

_log = logging.getLogger("hub.actions.fresh")
_AT_ONCE = 8
_PAUSE = 15


def is_fresh(hub: Hub, row: sa.Row[Any], until: int, now: int) -> bool:
    """Tell whether what is known of a calendar may be offered from: read lately, without a problem, far enough.

    What is lately is longer while its provider tells of changes, and never before what it told was read.
    """
    young = now - row.read_at <= oldest_fresh(hub, row, now)
    return bool(young and is_known(row) and row.problem == "" and row.read_until >= until)


def is_worth_reading(hub: Hub, row: sa.Row[Any], until: int, now: int) -> bool:
    """Tell whether a search should read this calendar: it is not fresh, and did not fail a moment ago.

    One that only its owner can mend is not tried at all. Without the pause every visitor would wait for a server that
    is down, and the server for every visitor.
    """
    if row.problem in LOST:
        return False
    failed = row.problem != "" or row.tried_at > row.read_at
    return not is_fresh(hub, row, until, now) and (not failed or now - row.tried_at >= _PAUSE)


def refresh(hub: Hub, business_id: str, rows: Sequence[sa.Row[Any]], until: int) -> None:
    """Read these calendars again, together and for no longer than the settings' budget.

    What is not back by then goes on in the background and helps the next search.
    """
    pool = ThreadPoolExecutor(max_workers=min(_AT_ONCE, len(rows)), thread_name_prefix="refresh")
    try:
        started = time.monotonic()
        tasks = [pool.submit(_sync, hub, business_id, row.id, until) for row in rows]
        wait(tasks, timeout=max(0.0, hub.settings.refresh_budget - (time.monotonic() - started)))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def reasons_against(hub: Hub, rows: Sequence[sa.Row[Any]], until: int, now: int) -> dict[str, Reason]:
    """Return, for each holder with a calendar that is not fresh, why nothing of theirs is offered."""
    reasons: dict[str, Reason] = {}
    for row in rows:
        if not is_fresh(hub, row, until, now):
            reasons[row.holder_id] = _REASONS.get(row.problem, Reason.CALENDAR_UNREACHABLE)
    return reasons


_REASONS = {
    "": Reason.CALENDAR_STALE,
    "plugin_error": Reason.CALENDAR_UNREADABLE,
    "unreadable": Reason.CALENDAR_UNREADABLE,
    "too_large": Reason.CALENDAR_UNREADABLE,
}


def _sync(hub: Hub, business_id: str, calendar_id: str, until: int) -> None:
    try:
        sync_calendar(hub, business_id, calendar_id, until=until)
    except Exception as error:  # nobody waits for this thread: the calendar stays as it was, its times are withheld
        _log.error("calendar %s could not be read: %s", calendar_id, type(error).__name__)
