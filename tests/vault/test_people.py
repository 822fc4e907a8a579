import pytest

from hub.core.errors import Tampered, UnknownId
from hub.vault.people import fields_of_many, keyed_hash, new_person_fields, person_fields
from tests.vault.conftest import Vault


def test_a_field_is_sealed_for_its_person_row_and_version(vault: Vault) -> None:
    with vault.database.writing() as conn:
        ada = new_person_fields(conn, vault.keyring, vault.business, "ada")
        ben = new_person_fields(conn, vault.keyring, vault.business, "ben")
    sealed = ada.seal("name", "Ada Löwe", 1)
    assert "Löwe".encode() not in sealed
    with vault.database.reading() as conn:
        again = person_fields(conn, vault.new_keyring(), vault.business, "ada")
    assert again.open("name", sealed, 1) == "Ada Löwe"
    for fields, field, version in ((again, "email", 1), (again, "name", 2), (ben, "name", 1)):
        with pytest.raises(Tampered):
            fields.open(field, sealed, version)


def test_a_field_of_another_table_is_bound_to_its_own_row(vault: Vault) -> None:
    with vault.database.writing() as conn:
        ada = new_person_fields(conn, vault.keyring, vault.business, "ada")
    sealed = ada.seal("body", "hello", 1, table="message", row="m1")
    assert ada.open("body", sealed, 1, table="message", row="m1") == "hello"
    with pytest.raises(Tampered):
        ada.open("body", sealed, 1, table="message", row="m2")


def test_an_erased_persons_fields_stay_unreadable(vault: Vault) -> None:
    with vault.database.writing() as conn:
        sealed = new_person_fields(conn, vault.keyring, vault.business, "ada").seal("name", "Ada", 1)
    vault.keyring.destroy_person_key(vault.business, "ada")
    with vault.database.writing() as conn:
        with pytest.raises(UnknownId):
            person_fields(conn, vault.keyring, vault.business, "ada")
        with pytest.raises(Tampered):
            new_person_fields(conn, vault.keyring, vault.business, "ada").open("name", sealed, 1)


def test_a_keyed_hash_finds_the_same_text_in_one_business_only(vault: Vault) -> None:
    phone = keyed_hash(vault.keyring, vault.business, "phone", "+4930901820")
    assert phone == keyed_hash(vault.new_keyring(), vault.business, "phone", "+4930901820")
    others = {
        keyed_hash(vault.keyring, vault.other, "phone", "+4930901820"),
        keyed_hash(vault.keyring, vault.business, "email", "+4930901820"),
        keyed_hash(vault.keyring, vault.business, "phone", "+4930901821"),
        keyed_hash(vault.keyring, vault.business, "phon", "e+4930901820"),
    }
    assert len(others) == 4
    assert phone not in others


def test_what_seals_a_person_shows_no_key(vault: Vault) -> None:
    with vault.database.writing() as conn:
        fields = new_person_fields(conn, vault.keyring, vault.business, "ada")
    assert "ada" not in repr(fields)


def test_many_people_are_opened_as_each_of_them_alone_and_the_erased_are_missing(vault: Vault) -> None:
    wanted = {(vault.business, "ada"), (vault.business, "ben"), (vault.other, "ada"), (vault.other, "nobody")}
    sealed: dict[tuple[str, str], bytes] = {}
    with vault.database.writing() as conn:
        for business, person in sorted(wanted - {(vault.other, "nobody")}):
            fields = new_person_fields(conn, vault.keyring, business, person)
            sealed[business, person] = fields.seal("name", f"{person} of {business}", 1)
        vault.keyring.make_business_key(conn, vault.business)
        new_person_fields(conn, vault.keyring, vault.business, "cyd")  # known, but not asked for
    vault.keyring.destroy_person_key(vault.business, "ben")
    with vault.database.reading() as conn:
        found = fields_of_many(conn, vault.keyring, wanted)
    assert set(found) == {(vault.business, "ada"), (vault.other, "ada")}
    for (business, person), fields in found.items():
        assert fields.open("name", sealed[business, person], 1) == f"{person} of {business}"
    with pytest.raises(Tampered):
        found[vault.other, "ada"].open("name", sealed[vault.business, "ada"], 1)
