"""Setting a provider up: for owners, with secrets that go in and never come out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import unescape

import pytest
from flask import Flask

from hub.web.app import create_app
from hub.web.limits import Limiter
from tests.elsewhere import SECRET, Elsewhere, elsewhere
from tests.tables import nothing_changed
from tests.web.conftest import Browser, looked_at
from tests.world import World

SignedIn = Callable[[str], Browser]
PATH = "/console/agency-providers/fake"
SEEN = ("console_session", "security_event")


@pytest.fixture
def server(world: World) -> Iterator[Elsewhere]:
    with elsewhere(world, set_up=False) as server:
        yield server


@pytest.fixture
def app(server: Elsewhere, world: World) -> Flask:
    return create_app(world.hub, Limiter(""))


def fields(browser: Browser, server: Elsewhere, **values: str) -> dict[str, object]:
    plain = {"client_id": "", "client_secret": "", "server": server.origin, **values}
    return {f"setting-{name}": value for name, value in plain.items()} | looked_at(browser)


def test_an_owner_sets_a_provider_up_and_its_accounts_can_be_connected(
    world: World, server: Elsewhere, signed_in: SignedIn
) -> None:
    ada = signed_in("owner")
    new = f"/console/{world.business}/connections/new"
    assert f'href="{PATH}"' in ada.get(new).text
    assert "not set up yet" in ada.get(f"{new}/fake").text
    page = ada.get(PATH).text
    assert "http://127.0.0.1:8000/connect/return" in page
    given = fields(ada, server, client_id="app-1", client_secret=SECRET)
    page = ada.follow(ada.post(PATH, given)).text
    assert SECRET not in page
    assert 'value="app-1"' in page
    assert "Leave this empty to keep it" in page
    assert "Agree and go on to Elsewhere" in ada.get(f"{new}/fake").text
    ada.get(PATH)
    ada.post(PATH, fields(ada, server, client_id="app-2"))
    assert world.hub.broker.configuration("fake").values["client_id"] == "app-2"
    assert world.hub.broker.configuration("fake").is_complete  # the secret stayed


def test_who_connects_an_account_is_told_of_a_stand_in_on_this_machine(
    world: World, server: Elsewhere, signed_in: SignedIn
) -> None:
    ada, new = signed_in("owner"), f"/console/{world.business}/connections/new"
    world.hub.broker.configure("fake", {"client_id": "app-1", "client_secret": SECRET})
    assert "A stand-in on this machine" in ada.get(new).text
    world.hub.broker.configure("fake", {"server": "https://login.example.com"})
    assert "A stand-in on this machine" not in ada.get(new).text


def test_what_cannot_be_taken_is_said_and_nothing_is_changed(
    world: World, server: Elsewhere, signed_in: SignedIn
) -> None:
    ada = signed_in("owner")
    ada.get(PATH)
    with nothing_changed(world.hub, but=SEEN):
        refused = ada.post(PATH, fields(ada, server, client_id="x" * 4001, client_secret=SECRET))
        assert refused.status_code == 422
        assert SECRET not in refused.text
        ada.get(PATH)
        assert ada.post(PATH, fields(ada, server) | {"admin": "1"}).status_code == 422


def test_two_owners_at_once_do_not_overwrite_each_other(world: World, server: Elsewhere, signed_in: SignedIn) -> None:
    ada = signed_in("owner")
    ada.get(PATH)
    before = fields(ada, server, client_id="app-1")
    world.clock.now += 5
    world.hub.broker.configure("fake", {"client_id": "app-9"})
    answer = ada.post(PATH, before)
    assert answer.status_code == 409
    assert "Somebody else changed" in answer.text
    assert world.hub.broker.configuration("fake").values["client_id"] == "app-9"


@pytest.mark.parametrize("who", ["admin", "agent", "auditor"])
def test_nobody_else_sets_providers_up(world: World, signed_in: SignedIn, who: str) -> None:
    visitor = signed_in(who)
    assert visitor.get(PATH).status_code == 403
    with nothing_changed(world.hub, but=SEEN):
        assert visitor.post(PATH, {"setting-client_id": "x"}).status_code == 403
    if who != "auditor":
        page = unescape(visitor.get(f"/console/{world.business}/connections/new").text)
        assert PATH not in page


def test_a_provider_without_settings_has_no_page(signed_in: SignedIn) -> None:
    assert signed_in("owner").get("/console/agency-providers/caldav").status_code == 404
