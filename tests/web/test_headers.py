from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Blueprint, Flask

from hub.web.app import create_app
from hub.web.door import Who, door
from hub.web.headers import allow_frames, policy
from hub.web.limits import Limiter
from tests.web.conftest import Browser
from tests.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def directives(text: str) -> dict[str, list[str]]:
    return {name: sources for name, *sources in (one.split() for one in text.split(";"))}


def test_the_policy_lets_nothing_in_from_elsewhere_and_no_script_without_the_nonce(database_url: str) -> None:
    found = directives(policy("abc"))
    assert found["default-src"] == ["'none'"]
    assert found["script-src"] == ["'nonce-abc'"]
    assert found["base-uri"] == ["'none'"]
    assert found["form-action"] == ["'self'"]
    assert found["frame-ancestors"] == ["'none'"]
    sources = {source for one in found.values() for source in one} - {"'nonce-abc'"}
    assert sources == {"'none'", "'self'", "data:"}


def test_only_listed_origins_frame_a_page_and_only_one_that_allows_it(world: World) -> None:
    pages = Blueprint("framed", __name__)

    @pages.get("/framed")
    def shown() -> str:
        allow_frames(["https://ada.example"])
        return "framed"

    more = [(pages, [door("framed.shown", "GET", Who.ANYONE)])]
    client = create_app(world.hub, Limiter(""), more=more).test_client()
    framed, plain = client.get("/framed"), client.get("/sign-in")
    found = directives(framed.headers["Content-Security-Policy"])
    assert found["frame-ancestors"] == ["'self'", "https://ada.example"]
    assert "X-Frame-Options" not in framed.headers
    assert plain.headers["X-Frame-Options"] == "DENY"
    assert directives(plain.headers["Content-Security-Policy"])["frame-ancestors"] == ["'none'"]


def test_browsers_are_bound_to_tls_only_where_the_hub_is_reached_over_it(world: World, app: Flask) -> None:
    assert "Strict-Transport-Security" not in app.test_client().get("/sign-in").headers
    settings = world.hub.settings.model_copy(update={"public_url": "https://hub.example"})
    secure = create_app(replace(world.hub, settings=settings), Limiter("")).test_client()
    answer = secure.get("/sign-in", base_url="https://hub.example")
    assert int(answer.headers["Strict-Transport-Security"].removeprefix("max-age=")) >= 31_536_000


def test_refusals_and_redirects_protect_themselves_as_pages_do(app: Flask) -> None:
    client = app.test_client()
    answers = [
        client.get("/nowhere"),
        client.get("/console"),
        client.post("/sign-in"),
        client.get("/sign-in", headers={"Host": "evil.example"}),
    ]
    assert [answer.status_code for answer in answers] == [404, 303, 403, 400]
    for answer in answers:
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_a_visitor_keeps_one_cookie_that_no_script_sees(browser: Callable[[], Browser], world: World) -> None:
    visitor = browser()
    first = visitor.get("/reset")
    (kept,) = first.headers.getlist("Set-Cookie")
    assert kept.startswith("hub_visit=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(kept.split("; "))
    token = re.findall(r'name="token" value="([^"]+)', first.text)
    second = visitor.get("/reset")
    assert second.headers.getlist("Set-Cookie") == []
    assert re.findall(r'name="token" value="([^"]+)', second.text) == token
