from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import insert, select
from sqlalchemy.exc import DBAPIError

from hub.core.errors import HubError, InputError, Unavailable
from hub.store.booking import Booking
from hub.store.database import Database, open_database
from hub.store.guard import Across
from hub.store.look import open_to_look, revision_of
from hub.store.outbox import Lease, take_lease
from hub.store.schema import migrate


def opened(address: str) -> Database:
    found = open_to_look(address)
    assert found is not None
    return found


def leases(database: Database) -> list[str]:
    with database.reading() as conn:
        return list(conn.scalars(select(Lease.name)))


def test_what_is_there_is_read(database: Database, database_url: str) -> None:
    with database.writing() as conn:
        take_lease(conn, "clock", "somebody", now=1, until=2)
    look = opened(database_url)
    assert leases(look) == ["clock"]
    assert revision_of(look) == "current"
    look.close()


def test_nothing_can_be_written(database_url: str) -> None:
    look = opened(database_url)
    with pytest.raises((DBAPIError, Unavailable)), look.reading() as conn:
        conn.execute(insert(Lease).values(name="clock", owner="x", until=1))
    look.close()


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    assert open_to_look(f"sqlite:///{tmp_path}/sub/hub.sqlite") is None
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_nobody_has_open_stays_without_a_log_beside_it(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path}/hub.sqlite"
    database, keystore = open_database(address), open_database(f"sqlite:///{tmp_path}/keystore.sqlite")
    migrate(database, keystore)
    database.close()
    keystore.close()
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    look = opened(address)
    assert leases(look) == []
    look.close()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_what_a_running_hub_wrote_a_moment_ago_is_seen(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path}/hub.sqlite"
    database, keystore = open_database(address), open_database(f"sqlite:///{tmp_path}/keystore.sqlite")
    migrate(database, keystore)
    with database.writing() as conn:
        take_lease(conn, "clock", "somebody", now=1, until=2)
    assert (tmp_path / "hub.sqlite-wal").stat().st_size
    look = opened(address)
    assert leases(look) == ["clock"]
    for one in (look, database, keystore):
        one.close()


@pytest.mark.parametrize(
    "make", [lambda file: file.write_bytes(b"no database at all" * 100), lambda file: file.mkdir()]
)
def test_what_is_no_database_cannot_be_used_and_stays_as_it_is(tmp_path: Path, make: object) -> None:
    file = tmp_path / "hub.sqlite"
    make(file)  # type: ignore[operator]
    look = opened(f"sqlite:///{file}")
    with pytest.raises(Unavailable):
        leases(look)
    with pytest.raises(Unavailable):
        revision_of(look)
    assert [path.name for path in tmp_path.iterdir()] == ["hub.sqlite"]


def test_a_server_that_is_not_there_is_not_waited_for_long_and_its_password_is_not_told() -> None:
    look = opened("postgresql://hub:hunter2@127.0.0.1:1/hub")
    with pytest.raises(Unavailable) as found:
        leases(look)
    assert "hunter2" not in str(found.value)


@pytest.mark.parametrize("address", ["mysql://a@b/c", "nonsense", "postgresql://h:port/x", "sqlite://"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(InputError):
        open_to_look(address)


def test_how_far_a_database_is_can_be_told(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path}/hub.sqlite"
    sqlite3.connect(tmp_path / "hub.sqlite").execute("CREATE TABLE other (x)").connection.close()
    assert revision_of(opened(address)) == "empty"
    database, keystore = open_database(address), open_database(f"sqlite:///{tmp_path}/keystore.sqlite")
    migrate(database, keystore, "+1")
    assert revision_of(opened(address)) == "behind"
    migrate(database, keystore)
    assert revision_of(opened(address)) == "current"
    with database.engine.connect().execution_options(across=Across.OPERATOR) as conn:
        conn.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
        conn.commit()
    assert revision_of(opened(address)) == "newer"
    database.close()
    keystore.close()


def test_a_statement_that_names_no_business_is_refused_here_too(database_url: str) -> None:
    look = opened(database_url)
    with pytest.raises(HubError), look.reading() as conn:
        conn.execute(select(Booking.id))
    look.close()
