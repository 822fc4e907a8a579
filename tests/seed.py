"""A new world, made once for each kind of database and then copied: making one takes longer than most tests."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hub.store.annotate import Base
from hub.store.database import Database, open_database
from hub.store.guard import Across
from tests.conftest import clear
from tests.world import World, make_world, open_world

Sow = Callable[[Database, Database, Path], World]


@dataclass(frozen=True)
class Seed:
    """What a new world has: on SQLite as files, on PostgreSQL as tables of a schema beside the hub's."""

    folder: Path
    business: str
    rows: str

    def sow(self, database: Database, keystore: Database, folder: Path) -> World:
        """Return the world, in empty databases that nobody has used yet."""
        shutil.copytree(self.folder / "keys", folder / "keys")
        shutil.copy(self.folder / "keystore.sqlite", _file(keystore))
        if database.is_sqlite:
            shutil.copy(self.folder / "hub.sqlite", _file(database))
        else:
            _run(database, self.rows)
        return open_world(database, keystore, folder, self.business)


def make_seed(database: Database, template: Path, folder: Path) -> Seed:
    """Return the seed for databases like this one, which is empty again afterwards. ``template`` has empty ones."""
    shutil.copy(template / "keystore.sqlite", folder)
    keystore = open_database(f"sqlite:///{folder / 'keystore.sqlite'}")
    made_in = database
    if database.is_sqlite:
        shutil.copy(template / "hub.sqlite", folder)
        made_in = open_database(f"sqlite:///{folder / 'hub.sqlite'}")
    world = make_world(made_in, keystore, folder)
    world.hub.broker.close()
    rows = "" if database.is_sqlite else _set_aside(database)
    for one in (made_in, keystore):
        one.close()  # the last connection writes what stood in the log into the file
    return Seed(folder, world.business, rows)


def _set_aside(database: Database) -> str:
    """Move the rows of PostgreSQL into tables of their own, and return the statements that copy them back."""
    _run(database, "CREATE SCHEMA seed")
    back = []
    for table in Base.metadata.sorted_tables:
        _run(database, f"CREATE TABLE seed.{table.name} AS TABLE {table.name}")
        with database.reading() as conn:
            if conn.exec_driver_sql(f"SELECT 1 FROM {table.name} LIMIT 1").first():
                back.append(f"INSERT INTO {table.name} SELECT * FROM seed.{table.name}")
    clear(database)
    return "; ".join(back)


def _run(database: Database, statements: str) -> None:
    with database.engine.connect().execution_options(across=Across.OPERATOR) as conn:
        conn.exec_driver_sql(statements)
        conn.commit()


def _file(database: Database) -> str:
    return str(database.engine.url.database)
