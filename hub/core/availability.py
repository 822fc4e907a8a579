"""Which starts of a service can be offered: sorted UTC integers, intervals before slots, no date objects.

A start ``t`` is offered for a holder if ``[t, t + duration)`` lies in one run of openings, if
``[t - before, t + duration + after)`` meets nothing blocked, if ``now + notice <= t < now + horizon``, and if ``t`` is
on the anchor. The first two rules give *free spans of starts*, which can be intersected like any spans; only
what is left is cut into single starts. `hub.core.explain` answers the same question for one start.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter

from hub.core.calendar import Window
from hub.core.cells import round_up
from hub.core.hours import Openings
from hub.core.interval import Span, clip, intersect
from hub.core.reason import Reason
from hub.core.service import Anchor, Service, StaffRule, assign_resources
from hub.core.zones import DAY


@dataclass(frozen=True, slots=True)
class Holder:
    """A staff member or resource, with what is known of its time. All spans are sorted by start, none is empty.

    ``busy`` comes from calendars (without the events that the hub wrote itself), ``claimed`` from our own
    occurrences with their buffers. ``booked`` are the same occurrences without buffers; only `explain` reads it,
    to tell an appointment from its buffer. Who is ``withheld`` is offered nothing, for that reason.
    """

    id: str
    openings: Openings
    busy: Sequence[Span] = ()
    claimed: Sequence[Span] = ()
    booked: Sequence[Span] = ()
    withheld: Reason | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """The starts on offer in order, and for each staff member (in the service's order) the starts they are free at."""

    starts: list[int]
    free: dict[str, list[int]]

    def staff_at(self, start: int) -> tuple[str, ...]:
        """Return who is free at that start, in the service's order."""
        return tuple(one for one, starts in self.free.items() if _holds(starts, start))

    def pairs(self) -> list[tuple[int, str]]:
        """Return every start of every staff member, one member after the other in the service's order."""
        return [(start, one) for one, starts in self.free.items() for start in starts]


def offer(service: Service, holders: Iterable[Holder], window: Window, now: int) -> Offer:
    """Return what of the service can be booked with a start in the window.

    ``holders`` are the service's staff and resources, in any order; one that is missing is not bookable, others are
    ignored. Openings must cover the window, blocked spans must cover `reach`. Staff who work together (rule ALL)
    count as one: gaps are those that they share, and the clock is that of the first one named. Resources only take
    starts away.
    """
    limits = bookable(service, window, now)
    if limits is None:
        return Offer([], {})
    known = {holder.id: holder for holder in holders}
    equipped = _equipped_spans(service, known, limits) if service.resources else None
    free: dict[str, list[int]] = {}
    phases: dict[int, list[tuple[int, int]]] = {}  # by the openings, which many share
    for team in teams(service):
        members = [known[one] for one in team if one in known]
        if len(members) < len(team):
            continue
        spans = free_spans(service, members[0], limits)
        for member in members[1:]:
            spans = intersect(spans, free_spans(service, member, limits))
        openings = members[0].openings
        if id(openings) not in phases:
            phases[id(openings)] = _phases(openings.clock, service.step)
        starts = _cut(service, phases[id(openings)], spans)
        starts = _within(starts, [(limits.start, limits.end)] if equipped is None else equipped)
        free.update((one, starts) for one in team)
    if service.staff_rule is StaffRule.ALL or len(free) == 1:
        return Offer(next(iter(free.values()), []), free)
    return Offer(sorted(set().union(*free.values())), free)


def bookable(service: Service, window: Window, now: int) -> Window | None:
    """Return the part of the window that notice and horizon leave, or None: nothing can start there."""
    start, end = max(window.start, now + service.notice), min(window.end, now + service.horizon)
    return Window(start, end) if start < end else None


def reach(service: Service, window: Window) -> Window:
    """Return the times whose blocked spans can matter to a start in the window.

    More than a day before it for the anchor GAP: the gap that a start is counted from may begin where the local day
    does.
    """
    gap = 2 * DAY if service.anchor is Anchor.GAP else 0
    return Window(window.start - gap - service.before, window.end + service.duration + service.after)


def teams(service: Service) -> list[tuple[str, ...]]:
    """Return the staff who can give an appointment: each alone, or all of them as one."""
    if service.staff_rule is StaffRule.ALL:
        return [service.staff] if service.staff else []
    return [(one,) for one in service.staff]


def free_spans(service: Service, holder: Holder, limits: Window) -> list[Span]:
    """Return the spans of starts at which the holder is free; each begins where a gap of theirs begins.

    Only openings that touch the limits are looked at, but these wholly: a gap is not cut off at the limits.
    """
    if holder.withheld is not None:
        return []
    opened = holder.openings.opened
    opened = opened[bisect_right(opened, limits.start, key=_END) : bisect_left(opened, (limits.end,))]
    duration, before, after = service.duration, service.before, service.after
    # Each opening, widened by the buffers, is a room for the whole length; blocked spans divide it.
    total = before + duration + after
    rooms = iter([(start - before, min(end + duration - 1, close) + after) for start, end, close in opened])
    low, wall = next(rooms, (0, 0))
    spans: list[Span] = []
    for start, end in chain(blocked_spans(holder), (_NEVER,)):
        while start > wall:
            if wall - low >= total:
                spans.append((low + before, wall - total + before + 1))
            room = next(rooms, None)
            if room is None:
                return spans
            if room[0] > low:
                low = room[0]
            wall = room[1]
        if start - low >= total:
            spans.append((low + before, start - total + before + 1))
        if end > low:
            low = end
    return spans


def blocked_spans(holder: Holder) -> Sequence[Span]:
    """Return everything that blocks the holder, sorted by start."""
    if not holder.claimed:
        return holder.busy
    if not holder.busy:
        return holder.claimed
    return sorted([*holder.busy, *holder.claimed])


def _equipped_spans(service: Service, known: Mapping[str, Holder], limits: Window) -> list[Span]:
    """Return the spans of starts within the limits at which every group gets a resource of its own."""
    needed = {one for group in service.resources for one in group if one in known}
    changes = sorted(
        change
        for one in needed
        for span in clip(free_spans(service, known[one], limits), limits.start, limits.end)
        for change in zip(span, (True, False), (one, one), strict=True)
    )
    free: set[str] = set()
    answers: dict[frozenset[str], bool] = {}
    spans: list[Span] = []
    for index, (time, begins, one) in enumerate(changes):
        (free.add if begins else free.discard)(one)
        after = changes[index + 1][0] if index + 1 < len(changes) else time
        if after > time:
            state = frozenset(free)
            if state not in answers:
                answers[state] = assign_resources(service.resources, state) is not None
            if answers[state]:
                spans.append((time, after))
    return spans


def _cut(service: Service, phases: Sequence[tuple[int, int]], spans: Sequence[Span]) -> list[int]:
    """Cut spans of starts into the starts that are on the anchor; ``phases`` are those of its holder's clock."""
    step = service.step
    starts: list[int] = []
    if service.anchor is Anchor.GAP:
        for low, high in spans:
            starts += range(round_up(low), high, step)
        return starts
    if not spans:
        return starts
    (_, phase), *changes = [*phases, (_FOREVER, 0)]
    coming = iter(changes)
    until, following = next(coming)
    for low, high in spans:
        while high > until:
            if low < until:
                starts += range(low + (phase - low) % step, until, step)
                low = until
            phase = following
            until, following = next(coming)
        starts += range(low + (phase - low) % step, high, step)
    return starts


def _phases(clock: Iterable[tuple[int, int]], step: int) -> list[tuple[int, int]]:
    """Return where the marks of the step fall, as ``(since, remainder)``, naming only the changes."""
    phases: list[tuple[int, int]] = []
    known = -1
    for since, origin in clock:
        if origin % step != known:
            known = origin % step
            phases.append((since, known))
    return phases


def _within(starts: list[int], spans: Iterable[Span]) -> list[int]:
    """Return the starts that lie in one of the spans; both are sorted."""
    pieces = [starts[bisect_left(starts, low) : bisect_left(starts, high)] for low, high in spans]
    return pieces[0] if len(pieces) == 1 else [start for piece in pieces for start in piece]


def _holds(starts: Sequence[int], start: int) -> bool:
    index = bisect_left(starts, start)
    return index < len(starts) and starts[index] == start


_FOREVER = 2**62
_NEVER: Span = (2 * _FOREVER, 2 * _FOREVER)
_END = itemgetter(1)
