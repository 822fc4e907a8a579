from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

import pytest

from hub.actions.businesses import create_business
from hub.actions.effects import EFFECTS
from hub.actions.people import check_customer, find_or_add_person, open_person
from hub.actions.replay import replay, sealed_reason
from hub.app import close_hub, create_hub
from hub.core.errors import InputError, Sealed, StateError
from hub.run.backup import back_up
from hub.run.lock import only_one
from hub.run.restore import drill, find_copy, restore
from hub.settings import Settings, load_settings
from hub.store.database import open_database
from hub.store.schema import migrate
from hub.vault.roots import Root, make_root_file
from tests.world import ADA, Clock


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A hub with one person, backed up into ``copies``."""
    settings = load_settings({"HUB_DATA_DIR": str(tmp_path / "data")})
    hub = create_hub(settings)
    business = create_business(hub, "Ada's Practice", "UTC")
    with hub.database.writing() as conn:
        person = find_or_add_person(hub, conn, business, check_customer(ADA))
    (tmp_path / "ids").write_text(f"{business} {person}")
    close_hub(hub)
    back_up(settings, tmp_path / "copies", clock=Clock())
    return settings


def content(settings: Settings) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in settings.data_dir.glob("*.sqlite")}


def test_a_hub_that_runs_is_not_restored(settings: Settings, tmp_path: Path) -> None:
    with only_one(settings.data_dir.resolve()), pytest.raises(StateError, match="runs already"):
        restore(settings, tmp_path / "copies", replace=True, clock=Clock())


def test_a_database_is_written_over_only_when_that_is_said_and_is_kept_then(settings: Settings, tmp_path: Path) -> None:
    before = content(settings)
    with pytest.raises(StateError, match="say --replace"):
        restore(settings, tmp_path / "copies", clock=Clock())
    assert content(settings) == before
    done = restore(settings, tmp_path / "copies", replace=True, clock=Clock())
    assert done.before is not None
    assert done.before.read_bytes() == before["hub.sqlite"]


def test_without_the_roots_of_the_backup_nothing_is_changed(settings: Settings, tmp_path: Path) -> None:
    before = content(settings)
    root = settings.data_root_file
    root.unlink()
    with pytest.raises(Sealed, match="is missing"):
        restore(settings, tmp_path / "copies", replace=True, clock=Clock())
    make_root_file(root, Root.DATA)
    with pytest.raises(Sealed, match="not the one that this database was sealed with"):
        restore(settings, tmp_path / "copies", replace=True, clock=Clock())
    root.chmod(0o644)
    with pytest.raises(Sealed, match="can be read by others"):
        restore(settings, tmp_path / "copies", replace=True, clock=Clock())
    assert content(settings) == before


def test_a_copy_that_was_changed_is_not_restored(settings: Settings, tmp_path: Path) -> None:
    (file,) = find_copy(tmp_path / "copies").glob("*.sqlite")
    with file.open("ab") as out:
        out.write(b"x")
    with pytest.raises(InputError, match="not what was backed up"):
        restore(settings, tmp_path / "copies", replace=True, clock=Clock())


def test_the_newest_copy_is_taken_and_where_there_is_none_that_is_said(settings: Settings, tmp_path: Path) -> None:
    clock = Clock()
    clock.now += 60
    newest = back_up(settings, tmp_path / "copies", clock=clock).data
    assert find_copy(tmp_path / "copies") == newest
    assert find_copy(newest) == newest
    with pytest.raises(InputError, match="there is no backup"):
        find_copy(tmp_path / "nowhere")


def test_on_a_new_machine_the_copy_of_the_key_store_is_put_back_too(settings: Settings, tmp_path: Path) -> None:
    new = load_settings({"HUB_DATA_DIR": str(tmp_path / "new")})
    shutil.copytree(settings.data_dir / "keys", new.data_dir / "keys")
    with pytest.raises(InputError, match="no key store here"):
        restore(new, tmp_path / "copies", keystore=tmp_path, clock=Clock())
    restore(new, tmp_path / "copies", clock=Clock())
    hub = create_hub(new)
    assert sealed_reason(hub)
    replay(hub, EFFECTS)
    assert sealed_reason(hub) == ""
    business, person = (tmp_path / "ids").read_text().split()
    assert open_person(hub, business, person).name == ADA.name
    close_hub(hub)


def test_a_backup_of_an_older_version_is_brought_up_to_date(settings: Settings, tmp_path: Path) -> None:
    with (
        closing(open_database(settings.database)) as database,
        closing(open_database(settings.keystore)) as keystore,
    ):
        migrate(database, keystore, "-1")
        place = find_copy(tmp_path / "copies")
        with database.engine.connect() as conn:
            conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    from hub.run.backup import MANIFEST, digest, read_manifest

    manifest = read_manifest(place)
    shutil.copyfile(settings.data_dir / "hub.sqlite", place / manifest.file)
    text = (place / MANIFEST).read_text().replace(manifest.sha256, digest(place / manifest.file))
    (place / MANIFEST).write_text(text)
    restore(settings, place, keystore=tmp_path / "copies" / "keystore", replace=True, clock=Clock())
    close_hub(create_hub(settings))


def test_a_drill_leaves_the_hub_as_it_is(settings: Settings, tmp_path: Path) -> None:
    seen: list[Path] = []

    def look(apart: Settings) -> str:
        seen.append(apart.data_dir)
        assert apart.data_dir != settings.data_dir
        return "well"

    before = content(settings)["hub.sqlite"]
    assert drill(settings, tmp_path / "copies", look, clock=Clock()) == "well"
    assert content(settings)["hub.sqlite"] == before
    assert not seen[0].exists()
