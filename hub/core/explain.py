"""Why one start is offered or not: the rules of `hub.core.availability` asked for a single instant, with names.

`explain` has no reason exactly where `offer` has the start. It is written apart from it, rule by rule, so that the
tests can hold the two against each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hub.core.availability import Holder, teams
from hub.core.cells import round_up
from hub.core.hours import Opening
from hub.core.interval import overlaps
from hub.core.reason import Reason
from hub.core.service import Anchor, Service, assign_resources


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a start is not offered: ``reasons`` altogether, and what speaks against each staff member and resource.

    No reasons: it is offered. Somebody busy is no reason as long as somebody else is free.
    """

    instant: int
    reasons: tuple[Reason, ...]
    staff: dict[str, tuple[Reason, ...]]
    resources: dict[str, tuple[Reason, ...]]

    @property
    def offered(self) -> bool:
        """Whether the start can be booked."""
        return not self.reasons


def explain(service: Service, holders: Iterable[Holder], instant: int, now: int) -> Explanation:
    """Return why a start at the instant is offered or not; holders as for `hub.core.availability.offer`."""
    known = {holder.id: holder for holder in holders}
    reasons: set[Reason] = set()
    if instant < now + service.notice:
        reasons.add(Reason.TOO_SOON)
    if instant >= now + service.horizon:
        reasons.add(Reason.TOO_FAR)
    if not service.staff:
        reasons.add(Reason.NO_STAFF)

    staff = {one: holder_reasons(service, known.get(one), instant) for one in service.staff}
    against: list[set[Reason]] = []
    for team in teams(service):
        if not any(staff[one] for one in team) and not _on_anchor(service, [known[one] for one in team], instant):
            staff.update((one, (Reason.OFF_STEP,)) for one in team)
        against.append({reason for one in team for reason in staff[one]})
    if all(against):
        reasons.update(*against)

    names = dict.fromkeys(one for group in service.resources for one in group)
    resources = {one: holder_reasons(service, known.get(one), instant) for one in names}
    if assign_resources(service.resources, [one for one in names if not resources[one]]) is None:
        reasons.add(Reason.RESOURCE_TAKEN)
    return Explanation(instant, _in_order(reasons), staff, resources)


def holder_reasons(service: Service, holder: Holder | None, instant: int) -> tuple[Reason, ...]:
    """Return what speaks against the holder for an appointment at the instant, the anchor aside."""
    if holder is None:
        return (Reason.INACTIVE,)
    end = instant + service.duration
    reasons = set() if holder.withheld is None else {holder.withheld}
    if _opening(holder, instant, end) is None:
        shut = {why for low, high, why in holder.openings.closed if low < end and high > instant}
        reasons |= shut or {Reason.OUTSIDE_HOURS}
    if overlaps(holder.busy, instant, end):
        reasons.add(Reason.BUSY)
    if overlaps(holder.booked, instant, end):
        reasons.add(Reason.BOOKED)
    if not reasons & {Reason.BUSY, Reason.BOOKED}:
        wide = instant - service.before, end + service.after
        if overlaps(holder.busy, *wide) or overlaps(holder.claimed, *wide):
            reasons.add(Reason.BUFFER)
    return _in_order(reasons)


def _on_anchor(service: Service, members: Sequence[Holder], instant: int) -> bool:
    """Tell whether a start at which all members are free lies on the anchor."""
    if service.anchor is Anchor.CLOCK:
        return (instant - members[0].openings.origin_at(instant)) % service.step == 0
    first = round_up(max(_gap_start(service, member, instant) for member in members))
    return instant >= first and (instant - first) % service.step == 0


def _gap_start(service: Service, holder: Holder, instant: int) -> int:
    """Return where the gap begins that holds a start at which the holder is free."""
    opening = _opening(holder, instant, instant + service.duration)
    starts = [] if opening is None else [opening[0]]
    cleared = [end + service.before for _, end in (*holder.busy, *holder.claimed)]
    return max(starts + [time for time in cleared if time <= instant], default=instant)


def _opening(holder: Holder, instant: int, end: int) -> Opening | None:
    for opening in holder.openings.opened:
        if opening[0] <= instant < opening[1] and end <= opening[2]:
            return opening
    return None


def _in_order(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Return the reasons in the order of the list of codes, so that the same case always reads the same."""
    rank = {reason: index for index, reason in enumerate(Reason)}
    return tuple(sorted(reasons, key=rank.__getitem__))
