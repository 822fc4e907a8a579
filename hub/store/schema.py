"""The tables as a whole: bring a database up to date, and tell whether it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from sqlalchemy import MetaData, column, inspect, select, table, text

from hub.core.errors import StateError
from hub.store import (
    access,
    account_notice,
    agreement,
    answer,
    booking,
    booking_contact,
    budget,
    business,
    calendar,
    connecting,
    connection,
    consent,
    contact_code,
    holder,
    key_use,
    keys,
    ledger,
    link,
    mail,
    outage,
    outbox,
    outside,
    person,
    provider_setting,
    recovery,
    refresh,
    rotation,
    security,
    service,
    sign_in,
    unsealed,
    user,
    watch,
)
from hub.store.annotate import Base, check_annotations
from hub.store.database import Database, reachable
from hub.store.guard import Across

if TYPE_CHECKING:  # Alembic takes a sixth of the time of a start, and nearly every start needs none of it
    from alembic.config import Config
    from alembic.script import ScriptDirectory

FAMILIES = (
    access,
    account_notice,
    agreement,
    answer,
    booking,
    booking_contact,
    budget,
    business,
    calendar,
    connecting,
    connection,
    consent,
    contact_code,
    holder,
    key_use,
    keys,
    ledger,
    link,
    mail,
    outage,
    outbox,
    outside,
    person,
    provider_setting,
    recovery,
    refresh,
    rotation,
    security,
    service,
    sign_in,
    unsealed,
    user,
    watch,
)
"""Every module with tables: importing them is what fills the metadata."""

_LOCK = 0x66726F6E74  # any number that no other program takes on this database


def tables() -> tuple[MetaData, MetaData]:
    """Return the tables of the main database and of the key store; raise HubError if a column lacks its note."""
    check_annotations(Base.metadata, keys.KeyStoreBase.metadata)
    return Base.metadata, keys.KeyStoreBase.metadata


def migrate(database: Database, keystore: Database, revision: str = "head") -> None:
    """Bring both databases to the state that this version needs. Safe when several processes do it at once.

    Raises Unavailable when one cannot be used, and StateError for a database that a newer version has changed.
    """
    main, persons = tables()
    assert main is Base.metadata
    with _alone(database), reachable():
        if revision != "head" or not is_current(database):
            _run(alembic_config(database), revision)
    with _alone(keystore), reachable():
        persons.create_all(keystore.engine)


def make_tables(database: Database, revision: str) -> None:
    """Give an empty database the tables of a revision, also of an older one. Raises StateError for an unknown one."""
    with _alone(database), reachable():
        config = alembic_config(database)
        config.attributes["up"] = True
        _run(config, revision)


def _run(config: Config, revision: str) -> None:
    from alembic import command
    from alembic.util import CommandError

    unknown = False
    try:
        if revision == "head" or revision.startswith("+") or config.attributes.get("up"):
            command.upgrade(config, revision)
        else:
            command.downgrade(config, revision)
    except CommandError:
        unknown = True
    if unknown:
        raise StateError(
            "The database is at a revision that this version of the hub does not know, so a newer one has changed it. "
            "Start that version, or restore a backup from before."
        )


def is_current(database: Database) -> bool:
    """Tell whether the database is at the newest revision."""
    with reachable(), database.engine.connect() as conn:
        if not inspect(conn).has_table("alembic_version"):
            return False
        return conn.execute(select(column("version_num")).select_from(table("alembic_version"))).scalar() == newest()


@cache
def newest() -> str:
    """Return the newest revision: its number is what the name of its file begins with."""
    names = (file.name for file in files("hub.migrations").joinpath("versions").iterdir())
    return max(name.partition("_")[0] for name in names if name[0].isdigit())


def alembic_config(database: Database | None) -> Config:
    """Return Alembic's configuration for a database; its scripts come with the package."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(files("hub.migrations")))
    config.attributes["database"] = database
    return config


@cache
def scripts() -> ScriptDirectory:
    """Return the migrations that this version has, read once."""
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(alembic_config(None))


@contextmanager
def _alone(database: Database) -> Iterator[None]:
    if database.is_sqlite:
        with database.turn_taken():
            yield
        return
    with reachable(), database.engine.connect().execution_options(across=Across.OPERATOR) as conn:
        conn.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
        try:
            yield
        finally:
            conn.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
