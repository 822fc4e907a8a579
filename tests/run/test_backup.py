from __future__ import annotations

import json
import sqlite3
import stat
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from hub.actions.businesses import create_business
from hub.actions.holders import add_staff
from hub.actions.hours import every_weekday
from hub.actions.people import Customer, check_customer, find_or_add_person
from hub.actions.rotate import Keys, rotate
from hub.app import close_hub, create_hub
from hub.core.errors import InputError, StateError, Tampered
from hub.core.ledger import EntryKind
from hub.core.provider import AuthScheme, Grant
from hub.parts import Hub
from hub.run.backup import DATA, KEYSTORE, back_up, read_manifest, verified
from hub.settings import load_settings
from hub.store.business import AGENCY
from hub.store.connection import Granted, add_connection
from hub.store.ids import new_id
from hub.store.ledger import find_entries
from hub.store.recovery import find_note
from hub.store.schema import newest
from hub.vault.credentials import store_credential
from hub.vault.keys import Keyring
from hub.vault.roots import Root, load_roots, make_root_file
from tests.world import ADA, Clock


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    made = create_hub(load_settings({"HUB_DATA_DIR": str(tmp_path / "data")}))
    yield made
    close_hub(made)


def test_data_and_key_store_go_to_two_places_that_nobody_else_reads_and_no_root_to_either(
    hub: Hub, tmp_path: Path
) -> None:
    clock = Clock()
    made = back_up(hub.settings, tmp_path / "copies", keystore=tmp_path / "keys", clock=clock)
    files = [file for place in (made.data, made.keystore) for file in place.iterdir()]
    assert sorted(file.suffix for file in files) == [".json", ".json", ".sqlite", ".sqlite"]
    for file in files:
        assert file.suffix == ".json" or stat.S_IMODE(file.stat().st_mode) == 0o600
    for place in (made.data, made.keystore):
        assert stat.S_IMODE(place.stat().st_mode) == 0o700
    roots = [
        (hub.settings.data_dir / "keys" / f"{name}.root").read_text().split()[-1] for name in ("data", "credential")
    ]
    for root in roots:
        assert not any(root.encode() in file.read_bytes() for file in files)
    manifest = read_manifest(made.data)
    assert (manifest.part, manifest.kind, manifest.made_at, manifest.revision) == (DATA, "sqlite", clock.now, newest())
    with hub.keystore.reading() as keys:
        assert find_note(keys, "backup") == (clock.now, made.data.name)
    with hub.database.reading() as conn:
        (entry,) = find_entries(conn, AGENCY, kinds=[EntryKind.BACKED_UP])
    assert entry.content["sha256"] == manifest.sha256


def test_of_the_key_store_only_the_newest_copy_is_kept_and_of_the_data_every_one(hub: Hub, tmp_path: Path) -> None:
    clock = Clock()
    first = back_up(hub.settings, tmp_path, clock=clock)
    with pytest.raises(StateError, match="wait a second"):
        back_up(hub.settings, tmp_path, clock=clock)
    clock.now += 1
    second = back_up(hub.settings, tmp_path, clock=clock)
    assert first.data.is_dir()
    assert second.data.is_dir()
    assert len(list(second.keystore.glob("*.sqlite"))) == 1
    assert not list(tmp_path.glob(".draft-*"))
    verified(second.keystore, KEYSTORE)


def test_a_copy_that_is_made_while_others_write_is_one_moment(hub: Hub, tmp_path: Path) -> None:
    business = create_business(hub, "Ada's Practice", "UTC")
    over = threading.Event()

    def write() -> None:
        while not over.is_set():
            with hub.database.writing() as conn:
                find_or_add_person(hub, conn, business, check_customer(ADA))

    writer = threading.Thread(target=write)
    writer.start()
    clock = Clock()
    for _ in range(3):
        clock.now += 1
        made = back_up(hub.settings, tmp_path, clock=clock)
        _, file = verified(made.data, DATA)
        with closing(sqlite3.connect(file)) as conn:
            assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    over.set()
    writer.join()


def test_a_copy_that_was_changed_or_is_of_the_other_part_is_refused(hub: Hub, tmp_path: Path) -> None:
    made = back_up(hub.settings, tmp_path, clock=Clock())
    with pytest.raises(InputError, match="not of the data"):
        verified(made.keystore, DATA)
    _, file = verified(made.data, DATA)
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    with pytest.raises(InputError, match="not what was backed up"):
        verified(made.data, DATA)
    written = json.loads((made.data / "manifest.json").read_text())
    (made.data / "manifest.json").write_text(json.dumps(written | {"file": "../../elsewhere"}))
    with pytest.raises(InputError, match="another version"):
        verified(made.data, DATA)
    (made.data / "manifest.json").write_text("{")
    with pytest.raises(InputError, match="no manifest"):
        verified(made.data, DATA)


def test_a_folder_that_cannot_be_made_is_named(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="name another folder"):
        back_up(hub.settings, tmp_path / "file" / "below", clock=Clock())


def test_a_thief_with_every_file_but_the_roots_reads_no_person_no_text_and_no_credential(
    hub: Hub, tmp_path: Path
) -> None:
    """Database, log, key store and both copies, from before and after a rotation: nothing planted is in any of them."""
    business, connection = create_business(hub, "Ada's Practice", "UTC"), new_id()
    planted = ("Canary Lovelace", "canary.customer@example.com", "canary.staff@example.com", "canary-password")
    add_staff(hub, business, "Ben", every_weekday("UTC", (540, 1020)), email=planted[2])
    grant = Grant(AuthScheme.BASIC, {"username": "ada", "password": planted[3]}, (), "ada")
    with hub.database.writing() as conn:
        find_or_add_person(hub, conn, business, check_customer(Customer(planted[0], email=planted[1])))
        add_connection(conn, business, connection, "caldav", Granted("calendar", (), ()), hub.clock())
        store_credential(conn, hub.keyring, business, connection, grant, hub.clock())
    clock = Clock()
    back_up(hub.settings, tmp_path / "before", clock=clock)
    later = replace(hub, clock=lambda: hub.clock() + 10)
    for keys in Keys:
        rotate(later, keys)
    back_up(hub.settings, tmp_path / "after", clock=clock)
    files = [file for file in tmp_path.rglob("*") if file.is_file() and file.parent.name != "keys"]
    assert {file.suffix for file in files} >= {".sqlite", ".json", ".sqlite-wal"}
    for text in planted:
        for form in (text.encode(), b64encode(text.encode()).rstrip(b"=")[:-1], text.encode().hex().encode()):
            assert not [file for file in files if form in file.read_bytes()], text
    stolen = create_stolen(hub, tmp_path)
    with stolen.database.reading() as conn, pytest.raises(Tampered):
        stolen.keyring.business_key(conn, business)


def create_stolen(hub: Hub, folder: Path) -> Hub:
    """The same files beside roots that the thief made."""
    settings = load_settings({"HUB_DATA_DIR": str(folder / "thief")})
    make_root_file(settings.data_root_file, Root.DATA)
    make_root_file(settings.credential_root_file, Root.CREDENTIAL)
    return replace(hub, keyring=Keyring(hub.database, hub.keystore, load_roots(settings), clock=hub.clock))
