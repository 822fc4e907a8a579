"""A world whose provider tells of changes: its hub has an address that the provider can reach."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import select

from hub.actions.announced import take_notices
from hub.actions.effects import EFFECTS
from hub.actions.watch import keep_watches
from hub.core.push import NoticeKind
from hub.jobs.perform import drain
from hub.store.calendar import Calendar
from hub.store.watch import Watch
from tests.world import World, with_names

PUBLIC = "https://hub.example.com"


def reachable(world: World, **settings: Any) -> World:
    """Give the hub an address over https, and further settings."""
    world.hub = replace(world.hub, settings=world.hub.settings.model_copy(update={"public_url": PUBLIC, **settings}))
    return world


def watched(world: World) -> str:
    """Connect a staff member whose calendar the provider tells of, and that was read; return whose it is."""
    reachable(world)
    staff = world.staff()
    settle(world)
    return staff


def settle(world: World) -> None:
    """Do what the clock and the workers do now."""
    keep_watches(world.hub)
    drain(world.hub, EFFECTS)


def announce(world: World, ref: str, kind: NoticeKind = NoticeKind.CHANGED, number: int = 0) -> None:
    """Let the provider tell of a change of a calendar, as the web takes it."""
    for channel, notice in world.calendars.notices(ref, kind, number):
        take_notices(world.hub, "fake", channel, [notice])


def calendar_row(world: World) -> Any:
    """Return the one calendar of the world."""
    with world.hub.database.reading() as conn:
        rows = conn.execute(select(Calendar.__table__).where(Calendar.business_id == world.business)).all()
    (one,) = with_names(world.hub, rows)
    return one


def watches(world: World) -> list[Any]:
    """Return the watches of the world's business, the oldest first."""
    with world.hub.database.reading() as conn:
        mine = Watch.business_id == world.business
        return list(conn.execute(select(Watch.__table__).where(mine).order_by(Watch.id)).all())


def states(world: World) -> list[str]:
    """Return the states of the watches, the oldest first."""
    return [row.state for row in watches(world)]
