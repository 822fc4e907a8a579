"""Pages of the console are tried on SQLite alone: what they ask of a database, the actions, is tried on both kinds."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hub.web.app import create_app
from hub.web.current import SESSION
from hub.web.limits import Limiter
from tests.visitors import token_of
from tests.web.conftest import Browser
from tests.world import World


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Choose the database for every test of this folder."""
    if "database_url" in metafunc.fixturenames:
        metafunc.definition.add_marker(pytest.mark.parametrize("database_url", ["sqlite"], indirect=True))


@pytest.fixture
def enter(world: World) -> Callable[[str], Browser]:
    """Open browsers on an application that is made anew, after the world got its mail service."""

    def enter(who: str) -> Browser:
        client = create_app(world.hub, Limiter("")).test_client()
        client.set_cookie(SESSION, token_of(world.hub, who))
        return Browser(client)

    return enter
