"""A hub on a database of either kind with a calendar at a real server, whose processes tests kill."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from hub.app import close_hub, create_hub
from hub.parts import Hub
from hub.settings import load_settings
from hub.testing.servers import Server, radicale
from tests.crash.scenarios import Scene, prepare


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with radicale(tmp_path_factory.mktemp("radicale")) as running:
        yield running


@pytest.fixture
def hub(database_url: str, tmp_path: Path, server: Server) -> Iterator[Hub]:
    environment = {
        "HUB_DATA_DIR": str(tmp_path),
        "HUB_DATABASE_URL": database_url,
        "HUB_EGRESS_ALLOW": server.origin,
        "HUB_REFRESH_BUDGET": "30",
    }
    made = create_hub(load_settings(environment))
    yield made
    close_hub(made)


@pytest.fixture
def scene(hub: Hub, server: Server) -> Iterator[Scene]:
    made = prepare(hub, server)
    yield made
    requests.delete(made.calendar, auth=(server.username, server.password), timeout=10)
