"""Invariant 12: every column says what it holds, and what it says makes sense."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Text

from hub.core.errors import HubError
from hub.store.annotate import (
    INSTALLATION_TABLES,
    About,
    Base,
    Category,
    Erase,
    Link,
    Retention,
    check_annotations,
    column,
)
from hub.store.keys import KeyStoreBase
from hub.store.schema import tables

NOTE = About(Category.TECHNICAL, Retention.BUSINESS)


def every_column() -> Iterator[tuple[str, About]]:
    for metadata in tables():
        for table in metadata.sorted_tables:
            for one in table.columns:
                yield f"{table.name}.{one.name}", one.info["about"]


def test_each_column_of_both_databases_has_a_note() -> None:
    found = dict(every_column())
    assert {"person.name", "credential.sealed", "claim.cell", "person_key.wrapped"} <= set(found)
    assert all(isinstance(note, About) for note in found.values())


def test_a_note_travels_with_its_column() -> None:
    assert column(NOTE, Text).column.info == {"about": NOTE}


@pytest.mark.parametrize("note", [None, {}, "technical", {"about": "technical"}, {"about": Category.TECHNICAL}])
def test_a_column_whose_note_is_missing_or_no_note_stops_the_start(note: object) -> None:
    info = note if isinstance(note, dict) else {}
    metadata = MetaData()
    Table("diary", metadata, Column("business_id", Integer, info={"about": NOTE}), Column("entry", Text, info=info))
    with pytest.raises(HubError) as caught:
        check_annotations(metadata)
    assert caught.value.code == "unannotated"
    assert "column diary.entry has no note" in caught.value.message


def test_every_fault_of_every_database_is_named_at_once() -> None:
    one, other = MetaData(), MetaData()
    Table("diary", one, Column("entry", Text))
    Table("album", other, Column("business_id", Text), Column("photo", Text))
    with pytest.raises(HubError) as caught:
        check_annotations(one, other)
    for fault in ("table diary", "column diary.entry", "column album.business_id", "column album.photo"):
        assert fault in caught.value.message


def test_the_list_of_the_installation_is_closed_and_all_of_it_is_there() -> None:
    """A table joins it on purpose only: its rows are seen by the statements of every business."""
    console = {"api_key", "console_session", "console_user", "one_time_link", "passkey", "recovery_code"}
    assert {
        "business",
        "heard_notice",
        "lease",
        "provider_setting",
        "root_check",
        "root_secret",
        "rotation",
        "security_event",
    } | console == INSTALLATION_TABLES
    assert set(Base.metadata.tables) >= INSTALLATION_TABLES


def test_every_other_table_says_whose_each_row_is_and_must() -> None:
    for metadata in (Base.metadata, KeyStoreBase.metadata):
        for table in metadata.sorted_tables:
            if table.name not in INSTALLATION_TABLES:
                assert not table.c.business_id.nullable, table.name


def test_what_leads_to_nobody_is_neither_exported_nor_erased() -> None:
    for name, note in every_column():
        if note.link is Link.NONE:
            assert (note.export, note.erase) == (False, Erase.NOTHING), name


def test_what_identifies_or_reaches_a_person_is_erased_with_them() -> None:
    for name, note in every_column():
        if note.category in (Category.CONTACT, Category.CREDENTIAL):
            assert note.link is not Link.NONE, name
            assert note.erase is not Erase.NOTHING, name


def test_keys_and_credentials_are_never_handed_out() -> None:
    for name, note in every_column():
        if note.category in (Category.KEY, Category.CREDENTIAL):
            assert not note.export, name


def test_only_sealed_bytes_become_unreadable_with_the_key() -> None:
    for metadata in tables():
        for table in metadata.sorted_tables:
            for one in table.columns:
                if one.info["about"].erase is Erase.KEY:
                    assert one.type.python_type is bytes, f"{table.name}.{one.name}"


def test_what_a_customer_gave_in_the_clear_is_nowhere() -> None:
    """Contact data of customers is sealed or hashed, never text that a copy of the database gives away."""
    for metadata in tables():
        for table in metadata.sorted_tables:
            for one in table.columns:
                note = one.info["about"]
                if note.category is Category.CONTACT and note.link is Link.CUSTOMER:
                    assert one.type.python_type is bytes or one.name.endswith("_hash"), f"{table.name}.{one.name}"
