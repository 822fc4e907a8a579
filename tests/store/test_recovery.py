from __future__ import annotations

from hub.store.database import Database
from hub.store.recovery import (
    add_erasure,
    add_key_copy,
    delete_key_copies,
    delete_note,
    find_key_copy,
    find_note,
    list_erasures,
    put_note,
)

ADA, BEN = "a" * 26, "b" * 26


def test_erasures_are_listed_in_order_from_behind_one_on(keystore: Database) -> None:
    with keystore.writing() as keys:
        for business, person in ((BEN, ADA), (ADA, BEN), (ADA, ADA), (ADA, ADA)):
            add_erasure(keys, business, person, 1)
    with keystore.reading() as keys:
        assert list_erasures(keys) == [(ADA, ADA), (ADA, BEN), (BEN, ADA)]
        assert list_erasures(keys, (ADA, ADA), 1) == [(ADA, BEN)]


def test_a_copy_of_a_key_replaces_one_whose_transaction_failed_and_old_ones_go(keystore: Database) -> None:
    with keystore.writing() as keys:
        for version, wrapped in ((1, b"one"), (2, b"two"), (2, b"deux")):
            add_key_copy(keys, ADA, version, wrapped, 1)
        assert find_key_copy(keys, ADA, 2) == b"deux"
        delete_key_copies(keys, ADA, 2)
        assert (find_key_copy(keys, ADA, 1), find_key_copy(keys, ADA, 2)) == (None, b"deux")


def test_a_note_is_written_over_and_taken_away(keystore: Database) -> None:
    with keystore.writing() as keys:
        assert find_note(keys, "backup") is None
        put_note(keys, "backup", 1, "one")
        put_note(keys, "backup", 2, "two")
        assert find_note(keys, "backup") == (2, "two")
        delete_note(keys, "backup")
        assert find_note(keys, "backup") is None
