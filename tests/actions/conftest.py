"""A world for each test of an action."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.store.database import Database
from tests.world import World, make_world


@pytest.fixture
def world(database: Database, keystore: Database, tmp_path: Path) -> Iterator[World]:
    """A hub with an empty business, on both kinds of database."""
    made = make_world(database, keystore, tmp_path)
    yield made
    made.hub.broker.close()
