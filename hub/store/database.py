"""The database: SQLite (WAL) or PostgreSQL, reading and writing transactions that behave the same on both."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

from hub.core.errors import InputError, Unavailable
from hub.store.direct import send
from hub.store.guard import guard

BUSY_TIMEOUT_MS = 15_000


@dataclass(frozen=True, slots=True)
class Database:
    """One database. ``turn`` is a file that writers of SQLite queue on; None for PostgreSQL."""

    engine: Engine
    turn: Path | None

    @property
    def is_sqlite(self) -> bool:
        """Whether this is SQLite."""
        return self.turn is not None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection in a transaction that sees one state of the data and changes nothing.

        Raises Unavailable when the database cannot be reached.
        """
        with reachable(), self.engine.connect() as conn:
            # SQLite gives one state anyhow; PostgreSQL would show each statement what others committed before it.
            yield conn if self.is_sqlite else conn.execution_options(isolation_level="REPEATABLE READ")

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection in a transaction that commits at the end of the block, or not at all.

        On SQLite it begins IMMEDIATE, after waiting for its turn in a fair queue: a deferred one that reads first
        would fail with "database is locked" at once, whatever the time-out. Raises Unavailable when the database
        cannot be reached or written: never a silent success.
        """
        with reachable(), self.turn_taken(), self.engine.connect() as conn:
            conn = conn.execution_options(begin="IMMEDIATE")
            with conn.begin():
                yield conn

    @contextmanager
    def turn_taken(self) -> Iterator[None]:
        """Wait for the turn among the writers of this SQLite file; PostgreSQL has an order of its own."""
        if self.turn is None:
            yield
            return
        handle = _take_turn(self.turn)
        try:
            yield
        finally:
            fcntl.flock(handle, fcntl.LOCK_UN)  # closing is not enough while a process forked meanwhile has it too
            os.close(handle)

    def forget_log(self) -> None:
        """Write what the log of a SQLite file holds into the file, and empty it, unless somebody reads by it now."""
        with self.turn_taken(), closing(sqlite3.connect(str(self.engine.url.database))) as conn:
            conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close the pooled connections; also after a fork, where they belong to the parent."""
        self.engine.dispose()


def open_database(address: str) -> Database:
    """Return the database at a SQLAlchemy address. SQLite files are made with mode 0600 in a folder 0700.

    Raises InputError for an address that is none, or a folder that cannot be made.
    """
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):  # the latter for a port that is no number
        url = make_url("unreadable://")
    if url.drivername.partition("+")[0] == "sqlite":
        if url.database in (None, "", ":memory:"):
            raise InputError("database_url", "Name a file, as sqlite:////folder/hub.sqlite; memory keeps no bookings.")
        return _open_sqlite(address, Path(str(url.database)))
    if url.drivername.partition("+")[0] != "postgresql":
        raise InputError("database_url", "Give an address like postgresql://user:password@host/name, or none at all.")
    url = url.set(drivername="postgresql+psycopg")
    engine = create_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=20, hide_parameters=True)
    guard(engine)
    return Database(engine, None)


def _open_sqlite(address: str, file: Path) -> Database:
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.touch(mode=0o600)
    except OSError as error:
        raise InputError(
            "data_dir",
            f"{str(file)!r} cannot be written ({error.strerror}); choose another folder, or mend its rights.",
        ) from None
    engine = create_engine(
        address, connect_args={"check_same_thread": False}, pool_size=20, max_overflow=20, hide_parameters=True
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    guard(engine)
    return Database(engine, file.with_name(file.name + ".turn"))


def _take_turn(file: Path) -> int:
    """Return a locked handle. Its own open file for each writer: the kernel wakes them over threads and processes."""
    problem = ""
    try:
        handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX)
        return handle
    except OSError as error:
        problem = error.strerror or type(error).__name__
    raise _unavailable(problem)


def _prepare_sqlite(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # transactions are begun by _begin_sqlite, never by the driver
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_TIMEOUT_MS}"):
        connection.execute(f"PRAGMA {pragma}").close()
    connection.execute("PRAGMA secure_delete=ON").close()  # erased means gone, from the file too


def _begin_sqlite(conn: Connection) -> None:
    send(conn, f"BEGIN {conn.get_execution_options().get('begin', 'DEFERRED')}")


@contextmanager
def reachable() -> Iterator[None]:
    """Raise Unavailable, without statement or address, when the database cannot be used in the block."""
    problem = ""
    try:
        yield
    except DBAPIError as error:
        # SQLite calls a file that is damaged, or none of its own, a DatabaseError and nothing closer.
        lost = isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated
        if not lost and type(error) is not DatabaseError:
            raise
        problem = type(error.orig).__name__
    except PoolTimeout:
        problem = "all connections are in use"
    if problem:
        raise _unavailable(problem) from None  # without the statement, which stands in the cause


def _unavailable(problem: str) -> Unavailable:
    return Unavailable(
        f"The database cannot be used now ({problem}); nothing was changed. See that it runs, "
        "has room, and is where HUB_DATABASE_URL says."
    )
