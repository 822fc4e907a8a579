from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from hub.core.ledger import EntryKind
from hub.ledger.collect import collect
from hub.ledger.read import Recorded, entries_about
from hub.store.key_use import add_refusal, add_use
from tests.store.conftest import NOW, Rows

ONE, OTHER = "c" * 26, "d" * 26
MINUTE = NOW // 60
AFTER = (MINUTE + 1) * 60
READ, WRITE = ("read", "check_availability"), ("write", "create_event")


def use(rows: Rows, connection: str, *what: str, times: int = 1, minute: int = MINUTE) -> None:
    for _ in range(times):
        with rows.database.writing() as conn:
            add_use(conn, rows.ada, connection, minute, *what)


def refuse(rows: Rows, connection: str, *what: str, times: int = 1) -> None:
    for _ in range(times):
        with rows.database.writing() as conn:
            add_refusal(conn, rows.ada, connection, MINUTE, *what)


def found(rows: Rows, connection: str = "") -> list[Recorded]:
    with rows.database.reading() as conn:
        return entries_about(conn, rows.ada, connection_id=connection)[::-1]


def test_a_finished_minute_of_a_connection_is_one_entry(rows: Rows) -> None:
    use(rows, ONE, *READ, times=3)
    use(rows, ONE, *WRITE)
    use(rows, OTHER, *READ)
    use(rows, ONE, *READ, minute=MINUTE + 1)
    assert collect(rows.database, AFTER - 1) == 0
    assert collect(rows.database, AFTER) == 2
    (entry,) = found(rows, ONE)
    calls = ["read:check_availability:3", "write:create_event:1"]
    assert (entry.kind, entry.at) == (EntryKind.KEY_USED, AFTER)
    assert entry.content == {"minute": MINUTE, "count": 4, "calls": calls}
    assert [one.content for one in found(rows, OTHER)] == [
        {"minute": MINUTE, "count": 1, "calls": ["read:check_availability:1"]}
    ]
    assert collect(rows.database, AFTER) == 0
    assert collect(rows.database, AFTER + 60) == 1


def test_refused_calls_are_entries_of_their_own_with_their_reasons(rows: Rows) -> None:
    refuse(rows, ONE, "hub_changes", "check_availability", "undeclared", times=500)
    refuse(rows, ONE, "", "protect", "disconnected")
    use(rows, ONE, *READ)
    assert collect(rows.database, AFTER) == 2
    used, refused = found(rows, ONE)
    assert (used.kind, refused.kind) == (EntryKind.KEY_USED, EntryKind.CALL_REFUSED)
    assert refused.content == {
        "minute": MINUTE,
        "count": 501,
        "calls": [":protect:disconnected:1", "hub_changes:check_availability:undeclared:500"],
    }


def test_a_use_that_is_counted_late_is_in_an_entry_that_follows(rows: Rows) -> None:
    use(rows, ONE, *READ, times=2)
    collect(rows.database, AFTER)
    use(rows, ONE, *READ)
    use(rows, ONE, *WRITE)
    assert collect(rows.database, AFTER) == 1
    assert [entry.content for entry in found(rows)] == [
        {"minute": MINUTE, "count": 2, "calls": ["read:check_availability:2"]},
        {"minute": MINUTE, "count": 2, "calls": ["read:check_availability:1", "write:create_event:1"]},
    ]


def test_more_different_calls_than_an_entry_holds_are_more_entries(rows: Rows) -> None:
    for number in range(250):
        use(rows, ONE, f"operation_{number:03}", "protect")
    assert collect(rows.database, AFTER, batch=180) == 3
    calls = [call for entry in found(rows) for call in entry.content["calls"]]  # type: ignore[index,union-attr]
    assert sorted(calls) == [f"operation_{number:03}:protect:1" for number in range(250)]


def test_each_use_is_in_one_entry_however_many_collect_while_more_come(rows: Rows) -> None:
    done = threading.Event()

    def work(number: int) -> None:
        for _ in range(20):
            use(rows, (ONE, OTHER)[number % 2], *(READ if number < 2 else WRITE))

    def gather(_: int) -> None:
        while not done.is_set():
            collect(rows.database, AFTER, batch=2)

    with ThreadPoolExecutor(6) as pool:
        gathering = [pool.submit(gather, n) for n in range(2)]
        list(pool.map(work, range(4)))
        done.set()
        for task in gathering:
            task.result()
    collect(rows.database, AFTER)
    counts: Counter[tuple[str, str]] = Counter()
    for entry in found_all(rows):
        for call in entry.content["calls"]:  # type: ignore[index,union-attr]
            what, _, many = call.rpartition(":")
            counts[entry.connection_id, what] += int(many)
    wanted = {(connection, ":".join(what)): 20 for connection in (ONE, OTHER) for what in (READ, WRITE)}
    assert counts == wanted


def found_all(rows: Rows) -> list[Recorded]:
    with rows.database.reading() as conn:
        return entries_about(conn, rows.ada, limit=1000)
