"""The outbox table: order within a key, claims, and leases; alike on SQLite and PostgreSQL."""

from __future__ import annotations

import time
from typing import Any

import pytest

from hub.store import ids, outbox
from hub.store.database import Database
from hub.store.outbox import Entry

NOW = 1_800_000_000
ADA, BEN = "a" * 26, "b" * 26


def add(database: Database, **changes: Any) -> str:
    time.sleep(0.002)  # also without a common key, the ids sort in the order of writing
    values = {"business_id": ADA, "kind": "write", "key": "k", "payload": {}, "due_at": NOW, "now": NOW} | changes
    with database.writing() as conn:
        return outbox.add_effect(conn, **values)


def due(database: Database, now: int = NOW) -> list[str]:
    with database.reading() as conn:
        return [identifier for identifier, _ in outbox.due(conn, now, 100)]


def claim(database: Database, identifier: str, attempts: int = 0, now: int = NOW) -> Entry | None:
    with database.writing() as conn:
        return outbox.claim(conn, identifier, attempts, now=now, lease_until=now + 20)


def claimed(database: Database, identifier: str, attempts: int = 0) -> Entry:
    entry = claim(database, identifier, attempts)
    assert entry is not None
    return entry


def lapse(database: Database, now: int, *never: str) -> int:
    with database.writing() as conn:
        return outbox.lapse(conn, now, never)


def entry_of(database: Database, identifier: str) -> Entry:
    states = (outbox.WAITING, outbox.RUNNING, outbox.DONE, outbox.DEAD, outbox.UNKNOWN)
    with database.reading() as conn:
        return next(entry for entry in outbox.entries(conn, states) if entry.id == identifier)


def test_rows_of_one_key_are_due_one_after_another_in_the_order_of_writing(database: Database) -> None:
    rows = [add(database) for _ in range(20)]
    assert rows == sorted(rows)
    seen = []
    while found := due(database):
        assert len(found) == 1
        with database.writing() as conn:
            entry = outbox.claim(conn, found[0], 0, now=NOW, lease_until=NOW + 20)
            assert entry is not None
            outbox.finish(conn, entry, NOW)
        seen += found
    assert seen == rows


def test_two_rows_written_in_one_transaction_keep_their_order(database: Database) -> None:
    with database.writing() as conn:
        given = {"business_id": ADA, "kind": "write", "key": "k", "payload": {}, "due_at": NOW, "now": NOW}
        rows = [outbox.add_effect(conn, **given) for _ in range(50)]
    assert rows == sorted(set(rows))


