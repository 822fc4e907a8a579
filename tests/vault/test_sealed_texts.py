from __future__ import annotations

from sqlalchemy import LargeBinary

from hub.store.schema import tables
from hub.vault.sealed_texts import TEXTS, texts_of

OTHERS = {
    "booking.answers": "the person's key",
    "business_key.wrapped": "the data root",
    "connection_key.wrapped": "the credential root",
    "credential.sealed": "the connection's key",
    "ledger_content.salt": "no secret but of its own entry",
    "ledger_entry.commitment": "a hash",
    "passkey.credential_id": "public to the passkey's owner",
    "passkey.public_key": "public",
    "person.email": "the person's key",
    "person.name": "the person's key",
    "person.phone": "the person's key",
    "provider_setting.wrapped": "the credential root",
    "root_check.check": "derived from the root",
    "root_check.salt": "no secret",
    "root_secret.wrapped": "the data root",
}
"""Every other column of bytes, and what seals it, if anything does."""


def test_every_column_of_bytes_is_known_to_the_rotation_or_sealed_by_something_else() -> None:
    main, _ = tables()
    found = {
        f"{table.name}.{column.name}"
        for table in main.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    assert found == {f"{text.table.name}.{text.column.key}" for text in TEXTS} | set(OTHERS)


def test_what_belongs_to_the_installation_is_the_agencys() -> None:
    assert {text.table.name for text in texts_of("agency")} > {text.table.name for text in texts_of("b" * 26)}
