import pytest
from sqlalchemy import delete, update

from hub.core.errors import StateError, Tampered, UnknownId
from hub.store.keys import BusinessKey, ConnectionKey
from hub.vault.cipher import Place
from hub.vault.roots import Roots
from tests.vault.conftest import Vault

HERE = Place("b", "t", "r", "f")


def test_a_key_version_that_was_made_opens_what_it_sealed_in_another_process(vault: Vault) -> None:
    with vault.database.writing() as conn:
        first = vault.keyring.make_business_key(conn, vault.business)
        second = vault.keyring.make_business_key(conn, vault.business)
    sealed = [cipher.seal(b"text", HERE, 1) for cipher in (first, second)]
    elsewhere = vault.new_keyring()
    with vault.database.reading() as conn:
        assert elsewhere.business_key(conn, vault.business).version == 2
        for version in (1, 2):
            cipher = elsewhere.business_key(conn, vault.business, version)
            assert cipher.open(sealed[version - 1], HERE, 1) == b"text"


def test_a_wrapped_key_of_one_business_is_no_key_of_another(vault: Vault) -> None:
    with vault.database.writing() as conn:
        vault.keyring.make_business_key(conn, vault.business)
        vault.keyring.make_business_key(conn, vault.other)
        conn.execute(delete(BusinessKey).where(BusinessKey.business_id == vault.other))
        moved = update(BusinessKey).where(BusinessKey.business_id == vault.business).values(business_id=vault.other)
        conn.execute(moved)
        with pytest.raises(Tampered):
            vault.keyring.business_key(conn, vault.other)


def test_another_root_unwraps_nothing(vault: Vault) -> None:
    with vault.database.writing() as conn:
        vault.keyring.make_business_key(conn, vault.business)
    vault.roots = Roots(b"x" * 32, b"y" * 32)
    with vault.database.reading() as conn, pytest.raises(Tampered):
        vault.new_keyring().business_key(conn, vault.business)


def test_a_key_is_made_in_a_writing_transaction_only(vault: Vault) -> None:
    with vault.database.reading() as conn, pytest.raises(StateError):
        vault.keyring.make_business_key(conn, vault.business)


def test_a_key_whose_transaction_failed_seals_nothing_later(vault: Vault) -> None:
    def fail() -> None:
        with vault.database.writing() as conn:
            vault.keyring.make_business_key(conn, vault.business)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with vault.database.reading() as conn, pytest.raises(UnknownId):
        vault.keyring.business_key(conn, vault.business)
    with vault.database.writing() as conn:
        cipher = vault.keyring.make_business_key(conn, vault.business)
    with vault.database.reading() as conn:
        again = vault.new_keyring().business_key(conn, vault.business)
    assert again.open(cipher.seal(b"text", HERE, 1), HERE, 1) == b"text"


def test_a_destroyed_person_key_is_gone_in_every_process_at_once(vault: Vault) -> None:
    with vault.database.writing() as conn:
        sealed = vault.keyring.make_person_key(conn, vault.business, "ada").seal(b"text", HERE, 1)
    elsewhere = vault.new_keyring()
    with vault.database.reading() as conn:
        assert elsewhere.person_key(conn, vault.business, "ada").open(sealed, HERE, 1) == b"text"
        assert vault.keyring.destroy_person_key(vault.business, "ada")
        assert not vault.keyring.destroy_person_key(vault.business, "ada")
        with pytest.raises(UnknownId):
            elsewhere.person_key(conn, vault.business, "ada")
    with vault.database.writing() as conn:
        reborn = vault.keyring.make_person_key(conn, vault.business, "ada")
    with pytest.raises(Tampered):
        reborn.open(sealed, HERE, 1)


def test_a_person_has_one_key_and_each_business_its_own(vault: Vault) -> None:
    with vault.database.writing() as conn:
        ours = vault.keyring.make_person_key(conn, vault.business, "ada").seal(b"text", HERE, 1)
        assert vault.keyring.make_person_key(conn, vault.business, "ada").open(ours, HERE, 1) == b"text"
        with pytest.raises(Tampered):
            vault.keyring.make_person_key(conn, vault.other, "ada").open(ours, HERE, 1)


def test_a_person_key_survives_a_new_version_of_the_business_key(vault: Vault) -> None:
    with vault.database.writing() as conn:
        sealed = vault.keyring.make_person_key(conn, vault.business, "ada").seal(b"text", HERE, 1)
        vault.keyring.make_business_key(conn, vault.business)
        assert vault.keyring.person_key(conn, vault.business, "ada").open(sealed, HERE, 1) == b"text"


def test_a_deleted_connection_key_row_ends_the_key_though_it_was_opened(vault: Vault) -> None:
    with vault.database.writing() as conn:
        vault.keyring.make_connection_key(conn, vault.business, "c")
        vault.keyring.connection_key(conn, vault.business, "c")
        conn.execute(delete(ConnectionKey).where(ConnectionKey.business_id == vault.business))
        with pytest.raises(UnknownId):
            vault.keyring.connection_key(conn, vault.business, "c")


def test_a_watermark_never_falls(vault: Vault) -> None:
    assert vault.keyring.watermark(vault.business, "c") == 0
    vault.keyring.raise_watermark(vault.business, "c", 5)
    vault.keyring.raise_watermark(vault.business, "c", 3)
    assert vault.keyring.watermark(vault.business, "c") == 5
    assert vault.new_keyring().watermark(vault.business, "c") == 5
