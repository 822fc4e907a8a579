from __future__ import annotations

import secrets
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from hub.actions.businesses import create_business
from hub.actions.holders import add_staff
from hub.actions.hours import every_weekday
from hub.app import close_hub, create_hub
from hub.core.errors import InputError, StateError
from hub.core.ledger import EntryKind
from hub.ledger.append import append
from hub.ledger.sequence import sequence
from hub.parts import Hub
from hub.run.dump import ORDER, dump, is_empty, load, passing_database
from hub.settings import load_settings
from hub.store.annotate import Base
from hub.store.database import Database, open_database
from hub.store.guard import Across
from hub.store.schema import make_tables, newest
from tests.databases import empty_databases, names_on

AWKWARD = "Zoë \\\\N 100 % \\\\. 'x' \U0001f9b7"


@pytest.fixture
def pair(postgresql_url: str, tmp_path: Path) -> Iterator[tuple[Hub, Database]]:
    """A hub with something in many tables, and an empty database beside its own."""
    with empty_databases(postgresql_url, 2) as (one, two):
        hub = create_hub(load_settings({"HUB_DATA_DIR": str(tmp_path / "data"), "HUB_DATABASE_URL": one}))
        business = create_business(hub, "Ada's Practice", "UTC")
        add_staff(hub, business, AWKWARD, every_weekday("UTC", (540, 1020)))
        with hub.database.writing() as conn:
            append(conn, business, EntryKind.BACKED_UP, {"sha256": "a" * 64, "name": "x"}, at=1)
        sequence(hub.database)
        with closing(open_database(two)) as other:
            yield hub, other
        close_hub(hub)


def content(database: Database) -> dict[str, set[str]]:
    with database.reading() as conn:
        return {
            table.name: {
                repr(row) for row in conn.execute(select(table), execution_options={"across": Across.OPERATOR})
            }
            for table in Base.metadata.sorted_tables
        }


def test_all_rows_come_back_as_they_were_the_ledger_in_its_order(pair: tuple[Hub, Database], tmp_path: Path) -> None:
    hub, other = pair
    before = content(hub.database)
    assert {name for name, rows in before.items() if rows} >= {"business", "ledger_entry", "root_check"}
    assert "None" not in next(iter(before["ledger_entry"]))
    dump(hub.database, tmp_path / "data.zip")
    create_business(hub, "Later", "UTC")
    make_tables(other, newest())
    assert is_empty(other)
    load(other, tmp_path / "data.zip")
    assert content(other) == before
    assert not is_empty(other)
    with other.writing() as conn, pytest.raises(Exception, match="never changed"):
        conn.exec_driver_sql("UPDATE ledger_entry SET at = 2", execution_options={"across": Across.OPERATOR})


def test_what_does_not_fit_or_is_cut_changes_nothing(pair: tuple[Hub, Database], tmp_path: Path) -> None:
    hub, other = pair
    file, broken = tmp_path / "data.zip", tmp_path / "broken.zip"
    dump(hub.database, file)
    with pytest.raises(InputError, match="cannot be put into the tables"):
        load(other, file)  # it has no tables
    make_tables(other, newest())
    broken.write_bytes(file.read_bytes()[:-200])
    with pytest.raises(InputError, match="cannot be put into the tables"):
        load(other, broken)
    with zipfile.ZipFile(file) as whole, zipfile.ZipFile(broken, "w") as cut:
        for name in whole.namelist():
            cut.writestr(name, b"no rows\n" if name == "watch" else whole.read(name))
        assert name != ORDER
    with pytest.raises(InputError, match="cannot be put into the tables"):
        load(other, broken)
    assert is_empty(other)
    load(other, file)
    with pytest.raises(InputError, match="cannot be put into the tables"):
        load(other, file)  # its rows are there already
    assert content(other) == content(hub.database)


def test_a_database_for_a_trial_is_dropped_and_so_is_what_a_killed_trial_left(postgresql_url: str) -> None:
    before = names_on(postgresql_url)
    left = passing_database(postgresql_url)
    left.__enter__()  # and never left, as by a kill
    with passing_database(postgresql_url) as address:
        assert len(names_on(postgresql_url) - before) == 1
        with closing(open_database(address)) as database:
            assert is_empty(database)
    assert names_on(postgresql_url) == before


def test_who_may_make_no_database_is_told_how_to_allow_it(postgresql_url: str) -> None:
    role = f"ada_{secrets.token_hex(4)}"
    with (
        empty_databases(postgresql_url, 1, owner=role) as (address,),
        pytest.raises(StateError, match=f"ALTER ROLE {role} CREATEDB"),
        passing_database(address),
    ):
        pass
