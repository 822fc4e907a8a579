"""Adding a calendar by its id: asked for first, used by nobody yet."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hub.actions.add_calendar import add_calendar
from hub.actions.calendars import Choice, choose_calendars
from hub.actions.connections import get_connection
from hub.actions.disconnect import disconnect
from hub.actions.off_site import finish
from hub.core.errors import InputError, ProviderError, StateError, UnknownId
from hub.core.security import OPERATOR
from hub.vault.keycalls import Connected
from tests.actions.test_off_site import ADA, answer_of, found, intent_of, sent_off
from tests.elsewhere import Elsewhere, elsewhere
from tests.tables import nothing_changed
from tests.world import World, down


@pytest.fixture
def server(world: World) -> Iterator[Elsewhere]:
    with elsewhere(world) as server:
        yield server


def account(world: World, server: Elsewhere, level: str = "busy", **more: str) -> str:
    away = sent_off(world, intent_of(world, level=level, **more))
    state, answer = answer_of(server.visit(away.url))
    made = finish(world.hub, ADA, found(world, state, away), answer)
    assert isinstance(made, Connected)
    return made.connection


def test_a_calendar_that_answers_is_added_once_and_stands_for_nobody(world: World, server: Elsewhere) -> None:
    one = account(world, server)
    world.calendars.calls.clear()
    added = add_calendar(world.hub, world.business, one, " team@example.com ")
    assert world.calendars.calls == ["hub_free_busy"]
    assert add_calendar(world.hub, world.business, one, "team@example.com") == added
    assert world.calendars.calls == ["hub_free_busy"]
    (seen,) = [each for each in get_connection(world.hub, world.business, one, user_id=ADA.actor_id).calendars
               if each.id == added]  # fmt: skip
    assert (seen.name, seen.checked, seen.writable, seen.holder_id) == ("team@example.com", False, False, None)
    staff = world.staff(connected=False)
    choose_calendars(world.hub, world.business, one, {added: Choice(staff, checked=True)})


def test_one_that_the_provider_does_not_know_is_not_added_and_says_what_helps(world: World, server: Elsewhere) -> None:
    one = account(world, server)
    with nothing_changed(world.hub, but=("key_use", "ledger_entry", "ledger_content", "call_count")):
        with pytest.raises(InputError, match="knows no calendar with this id"):
            add_calendar(world.hub, world.business, one, "unknown@example.com")
        for ref in ("", "  ", "x" * 501, "a\nb"):
            with pytest.raises(InputError):
                add_calendar(world.hub, world.business, one, ref)
        world.calendars.fail = down("hub_free_busy")
        with pytest.raises(ProviderError):
            add_calendar(world.hub, world.business, one, "team@example.com")


def test_an_account_that_lists_its_calendars_or_is_over_or_somebody_elses_takes_none(
    world: World, server: Elsewhere
) -> None:
    lists, one = account(world, server, "all"), account(world, server)
    with pytest.raises(StateError) as caught:
        add_calendar(world.hub, world.business, lists, "team@example.com")
    assert caught.value.code == "listed"
    with pytest.raises(UnknownId):
        add_calendar(world.hub, world.business, one, "team@example.com", holder_id=world.staff(connected=False))
    disconnect(world.hub, OPERATOR, world.business, one)
    with pytest.raises(StateError) as caught:
        add_calendar(world.hub, world.business, one, "team@example.com")
    assert caught.value.code == "ended"
