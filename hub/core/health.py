"""How a connection is, as a machine of four states that every provider goes by, and what people are told of it.

``ok`` means that the last look found everything. ``needs_reconnect`` ends by connecting again: an answer that still
comes then proves little, because a token outlives the permission that it was made of. Not so where a server did not
take what it takes again (`trouble.MENDS_ITSELF`). Time comes in.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from hub.core.trouble import MENDS_ITSELF

PATIENCE = 900
"""Seconds of unbroken failing after which people are told."""

SETTLED = 900
"""Seconds for which all must be well before a trouble that ended by itself is over, so that nobody is told twice."""

AGAIN = 86_400
"""Seconds after which people are told once more while it lasts."""


class Health(StrEnum):
    """How a connection is."""

    OK = "ok"  # the last look found everything
    FAILING = "failing"  # the last look failed; the hub goes on trying
    NEEDS_RECONNECT = "needs_reconnect"  # only its owner can mend it
    DISCONNECTED = "disconnected"


class News(StrEnum):
    """What there is to tell of a step."""

    CHANGED = "changed"  # to plugins: the health is another one
    LOST = "lost"  # to people: it is to be connected again
    LASTING = "lasting"  # to people: it has been failing for long
    REMINDER = "reminder"  # to people: it still is as they were told
    MENDED = "mended"  # to people: it is over, and what was missed meanwhile


@dataclass(frozen=True, slots=True)
class Condition:
    """How a connection is and since when. Times in UTC seconds.

    ``trouble_at`` is when the trouble began that is not over yet, None for none. ``told_at`` is when people were last
    told of it. ``settles_at`` is from when on it is over, if all stays well until then.
    """

    health: Health = Health.OK
    reason: str = ""
    since: int = 0
    trouble_at: int | None = None
    told_at: int | None = None
    settles_at: int | None = None


Step = tuple[Condition, tuple[News, ...]]


def failed(before: Condition, reason: str, now: int, *, lost: bool) -> Step:
    """Return what a look that failed makes of a connection. ``lost``: only its owner can mend it."""
    if before.health in (Health.DISCONNECTED, Health.NEEDS_RECONNECT):
        return before, ()
    began = now if before.trouble_at is None else before.trouble_at
    if lost:
        told = replace(before, health=Health.NEEDS_RECONNECT, reason=reason, since=now, trouble_at=began)
        return replace(told, told_at=now, settles_at=None), (News.CHANGED, News.LOST)
    if before.health is Health.FAILING:
        return replace(before, reason=reason), ()
    return (
        replace(before, health=Health.FAILING, reason=reason, since=now, trouble_at=began, settles_at=None),
        (News.CHANGED,),
    )


def warned(before: Condition, reason: str, now: int) -> Step:
    """Return what a warning of the provider makes of a connection: lost, and for that reason, whatever was known."""
    if before.health is Health.NEEDS_RECONNECT and before.reason != reason:
        return replace(before, reason=reason, since=now, told_at=now), (News.LOST,)
    return failed(before, reason, now, lost=True)


def worked(before: Condition, now: int) -> Step:
    """Return what a look that found everything makes of a connection."""
    mends = before.health is Health.NEEDS_RECONNECT and before.reason in MENDS_ITSELF
    if before.health is not Health.FAILING and not mends:
        return before, ()
    if before.told_at is None:  # nobody heard of it
        return Condition(Health.OK, since=now), (News.CHANGED,)
    return replace(before, health=Health.OK, reason="", since=now, settles_at=now + SETTLED), (News.CHANGED,)


def connected(before: Condition, now: int) -> Step:
    """Return what connecting again makes of a connection."""
    told = () if before.health is Health.OK else (News.CHANGED,)
    if before.told_at is None:
        return Condition(Health.OK, since=now), told
    return replace(before, health=Health.OK, reason="", since=now, settles_at=now), told


def ended(before: Condition, reason: str, now: int) -> Step:
    """Return what a disconnect makes of a connection: nothing of it troubles anybody any more."""
    if before.health is Health.DISCONNECTED:
        return before, ()
    return Condition(Health.DISCONNECTED, reason, now), (News.CHANGED,)


def passed(before: Condition, now: int, *, patience: int = PATIENCE, is_read: bool = True) -> Step:
    """Return what time makes of a connection. ``is_read``: all of it was looked at since it is as it is."""
    if before.health in (Health.FAILING, Health.NEEDS_RECONNECT):
        if before.told_at is None:
            if before.health is Health.FAILING and now - before.since < patience:
                return before, ()
            began = before.since if before.trouble_at is None else before.trouble_at
            return replace(before, trouble_at=began, told_at=now), (News.LASTING,)
        if now - before.told_at >= AGAIN:
            return replace(before, told_at=now), (News.REMINDER,)
    elif before.health is Health.OK and before.trouble_at is not None:
        settles_at = before.since if before.settles_at is None else before.settles_at
        if is_read and now >= settles_at:
            return Condition(Health.OK, since=before.since), (News.MENDED,) if before.told_at is not None else ()
    return before, ()
