"""Where the demonstration keeps its data: a folder and, on PostgreSQL, a schema of its own, both gone afterwards."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.schema import CreateSchema, DropSchema

from hub.settings import Settings, load_settings
from hub.store.database import open_database


@dataclass(frozen=True, slots=True)
class Place:
    """The settings of the demonstration's hub, the environment that gives them to its processes, and where data is."""

    settings: Settings
    environment: dict[str, str]
    database: str


@contextmanager
def open_place(folder: Path, origin: str, port: int) -> Iterator[Place]:
    """Give a place under the folder; a database address in the settings is used, but none of its tables are touched.

    ``origin`` is the demonstration's own server, which may be reached although it is on loopback.
    """
    given = load_settings().database_url.get_secret_value()
    with _schema(given) as address:
        own = {
            "HUB_DATA_DIR": str(folder / "hub"),
            "HUB_EGRESS_ALLOW": origin,
            "HUB_WEB_HOST": "127.0.0.1",
            "HUB_WEB_PORT": str(port),
            "HUB_LOG_LEVEL": "WARNING",
        }
        if address:
            own["HUB_DATABASE_URL"] = address
        environment = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")} | own
        yield Place(load_settings(environment), environment, "PostgreSQL" if address else "SQLite")


@contextmanager
def _schema(address: str) -> Iterator[str]:
    """Make a schema for the length of the block and give the address that leads to it; empty for SQLite."""
    if not address or address.startswith("sqlite"):
        yield ""
        return
    given = open_database(address)
    name, url = f"hub_demo_{secrets.token_hex(4)}", given.engine.url
    with closing(given):
        with given.writing() as conn:
            conn.execute(CreateSchema(name))
        try:
            yield url.update_query_dict({"options": f"-csearch_path={name}"}).render_as_string(hide_password=False)
        finally:
            with given.writing() as conn:
                conn.execute(DropSchema(name, cascade=True))
