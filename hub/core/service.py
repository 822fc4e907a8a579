"""Services: what can be booked, by whom it is given, and who is tried first."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from hub.core.cells import CELL
from hub.core.errors import InputError
from hub.core.zones import DAY

_YEAR = 366 * DAY


class Anchor(StrEnum):
    """Where starts lie; either way they are ``step`` apart.

    A gap begins where an opening of the hours begins, and where a blocked span and the buffer before a start end.
    """

    CLOCK = "clock"  # on multiples of the step, counted from local midnight on the holder's wall clock
    GAP = "gap"  # from where a free gap begins, rounded up to five minutes


class StaffRule(StrEnum):
    """Which of the staff give an appointment."""

    ANY = "any"  # one of them, in the order of the list
    ROUND_ROBIN = "round_robin"  # one of them, by fair turns
    ALL = "all"  # all of them together


@dataclass(frozen=True, slots=True)
class Service:
    """One service. Times are seconds; duration, buffers and step are multiples of five minutes, a day at most.

    ``before`` and ``after`` are kept free around the appointment; they may stick out of working hours. A start ``t``
    may be booked while ``now + notice <= t < now + horizon``, both counted in elapsed seconds, not in local days.
    ``staff`` are holder ids in the order of preference. ``resources`` are groups of holder ids, and one of each
    group is needed, never one for two groups.
    """

    id: str
    duration: int
    step: int
    horizon: int
    before: int = 0
    after: int = 0
    notice: int = 0
    anchor: Anchor = Anchor.CLOCK
    staff_rule: StaffRule = StaffRule.ANY
    staff: tuple[str, ...] = ()
    resources: tuple[tuple[str, ...], ...] = ()

    def __post_init__(self) -> None:
        for name, least in (("duration", CELL), ("step", CELL), ("before", 0), ("after", 0)):
            _check_multiple(name, getattr(self, name), least)
        if not 0 <= self.notice <= _YEAR:
            raise InputError("service.notice", f"{self.notice} seconds is out of range; use 0 to {_YEAR}.")
        if not 0 < self.horizon <= 2 * _YEAR:
            raise InputError("service.horizon", f"{self.horizon} seconds is out of range; use 1 to {2 * _YEAR}.")
        if self.horizon <= self.notice:
            raise InputError("service.horizon", "The horizon must be longer than the notice, or nothing can be booked.")
        _check_once("service.staff", self.staff)
        for group in self.resources:
            if not group:
                raise InputError(
                    "service.resources", "A group of resources is empty; name a resource or drop the group."
                )
            _check_once("service.resources", group)
            for both in set(group) & set(self.staff):
                raise InputError("service.resources", f"{both!r} is on the staff list too; name a holder in one place.")


def rank_staff(service: Service, booked: Mapping[str, int], last: Mapping[str, int]) -> tuple[str, ...]:
    """Return the service's staff in the order in which they should be tried.

    By fair turns: who has fewest appointments (``booked``, counts over a recent period that the caller chooses) comes
    first, then whose latest one (``last``, UTC seconds) is longest ago, then the smaller id. Who is in neither has
    none. The other rules keep the order of the list.
    """
    if service.staff_rule is not StaffRule.ROUND_ROBIN:
        return service.staff
    return tuple(sorted(service.staff, key=lambda one: (booked.get(one, 0), last.get(one, 0), one)))


def assign_resources(groups: Sequence[Sequence[str]], free: Collection[str]) -> tuple[str, ...] | None:
    """Return a free resource for each group, no resource twice, or None if that cannot be done.

    Earlier names of a group are preferred as long as every group can be served (bipartite matching, Kuhn).
    """
    taken: dict[str, int] = {}

    def serve(group: int, tried: set[str]) -> bool:
        for resource in groups[group]:
            if resource in free and resource not in tried:
                tried.add(resource)
                if resource not in taken or serve(taken[resource], tried):
                    taken[resource] = group
                    return True
        return False

    if not all(serve(group, set()) for group in range(len(groups))):
        return None
    chosen = {group: resource for resource, group in taken.items()}
    return tuple(chosen[group] for group in range(len(groups)))


def _check_multiple(name: str, seconds: int, least: int) -> None:
    if seconds % CELL:
        raise InputError(f"service.{name}", f"{seconds} seconds is off the grid; use whole multiples of five minutes.")
    if not least <= seconds <= DAY:
        raise InputError(f"service.{name}", f"{seconds} seconds is out of range; use {least} to {DAY}.")


def _check_once(field: str, ids: Sequence[str]) -> None:
    if len(set(ids)) != len(ids):
        raise InputError(field, "A holder is named twice; name each once.")
