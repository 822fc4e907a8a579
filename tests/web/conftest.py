"""An application on a small world: its businesses, and visitors of every kind."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hub.actions.businesses import create_business
from hub.web.app import create_app
from hub.web.current import SESSION
from hub.web.limits import Limiter
from tests.visitors import token_of
from tests.world import World

_TOKEN = re.compile(r'name="token" value="([^"]+)"')


@pytest.fixture
def app(world: World) -> Flask:
    """The application of the world's hub; it counts rates by itself."""
    return create_app(world.hub, Limiter(""))


@dataclass
class Browser:
    """A visitor with a browser: keeps cookies, and fills in the form of the page that it saw last."""

    client: FlaskClient
    page: str = ""

    def get(self, path: str, **options: object) -> TestResponse:
        """Look at a page."""
        return self._seen(self.client.get(path, **options))  # type: ignore[arg-type]

    def post(self, path: str, data: dict[str, object] | None = None, **options: object) -> TestResponse:
        """Send a form of the page that was seen last, with its token."""
        found = _TOKEN.search(self.page)
        filled = {"token": found[1] if found else "", **(data or {})}
        return self._seen(self.client.post(path, data=filled, **options))  # type: ignore[arg-type]

    def follow(self, answer: TestResponse) -> TestResponse:
        """Go where an answer leads."""
        while answer.status_code in (302, 303):
            answer = self.get(answer.headers["Location"])
        return answer

    def _seen(self, answer: TestResponse) -> TestResponse:
        if answer.mimetype == "text/html" and answer.status_code not in (302, 303):
            self.page = answer.text
        return answer


@pytest.fixture
def browser(app: Flask) -> Callable[[], Browser]:
    """Open a browser that has never been here."""
    return lambda: Browser(app.test_client())


@pytest.fixture
def other_business(world: World) -> str:
    """A business beside the world's own."""
    return create_business(world.hub, "Ben's Garage", "America/New_York")


@pytest.fixture
def signed_in(world: World, app: Flask, other_business: str) -> Callable[[str], Browser]:
    """Open a browser of somebody who is signed in (`tests.visitors`): of a role, or ``ben``, ``ida`` or ``cyd``.

    Those of a role may enter every business, Ben and Ida the other one only. Cyd was dismissed.
    """

    def open_one(who: str) -> Browser:
        token = token_of(world.hub, who, businesses=(other_business,) if who in ("ben", "ida") else ())
        client = app.test_client()
        client.set_cookie(SESSION, token)
        return Browser(client)

    return open_one


def once(browser: Browser) -> dict[str, object]:
    """Return the field that tells the page that was seen last from others, as forms that add something have it."""
    return {"once": _value(browser.page, "once")}


def looked_at(browser: Browser) -> dict[str, object]:
    """Return the field that says which version stood on the page that was seen last."""
    return {"version": _value(browser.page, "version")}


def _value(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
    assert found, f"the page has no {name}"
    return found[1]
