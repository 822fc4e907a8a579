"""How the calls that a provider allows are shared: by what can wait and what people wait for, and by businesses."""

from __future__ import annotations

from hub.core.provider import Budget

BACKGROUND = frozenset({"hub_changes", "hub_list_calendars", "hub_watch", "hub_unwatch"})
"""Hooks whose calls can wait: the hub asks them to know earlier what it would ask before it promises a time."""

_RESERVED = 5
"""One call of so many is kept for what somebody waits for: live checks, events, messages."""


def room_of(budget: Budget, hook: str) -> int:
    """Return how many calls may have been made in the span before the next one of a hook waits."""
    return budget.calls - budget.calls // _RESERVED if hook in BACKGROUND else budget.calls


def is_over(budget: Budget, hook: str, used: int) -> bool:
    """Tell whether a call of a hook must wait, when that many were made in the span of the budget."""
    return used >= room_of(budget, hook)


def is_unfair(budget: Budget, hook: str, own: int, total: int, businesses: int) -> bool:
    """Tell whether a call must wait for the sake of others: its business used up its share of the common budget.

    The share is an equal one among the ``businesses`` that have an account. What others leave is lent until half of
    the budget is used: so each of them finds half of it at least, however much one business wants.
    """
    room = room_of(budget, hook)
    return total >= room or (total >= room // 2 and own >= room // max(businesses, 1))
