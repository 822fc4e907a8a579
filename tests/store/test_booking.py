"""The rows of bookings: one a request, changed only by who saw the newest version, and of one business."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from hub.core.booking import State
from hub.core.errors import UnknownId
from hub.store.booking import change_booking, expired_holds, find_booking, staff_of
from hub.store.claim import claim
from tests.store.conftest import NOW, Rows


def test_a_new_booking_is_at_version_one(rows: Rows) -> None:
    with rows.database.writing() as conn:
        found = find_booking(conn, rows.ada, rows.book(conn))
    assert (found.version, found.problem, found.state, found.made_at, found.changed_at) == (1, "", "held", NOW, NOW)


def test_a_key_makes_one_booking_in_a_business_and_another_in_the_next_business(rows: Rows) -> None:
    with rows.database.writing() as conn:
        assert rows.book(conn, idempotency_key="k1", idempotency_hash="h")
        assert rows.book(conn, idempotency_key="k1", idempotency_hash="h") == ""
        assert rows.book(conn, idempotency_key="k2", idempotency_hash="h")
        assert rows.book(conn, rows.ben, idempotency_key="k1", idempotency_hash="h")


def test_without_a_key_every_request_is_a_booking(rows: Rows) -> None:
    with rows.database.writing() as conn:
        assert rows.book(conn)
        assert rows.book(conn)


def test_the_booking_of_another_business_is_unknown_in_the_same_words(rows: Rows) -> None:
    with rows.database.writing() as conn:
        bens = rows.book(conn, rows.ben)
        said = []
        for identifier in (bens, "x" * 26):
            with pytest.raises(UnknownId) as caught:
                find_booking(conn, rows.ada, identifier)
            said.append(caught.value.message.replace(identifier, "…"))
    assert said[0] == said[1]


def test_a_change_counts_the_version_up_and_is_made_once(rows: Rows) -> None:
    with rows.database.writing() as conn:
        booking_id = rows.book(conn)
        assert change_booking(conn, rows.ada, booking_id, 1, now=NOW + 5, state=State.CONFIRMED)
        assert not change_booking(conn, rows.ada, booking_id, 1, now=NOW + 6, state=State.CANCELLED)
        found = find_booking(conn, rows.ada, booking_id)
    assert (found.state, found.version, found.changed_at) == (State.CONFIRMED, 2, NOW + 5)


def test_another_business_changes_nothing(rows: Rows) -> None:
    with rows.database.writing() as conn:
        booking_id = rows.book(conn)
        assert not change_booking(conn, rows.ben, booking_id, 1, now=NOW, state=State.CANCELLED)
        assert find_booking(conn, rows.ada, booking_id).state == State.HELD


def test_of_many_who_change_the_same_version_one_succeeds(rows: Rows) -> None:
    with rows.database.writing() as conn:
        booking_id = rows.book(conn)

    def change(number: int) -> bool:
        with rows.database.writing() as conn:
            return change_booking(conn, rows.ada, booking_id, 1, now=NOW + number, problem=str(number)) is not None

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(change, range(8))) == [False] * 7 + [True]


def test_holds_whose_time_is_over_are_found_over_all_businesses_oldest_first(rows: Rows) -> None:
    with rows.database.writing() as conn:
        last = rows.book(conn, hold_until=NOW + 20)
        first = rows.book(conn, rows.ben, hold_until=NOW + 10)
        rows.book(conn, hold_until=NOW + 21)
        rows.book(conn, hold_until=NOW, state=State.CANCELLED)
        rows.book(conn, hold_until=None, state=State.CONFIRMED)
        assert expired_holds(conn, NOW + 20, 10) == [(rows.ben, first), (rows.ada, last)]
        assert expired_holds(conn, NOW + 20, 1) == [(rows.ben, first)]
        assert expired_holds(conn, NOW, 10) == []


def test_the_staff_of_a_booking_are_people_and_not_rooms_and_of_its_own_business(rows: Rows) -> None:
    with rows.database.writing() as conn:
        booking_id = rows.book(conn)
        for holder in reversed(rows.holders[rows.ada]):
            assert claim(conn, rows.ada, booking_id, holder, NOW, NOW + 1800, None)
        assert staff_of(conn, rows.ada, booking_id) == tuple(rows.holders[rows.ada][:2])
        assert staff_of(conn, rows.ben, booking_id) == ()


@pytest.mark.parametrize("identifier", ["", "\0", "\ud800", "x" * 27, "agency"])
def test_what_no_database_takes_for_an_id_is_an_unknown_booking(rows: Rows, identifier: str) -> None:
    with rows.database.reading() as conn, pytest.raises(UnknownId) as caught:
        find_booking(conn, rows.ada, identifier)
    assert caught.value.kind == "booking"
