"""Invariant 1: whatever is claimed and freed in whatever order, no two occurrences of a holder overlap."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from hub.core.booking import State
from hub.core.calendar import Window
from hub.core.errors import InputError, UnknownId
from hub.store.booking import Claim, Occurrence, change_booking, find_booking
from hub.store.claim import (
    claim,
    claimed_span,
    forget_past,
    free,
    holders_of,
    keep,
    lapse_hold,
    lapse_holds,
    lock_holders,
    taken,
)
from tests.store.conftest import NOW, Rows

CELL = 300


@contextmanager
def undone(rows: Rows) -> Iterator[Connection]:
    """A transaction that is rolled back: an example costs no commit."""
    with rows.database.engine.connect().execution_options(begin="IMMEDIATE") as conn:
        yield conn
        conn.rollback()


def cells(conn: Connection, rows: Rows) -> set[tuple[str, int]]:
    statement = select(Claim.holder_id, Claim.cell).where(Claim.business_id == rows.ada)
    return {(holder, cell) for holder, cell in conn.execute(statement)}


def spans(conn: Connection, rows: Rows) -> list[tuple[str, int, int]]:
    statement = select(Occurrence.holder_id, Occurrence.from_at, Occurrence.until_at).where(
        Occurrence.business_id == rows.ada
    )
    return sorted((holder, start, end) for holder, start, end in conn.execute(statement))


step = st.one_of(
    st.tuples(st.just("claim"), st.integers(0, 3), st.integers(0, 1), st.integers(0, 30), st.integers(1, 8)),
    st.tuples(st.just("free"), st.integers(0, 3), st.just(0), st.just(0), st.just(0)),
    st.tuples(st.just("lapse"), st.integers(0, 3), st.just(0), st.just(0), st.just(0)),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(step, max_size=25))
def test_no_order_of_claiming_and_freeing_lets_two_occurrences_overlap(rows: Rows, steps: list[Any]) -> None:
    """Four bookings fight over two holders; a set of cells in memory is the oracle."""
    with undone(rows) as conn:
        bookings = [rows.book(conn) for _ in range(4)]
        wanted: dict[tuple[str, int], str] = {}
        for verb, number, holder_number, first, length in steps:
            booking_id, holder = bookings[number], rows.holders[rows.ada][holder_number]
            if verb == "claim":
                start, end = NOW + first * CELL, NOW + (first + length) * CELL
                own = {(holder, cell) for cell in range(start // CELL, end // CELL)}
                in_the_way = {wanted[one] for one in own if one in wanted} - {booking_id}
                assert (holder in taken(conn, rows.ada, [holder], start, end, but=booking_id)) == bool(in_the_way)
                savepoint = conn.begin_nested()
                got = claim(conn, rows.ada, booking_id, holder, start, end, NOW + 600)
                assert got == (not own & set(wanted))
                if got:
                    savepoint.commit()
                    wanted |= dict.fromkeys(own, booking_id)
                else:
                    savepoint.rollback()
            elif verb == "free" or lapse_hold(conn, rows.ada, booking_id, NOW + 600):
                free(conn, rows.ada, booking_id)
                wanted = {one: owner for one, owner in wanted.items() if owner != booking_id}
            assert cells(conn, rows) == set(wanted)
            found = spans(conn, rows)
            for (one, _, end), (other, start, _) in pairwise(found):
                assert one != other or end <= start


def test_a_claim_takes_exactly_its_cells_at_both_ends(rows: Rows) -> None:
    ada = rows.holders[rows.ada][0]
    with undone(rows) as conn:
        assert claim(conn, rows.ada, rows.book(conn), ada, NOW, NOW + 3 * CELL, None)
        first = NOW // CELL
        assert cells(conn, rows) == {(ada, first), (ada, first + 1), (ada, first + 2)}
        for start, end in ((NOW - CELL, NOW), (NOW + 3 * CELL, NOW + 4 * CELL)):
            assert taken(conn, rows.ada, [ada], start, end) == set()
            assert claim(conn, rows.ada, rows.book(conn), ada, start, end, None)
        for start, end in ((NOW - CELL, NOW + CELL), (NOW + 2 * CELL, NOW + 9 * CELL), (NOW + CELL, NOW + 2 * CELL)):
            assert taken(conn, rows.ada, [ada], start, end) == {ada}


@pytest.mark.parametrize(
    ("start", "end"), [(NOW + 1, NOW + CELL), (NOW, NOW + CELL + 1), (NOW, NOW), (NOW + CELL, NOW)]
)
def test_a_time_off_the_grid_or_without_length_is_never_claimed(rows: Rows, start: int, end: int) -> None:
    with undone(rows) as conn:
        booking_id = rows.book(conn)
        with pytest.raises(InputError, match="time"):
            claim(conn, rows.ada, booking_id, rows.holders[rows.ada][0], start, end, None)
        assert cells(conn, rows) == set()


def test_a_whole_day_is_claimed_at_once(rows: Rows) -> None:
    with undone(rows) as conn:
        assert claim(conn, rows.ada, rows.book(conn), rows.holders[rows.ada][0], NOW, NOW + 86_400, None)
        assert len(cells(conn, rows)) == 288


def test_the_primary_key_stands_even_where_nobody_asked(rows: Rows) -> None:
    """The last line of defence: a plain INSERT of a taken cell fails, whoever sends it and for whatever business."""
    ada = rows.holders[rows.ada][0]
    with undone(rows) as conn:
        claim(conn, rows.ada, rows.book(conn), ada, NOW, NOW + CELL, None)
        occurrence = conn.execute(select(Occurrence.id).where(Occurrence.business_id == rows.ada)).scalar_one()
        values = {"holder_id": ada, "cell": NOW // CELL, "business_id": rows.ben, "occurrence_id": occurrence}
        with pytest.raises(IntegrityError):
            conn.execute(insert(Claim).values(**values))


def test_freeing_gives_back_everything_of_one_booking_and_nothing_of_another(rows: Rows) -> None:
    ada, ben, _ = rows.holders[rows.ada]
    with undone(rows) as conn:
        one, other = rows.book(conn), rows.book(conn)
        for holder in (ada, ben):
            assert claim(conn, rows.ada, one, holder, NOW, NOW + CELL, None)
        assert claim(conn, rows.ada, other, ada, NOW + CELL, NOW + 2 * CELL, None)
        assert holders_of(conn, rows.ada, one) == [ada, ben]
        free(conn, rows.ben, one)
        assert len(cells(conn, rows)) == 3
        free(conn, rows.ada, one)
        assert cells(conn, rows) == {(ada, NOW // CELL + 1)}
        assert holders_of(conn, rows.ada, one) == []
        free(conn, rows.ada, one)


def test_the_time_of_a_booking_spans_all_its_holders(rows: Rows) -> None:
    ada, ben, _ = rows.holders[rows.ada]
    with undone(rows) as conn:
        booking_id = rows.book(conn)
        claim(conn, rows.ada, booking_id, ada, NOW, NOW + CELL, None)
        claim(conn, rows.ada, booking_id, ben, NOW + CELL, NOW + 4 * CELL, None)
        assert claimed_span(conn, rows.ada, booking_id) == Window(NOW, NOW + 4 * CELL)


def test_keeping_clears_the_expiry_of_all_and_counts_what_stands(rows: Rows) -> None:
    ada, ben, _ = rows.holders[rows.ada]
    with undone(rows) as conn:
        booking_id = rows.book(conn)
        for holder in (ada, ben):
            claim(conn, rows.ada, booking_id, holder, NOW, NOW + 2 * CELL, NOW + 600)
        assert keep(conn, rows.ada, booking_id)
        statement = select(Occurrence.expires_at).where(Occurrence.business_id == rows.ada)
        assert set(conn.execute(statement).scalars()) == {None}
        assert lapse_holds(conn, rows.ada, [ada, ben], NOW, NOW + CELL, NOW + 10_000) == []


def test_nothing_is_kept_of_a_booking_whose_cells_are_not_all_there(rows: Rows) -> None:
    ada = rows.holders[rows.ada][0]
    with undone(rows) as conn:
        booking_id = rows.book(conn)
        assert not keep(conn, rows.ada, booking_id)
        claim(conn, rows.ada, booking_id, ada, NOW, NOW + 2 * CELL, NOW + 600)
        assert not keep(conn, rows.ben, booking_id)
        conn.execute(Claim.__table__.delete().where(Claim.business_id == rows.ada, Claim.cell == NOW // CELL))  # type: ignore[attr-defined]
        assert not keep(conn, rows.ada, booking_id)


def test_only_holds_that_are_over_and_in_the_way_lapse_and_all_their_cells_are_freed(rows: Rows) -> None:
    ada, ben, room = rows.holders[rows.ada]
    with undone(rows) as conn:
        over, fresh, beside, kept = (rows.book(conn, hold_until=NOW + until) for until in (600, 601, 600, 600))
        claim(conn, rows.ada, over, ada, NOW, NOW + 2 * CELL, NOW + 600)
        claim(conn, rows.ada, over, room, NOW, NOW + 2 * CELL, NOW + 600)
        claim(conn, rows.ada, fresh, ben, NOW, NOW + 2 * CELL, NOW + 601)
        claim(conn, rows.ada, beside, ada, NOW + 2 * CELL, NOW + 3 * CELL, NOW + 600)
        claim(conn, rows.ada, kept, ada, NOW - CELL, NOW, None)
        assert lapse_holds(conn, rows.ada, [ada, ben], NOW, NOW + CELL, NOW + 600) == [over]
        assert find_booking(conn, rows.ada, over).state == State.LAPSED
        assert {holder for holder, _, _ in spans(conn, rows)} == {ada, ben}
        assert len(cells(conn, rows)) == 4
        assert lapse_holds(conn, rows.ben, [ada, ben], NOW, NOW + CELL, NOW + 601) == []


def test_a_booking_that_was_confirmed_meanwhile_does_not_lapse(rows: Rows) -> None:
    ada = rows.holders[rows.ada][0]
    with undone(rows) as conn:
        booking_id = rows.book(conn)
        claim(conn, rows.ada, booking_id, ada, NOW, NOW + CELL, NOW + 600)
        change_booking(conn, rows.ada, booking_id, 1, now=NOW, state=State.CONFIRMED, hold_until=None)
        assert not lapse_hold(conn, rows.ada, booking_id, NOW + 10_000)
        assert lapse_holds(conn, rows.ada, [ada], NOW, NOW + CELL, NOW + 10_000) == []
        assert len(cells(conn, rows)) == 1


def test_a_hold_lapses_at_its_second_and_once(rows: Rows) -> None:
    with undone(rows) as conn:
        booking_id = rows.book(conn)
        assert not lapse_hold(conn, rows.ada, booking_id, NOW + 599)
        assert not lapse_hold(conn, rows.ben, booking_id, NOW + 600)
        assert lapse_hold(conn, rows.ada, booking_id, NOW + 600)
        assert not lapse_hold(conn, rows.ada, booking_id, NOW + 600)


def test_holders_of_another_business_cannot_be_locked_or_claimed_for(rows: Rows) -> None:
    with undone(rows) as conn:
        lock_holders(conn, rows.ada, rows.holders[rows.ada])
        lock_holders(conn, rows.ada, [])
        for wrong in (rows.holders[rows.ben][0], "x" * 26):
            with pytest.raises(UnknownId, match=wrong):
                lock_holders(conn, rows.ada, [rows.holders[rows.ada][0], wrong])


def test_two_who_lock_the_same_holders_in_opposite_order_do_not_deadlock(rows: Rows) -> None:
    holders, errors = rows.holders[rows.ada], []
    ready = threading.Barrier(2)

    def book(order: list[str], start: int) -> None:
        try:
            ready.wait(5)
            for number in range(15):
                with rows.database.writing() as conn:
                    lock_holders(conn, rows.ada, order)
                    booking_id, begin = rows.book(conn), start + number * CELL
                    for holder in order:
                        assert claim(conn, rows.ada, booking_id, holder, begin, begin + CELL, None)
        except BaseException as error:
            errors.append(error)

    threads = [
        threading.Thread(target=book, args=(holders, NOW)),
        threading.Thread(target=book, args=(holders[::-1], NOW + 86_400)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert errors == []
    with rows.database.reading() as conn:
        assert len(cells(conn, rows)) == 2 * 15 * 3


def test_of_two_who_want_the_same_time_without_any_lock_one_gets_it(rows: Rows) -> None:
    """The locks keep order; the primary key alone already decides."""
    ada, got = rows.holders[rows.ada][0], []
    ready = threading.Barrier(2)

    def want() -> None:
        ready.wait(5)
        with rows.database.engine.connect().execution_options(begin="IMMEDIATE") as conn:
            won = claim(conn, rows.ada, rows.book(conn), ada, NOW, NOW + 6 * CELL, None)
            if won:
                conn.commit()
            got.append(won)

    threads = [threading.Thread(target=want) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(got) == [False, True]
    with rows.database.reading() as conn:
        assert len(spans(conn, rows)) == 1


def test_past_cells_are_forgotten_in_slices_and_the_running_one_stays(rows: Rows) -> None:
    ada = rows.holders[rows.ada][0]
    with undone(rows) as conn:
        claim(conn, rows.ada, rows.book(conn), ada, NOW - 10 * CELL, NOW + CELL, None)
        assert forget_past(conn, NOW + 1, limit=4) == 4
        assert forget_past(conn, NOW + 1) == 6
        assert forget_past(conn, NOW + 1) == 0
        assert cells(conn, rows) == {(ada, NOW // CELL)}
        assert len(spans(conn, rows)) == 1
