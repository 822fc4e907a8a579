from __future__ import annotations

import pytest

from hub.core.errors import Sealed, StateError
from hub.settings import Settings
from hub.store.provider_setting import find_provider_setting, put_provider_setting
from hub.vault.keys import Keyring
from hub.vault.provider_settings import settings_place
from hub.vault.roots import Root, check_roots, load_roots, make_root_file, make_roots, next_file, root_file
from hub.vault.rotate import Vault
from hub.vault.rotate_root import begin_root, give_up_old, old_files, put_in_place, rewrap_keys, take_root
from tests.world import World


def vault_of(world: World) -> tuple[Vault, Settings]:
    hub = world.hub
    return Vault(hub.database, hub.keystore, hub.keyring), hub.settings


def test_the_start_is_refused_when_the_next_root_is_gone_in_the_middle(world: World) -> None:
    vault, settings = vault_of(world)
    begin_root(vault, settings, Root.DATA, 1)
    check_roots(vault.database, load_roots(settings))
    next_file(settings, Root.DATA).rename(settings.data_dir / "kept")
    with pytest.raises(Sealed, match="being rotated"):
        check_roots(vault.database, load_roots(settings))


def test_a_next_root_that_others_can_read_seals_the_hub(world: World) -> None:
    vault, settings = vault_of(world)
    begin_root(vault, settings, Root.DATA, 1)
    next_file(settings, Root.DATA).chmod(0o644)
    with pytest.raises(Sealed, match="can be read by others"):
        load_roots(settings)


def test_another_next_root_than_the_one_that_was_begun_with_is_refused(world: World) -> None:
    vault, settings = vault_of(world)
    begin_root(vault, settings, Root.DATA, 1)
    next_file(settings, Root.DATA).unlink()
    make_root_file(next_file(settings, Root.DATA), Root.DATA)
    with pytest.raises(Sealed, match="not the data root key whose rotation is under way"):
        begin_root(vault, settings, Root.DATA, 1)


def test_the_old_root_that_was_rotated_out_no_longer_starts_the_hub(world: World) -> None:
    vault, settings = vault_of(world)
    was = load_roots(settings)
    begin_root(vault, settings, Root.CREDENTIAL, 1)
    vault = Vault(
        vault.database, vault.keystore, Keyring(vault.database, vault.keystore, load_roots(settings), clock=int)
    )
    take_root(vault, Root.CREDENTIAL)
    kept = put_in_place(settings, Root.CREDENTIAL, 1)
    check_roots(vault.database, load_roots(settings))
    with pytest.raises(Sealed, match="not the one that this database was sealed with"):
        check_roots(vault.database, was)
    assert old_files(settings, Root.CREDENTIAL) == [kept]
    assert kept.name == "credential.root.old-19700101T000001Z"
    assert give_up_old(vault, settings, Root.CREDENTIAL) == [kept]


def test_what_was_entered_for_a_provider_opens_under_the_next_credential_root(world: World) -> None:
    vault, settings = vault_of(world)
    database, place = vault.database, settings_place("fake")
    with database.writing() as conn:
        wrapped = vault.keyring.roots.sealing(conn, Root.CREDENTIAL).seal(b"{}", place, 1)
        put_provider_setting(conn, "fake", 1, wrapped, 1, before=0)
    begin_root(vault, settings, Root.CREDENTIAL, 1)
    keyring = Keyring(database, vault.keystore, load_roots(settings), clock=int)
    assert sum(batch.done for batch in rewrap_keys(Vault(database, vault.keystore, keyring), Root.CREDENTIAL)) >= 1
    take_root(Vault(database, vault.keystore, keyring), Root.CREDENTIAL)
    with database.reading() as conn:
        row = find_provider_setting(conn, "fake")
    assert row is not None
    assert row.wrapped != wrapped
    assert keyring.roots.opening(Root.CREDENTIAL, row.wrapped).open(row.wrapped, place, 1) == b"{}"


def test_a_root_that_the_database_does_not_know_is_not_rotated(world: World) -> None:
    from sqlalchemy import delete

    from hub.store.keys import RootCheck

    vault, settings = vault_of(world)
    make_roots(settings, vault.database)
    with vault.database.writing() as conn:
        conn.execute(delete(RootCheck))
    with pytest.raises(StateError, match="start the hub once"):
        begin_root(vault, settings, Root.CREDENTIAL, 1)
    assert root_file(settings, Root.CREDENTIAL).exists()
