from __future__ import annotations

import pytest

from hub.core.errors import Sealed
from hub.store.keys import add_root_check, add_root_secret
from hub.vault.cipher import Cipher
from hub.vault.root_ring import RootRing, place_of
from hub.vault.roots import Root, Roots, root_check
from tests.vault.conftest import Vault

OLD, NEW, SALT = b"d" * 32, b"e" * 32, b"s" * 16


def known(vault: Vault, name: str, key: bytes, generation: int) -> None:
    with vault.database.writing() as conn:
        add_root_check(conn, name, SALT, root_check(key, Root.DATA, SALT), generation)


def test_a_key_under_a_root_that_came_later_is_opened_after_the_files_were_read_again(vault: Vault) -> None:
    known(vault, "data", OLD, 1)
    ring = RootRing(vault.database, Roots(data=OLD), lambda: Roots(data=OLD, following=((Root.DATA, NEW),)))
    known(vault, "data.next", NEW, 2)
    sealed = Cipher(NEW, 2).seal(b"key", place_of("x"), 1)
    assert ring.opening(Root.DATA, sealed).open(sealed, place_of("x"), 1) == b"key"
    with vault.database.writing() as conn:
        assert ring.sealing(conn, Root.DATA).version == 2


def test_nothing_is_sealed_by_an_old_root_where_the_new_one_cannot_be_read(vault: Vault) -> None:
    known(vault, "data", OLD, 1)
    known(vault, "data.next", NEW, 2)
    ring = RootRing(vault.database, Roots(data=OLD))
    with vault.database.writing() as conn, pytest.raises(Sealed, match="was rotated"):
        ring.sealing(conn, Root.DATA)


def test_what_was_derived_from_the_first_root_outlives_it(vault: Vault) -> None:
    known(vault, "data", OLD, 1)
    first = RootRing(vault.database, Roots(data=OLD)).secret("index")
    with vault.database.writing() as conn:
        add_root_secret(conn, "index", Cipher(NEW, 2).seal(first, place_of("index"), 1), 1)
    known(vault, "data.next", NEW, 2)
    assert RootRing(vault.database, Roots(data=NEW)).secret("index") == first


def test_a_root_that_this_process_does_not_have_opens_nothing(vault: Vault) -> None:
    ring = RootRing(vault.database, Roots(data=OLD))
    with pytest.raises(Sealed, match="no credential root"):
        ring.opening(Root.CREDENTIAL, b"")
