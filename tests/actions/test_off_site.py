"""Sending an owner to a provider's pages, and taking them back once: the rules that no page can bend."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import sqlalchemy as sa

from hub.actions.connections import get_connection
from hub.actions.consent import answer_consent, consent_about, consent_question
from hub.actions.disconnect import disconnect
from hub.actions.off_site import SECONDS, Away, Intent, find_pending, finish, forget_pending, leave, step
from hub.core.errors import HubError, PluginBroken, StateError, UnknownId
from hub.core.provider import Redirect
from hub.core.security import Visit
from hub.store.connecting import Connecting
from hub.store.guard import Across
from hub.vault.keycalls import Connected
from tests import elsewhere as provider
from tests.elsewhere import Elsewhere, elsewhere
from tests.tables import nothing_changed
from tests.world import World

ADA = Visit(actor="user", actor_id="a" * 26)
CYD = Visit(actor="user", actor_id="c" * 26)


@pytest.fixture
def server(world: World) -> Iterator[Elsewhere]:
    with elsewhere(world) as server:
        yield server


def intent_of(world: World, visit: Visit = ADA, level: str = "all", **more: Any) -> Intent:
    """What somebody agreed to."""
    about = consent_about(world.hub, world.business, "fake", level, more.get("holder_id"))
    text = consent_question(world.hub, about).hash
    return Intent(world.business, "fake", level, answer_consent(world.hub, visit, about, text, agreed=True), **more)


def sent_off(world: World, intent: Intent, visit: Visit = ADA, via: str = "s") -> Away:
    found = leave(world.hub, visit, via, intent)
    assert isinstance(found, Away)
    return found


def answer_of(address: str) -> tuple[str, dict[str, str]]:
    """The state that came back, and all that did."""
    given = dict(parse_qsl(urlsplit(address).query))
    return given["state"], given


def waiting(world: World) -> list[sa.Row[Any]]:
    with world.hub.database.reading() as conn:
        statement = sa.select(Connecting.__table__).execution_options(across=Across.OPERATOR)
        return list(conn.execute(statement).all())


def test_who_goes_off_and_comes_back_has_connected(world: World, server: Elsewhere) -> None:
    away = sent_off(world, intent_of(world))
    state, answer = answer_of(server.visit(away.url))
    pending = find_pending(world.hub, state, away.secret)
    assert pending is not None
    assert (pending.actor, pending.actor_id, pending.via) == ("user", "a" * 26, "s")
    done = finish(world.hub, ADA, pending, answer)
    assert isinstance(done, Connected)
    assert get_connection(world.hub, world.business, done.connection, user_id="a" * 26).account_name == server.account
    assert waiting(world) == []


def test_what_is_kept_meanwhile_shows_neither_state_nor_verifier_nor_cookie(world: World, server: Elsewhere) -> None:
    away = sent_off(world, intent_of(world))
    (row,) = waiting(world)
    state, answer = answer_of(server.visit(away.url))
    stored = b"".join(one if isinstance(one, bytes) else str(one).encode() for one in row)
    finish(world.hub, ADA, found(world, state, away), answer)
    for secret in (state, away.secret, server.asked[0]["code_verifier"]):
        assert secret.encode() not in stored
    assert away.secret not in repr(away)


def found(world: World, state: str, away: Away) -> Any:
    pending = find_pending(world.hub, state, away.secret)
    assert pending is not None
    return pending


def test_a_look_says_where_it_would_lead_and_notes_nobody(world: World, server: Elsewhere) -> None:
    intent = intent_of(world)
    with nothing_changed(world.hub):
        assert isinstance(step(world.hub, ADA, "s", intent, None), Redirect)


def test_a_state_works_once_and_the_plugin_hears_of_it_once(world: World, server: Elsewhere) -> None:
    away = sent_off(world, intent_of(world))
    state, answer = answer_of(server.visit(away.url))
    pending = found(world, state, away)
    finish(world.hub, ADA, pending, answer)
    assert find_pending(world.hub, state, away.secret) is None
    with pytest.raises(StateError) as caught:  # whoever looked before it was taken
        finish(world.hub, ADA, pending, answer)
    assert caught.value.code == "returned"
    assert len(server.asked) == 1


def test_of_many_returns_at_once_one_is_heard(world: World, server: Elsewhere) -> None:
    away = sent_off(world, intent_of(world))
    state, answer = answer_of(server.visit(away.url))
    pending = found(world, state, away)

    def come_back(_: int) -> str:
        try:
            finish(world.hub, ADA, pending, answer)
        except StateError as error:
            return error.code
        return "connected"

    with ThreadPoolExecutor(4) as pool:
        ends = sorted(pool.map(come_back, range(4)))
    assert ends == ["connected", "returned", "returned", "returned"]
    assert len(server.asked) == 1


def test_a_state_is_over_after_ten_minutes_and_forgotten_by_the_clock(world: World, server: Elsewhere) -> None:
    away = sent_off(world, intent_of(world))
    state, answer = answer_of(server.visit(away.url))
    pending = found(world, state, away)
    world.clock.now += SECONDS
    assert find_pending(world.hub, state, away.secret) is None
    with pytest.raises(StateError):
        finish(world.hub, ADA, pending, answer)
    assert server.asked == []
    forget_pending(world.hub)
    assert waiting(world) == []


@pytest.mark.parametrize("state", ["", "x", "\u00e9", "x" * 5000, "preview"])
def test_a_state_that_was_not_given_out_stands_for_nothing(state: str, world: World, server: Elsewhere) -> None:
    away = sent_off(world, intent_of(world))
    assert find_pending(world.hub, state, away.secret) is None


def test_another_browser_brings_nothing(world: World, server: Elsewhere) -> None:
    """A10, A11, A12: the state of one flow with the cookie of another one, or with none."""
    away, other = sent_off(world, intent_of(world)), sent_off(world, intent_of(world))
    state, _ = answer_of(server.visit(away.url))
    assert find_pending(world.hub, state, other.secret) is None
    assert find_pending(world.hub, state, "") is None
    assert find_pending(world.hub, state, away.secret) is not None


def test_the_verifier_of_another_flow_or_none_is_not_taken(world: World, server: Elsewhere) -> None:
    """A14: a code is worth nothing in another flow than its own, and a flow is over however it ended."""
    one, other = sent_off(world, intent_of(world)), sent_off(world, intent_of(world))
    _, stolen = answer_of(server.visit(one.url))
    state, _ = answer_of(server.visit(other.url))
    with pytest.raises(HubError):
        finish(world.hub, ADA, found(world, state, other), {"code": stolen["code"], "state": state})
    assert find_pending(world.hub, state, other.secret) is None
    assert len(waiting(world)) == 1


def test_who_did_not_agree_cannot_finish_what_another_began(world: World, server: Elsewhere) -> None:
    away = sent_off(world, intent_of(world))
    state, answer = answer_of(server.visit(away.url))
    with pytest.raises(UnknownId):
        finish(world.hub, CYD, found(world, state, away), answer)
    assert server.asked == []


def test_without_a_consent_nothing_is_exchanged(world: World, server: Elsewhere) -> None:
    away = sent_off(world, Intent(world.business, "fake", "all"))
    state, answer = answer_of(server.visit(away.url))
    with pytest.raises(StateError) as caught:
        finish(world.hub, ADA, found(world, state, away), answer)
    assert caught.value.code == "consent"
    assert server.asked == []


def test_who_is_away_while_the_account_is_disconnected_does_not_connect_it_again(
    world: World, server: Elsewhere
) -> None:
    away = sent_off(world, intent_of(world))
    state, answer = answer_of(server.visit(away.url))
    made = finish(world.hub, ADA, found(world, state, away), answer)
    assert isinstance(made, Connected)
    again = sent_off(world, intent_of(world, connection_id=made.connection))
    disconnect(world.hub, ADA, world.business, made.connection)
    state, _ = answer_of(server.visit(again.url))
    assert find_pending(world.hub, state, again.secret) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda url: url.replace("state=", "stat="),
        lambda url: url + "&state=x",
        lambda url: url.replace("http://127.0.0.1", "http://127.0.0.2"),
        lambda url: url.replace("http:", "javascript:"),
        lambda url: url.replace("http://", "http://ada@"),
        lambda url: url.replace("connect%2Freturn", "connect%2Freturn%2F..%2Felsewhere"),
        lambda url: url + "&x=" + "x" * 8000,
        lambda url: "http://[/?" + url.partition("?")[2],
    ],
)
def test_a_plugin_cannot_lead_its_owner_just_anywhere(
    change: Any, world: World, server: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = provider.hub_connect

    def lying(setup: Any, answer: Mapping[str, str] | None) -> Any:
        given = honest(setup, answer)
        return Redirect(change(given.url)) if isinstance(given, Redirect) else given

    monkeypatch.setattr(provider, "hub_connect", lying)
    with pytest.raises(PluginBroken, match="leads its owner off"):
        sent_off(world, Intent(world.business, "fake", "all"))
    assert waiting(world) == []


def test_a_provider_that_is_not_set_up_is_not_led_to(world: World) -> None:
    with elsewhere(world, set_up=False), pytest.raises(StateError, match="not set up yet") as caught:
        sent_off(world, Intent(world.business, "fake", "all"))
    assert caught.value.code == "not_configured"
