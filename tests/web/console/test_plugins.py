"""The plugins in the console: what takes part, and why something does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hub.registry import Candidate, Registry
from hub.web.app import create_app
from hub.web.current import SESSION
from hub.web.limits import Limiter
from tests.visitors import token_of
from tests.web.conftest import Browser
from tests.world import World

SignedIn = Callable[[str], Browser]


def test_plugins_say_what_they_can_do_and_how_many_accounts_there_are(world: World, signed_in: SignedIn) -> None:
    world.staff()
    page = signed_in("owner").get("/console/plugins").text
    assert "list calendars, check a time live" in page
    assert "1 connected" in page
    assert "HUB_PLUGINS_OFF" in page


def test_a_broken_one_says_why_as_text(world: World) -> None:
    def load() -> object:
        raise ImportError("no module named <script>alert(1)</script>")

    registry = Registry([Candidate("sad", "tests", load)])  # type: ignore[arg-type]
    app = create_app(replace(world.hub, registry=registry), Limiter(""))
    client = app.test_client()
    client.set_cookie(SESSION, token_of(world.hub, "owner"))
    page = client.get("/console/plugins").text
    assert "broken" in page
    assert "<script>alert" not in page


def test_who_is_limited_does_not_see_how_many_accounts_others_have(world: World, signed_in: SignedIn) -> None:
    world.staff()
    ida = signed_in("ida")
    assert "connected" not in ida.get("/console/plugins").text
    assert signed_in("viewer").get("/console/plugins").status_code == 403
