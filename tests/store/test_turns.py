from __future__ import annotations

from typing import Any

from hub.store import outbox
from hub.store.database import Database
from hub.store.turns import due_in_turn

NOW = 1_800_000_000
ADA, BEN, CYD = "a" * 26, "b" * 26, "c" * 26


def add(database: Database, business: str, **changes: Any) -> str:
    values = {"kind": "write", "payload": {}, "due_at": NOW, "now": NOW} | changes
    with database.writing() as conn:
        key = values.pop("key", None) or f"k{outbox.count_effects(conn, [business])}"
        return outbox.add_effect(conn, business_id=business, key=key, **values)


def due(database: Database, limit: int = 100, share: int = 10) -> list[str]:
    with database.reading() as conn:
        return [one for one, _ in due_in_turn(conn, NOW, limit, share)]


def test_businesses_take_turns_and_each_begins_with_what_waited_longest(database: Database) -> None:
    ada = [add(database, ADA, due_at=NOW - 60) for _ in range(4)]
    ben = [add(database, BEN, due_at=NOW - n) for n in range(2)]
    cyd = [add(database, CYD)]
    found = due(database)
    assert found[:3] == [ada[0], ben[1], cyd[0]]
    assert set(found[3:5]) == {ada[1], ben[0]}
    assert found[5:] == ada[2:]


def test_nobody_gets_more_than_their_share_and_what_runs_counts(database: Database) -> None:
    ada = [add(database, ADA, due_at=NOW - 60) for _ in range(9)]
    ben = add(database, BEN)
    assert due(database, share=3) == [ada[0], ben, ada[1], ada[2]]
    with database.writing() as conn:
        for one in ada[:2]:
            assert outbox.claim(conn, one, 0, now=NOW, lease_until=NOW + 20)
    assert due(database, share=3) == [ben, ada[2]]
    assert due(database, limit=1, share=3) == [ben]


def test_what_is_not_due_or_not_its_turn_is_left_out(database: Database) -> None:
    first = add(database, ADA, key="same")
    add(database, ADA, key="same")
    add(database, ADA, key="later", due_at=NOW + 1)
    assert due(database) == [first]
