"""What is kept in memory of a service: never older than the transaction that asks, whoever changed it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from hub.actions import rules
from hub.actions.hold import hold
from hub.actions.holders import add_resource, add_staff, change_holder, get_holder
from hub.actions.hours import (
    add_time_off,
    every_weekday,
    list_time_off,
    remove_time_off,
    set_holidays,
    set_hours,
    set_override,
)
from hub.actions.offer import offer
from hub.actions.services import change_service, get_service
from hub.core.calendar import Window
from hub.core.errors import InputError, UnknownId
from hub.store.business import rules_changed
from hub.store.database import Database, open_database
from tests.fork import CONTEXT
from tests.world import DAY, HOUR, MONDAY, World, open_world

NINE = MONDAY + HOUR
TEN = NINE + HOUR
THE_DAY = date(2027, 3, 15)
ZONE = "Europe/Berlin"


def starts(world: World, service: str) -> list[int]:
    return list(offer(world.hub, world.business, service, Window(MONDAY, MONDAY + DAY)).starts)


def lunch_only(world: World, ada: str) -> None:
    set_hours(world.hub, world.business, ada, every_weekday(ZONE, (12 * 60, 13 * 60)))


def switch_off(world: World, ada: str) -> None:
    holder = get_holder(world.hub, world.business, ada)
    change_holder(world.hub, world.business, ada, holder.version, {"active": False})


CHANGES: dict[str, Callable[[World, str], Any]] = {
    "other hours": lunch_only,
    "a day of its own": lambda world, ada: set_override(world.hub, world.business, ada, THE_DAY, ()),
    "an absence": lambda world, ada: add_time_off(world.hub, world.business, ada, MONDAY, MONDAY + DAY),
    "a holiday": lambda world, ada: set_holidays(world.hub, world.business, [(THE_DAY, "Holiday")]),
    "switched off": switch_off,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_next_search_knows_of_a_change_of_when_somebody_works(
    world: World, change: Callable[[World, str], Any]
) -> None:
    ada = world.staff()
    service = world.service(ada, step=HOUR)
    assert TEN in starts(world, service)
    change(world, ada)
    assert TEN not in starts(world, service)


def test_what_was_taken_back_counts_no_more(world: World) -> None:
    ada = world.staff()
    service = world.service(ada, step=HOUR)
    add_time_off(world.hub, world.business, ada, MONDAY, MONDAY + DAY)
    assert starts(world, service) == []
    (away,) = list_time_off(world.hub, world.business, ada).items
    remove_time_off(world.hub, world.business, ada, away.id)
    assert TEN in starts(world, service)


def test_the_next_search_knows_of_a_change_of_the_service(world: World) -> None:
    ada, ben = world.staff(), world.staff()
    service = world.service(ada, step=HOUR)
    assert NINE in starts(world, service)

    def change(**changes: object) -> None:
        was = get_service(world.hub, world.business, service)
        change_service(world.hub, world.business, service, was.version, changes)

    change(step=2 * HOUR)
    assert NINE not in starts(world, service)
    change(staff=[ben])
    assert list(offer(world.hub, world.business, service, Window(MONDAY, MONDAY + DAY)).free) == [ben]
    change(active=False)
    with pytest.raises(UnknownId):
        starts(world, service)


def _elsewhere(address: str, keystore: Path, folder: Path, business: str, ada: str) -> None:
    stores = open_database(address), open_database(f"sqlite:///{keystore}")
    lunch_only(open_world(*stores, folder, business), ada)


def test_hours_that_another_process_changed_are_not_booked_over(
    world: World, database_url: str, tmp_path: Path
) -> None:
    ada = world.staff()
    service = world.service(ada, step=HOUR)
    hold(world.hub, world.business, service, NINE, zone=ZONE)  # by now this process has them in memory
    given = database_url, tmp_path / "keystore.sqlite", tmp_path, world.business, ada
    process = CONTEXT.Process(target=_elsewhere, args=given)
    process.start()
    process.join(60)
    assert process.exitcode == 0
    with pytest.raises(InputError, match="outside_hours"):
        hold(world.hub, world.business, service, TEN, zone=ZONE)


def test_a_change_that_was_rolled_back_is_forgotten(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = world.staff()
    service = world.service(ada, step=HOUR)
    before = starts(world, service)

    def stamp_and_fail(*given: Any) -> None:
        rules_changed(*given)
        raise RuntimeError

    monkeypatch.setattr("hub.actions.hours.rules_changed", stamp_and_fail)
    with pytest.raises(RuntimeError):
        lunch_only(world, ada)
    assert starts(world, service) == before


def test_what_is_in_memory_is_not_read_again_until_it_changed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ada, reads = world.staff(), []
    service = world.service(ada)
    read = rules.read_hours
    monkeypatch.setattr(rules, "read_hours", lambda *given: reads.append(1) or read(*given))
    for _ in range(3):
        starts(world, service)
    assert len(reads) == 1
    lunch_only(world, ada)
    starts(world, service)
    assert len(reads) == 2


def test_the_oldest_service_leaves_the_memory_first(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "_MOST", 2)
    ada = world.staff()
    services = [world.service(ada) for _ in range(3)]
    for one in (*services[:2], services[0], services[2]):
        starts(world, one)
    assert [service for _, service in rules._kept] == [services[0], services[2]]


WRITES: dict[str, Callable[[World, str], Any]] = {
    **CHANGES,
    "a new staff member": lambda world, ada: add_staff(world.hub, world.business, "Ben", every_weekday(ZONE, (0, 60))),
    "a new room": lambda world, ada: add_resource(world.hub, world.business, "Room"),
    "a new service": lambda world, ada: world.service(ada),
}
_TABLES = ("holder", "working_hours", "day_override", "time_off", "holiday", "service", "service_holder")


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_each_change_puts_another_word_into_the_row_of_its_business(
    world: World, database: Database, write: Callable[[World, str], Any]
) -> None:
    """In the same transaction, and after the change itself: who reads in between must not keep what was."""
    ada, sent = world.staff(), list[str]()
    event.listen(database.engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
    write(world, ada)
    kinds = [f"{verb} {table} " for verb in ("INSERT INTO", "UPDATE", "DELETE FROM") for table in _TABLES]
    writes = [place for place, one in enumerate(sent) if any(one.startswith(kind) for kind in kinds)]
    words = [place for place, one in enumerate(sent) if one.startswith("UPDATE business SET rules")]
    assert writes
    assert words
    assert max(words) > max(writes)
