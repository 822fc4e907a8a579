"""The drill of docs/keys.md: an old copy of the data, with the keys of today. Erased people stay erased."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from hub.actions.businesses import create_business
from hub.actions.people import Customer, check_customer, find_or_add_person, open_person
from hub.actions.replay import sealed_reason
from hub.app import close_hub, create_hub
from hub.cli import backup, restore, rotate
from hub.core.errors import StateError, UnknownId
from hub.parts import Hub
from hub.run.doctor import examine
from hub.run.finding import Level
from hub.settings import load_settings
from hub.store.outbox import DONE, UNKNOWN, WAITING, add_effect, entries
from hub.store.person import Person
from tests.databases import empty_databases, names_on
from tests.world import ADA, BEN

CYD = Customer("Cyd Cole", email="cyd@example.com")


@contextmanager
def hub_on(environ: dict[str, str]) -> Iterator[Hub]:
    hub = create_hub(load_settings(environ))
    yield hub
    close_hub(hub)


def add(hub: Hub, business: str, customer: Customer) -> str:
    checked = check_customer(customer)
    with hub.database.writing() as conn:
        return find_or_add_person(hub, conn, business, checked)


def say(command: object, environ: dict[str, str], *options: str) -> str:
    result = CliRunner(env=environ).invoke(command, options, catch_exceptions=False)  # type: ignore[arg-type]
    assert result.exit_code == 0, result.output
    return result.output


def mail(hub: Hub, business: str, due_at: int) -> str:
    about = {"kind": "send_mail", "payload": {}, "business_id": business}
    with hub.database.writing() as conn:
        return add_effect(conn, key=secrets.token_hex(4), due_at=due_at, now=hub.clock(), **about)  # type: ignore[arg-type]


def drill(environ: dict[str, str], restored: dict[str, str], copies: Path, *options: str) -> None:
    """Back up while the hub runs, go on working, erase somebody, rotate keys, lose the database, restore, and look."""
    with hub_on(environ) as hub:
        business = create_business(hub, "Ada's Practice", "UTC")
        ada, ben = add(hub, business, ADA), add(hub, business, BEN)
        due, later = mail(hub, business, hub.clock()), mail(hub, business, hub.clock() + 86_400)
        say(backup.command, environ, str(copies))
        cyd = add(hub, business, CYD)
        assert hub.keyring.destroy_person_key(business, ben)
    say(rotate.command, environ)
    said = say(restore.command, restored, str(copies), *options)
    assert "was put back, and is sealed" in said
    with hub_on(restored) as hub:
        assert "hub restore --replay" in sealed_reason(hub)
        with hub.database.reading() as conn:  # the data are what they were, and nothing runs on them
            assert ben in conn.execute(select(Person.id).where(Person.business_id == business)).scalars().all()
    assert "People erased again: 1." in say(restore.command, restored, "--replay")
    assert [one for one in examine(restored) if one.level is Level.BAD] == []
    with hub_on(restored) as hub:
        assert sealed_reason(hub) == ""
        assert open_person(hub, business, ada).name == ADA.name  # by a newer key than the data knew
        for gone in (ben, cyd):  # erased after the backup; came after it
            with pytest.raises(UnknownId):
                open_person(hub, business, gone)
        with hub.database.reading() as conn:
            assert conn.execute(select(Person.id).where(Person.business_id == business)).scalars().all() == [ada]
            assert [(one.id, one.problem) for one in entries(conn, (UNKNOWN,))] == [(due, "restored")]
            assert [one.id for one in entries(conn, (WAITING,))] == [later]
            assert entries(conn, (DONE,)) == []
        assert open_person(hub, business, add(hub, business, CYD)).name == CYD.name
    say(rotate.command, restored)
    with hub_on(restored) as hub:
        assert open_person(hub, business, ada).name == ADA.name


def test_a_backup_of_sqlite_is_restored_with_the_keys_of_today(tmp_path: Path) -> None:
    environ = {"HUB_DATA_DIR": str(tmp_path / "data"), "HUB_WEB_PORT": "0"}
    with pytest.raises(StateError, match="say --replace"):
        drill(environ, environ, tmp_path / "copies")
    drill(
        {**environ, "HUB_DATA_DIR": str(tmp_path / "other")},
        {**environ, "HUB_DATA_DIR": str(tmp_path / "other")},
        tmp_path / "more",
        "--replace",
    )


def test_a_backup_of_postgresql_is_restored_with_the_keys_of_today(postgresql_url: str, tmp_path: Path) -> None:
    with empty_databases(postgresql_url, 3) as (data, keys, other):
        environ = {"HUB_DATA_DIR": str(tmp_path / "data"), "HUB_WEB_PORT": "0"}
        environ |= {"HUB_DATABASE_URL": data, "HUB_KEYSTORE_URL": keys}
        drill(environ, {**environ, "HUB_DATABASE_URL": other}, tmp_path / "copies")
        with pytest.raises(StateError, match="is not empty"):
            say(restore.command, environ, str(tmp_path / "copies"))


def test_a_backup_of_postgresql_is_put_back_on_a_new_machine_with_the_copy_of_its_key_store(
    postgresql_url: str, tmp_path: Path
) -> None:
    with empty_databases(postgresql_url, 4) as (data, keys, new_data, new_keys):
        old = {"HUB_DATA_DIR": str(tmp_path / "data"), "HUB_DATABASE_URL": data, "HUB_KEYSTORE_URL": keys}
        new = {"HUB_DATA_DIR": str(tmp_path / "new"), "HUB_DATABASE_URL": new_data, "HUB_KEYSTORE_URL": new_keys}
        with hub_on(old) as hub:
            business = create_business(hub, "Ada's Practice", "UTC")
            ada = add(hub, business, ADA)
            say(backup.command, old, str(tmp_path / "copies"))
        shutil.copytree(tmp_path / "data" / "keys", tmp_path / "new" / "keys")
        say(restore.command, new, str(tmp_path / "copies"))
        say(restore.command, new, "--replay")
        with hub_on(new) as hub:
            assert open_person(hub, business, ada).name == ADA.name


def test_a_backup_of_sqlite_is_tried_in_a_place_that_is_thrown_away(tmp_path: Path) -> None:
    try_backup({"HUB_DATA_DIR": str(tmp_path / "data"), "HUB_WEB_PORT": "0"}, tmp_path / "copies")


def test_a_backup_of_postgresql_is_tried_in_a_database_that_is_dropped_again(
    postgresql_url: str, tmp_path: Path
) -> None:
    with empty_databases(postgresql_url, 2) as (data, keys):
        before = names_on(postgresql_url)
        environ = {"HUB_DATA_DIR": str(tmp_path / "data"), "HUB_DATABASE_URL": data, "HUB_KEYSTORE_URL": keys}
        try_backup(environ, tmp_path / "copies")
        assert names_on(postgresql_url) == before


def try_backup(environ: dict[str, str], copies: Path) -> None:
    with hub_on(environ) as hub:
        business = create_business(hub, "Ada's Practice", "UTC")
        ada, ben = add(hub, business, ADA), add(hub, business, BEN)
        say(backup.command, environ, str(copies))
        hub.keyring.destroy_person_key(business, ben)
        said = say(restore.command, environ, str(copies), "--drill")
        assert "1 people" in said
        assert "1 erased again" in said
        assert sealed_reason(hub) == ""
        assert open_person(hub, business, ada).name == ADA.name
