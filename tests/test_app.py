"""Making a hub: twice on one folder is the same hub, and without its keys there is none (invariant 5)."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, literal_column, select, table

from hub.actions.businesses import create_business
from hub.app import close_hub, create_hub, now
from hub.core.errors import InputError, Sealed, Unavailable
from hub.parts import Hub
from hub.registry import Status
from hub.settings import Settings, load_settings
from hub.store.business import find_business
from hub.store.database import open_database
from hub.store.guard import Across
from hub.testing.servers import free_port
from hub.vault.roots import Root
from tests.conftest import own_connections
from tests.run.conftest import Running


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return load_settings({}, data_dir=tmp_path / "data", database_url=database_url)


@pytest.fixture
def embedded(tmp_path: Path) -> Settings:
    return load_settings({}, data_dir=tmp_path / "data")


def used(settings: Settings) -> str:
    """Make a hub, let it seal something, close it, and return the business."""
    hub = create_hub(settings)
    business = create_business(hub, "Ada's Practice", "Europe/Berlin")
    close_hub(hub)
    return business


def seals_and_opens(hub: Hub, business: str) -> bool:
    with hub.database.reading() as conn:
        return hub.keyring.business_key(conn, business).version == 1


# Starting


def test_a_first_start_makes_databases_and_keys_for_our_eyes_only(embedded: Settings) -> None:
    close_hub(create_hub(embedded))
    folder = embedded.data_dir
    assert {"hub.sqlite", "keystore.sqlite", "keys"} <= {path.name for path in folder.iterdir()}
    for path in (folder, *folder.rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path


def test_the_second_hub_on_a_folder_is_the_first_one_again(settings: Settings) -> None:
    business = used(settings)
    roots = [file.read_bytes() for file in (settings.credential_root_file, settings.data_root_file)]
    again = create_hub(settings)
    with again.database.reading() as conn:
        assert find_business(conn, business).name == "Ada's Practice"
    assert seals_and_opens(again, business)
    close_hub(again)
    assert roots == [file.read_bytes() for file in (settings.credential_root_file, settings.data_root_file)]


def test_two_hubs_on_one_folder_at_the_same_time_know_the_same(settings: Settings) -> None:
    first, second = create_hub(settings), create_hub(settings)
    assert seals_and_opens(second, create_business(first, "Ada's Practice", "Europe/Berlin"))
    close_hub(first)
    assert seals_and_opens(second, create_business(second, "Ben's Garage", "Europe/Berlin"))
    close_hub(second)


def test_hubs_that_make_the_same_new_folder_at_once_agree_on_everything(embedded: Settings) -> None:
    with ThreadPoolExecutor(4) as pool:
        hubs = list(pool.map(lambda _: create_hub(embedded), range(4)))
    business = create_business(hubs[0], "Ada's Practice", "Europe/Berlin")
    assert all(seals_and_opens(hub, business) for hub in hubs)
    for hub in hubs:
        close_hub(hub)


def test_the_plugins_that_are_installed_take_part_unless_others_are_given(embedded: Settings) -> None:
    hub = create_hub(embedded)
    assert ("caldav", Status.ON) in [(record.name, record.status) for record in hub.registry.records]
    close_hub(hub)
    hub = create_hub(embedded, plugins=[])
    assert list(hub.registry.records) == []
    close_hub(hub)


def test_the_clock_is_the_one_that_was_given(embedded: Settings) -> None:
    hub = create_hub(embedded, clock=lambda: 42)
    assert hub.clock() == 42
    close_hub(hub)
    assert abs(now() - time.time()) < 2


def test_a_database_that_is_not_there_is_said_and_no_key_is_made(tmp_path: Path) -> None:
    address = f"postgresql://ada:hunter2@127.0.0.1:{free_port()}/hub"
    settings = load_settings({}, data_dir=tmp_path / "data", database_url=address)
    with pytest.raises(Unavailable) as caught:
        create_hub(settings)
    assert "hunter2" not in caught.value.message
    assert not (tmp_path / "data" / "keys").exists()


def test_a_file_that_is_no_database_is_said_and_left_alone(embedded: Settings) -> None:
    embedded.data_dir.mkdir()
    (embedded.data_dir / "hub.sqlite").write_bytes(b"minutes of the last meeting " * 100)
    with pytest.raises(Unavailable):
        create_hub(embedded)
    assert (embedded.data_dir / "hub.sqlite").read_bytes().startswith(b"minutes")


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="file/data"):
        create_hub(load_settings({}, data_dir=tmp_path / "file" / "data"))


# No key, no start


def _missing(file: Path) -> None:
    file.unlink()


def _wrong(file: Path) -> None:
    header, key, *_ = file.read_text().splitlines()
    file.write_text(f"{header}\n{'B' if key[0] == 'A' else 'A'}{key[1:]}\n")


def _readable_by_all(file: Path) -> None:
    file.chmod(0o644)


def _empty(file: Path) -> None:
    file.write_text("")


SPOILT: dict[str, tuple[Callable[[Path], None], str]] = {
    "missing": (_missing, "root_missing"),
    "wrong": (_wrong, "root_wrong"),
    "readable by all": (_readable_by_all, "root_unsafe"),
    "empty": (_empty, "root_empty"),
}


@pytest.mark.parametrize(("spoil", "code"), SPOILT.values(), ids=SPOILT)
@pytest.mark.parametrize("root", Root)
def test_a_hub_whose_root_key_is_spoilt_is_not_made_and_nothing_is_made_good_in_silence(
    embedded: Settings, root: Root, spoil: Callable[[Path], None], code: str
) -> None:
    business = used(embedded)
    file = embedded.credential_root_file if root is Root.CREDENTIAL else embedded.data_root_file
    whole, mode = file.read_bytes(), file.stat().st_mode
    spoil(file)
    spoilt = file.read_bytes() if file.exists() else None
    for _ in range(2):
        with pytest.raises(Sealed) as caught:
            create_hub(embedded)
        assert caught.value.code == code
        assert root.value in caught.value.message
        assert whole.splitlines()[1].decode() not in caught.value.message
    assert (file.read_bytes() if file.exists() else None) == spoilt
    file.write_bytes(whole)
    file.chmod(mode & 0o777)
    hub = create_hub(embedded)
    assert seals_and_opens(hub, business)
    close_hub(hub)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_missing, "is missing, but the database holds data that is sealed with it"),
        (_wrong, "is not the one that this database was sealed with"),
        (_readable_by_all, "can be read by others. Run: chmod 600 on it."),
    ],
    ids=["missing", "wrong", "readable by all"],
)
def test_hub_up_ends_with_one_clear_line_where_a_root_key_is_spoilt(
    embedded: Settings, spoil: Callable[[Path], None], said: str
) -> None:
    used(embedded)
    spoil(embedded.credential_root_file)
    running = Running(embedded.data_dir, {})
    try:
        running.wait_for("could not be started")
        assert running.process.wait(30) == 1
        lines = [line for line in running.said if "root key" in line]
        assert len(lines) == 1
        assert said in lines[0]
        assert "Traceback" not in "\n".join(running.said)
    finally:
        running.close()


# Closing


def _backends(address: str) -> int:
    """How many connections a PostgreSQL server has, this one not counted."""
    database = open_database(address)
    with database.engine.connect().execution_options(across=Across.OPERATOR) as conn:
        mine = literal_column("pid") != func.pg_backend_pid()
        clients = literal_column("backend_type") == "client backend"
        statement = select(func.count()).select_from(table("pg_stat_activity")).where(mine, clients)
        found: int = conn.execute(statement).scalar_one()
    database.close()
    return found


def _open_files(folder: Path) -> list[str]:
    found = []
    for number in os.listdir("/proc/self/fd"):
        try:
            found.append(os.readlink(f"/proc/self/fd/{number}"))
        except OSError:
            continue  # the listing itself
    return [name for name in found if name.startswith(str(folder))]


def test_a_closed_hub_leaves_no_connection_and_no_file_open(settings: Settings, tmp_path: Path) -> None:
    settings = load_settings({}, data_dir=settings.data_dir, database_url=own_connections(settings.database))
    on_server = settings.database.startswith("postgresql")
    before = _backends(settings.database) if on_server else 0
    hub = create_hub(settings)
    business = create_business(hub, "Ada's Practice", "Europe/Berlin")
    assert seals_and_opens(hub, business)
    assert _open_files(tmp_path)
    close_hub(hub)
    gc.collect()
    assert _open_files(tmp_path) == []
    deadline = time.monotonic() + 5
    while on_server and _backends(settings.database) > before:
        assert time.monotonic() < deadline, "a connection was left"
        time.sleep(0.05)


def test_closing_twice_is_closing_once(embedded: Settings) -> None:
    hub = create_hub(embedded)
    close_hub(hub)
    close_hub(hub)
