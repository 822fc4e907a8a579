"""Open a database to look at it: nothing is made, migrated or changed, whatever state it is in."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from urllib.parse import quote

from alembic.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import NullPool, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from hub.core.errors import InputError
from hub.store.database import Database, reachable
from hub.store.guard import guard
from hub.store.schema import scripts

_SECONDS = 3
_READ_ONLY = f"-c default_transaction_read_only=on -c statement_timeout={_SECONDS * 1000} -c timezone=UTC"


def open_to_look(address: str) -> Database | None:
    """Return the database at a SQLAlchemy address for reading alone, or None where SQLite has no file yet.

    Raises InputError for an address that is none. Whether it can be reached shows when it is read.
    """
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        url = make_url("unreadable://")
    kind = url.drivername.partition("+")[0]
    if kind == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
        options = {"connect_timeout": _SECONDS, "options": _READ_ONLY}
        engine = create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args=options)
        guard(engine)
        return Database(engine, None)
    if kind != "sqlite" or not url.database:
        raise InputError("database_url", "Give an address like postgresql://user:password@host/name, or none at all.")
    file = Path(url.database)
    if not file.exists():
        return None
    engine = create_engine("sqlite://", creator=lambda: _connect(file), poolclass=NullPool, hide_parameters=True)
    guard(engine)
    return Database(engine, file.with_name(file.name + ".turn"))


def revision_of(database: Database) -> str:
    """Return how far a database is: ``current``, ``behind``, ``empty``, or ``newer`` than this version knows.

    Raises Unavailable when it cannot be read.
    """
    with reachable(), database.engine.connect() as conn:
        found = MigrationContext.configure(conn).get_current_revision()
    if found is None:
        return "empty"
    try:
        scripts().get_revision(found)
    except CommandError:
        return "newer"
    return "current" if found == scripts().get_current_head() else "behind"


def revision_name(database: Database) -> str:
    """Return the revision that a database is at, empty for one without tables. Raises Unavailable."""
    with reachable(), database.engine.connect() as conn:
        return MigrationContext.configure(conn).get_current_revision() or ""


def _connect(file: Path) -> sqlite3.Connection:
    # Where nobody has it open there is no log beside it, and SQLite would make one even to read.
    log = file.with_name(file.name + "-wal")
    alone = "" if log.exists() and log.stat().st_size else "&immutable=1"
    address = f"file:{quote(str(file.absolute()))}?mode=ro{alone}"
    return sqlite3.connect(address, uri=True, check_same_thread=False, timeout=_SECONDS)
