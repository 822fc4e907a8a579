"""Databases of PostgreSQL without a table, for tests that make tables, lose them or put them back."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager

from sqlalchemy.engine import make_url

from hub.store.database import open_database
from hub.store.guard import Across


@contextmanager
def empty_databases(server: str, count: int, *, owner: str = "") -> Iterator[list[str]]:
    """Make so many databases on the server at an address, give their addresses, and drop them again.

    ``owner`` is a role that is made for them, and may log in and do nothing else.
    """
    address, names = make_url(server), [f"made_{secrets.token_hex(4)}" for _ in range(count)]
    if owner:
        _say(server, f"CREATE ROLE {owner} LOGIN")
    _say(server, *(f"CREATE DATABASE {name} {f'OWNER {owner}' if owner else ''}" for name in names))
    theirs = address.set(username=owner) if owner else address
    yield [theirs.set(database=name).render_as_string(hide_password=False) for name in names]
    _say(server, *(f"DROP DATABASE {name} WITH (FORCE)" for name in names))
    if owner:
        _say(server, f"DROP ROLE {owner}")


def names_on(server: str) -> set[str]:
    """Return the names of the databases on a server."""
    with closing(open_database(server)) as database, database.reading() as conn:
        return set(conn.exec_driver_sql("SELECT datname FROM pg_database").scalars())


def _say(server: str, *statements: str) -> None:
    with closing(open_database(server)) as database:
        engine = database.engine.execution_options(isolation_level="AUTOCOMMIT", across=Across.OPERATOR)
        with engine.connect() as conn:
            for one in statements:
                conn.exec_driver_sql(one)
