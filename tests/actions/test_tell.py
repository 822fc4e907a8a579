"""Telling: a fact leaves with the commit that made it true, once for each listener, in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest

from hub.actions.effects import EFFECTS
from hub.actions.tell import tell
from hub.jobs.perform import drain
from hub.plugin import hookimpl
from hub.registry import Candidate, Registry
from hub.store.outbox import DEAD, DONE, WAITING, entries
from tests.world import World

FACTS = {"business": "b", "booking": "k", "state": "confirmed", "calendar_state": "written"}


class Listener:
    """A plugin that only listens, and may fail."""

    __name__ = "tests.listener"

    def __init__(self, heard: list[tuple[str, ...]], fails: Callable[[], None]) -> None:
        self.heard, self.fails = heard, fails

    @hookimpl
    def hub_booking_changed(self, booking: str, state: str, calendar_state: str) -> None:
        self.heard.append((booking, state, calendar_state))
        self.fails()


@pytest.fixture
def heard(world: World) -> list[tuple[str, ...]]:
    """What a listener hears, beside one that always fails."""
    heard: list[tuple[str, ...]] = []

    def fail() -> None:
        raise RuntimeError("a listener's own fault")

    listeners = [("deaf", Listener([], fail)), ("keen", Listener(heard, lambda: None))]
    candidates = [Candidate(name, "tests", lambda one=one: cast(Any, one)) for name, one in listeners]
    registry = Registry(candidates)
    assert [record.reason for record in registry.records] == ["", ""]
    world.hub = replace(world.hub, registry=registry)
    return heard


def put(world: World, hook: str = "hub_booking_changed", **facts: str) -> None:
    with world.hub.database.writing() as conn:
        tell(conn, world.business, hook, {**FACTS, **facts}, world.clock())


def test_a_fact_reaches_its_listeners_once_and_after_the_commit(world: World, heard: list[tuple[str, ...]]) -> None:
    put(world)
    assert heard == []
    drain(world.hub, EFFECTS)
    drain(world.hub, EFFECTS)
    assert heard == [("k", "confirmed", "written")]


def test_what_was_rolled_back_is_never_told(world: World, heard: list[tuple[str, ...]]) -> None:
    def fail() -> None:
        with world.hub.database.writing() as conn:
            tell(conn, world.business, "hub_booking_changed", FACTS, world.clock())
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    drain(world.hub, EFFECTS)
    assert heard == []


def test_the_facts_of_one_booking_are_told_in_the_order_in_which_they_became_true(
    world: World, heard: list[tuple[str, ...]]
) -> None:
    for state in ("requested", "confirmed", "cancelled"):
        put(world, state=state)
        put(world, booking="another", state=state)
    drain(world.hub, EFFECTS)
    assert [state for booking, state, _ in heard if booking == "k"] == ["requested", "confirmed", "cancelled"]
    assert len(heard) == 6


def test_a_listener_that_fails_does_not_make_the_fact_be_told_again(world: World, heard: list[tuple[str, ...]]) -> None:
    put(world)
    drain(world.hub, EFFECTS)
    with world.hub.database.reading() as conn:
        assert [entry.kind for entry in entries(conn, (DONE,))] == ["tell"]
        assert entries(conn, (WAITING, DEAD)) == []


def test_a_fact_holds_ids_and_states_and_what_it_is_ordered_by(world: World) -> None:
    put(world)
    put(world, booking="")
    with world.hub.database.reading() as conn:
        first, second = entries(conn, (WAITING,))
    assert first.payload == {"hook": "hub_booking_changed", "facts": FACTS}
    assert (first.key, second.key) == ("tell:k", f"tell:{world.business}")


def test_a_fact_that_nobody_listens_to_is_done(world: World) -> None:
    put(world)
    drain(world.hub, EFFECTS)
    with world.hub.database.reading() as conn:
        assert len(entries(conn, (DONE,))) == 1
