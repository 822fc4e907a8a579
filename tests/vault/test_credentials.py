from typing import Any

import pytest
from sqlalchemy import Row, select, update

from hub.core.errors import NeedsReconnect, Tampered
from hub.core.provider import Grant
from hub.store.connection import Credential, find_for_call
from hub.vault import keys
from hub.vault.credentials import destroy_credential, open_credential
from hub.vault.keys import Keyring
from tests.vault.conftest import PASSWORD, Vault


def row(vault: Vault, connection: str) -> Row[*tuple[Any, ...]]:
    with vault.database.reading() as conn:
        found = find_for_call(conn, vault.business, connection)
    assert found is not None
    return found


def opened(vault: Vault, connection: str, keyring: Keyring | None = None) -> Grant:
    return open_credential(keyring or vault.keyring, vault.business, connection, row(vault, connection))


def stored(vault: Vault, connection: str) -> dict[str, Any]:
    statement = select(Credential.sealed, Credential.version, Credential.key_version).where(
        Credential.business_id == vault.business, Credential.connection_id == connection
    )
    with vault.database.reading() as conn:
        return dict(conn.execute(statement).one()._mapping)


def put_back(vault: Vault, connection: str, values: dict[str, Any]) -> None:
    mine = (Credential.business_id == vault.business, Credential.connection_id == connection)
    with vault.database.writing() as conn:
        conn.execute(update(Credential).where(*mine).values(**values))


def test_a_grant_comes_back_whole_in_another_process(vault: Vault) -> None:
    connection = vault.connect("https://dav.example.test", settings={"home": "/cal/"}, scopes=("a", "b"), expires_at=5)
    assert opened(vault, connection, vault.new_keyring()) == vault.plugins.grant


def test_the_stored_row_shows_nothing_of_the_grant(vault: Vault) -> None:
    sealed = stored(vault, vault.connect("https://dav.example.test"))["sealed"]
    for word in (PASSWORD, "ada", "password", "username"):
        assert word.encode() not in sealed


def test_a_credential_swapped_with_another_connections_is_refused(vault: Vault) -> None:
    one, two = vault.connect("https://one.test"), vault.connect("https://two.test")
    put_back(vault, one, stored(vault, two))
    with pytest.raises(Tampered):
        opened(vault, one)


def test_an_older_credential_put_back_is_noticed(vault: Vault) -> None:
    connection = vault.connect("https://one.test")
    old = stored(vault, connection)
    vault.connect("https://one.test", again=connection)
    assert stored(vault, connection)["version"] == old["version"] + 1
    put_back(vault, connection, old)
    for keyring in (vault.keyring, vault.new_keyring()):
        with pytest.raises(Tampered, match="rolled back"):
            opened(vault, connection, keyring)


def test_an_older_credential_that_claims_the_newest_version_does_not_open(vault: Vault) -> None:
    connection = vault.connect("https://one.test")
    old = stored(vault, connection)
    vault.connect("https://one.test", again=connection)
    put_back(vault, connection, {**old, "version": stored(vault, connection)["version"]})
    with pytest.raises(Tampered):
        opened(vault, connection)


def test_another_process_sees_a_raised_watermark_once_its_own_is_old(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection, elsewhere = vault.connect("https://one.test"), vault.new_keyring()
    old = stored(vault, connection)
    opened(vault, connection, elsewhere)
    vault.connect("https://one.test", again=connection)
    put_back(vault, connection, old)
    monkeypatch.setattr(keys, "MARK_SECONDS", 0.0)
    with pytest.raises(Tampered):
        opened(vault, connection, elsewhere)


def test_a_crash_before_the_watermark_was_raised_locks_nobody_out(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Keyring, "raise_watermark", lambda *_: None)
    connection = vault.connect("https://one.test")
    vault.connect("https://one.test", again=connection)
    assert opened(vault, connection) == vault.plugins.grant


def test_a_key_version_that_does_not_belong_is_refused(vault: Vault) -> None:
    connection = vault.connect("https://one.test")
    put_back(vault, connection, {"key_version": 7})
    with pytest.raises(Tampered):
        opened(vault, connection)


def test_a_destroyed_credential_needs_a_reconnect_and_its_number_is_never_used_again(vault: Vault) -> None:
    connection = vault.connect("https://one.test")
    first = stored(vault, connection)["version"]
    with vault.database.writing() as conn:
        destroy_credential(conn, vault.business, connection)
    with pytest.raises(NeedsReconnect):
        opened(vault, connection)
    vault.connect("https://one.test", again=connection)
    assert stored(vault, connection)["version"] > first
