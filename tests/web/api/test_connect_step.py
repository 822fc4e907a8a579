"""Connecting over the API at a provider that asks on its own pages: a program is told where a browser goes on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from hub.web.app import create_app
from hub.web.limits import Limiter
from tests.elsewhere import Elsewhere, elsewhere
from tests.tables import nothing_changed
from tests.web.api.conftest import Program
from tests.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SEEN = ("api_key", "security_event")


@pytest.fixture
def server(world: World) -> Iterator[Elsewhere]:
    with elsewhere(world) as server:
        yield server


@pytest.fixture
def app(server: Elsewhere, world: World) -> Flask:
    return create_app(world.hub, Limiter(""))


def test_such_a_provider_is_connected_on_a_page_of_the_console_and_nobody_is_sent_off(
    world: World, program: Program
) -> None:
    with nothing_changed(world.hub, but=SEEN):
        answer = program.post("connections", {"provider": "fake", "level": "busy"}).json
    assert answer is not None
    assert answer["step"] == "redirect"
    assert answer["url"] == f"http://127.0.0.1:8000/console/{world.business}/connections/new/fake?level=busy"
    assert "What the hub sees and does" in answer["consent"]["text"]


def test_one_that_is_not_set_up_says_so(world: World, program: Program) -> None:
    world.hub.broker.configure("fake", {"client_secret": ""})
    answer = program.post("connections", {"provider": "fake", "level": "busy"})
    assert answer.status_code == 409
    assert answer.json is not None
    assert answer.json["code"] == "not_configured"
