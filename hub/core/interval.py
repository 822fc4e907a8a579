"""Half-open spans of UTC seconds, ``[start, end)``, and the set arithmetic on sorted lists of them.

Every function walks its sorted inputs once. A *sorted* list is ordered by start and its spans may overlap;
a *disjoint* one is sorted and no two of its spans overlap, though they may touch. Touching spans stay apart
unless a function says that it joins them: where one opening ends and the next begins matters to a gap anchor.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

Span: TypeAlias = tuple[int, int]
"""``(start, end)`` with ``start < end``, in UTC seconds."""


def merge(spans: Iterable[Span]) -> list[Span]:
    """Return the same times as disjoint spans that do not touch; the input needs no order, empty spans vanish."""
    merged: list[Span] = []
    begin = reach = None
    for start, end in sorted(spans):
        if end <= start:
            continue
        if begin is None or reach is None:
            begin, reach = start, end
        elif start <= reach:
            reach = max(reach, end)
        else:
            merged.append((begin, reach))
            begin, reach = start, end
    if begin is not None and reach is not None:
        merged.append((begin, reach))
    return merged


def subtract(spans: Iterable[Span], taken: Iterable[Span]) -> list[Span]:
    """Return what is left of disjoint ``spans`` outside the sorted ``taken``, as disjoint spans."""
    left: list[Span] = []
    cuts = iter(taken)
    cut = next(cuts, None)
    reach: int | None = None
    for start, end in spans:
        free_from = start if reach is None else max(start, reach)
        while cut is not None and cut[0] < end:
            if cut[0] > free_from:
                left.append((free_from, cut[0]))
            reach = cut[1] if reach is None else max(reach, cut[1])
            free_from = max(free_from, reach)
            cut = next(cuts, None)
        if free_from < end:
            left.append((free_from, end))
    return left


def intersect(one: Sequence[Span], other: Sequence[Span]) -> list[Span]:
    """Return the times that two disjoint lists share, split wherever either of them is split."""
    shared: list[Span] = []
    i = j = 0
    while i < len(one) and j < len(other):
        start, end = one[i]
        other_start, other_end = other[j]
        low, high = max(start, other_start), min(end, other_end)
        if low < high:
            shared.append((low, high))
        if end <= other_end:
            i += 1
        if other_end <= end:
            j += 1
    return shared


def clip(spans: Iterable[Span], start: int, end: int) -> list[Span]:
    """Return the parts of the spans that lie within ``[start, end)``, in the order given."""
    return [(max(low, start), min(high, end)) for low, high in spans if low < end and high > start]


def overlaps(spans: Iterable[Span], start: int, end: int) -> bool:
    """Tell whether any of the spans shares a time with ``[start, end)``; the input needs no order."""
    return any(low < end and high > start for low, high in spans)
