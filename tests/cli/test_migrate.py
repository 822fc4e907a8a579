"""`hub migrate`: brings both databases up to date, or only says whether they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import inspect, text

from hub.cli.migrate import command
from hub.core.errors import InputError, StateError, Unavailable
from hub.store.annotate import Base
from hub.store.database import Database, open_database
from hub.store.guard import Across
from hub.store.keys import KeyStoreBase
from hub.store.schema import is_current

CURRENT, OLD = "The database is up to date.\n", "The database is out of date: type hub migrate.\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HUB_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


def tables(file: Path) -> set[str]:
    database = open_database(f"sqlite:///{file}")
    found = set(inspect(database.engine).get_table_names())
    database.close()
    return found


def test_a_first_run_makes_every_table_of_both_databases(folder: Path) -> None:
    result = run()
    assert (result.exit_code, result.output) == (0, CURRENT)
    assert set(Base.metadata.tables) <= tables(folder / "hub.sqlite")
    assert set(KeyStoreBase.metadata.tables) <= tables(folder / "keystore.sqlite")


def test_a_second_run_changes_nothing(folder: Path) -> None:
    run()
    before = tables(folder / "hub.sqlite")
    assert run().output == CURRENT
    assert tables(folder / "hub.sqlite") == before


def test_asking_only_answers_and_says_what_to_type(folder: Path) -> None:
    result = run("--check")
    assert (result.exit_code, result.output) == (1, OLD)
    assert tables(folder / "hub.sqlite") == set()
    run()
    assert (run("--check").exit_code, run("--check").output) == (0, CURRENT)


def test_it_works_on_the_database_that_is_named(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_DATABASE_URL", database_url)
    assert (run("--check").exit_code, run().output) == (0, CURRENT)


def test_a_database_of_a_newer_version_is_left_alone_and_said_so(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after going back to an older version of the hub."""
    monkeypatch.setenv("HUB_DATABASE_URL", database_url)

    def mark(revision: str) -> str:
        with database.engine.connect().execution_options(across=Across.OPERATOR) as conn:
            before: str = conn.execute(text("select version_num from alembic_version")).scalar_one()
            conn.execute(text("update alembic_version set version_num = :revision"), {"revision": revision})
            conn.commit()
        return before

    known = mark("ffff")
    try:
        result = run()
        assert isinstance(result.exception, StateError)
        assert "newer" in result.exception.message
        assert not is_current(database)
    finally:
        mark(known)
    assert run().output == CURRENT


def test_a_file_that_is_no_database_is_said_and_left_as_it_is(folder: Path) -> None:
    folder.mkdir()
    (folder / "hub.sqlite").write_bytes(b"minutes of the last meeting " * 100)
    for arguments in ([], ["--check"]):
        assert isinstance(run(*arguments).exception, Unavailable)
    assert (folder / "hub.sqlite").read_bytes().startswith(b"minutes")


def test_a_folder_that_cannot_be_made_is_named(folder: Path) -> None:
    folder.write_text("a file")
    result = run()
    assert isinstance(result.exception, InputError)
    assert str(folder) in result.exception.message
