"""Offer the times that are truly free, and explain why another one is not."""

from __future__ import annotations

from hub.actions.fresh import is_worth_reading, reasons_against, refresh
from hub.actions.schedule import Schedule, load_schedule, withhold
from hub.core import availability, explain
from hub.core.availability import Offer
from hub.core.calendar import Window
from hub.core.errors import InputError
from hub.core.explain import Explanation
from hub.parts import Hub

LONGEST = 100 * 86_400
"""The longest window that one search may ask for, in seconds."""


def offer(hub: Hub, business_id: str, service_id: str, window: Window, *, moving: str = "") -> Offer:
    """Return the starts of a service that can be booked in the window, and who is free at each.

    ``moving`` names a booking that is to be moved: its own time counts as free. No provider is called while all
    calendars are fresh; those that are not are read again within a budget, and if that fails their holders offer
    nothing (`explain_start` gives the reason). Raises InputError for a window that is too long, UnknownId.
    """
    schedule, now = fresh_schedule(hub, business_id, service_id, window, moving=moving)
    return availability.offer(schedule.service, schedule.holders, window, now)


def explain_start(hub: Hub, business_id: str, service_id: str, start: int, *, moving: str = "") -> Explanation:
    """Return, by reason code, why a start (UTC seconds) is not offered; without a reason it is offered."""
    window = Window(start, start + 1)
    schedule, now = fresh_schedule(hub, business_id, service_id, window, moving=moving, apart=True)
    return explain.explain(schedule.service, schedule.holders, start, now)


def fresh_schedule(
    hub: Hub, business_id: str, service_id: str, window: Window, *, moving: str = "", apart: bool = False
) -> tuple[Schedule, int]:
    """Return the schedule of a window with every calendar fresh or its holder withheld, and the time it is of.

    ``apart`` as in `load_schedule`.
    """
    if window.end - window.start > LONGEST:
        raise InputError("window", f"It is longer than {LONGEST // 86_400} days; ask for less at once.")
    now = hub.clock()
    with hub.database.reading() as conn:
        schedule = load_schedule(conn, business_id, service_id, window, now, ignore=moving, apart=apart)
    limits = availability.bookable(schedule.service, window, now)
    if limits is None:  # too near or too far for any calendar to matter
        return schedule, now
    until = availability.reach(schedule.service, limits).end
    reasons = reasons_against(hub, schedule.calendars, until, now)
    stale = [row for row in schedule.calendars if row.holder_id in reasons and is_worth_reading(hub, row, until, now)]
    if stale:
        refresh(hub, business_id, stale, until)
        now = hub.clock()
        with hub.database.reading() as conn:
            schedule = load_schedule(conn, business_id, service_id, window, now, ignore=moving, apart=apart)
        reasons = reasons_against(hub, schedule.calendars, until, now)
    return withhold(schedule, reasons) if reasons else schedule, now
