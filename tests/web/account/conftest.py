"""Ada owns the hub; browsers sign in through the form, as people do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from hub.parts import Hub
from hub.web.app import create_app
from hub.web.current import SESSION
from hub.web.limits import Limiter
from tests.accounts import ADA, PASSWORD, own
from tests.web.conftest import Browser
from tests.world import World

HTTPS = "https://hub.example"


@pytest.fixture
def hub(world: World) -> Hub:
    """The world's hub, owned by Ada."""
    own(world.hub)
    return world.hub


@pytest.fixture
def ada(hub: Hub, browser: Callable[[], Browser]) -> Browser:
    """A browser in which Ada signed in."""
    visitor = browser()
    assert enter(visitor).status_code == 303
    return visitor


def enter(browser: Browser, email: str = ADA, password: str = PASSWORD, **options: object) -> TestResponse:
    """Open the page for signing in, and send its form. ``options`` are those of the test client."""
    following = str(options.pop("following", ""))
    browser.get("/sign-in", query_string={"next": following} if following else {}, **options)
    data: dict[str, object] = {"email": email, "password": password}
    return browser.post("/sign-in", data | ({"next": following} if following else {}), **options)


def token_in(browser: Browser) -> str:
    """Return what the browser keeps of its sign-in, empty for nothing."""
    found = browser.client.get_cookie(SESSION)
    return found.value if found is not None else ""


def over_https(hub: Hub) -> Flask:
    """Return the application of a hub that people reach over TLS."""
    settings = hub.settings.model_copy(update={"public_url": HTTPS})
    return create_app(replace(hub, settings=settings), Limiter(""))


def from_network(number: int) -> dict[str, object]:
    """Return options of the test client with which one comes from another network."""
    return {"environ_base": {"REMOTE_ADDR": f"198.51.100.{number}"}}
