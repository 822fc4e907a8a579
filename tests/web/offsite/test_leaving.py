"""Leaving for a provider's pages: what the browser keeps, and where a form may lead."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from flask import Flask

from hub.actions.staff_links import make_staff_link
from hub.core.provider import Redirect
from hub.core.security import OPERATOR
from hub.web.app import create_app
from hub.web.limits import Limiter
from tests import elsewhere as provider
from tests.elsewhere import Elsewhere, elsewhere
from tests.web.conftest import Browser
from tests.web.offsite.test_back import SignedIn, new_path
from tests.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(params=["http://127.0.0.1:8000"])
def public_url(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def server(world: World, public_url: str) -> Iterator[Elsewhere]:
    with elsewhere(world, public_url=public_url) as server:
        yield server


@pytest.fixture
def app(server: Elsewhere, world: World) -> Flask:
    return create_app(world.hub, Limiter(""))


def kept(led: Any) -> list[str]:
    return [one for one in led.headers.getlist("Set-Cookie") if "hub_connect_" in one]


def test_the_cookie_is_for_the_return_alone_unseen_by_scripts_and_short(
    world: World, server: Elsewhere, browser: Callable[[], Browser]
) -> None:
    _, token = make_staff_link(world.hub, OPERATOR, world.business, world.staff(connected=False))
    ben, path = browser(), f"/staff/{token}/connect/fake"
    page = ben.get(path).text
    led = ben.post(path, {"text": page.partition('name="text" value="')[2][:64], "answer": "agree"})
    (cookie,) = kept(led)
    for part in ("HttpOnly", "SameSite=Lax", "Path=/connect", "Max-Age=600"):
        assert part in cookie
    back = ben.get(server.visit(led.headers["Location"]).partition("8000")[2])
    (gone,) = kept(back)
    assert "Max-Age=0" in gone


@pytest.mark.parametrize("public_url", ["https://hub.example.com"], indirect=True)
def test_over_https_the_cookie_is_tied_to_this_very_host(
    world: World, server: Elsewhere, browser: Callable[[], Browser]
) -> None:
    _, token = make_staff_link(world.hub, OPERATOR, world.business, world.staff(connected=False))
    ben, path = browser(), f"/staff/{token}/connect/fake"
    page = ben.get(path).text
    led = ben.post(path, {"text": page.partition('name="text" value="')[2][:64], "answer": "agree"})
    (cookie,) = kept(led)
    assert cookie.startswith("__Host-hub_connect_")
    for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/;"):
        assert part in cookie + ";"
    assert "Domain" not in cookie


def test_forms_of_the_page_that_asks_may_lead_to_the_provider_and_nowhere_else(
    world: World, server: Elsewhere, signed_in: SignedIn
) -> None:
    ada = signed_in("owner")
    policy = ada.get(new_path(world)).headers["Content-Security-Policy"]
    assert f"form-action 'self' {server.origin};" in policy
    assert "form-action 'self';" in ada.get("/console").headers["Content-Security-Policy"]


def test_an_address_that_the_settings_do_not_name_is_shown_before_one_goes_there(
    world: World, server: Elsewhere, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = provider.hub_connect

    def elsewhere_again(setup: Any, answer: Mapping[str, str] | None) -> Any:
        given = honest(setup, answer)
        query = given.url.partition("?")[2] if isinstance(given, Redirect) else ""
        return Redirect(f"https://typed.example.com/authorize?{query}", given.keep) if query else given

    monkeypatch.setattr(provider, "hub_connect", elsewhere_again)
    ada = signed_in("owner")
    page = ada.get(new_path(world)).text
    shown = ada.post(new_path(world), {"text": page.partition('name="text" value="')[2][:64], "answer": "agree"})
    assert shown.status_code == 200
    assert "Go to typed.example.com" in shown.text
    assert kept(shown)


def test_a_provider_that_is_not_set_up_is_not_led_to_and_says_so(
    world: World, server: Elsewhere, signed_in: SignedIn
) -> None:
    ada = signed_in("owner")
    page = ada.get(new_path(world)).text
    world.hub.broker.configure("fake", {"client_id": ""})
    stopped = ada.post(new_path(world), {"text": page.partition('name="text" value="')[2][:64], "answer": "agree"})
    assert stopped.status_code == 409
    assert "Elsewhere is not set up yet" in stopped.text
