"""Who waits when a budget is used up: polls before people, and no business for the sake of another beyond its share."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.budget import BACKGROUND, is_over, is_unfair, room_of
from hub.core.errors import InputError
from hub.core.provider import LONGEST_SPAN, Budget

budgets = st.builds(Budget, st.integers(1, 10_000), st.integers(1, 600))


@given(budgets, st.sampled_from(sorted(BACKGROUND)))
def test_what_can_wait_leaves_room_for_what_people_wait_for(budget: Budget, hook: str) -> None:
    assert not is_over(budget, hook, 0)
    used = room_of(budget, hook)
    assert is_over(budget, hook, used)
    assert budget.calls < 5 or not is_over(budget, "hub_free_busy", used)
    assert is_over(budget, "hub_free_busy", budget.calls)


@given(budgets, st.integers(2, 50), st.data())
def test_however_much_one_business_wants_each_other_gets_half_of_its_share(
    budget: Budget, businesses: int, data: st.DataObject
) -> None:
    """Each asks as often as it can, in any order."""
    used = dict.fromkeys(range(businesses), 0)
    share = room_of(budget, "hub_changes") // businesses

    def ask(who: int, times: int) -> None:
        for _ in range(times):
            if is_unfair(budget, "hub_changes", used[who], sum(used.values()), businesses):
                return
            used[who] += 1

    budget_of_test = min(room_of(budget, "hub_changes"), 200)
    budget = Budget(budget_of_test, budget.seconds)
    share = room_of(budget, "hub_changes") // businesses
    ask(0, 10_000)  # the greedy one comes first
    for who in data.draw(st.permutations(range(1, businesses))):
        ask(who, share)
    assert sum(used.values()) <= room_of(budget, "hub_changes")
    quiet = [used[who] for who in range(1, businesses)]
    assert sum(quiet) >= (room_of(budget, "hub_changes") // 2 // businesses) * (businesses - 1) - businesses


def test_whoever_is_alone_has_it_all() -> None:
    budget = Budget(100, 60)
    assert not is_unfair(budget, "hub_changes", 79, 79, 1)
    assert is_unfair(budget, "hub_changes", 80, 80, 1)
    assert not is_unfair(budget, "hub_free_busy", 99, 99, 1)


@pytest.mark.parametrize(("calls", "seconds"), [(0, 60), (1, 0), (1, LONGEST_SPAN + 1)])
def test_a_budget_that_allows_nothing_or_cannot_be_counted_is_refused(calls: int, seconds: int) -> None:
    with pytest.raises(InputError, match="budget"):
        Budget(calls, seconds)
