import base64
import os
import secrets
import threading
from pathlib import Path

import pytest
from sqlalchemy import delete

from hub.core.errors import Sealed
from hub.settings import Settings, load_settings
from hub.store.database import Database
from hub.store.keys import RootCheck
from hub.vault.keys import Keyring
from hub.vault.roots import Root, check_roots, load_roots, make_root_file, make_roots


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings({}, data_dir=tmp_path / "data")


def write(file: Path, text: str, mode: int = 0o600) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file.write_text(text)
    file.chmod(mode)


def root_text(root: str = "credential", size: int = 32) -> str:
    return f"frontdesk root key: {root}\n{base64.b64encode(secrets.token_bytes(size)).decode()}\n"


def test_every_folder_that_is_made_for_a_root_is_closed_to_others(tmp_path: Path) -> None:
    file = tmp_path / "data" / "keys" / "data.root"
    make_root_file(file, Root.DATA)
    assert [one.stat().st_mode & 0o777 for one in file.parents[:2]] == [0o700, 0o700]


def test_the_first_start_makes_both_roots_for_our_eyes_only(settings: Settings, database: Database) -> None:
    make_roots(settings, database)
    roots = load_roots(settings)
    check_roots(database, roots)
    for file in (settings.credential_root_file, settings.data_root_file):
        assert file.stat().st_mode & 0o777 == 0o600
        assert file.parent.stat().st_mode & 0o777 == 0o700
    assert roots.credential != roots.data
    assert len(roots.credential or b"") == len(roots.data or b"") == 32


def test_the_next_start_finds_the_same_roots(settings: Settings, database: Database) -> None:
    make_roots(settings, database)
    first = load_roots(settings)
    check_roots(database, first)
    make_roots(settings, database)
    assert load_roots(settings) == first
    check_roots(database, load_roots(settings))


@pytest.mark.parametrize("root", list(Root))
def test_a_root_that_the_database_knows_is_never_made_again(root: Root, settings: Settings, database: Database) -> None:
    make_roots(settings, database)
    check_roots(database, load_roots(settings))
    file = settings.credential_root_file if root is Root.CREDENTIAL else settings.data_root_file
    file.unlink()
    with pytest.raises(Sealed, match="Bring the file back") as caught:
        make_roots(settings, database)
    assert caught.value.code == "root_missing"
    assert not file.exists()


def test_another_root_is_noticed(settings: Settings, database: Database) -> None:
    make_roots(settings, database)
    check_roots(database, load_roots(settings))
    write(settings.data_root_file, root_text("data"))
    with pytest.raises(Sealed, match="not the one") as caught:
        check_roots(database, load_roots(settings))
    assert caught.value.code == "root_wrong"


def test_roots_put_in_each_others_place_are_noticed(settings: Settings, database: Database) -> None:
    make_roots(settings, database)
    text = settings.credential_root_file.read_text()
    write(settings.credential_root_file, settings.data_root_file.read_text())
    write(settings.data_root_file, text)
    with pytest.raises(Sealed, match="does not begin with"):
        load_roots(settings)


def test_a_removed_check_does_not_let_a_new_root_in(settings: Settings, database: Database, keystore: Database) -> None:
    make_roots(settings, database)
    roots = load_roots(settings)
    check_roots(database, roots)
    keyring = Keyring(database, keystore, roots, clock=lambda: 0)
    with database.writing() as conn:
        keyring.make_business_key(conn, "b")
        conn.execute(delete(RootCheck))
    write(settings.data_root_file, root_text("data"))
    with pytest.raises(Sealed) as caught:
        check_roots(database, load_roots(settings))
    assert caught.value.code == "root_check_missing"


@pytest.mark.parametrize(
    ("text", "mode", "code"),
    [
        ("", 0o600, "root_empty"),
        ("\n\n", 0o600, "root_empty"),
        (root_text(size=16), 0o600, "root_short"),
        (root_text(size=33), 0o600, "root_short"),
        ("frontdesk root key: credential\nnot base64!\n", 0o600, "root_short"),
        (base64.b64encode(b"k" * 32).decode(), 0o600, "root_format"),
        (root_text(), 0o644, "root_unsafe"),
        (root_text(), 0o640, "root_unsafe"),
        (root_text(), 0o602, "root_unsafe"),
    ],
    ids=["empty", "blank", "short", "long", "no base64", "no header", "mode 644", "mode 640", "mode 602"],
)
def test_an_unusable_root_file_leaves_the_hub_sealed(text: str, mode: int, code: str, settings: Settings) -> None:
    write(settings.credential_root_file, text, mode)
    with pytest.raises(Sealed) as caught:
        load_roots(settings, {Root.CREDENTIAL})
    assert caught.value.code == code
    assert str(settings.credential_root_file) in caught.value.message
    assert text.strip().rpartition("\n")[2][:20] not in caught.value.message or not text.strip()


def test_a_missing_file_a_link_a_folder_and_an_open_folder_leave_the_hub_sealed(settings: Settings) -> None:
    file = settings.credential_root_file
    with pytest.raises(Sealed, match="is missing"):
        load_roots(settings, {Root.CREDENTIAL})
    write(file.with_name("real"), root_text())
    file.symlink_to(file.with_name("real"))
    with pytest.raises(Sealed, match="symbolic link"):
        load_roots(settings, {Root.CREDENTIAL})
    file.unlink()
    file.mkdir()
    with pytest.raises(Sealed, match="no regular file"):
        load_roots(settings, {Root.CREDENTIAL})
    file.rmdir()
    write(file, root_text())
    file.parent.chmod(0o777)
    with pytest.raises(Sealed, match="folder that others can write"):
        load_roots(settings, {Root.CREDENTIAL})


def test_a_file_of_another_user_leaves_the_hub_sealed(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    write(settings.credential_root_file, root_text())
    stranger = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: stranger)
    with pytest.raises(Sealed, match="another user"):
        load_roots(settings, {Root.CREDENTIAL})


def test_a_process_can_do_with_one_root(settings: Settings, database: Database, keystore: Database) -> None:
    make_roots(settings, database, {Root.DATA})
    roots = load_roots(settings, {Root.DATA})
    check_roots(database, roots)
    assert not settings.credential_root_file.exists()
    keyring = Keyring(database, keystore, roots, clock=lambda: 0)
    with database.writing() as conn, pytest.raises(Sealed, match="no credential root"):
        keyring.make_connection_key(conn, "b", "c")


def test_processes_that_start_together_agree_on_the_roots(settings: Settings, database: Database) -> None:
    found: list[object] = []

    def start() -> None:
        make_roots(settings, database)
        roots = load_roots(settings)
        check_roots(database, roots)
        found.append(roots)

    threads = [threading.Thread(target=start) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert all(roots == found[0] for roots in found)
    assert sorted(path.name for path in settings.data_root_file.parent.iterdir()) == ["credential.root", "data.root"]


def test_a_root_is_in_no_representation(settings: Settings, database: Database) -> None:
    make_roots(settings, database)
    assert repr(load_roots(settings)) == "Roots(credential, data)"
