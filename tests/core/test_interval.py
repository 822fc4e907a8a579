from __future__ import annotations

import itertools
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.interval import Span, clip, intersect, merge, overlaps, subtract

SIZE = 40
spans = st.tuples(st.integers(0, SIZE - 1), st.integers(1, 12)).map(lambda pair: (pair[0], min(SIZE, sum(pair))))
any_order = st.lists(spans, max_size=12)
by_start = any_order.map(sorted)
disjoint = st.sets(st.integers(0, SIZE), max_size=14).map(
    lambda cuts: [pair for pair in zip(sorted(cuts), sorted(cuts)[1:], strict=False) if pair[0] % 3]
)


def bitmap(given_spans: Iterable[Span]) -> set[int]:
    return {moment for start, end in given_spans for moment in range(start, end)}


def is_disjoint(found: list[Span]) -> bool:
    return all(start < end for start, end in found) and all(
        one[1] <= other[0] for one, other in itertools.pairwise(found)
    )


@given(any_order)
def test_merging_keeps_the_times_and_leaves_real_holes_between_spans(some: list[Span]) -> None:
    merged = merge(some)
    assert bitmap(merged) == bitmap(some)
    assert all(one[1] < other[0] for one, other in itertools.pairwise(merged))


def test_merging_joins_spans_that_touch_and_drops_empty_ones() -> None:
    assert merge([(5, 9), (1, 5), (20, 20)]) == [(1, 9)]


@given(disjoint, by_start)
def test_subtracting_takes_exactly_the_taken_times(some: list[Span], taken: list[Span]) -> None:
    left = subtract(some, taken)
    assert bitmap(left) == bitmap(some) - bitmap(taken)
    assert is_disjoint(left)


def test_subtracting_does_not_join_what_touched_before() -> None:
    assert subtract([(0, 5), (5, 9)], [(7, 8)]) == [(0, 5), (5, 7), (8, 9)]


@given(disjoint, disjoint)
def test_intersecting_keeps_exactly_the_shared_times(one: list[Span], other: list[Span]) -> None:
    shared = intersect(one, other)
    assert bitmap(shared) == bitmap(one) & bitmap(other)
    assert is_disjoint(shared)


def test_intersecting_splits_where_either_list_is_split() -> None:
    assert intersect([(0, 5), (5, 9)], [(2, 7), (7, 8)]) == [(2, 5), (5, 7), (7, 8)]


@given(any_order, spans)
def test_clipping_keeps_what_lies_within(some: list[Span], frame: Span) -> None:
    assert bitmap(clip(some, *frame)) == bitmap(some) & bitmap([frame])


@given(any_order, spans)
def test_spans_overlap_when_they_share_a_moment(some: list[Span], frame: Span) -> None:
    assert overlaps(some, *frame) == bool(bitmap(some) & bitmap([frame]))


@pytest.mark.parametrize("frame", [(0, 5), (9, 12)])
def test_spans_that_only_touch_do_not_overlap(frame: Span) -> None:
    assert not overlaps([(5, 9)], *frame)
