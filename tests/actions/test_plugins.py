"""The list of plugins: on, off and broken, what they offer, and the accounts that are connected by them."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType
from typing import cast

from hub import hookspecs
from hub.actions.businesses import create_business
from hub.actions.disconnect import disconnect
from hub.actions.plugins import _OFFERS, list_plugins
from hub.core.security import OPERATOR
from hub.plugin import hookimpl
from hub.registry import Candidate, Registry, Status
from tests.world import World, connection_named


class _Listener:
    __name__ = "tests.listener"

    @hookimpl
    def hub_booking_changed(self, booking: str) -> None:
        """Hear it."""


def _broken() -> ModuleType:
    raise ImportError("it needs something that is not there")


def with_plugins(world: World, *off: str) -> World:
    found = (
        world.calendars.candidate(),
        Candidate("listener", "tests", lambda: cast(ModuleType, _Listener())),
        Candidate("wrong", "tests", _broken),
    )
    return replace(world, hub=replace(world.hub, registry=Registry(found, off=off)))


def test_each_says_whether_it_takes_part_and_why_not(world: World) -> None:
    rows = {one.name: one for one in list_plugins(with_plugins(world).hub)}
    assert {name: one.status for name, one in rows.items()} == {
        "fake": Status.ON,
        "listener": Status.ON,
        "wrong": Status.BROKEN,
    }
    assert "it needs something" in rows["wrong"].reason
    assert (rows["fake"].title, rows["fake"].levels, rows["fake"].keeps) == ("Fake", ("All",), "nothing")


def test_what_it_offers_is_said_in_words(world: World) -> None:
    rows = {one.name: one for one in list_plugins(with_plugins(world).hub)}
    assert rows["fake"].offers[:3] == ("list calendars", "check a time live", "read busy times")
    assert rows["fake"].listens == ()
    assert (rows["listener"].offers, rows["listener"].listens) == ((), ("hub_booking_changed",))
    assert (rows["wrong"].offers, rows["wrong"].listens) == ((), ())


def test_the_accounts_of_all_businesses_are_counted_also_when_the_plugin_is_off(world: World) -> None:
    ada = world.staff()
    world.staff()
    other = replace(world, business=create_business(world.hub, "Ben's Garage", "Europe/Berlin"))
    other.staff()
    gone = connection_named(world, ada)
    assert [one.connections for one in list_plugins(world.hub)] == [3]
    disconnect(world.hub, OPERATOR, world.business, gone)
    rows = {one.name: one for one in list_plugins(with_plugins(world, "fake").hub)}
    assert (rows["fake"].status, rows["fake"].connections) == (Status.OFF, 2)
    assert rows["listener"].connections == 0


def test_every_hook_that_can_be_addressed_has_words() -> None:
    addressed = {name for name in vars(hookspecs) if name.startswith("hub_")} - hookspecs.TOLD - hookspecs.KEYS
    assert set(_OFFERS) == addressed - {"hub_provider"}
