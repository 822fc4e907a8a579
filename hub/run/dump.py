"""A database of PostgreSQL as one file, and back: what COPY gives of each table, as one moment has them.

PostgreSQL's own pg_dump must be installed, and be of the server's version or newer. This needs a connection alone, and
goes from any version to any other. Tables are not in the file: the migrations make them, at the revision of the copy.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy import inspect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from hub.core.errors import InputError, StateError
from hub.store.database import Database, open_database
from hub.store.guard import Across

ORDER = "tables.json"
"""Where the file says which tables and columns it holds."""

_VERSION = "alembic_version"
_PART = 1 << 20  # bytes read at once
_TRY = "frontdesk_drill_"


def dump(database: Database, file: Path) -> None:
    """Write all rows of a database into a file. Who writes meanwhile is not held up, and is not in it."""
    with database.reading() as conn, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        shapes = _shapes(conn)
        packed.writestr(ORDER, json.dumps(shapes))
        with _cursor(conn) as cursor:
            for name, columns in shapes.items():
                with (
                    packed.open(name, "w", force_zip64=True) as out,
                    cursor.copy(f"COPY {_table(conn, name, columns)} TO STDOUT") as rows,
                ):
                    for part in rows:
                        out.write(part)


def load(database: Database, file: Path) -> None:
    """Fill the empty tables of a database from a file of `dump`: all of them, or none.

    Raises InputError for a file that is none, or does not fit the tables.
    """
    problem = ""
    try:
        with zipfile.ZipFile(file) as packed, database.writing() as conn:
            _fill(conn, packed)
    except (zipfile.BadZipFile, KeyError, ValueError, psycopg.Error) as error:
        problem = type(error).__name__
    if problem:
        raise InputError("restore", f"{str(file)!r} cannot be put into the tables ({problem}); take another backup.")


def is_empty(database: Database) -> bool:
    """Tell whether no table of a database holds a row; the revision of the tables does not count."""
    with database.reading() as conn:
        names = [name for name in inspect(conn).get_table_names() if name != _VERSION]
        found = (sa.select(sa.exists(sa.select(1).select_from(sa.table(name)))) for name in names)
        return not any(conn.scalar(one, execution_options={"across": Across.OPERATOR}) for one in found)


@contextmanager
def passing_database(address: str) -> Iterator[str]:
    """Make a database beside the one at an address, give its address, and drop it again.

    What a drill that was killed left is dropped too. Raises StateError where the user may make none.
    """
    name, refused = f"{_TRY}{token_hex(4)}", False
    with closing(open_database(address)) as server:
        engine = server.engine.execution_options(isolation_level="AUTOCOMMIT", across=Across.OPERATOR)
        with engine.connect() as conn:
            for left in conn.exec_driver_sql("SELECT datname FROM pg_database").scalars().all():
                if left.startswith(_TRY):
                    _drop(conn, left)
            try:
                conn.exec_driver_sql(f"CREATE DATABASE {name}")
            except DBAPIError:
                refused = True
        if refused:
            raise StateError(
                "The user of HUB_DATABASE_URL may make no database to try the backup in. Allow it, in psql: "
                f"ALTER ROLE {make_url(address).username} CREATEDB; or restore into an empty database of your own."
            )
        try:
            yield make_url(address).set(database=name).render_as_string(hide_password=False)
        finally:
            with engine.connect() as conn:
                _drop(conn, name)


def _shapes(conn: sa.Connection) -> dict[str, list[str]]:
    """Return the columns of each table, those tables first to which others refer."""
    look = inspect(conn)
    names = [name for name, _ in look.get_sorted_table_and_fkc_names() if name is not None and name != _VERSION]
    return {name: sorted(column["name"] for column in look.get_columns(name)) for name in names}


def _fill(conn: sa.Connection, packed: zipfile.ZipFile) -> None:
    there, copied = _shapes(conn), json.loads(packed.read(ORDER))
    if any(set(columns) - set(there.get(name, ())) for name, columns in copied.items()):
        raise ValueError("tables that are not here")
    quote = conn.dialect.identifier_preparer.quote_identifier
    with _cursor(conn) as cursor:
        for name in (one for one in there if one in copied):
            # The triggers that keep the ledger would take no entry that has its place already; references are checked.
            cursor.execute(f"ALTER TABLE {quote(name)} DISABLE TRIGGER USER")
            with packed.open(name) as rows, cursor.copy(f"COPY {_table(conn, name, copied[name])} FROM STDIN") as into:
                while part := rows.read(_PART):
                    into.write(part)
            cursor.execute(f"ALTER TABLE {quote(name)} ENABLE TRIGGER USER")


def _cursor(conn: sa.Connection) -> Any:
    """Return a cursor of the driver in this transaction: SQLAlchemy has no COPY."""
    conn.exec_driver_sql("SET LOCAL client_encoding = 'UTF8'")  # whatever the database's own is
    return closing(conn.connection.cursor())


def _table(conn: sa.Connection, name: str, columns: list[str]) -> str:
    quote = conn.dialect.identifier_preparer.quote_identifier
    return f"{quote(name)} ({', '.join(map(quote, columns))})"


def _drop(conn: sa.Connection, name: str) -> None:
    with suppress(DBAPIError):  # another drill is in it
        conn.exec_driver_sql(f"DROP DATABASE IF EXISTS {name}")
