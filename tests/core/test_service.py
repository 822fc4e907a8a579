from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.errors import InputError
from hub.core.service import Service, StaffRule, assign_resources, rank_staff

VISIT = Service(id="visit", duration=1800, step=900, horizon=30 * 86_400, staff=("ben", "ada", "cyd"))
ROOMS = ("attic", "cellar", "garden", "yard")


@pytest.mark.parametrize("field", ["duration", "step", "before", "after"])
@pytest.mark.parametrize(
    ("seconds", "rule"), [(301, "whole multiples of five"), (-300, "out of range"), (86_700, "86400")]
)
def test_times_off_the_grid_or_out_of_range_are_refused(field: str, seconds: int, rule: str) -> None:
    with pytest.raises(InputError, match=rule) as refused:
        replace(VISIT, **{field: seconds})
    assert refused.value.field == f"service.{field}"


@pytest.mark.parametrize("field", ["duration", "step"])
def test_a_service_takes_time_and_moves_on(field: str) -> None:
    with pytest.raises(InputError, match="use 300 to 86400"):
        replace(VISIT, **{field: 0})


@pytest.mark.parametrize(("notice", "horizon"), [(-1, 3600), (0, 0), (0, 10**9), (3600, 3600)])
def test_notice_and_horizon_must_leave_a_time_to_book(notice: int, horizon: int) -> None:
    with pytest.raises(InputError):
        replace(VISIT, notice=notice, horizon=horizon)


@pytest.mark.parametrize(
    ("staff", "resources", "rule"),
    [
        (("ada", "ada"), (), "named twice"),
        (("ada",), ((),), "group of resources is empty"),
        (("ada",), (("room", "room"),), "named twice"),
        (("ada",), (("room",), ("chair", "ada")), "'ada' is on the staff list too"),
    ],
)
def test_lists_that_name_nobody_or_somebody_twice_are_refused(
    staff: tuple[str, ...], resources: tuple[tuple[str, ...], ...], rule: str
) -> None:
    with pytest.raises(InputError, match=rule):
        replace(VISIT, staff=staff, resources=resources)


@pytest.mark.parametrize("rule", [StaffRule.ANY, StaffRule.ALL])
def test_without_turns_staff_are_tried_in_the_order_of_the_list(rule: StaffRule) -> None:
    assert rank_staff(replace(VISIT, staff_rule=rule), {"ben": 9}, {"ben": 9}) == ("ben", "ada", "cyd")


def test_fair_turns_go_to_the_least_booked_then_to_the_one_who_waited_longest_then_by_id() -> None:
    turns = replace(VISIT, staff_rule=StaffRule.ROUND_ROBIN)
    assert rank_staff(turns, {"ada": 2, "ben": 1, "cyd": 3}, {}) == ("ben", "ada", "cyd")
    assert rank_staff(turns, {"ada": 1, "ben": 1, "cyd": 1}, {"ada": 50, "ben": 70, "cyd": 20}) == ("cyd", "ada", "ben")
    assert rank_staff(turns, {}, {"ada": 50}) == ("ben", "cyd", "ada")
    assert rank_staff(turns, {}, {}) == ("ada", "ben", "cyd")


@given(st.integers(1, 40))
def test_fair_turns_never_let_anyone_fall_behind_by_more_than_one(bookings: int) -> None:
    turns = replace(VISIT, staff_rule=StaffRule.ROUND_ROBIN)
    booked: dict[str, int] = {}
    last: dict[str, int] = {}
    for moment in range(bookings):
        chosen = rank_staff(turns, booked, last)[0]
        booked[chosen], last[chosen] = booked.get(chosen, 0) + 1, moment
    counts = [booked.get(one, 0) for one in turns.staff]
    assert max(counts) - min(counts) <= 1


def test_the_first_resource_of_a_group_is_preferred() -> None:
    assert assign_resources([("attic", "cellar")], {"cellar", "attic"}) == ("attic",)


def test_a_resource_serves_one_group_only_and_gives_way_where_it_can() -> None:
    assert assign_resources([("attic", "cellar"), ("attic",)], ROOMS) == ("cellar", "attic")
    assert assign_resources([("attic",), ("attic",)], ROOMS) is None


def test_no_groups_need_no_resource() -> None:
    assert assign_resources((), ()) == ()


@given(st.lists(st.lists(st.sampled_from(ROOMS), min_size=1, unique=True), max_size=4), st.sets(st.sampled_from(ROOMS)))
def test_resources_are_found_exactly_when_there_are_enough(groups: list[list[str]], free: set[str]) -> None:
    able = [[one for one in group if one in free] for group in groups]
    possible = any(len(set(choice)) == len(choice) for choice in product(*able))
    chosen = assign_resources(groups, free)
    assert (chosen is not None) == possible
    if chosen is not None:
        assert len(set(chosen)) == len(groups)
        assert all(one in group and one in free for one, group in zip(chosen, groups, strict=True))