def test_a_clock_that_was_set_back_does_not_turn_the_order_round(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = add(database)
    monkeypatch.setattr(ids, "new_id", lambda: "0" * 26)
    second = add(database)
    third = add(database)
    assert first < second < third
    assert len(third) == 26


def test_rows_of_one_millisecond_and_key_keep_their_order(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    made = iter(f"{'0' * 25}{digit}" for digit in "9517")
    monkeypatch.setattr(ids, "new_id", lambda: next(made))
    rows = [add(database) for _ in range(4)]
    assert [row[-1] for row in rows] == ["9", "a", "b", "c"]


def test_the_id_after_one_that_ends_in_the_last_digit_carries_over(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ids, "new_id", lambda: "0" * 23 + "hzz")
    assert [add(database)[-4:], add(database)[-4:]] == ["0hzz", "0j00"]


def test_other_keys_and_other_businesses_do_not_wait(database: Database) -> None:
    rows = [add(database), add(database, key="other"), add(database, business_id=BEN)]
    assert set(due(database)) == set(rows)


def test_a_running_row_holds_up_the_next_of_its_key(database: Database) -> None:
    first, second = add(database), add(database)
    claimed(database, first)
    assert due(database) == []
    assert claim(database, second) is None


def test_a_row_that_waits_for_its_next_attempt_holds_up_the_next_of_its_key(database: Database) -> None:
    first, second = add(database), add(database)
    entry = claimed(database, first)
    with database.writing() as conn:
        assert outbox.put_back(conn, entry, due_at=NOW + 60, problem="Retry")
    assert due(database) == []
    assert claim(database, second) is None
    assert due(database, NOW + 60) == [first]


@pytest.mark.parametrize("state", [outbox.DEAD, outbox.UNKNOWN])
def test_a_row_that_ended_badly_lets_the_next_of_its_key_go_on(database: Database, state: str) -> None:
    first, second = add(database), add(database)
    entry = claimed(database, first)
    with database.writing() as conn:
        assert outbox.bury(conn, entry, state=state, problem="Refused", now=NOW)
    assert due(database) == [second]


def test_nothing_is_due_before_its_time(database: Database) -> None:
    row = add(database, due_at=NOW + 1)
    assert due(database) == []
    assert claim(database, row) is None
    assert due(database, NOW + 1) == [row]


def test_only_one_claim_of_an_attempt_succeeds(database: Database) -> None:
    row = add(database)
    assert claim(database, row) is not None
    assert claim(database, row) is None


def test_a_job_for_an_earlier_attempt_claims_nothing(database: Database) -> None:
    row = add(database)
    entry = claimed(database, row)
    with database.writing() as conn:
        outbox.put_back(conn, entry, due_at=NOW, problem="Retry")
    assert claim(database, row, 0) is None
    assert claimed(database, row, 1).attempts == 2


def test_a_claim_that_lapsed_can_no_longer_end_the_row(database: Database) -> None:
    row = add(database)
    late = claimed(database, row)
    assert lapse(database, NOW + 21) == 1
    again = claim(database, row, 1, now=NOW + 21)
    assert again is not None
    with database.writing() as conn:
        assert not outbox.renew(conn, late, NOW + 100)
        assert not outbox.finish(conn, late, NOW)
        assert not outbox.put_back(conn, late, due_at=NOW, problem="")
        assert not outbox.bury(conn, late, state=outbox.DEAD, problem="", now=NOW)
        assert outbox.finish(conn, again, NOW)


def test_a_renewed_claim_does_not_lapse(database: Database) -> None:
    entry = claimed(database, add(database))
    with database.writing() as conn:
        assert outbox.renew(conn, entry, NOW + 60)
    assert lapse(database, NOW + 60) == 0
    assert lapse(database, NOW + 61) == 1


def test_a_lapsed_claim_of_a_kind_that_is_never_repeated_ends_as_unknown(database: Database) -> None:
    call, write = add(database, kind="call", key="1"), add(database, kind="write", key="2")
    for row in (call, write):
        claimed(database, row)
    assert lapse(database, NOW + 21, "call") == 2
    assert entry_of(database, call).state == outbox.UNKNOWN
    assert entry_of(database, write).state == outbox.WAITING


def test_replayed_rows_wait_again_as_tried_once(database: Database) -> None:
    rows = [add(database, key=str(n)) for n in range(3)]
    with database.writing() as conn:
        for row, state in zip(rows, (outbox.DEAD, outbox.UNKNOWN, outbox.DONE), strict=True):
            entry = outbox.claim(conn, row, 0, now=NOW, lease_until=NOW)
            assert entry is not None
            outbox.bury(conn, entry, state=state, problem="Refused", now=NOW)
        assert outbox.replay(conn, NOW, rows[0]) == 1
        assert outbox.replay(conn, NOW, rows[2]) == 0
        assert outbox.replay(conn, NOW) == 1
    assert due(database) == rows[:2]
    assert [entry_of(database, row).attempts for row in rows] == [1, 1, 1]


def test_only_old_done_rows_are_forgotten(database: Database) -> None:
    old, fresh, dead = (add(database, key=key) for key in ("1", "2", "3"))
    with database.writing() as conn:
        for row, ended in ((old, NOW - 100), (fresh, NOW), (dead, NOW - 100)):
            entry = outbox.claim(conn, row, 0, now=NOW, lease_until=NOW)
            assert entry is not None
            if row == dead:
                outbox.bury(conn, entry, state=outbox.DEAD, problem="", now=ended)
            else:
                outbox.finish(conn, entry, ended)
        assert outbox.forget_done(conn, NOW) == 1
        left = [entry.id for entry in outbox.entries(conn, (outbox.DONE, outbox.DEAD))]
    assert left == [fresh, dead]


def test_a_change_that_is_rolled_back_takes_its_effect_with_it(database: Database) -> None:
    def change() -> None:
        with database.writing() as conn:
            given = {"business_id": ADA, "kind": "write", "key": "k", "payload": {}, "due_at": NOW, "now": NOW}
            outbox.add_effect(conn, **given)
            raise KeyError

    with pytest.raises(KeyError):
        change()
    assert due(database) == []
