"""The migrations lead to exactly the tables that the code describes, up and down."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Integer, MetaData, Table, inspect

from hub.core.errors import HubError
from hub.store.annotate import Base, check_annotations
from hub.store.database import Database
from hub.store.guard import Across
from hub.store.schema import alembic_config, is_current, migrate, newest, tables


def test_the_migrations_lead_to_the_tables_of_the_code(database: Database) -> None:
    with database.engine.connect().execution_options(across=Across.OPERATOR) as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_there_is_one_newest_revision(database: Database) -> None:
    assert ScriptDirectory.from_config(alembic_config(database)).get_heads() == [newest()]


def test_migrating_down_and_up_again_works(database: Database, keystore: Database) -> None:
    migrate(database, keystore, "base")
    assert set(inspect(database.engine).get_table_names()) <= {"alembic_version"}
    assert not is_current(database)
    migrate(database, keystore)
    assert is_current(database)
    assert set(Base.metadata.tables) <= set(inspect(database.engine).get_table_names())


def test_migrating_twice_changes_nothing(database: Database, keystore: Database) -> None:
    migrate(database, keystore)
    assert is_current(database)


def test_every_column_says_what_it_holds() -> None:
    tables()


def test_a_column_without_a_note_stops_the_start() -> None:
    metadata = MetaData()
    Table("diary", metadata, Column("business_id", Integer), Column("entry", Integer))
    with pytest.raises(HubError, match=r"column diary\.entry has no note"):
        check_annotations(metadata)


def test_a_table_that_belongs_to_nobody_stops_the_start() -> None:
    metadata = MetaData()
    Table("diary", metadata)
    with pytest.raises(HubError, match="table diary has no business_id"):
        check_annotations(metadata)
