from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from hub.actions.rotate import Keys
from hub.app import close_hub, create_hub
from hub.cli.rotate import command
from hub.core.errors import InputError
from hub.settings import load_settings
from hub.store.rotation import last_rotations


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("HUB_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HUB_DATA_DIR", str(tmp_path / "data"))
    close_hub(create_hub(load_settings()))
    return tmp_path / "data"


def say(*options: str) -> str:
    result = CliRunner().invoke(command, options, catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_keys_of_businesses_and_connections_are_rotated_and_it_says_when_the_old_ones_go(data: Path) -> None:
    said = say()
    assert "Keys of businesses: " in said
    assert "Keys of connections: 0 credentials" in said
    assert "The old versions are destroyed after" in said
    hub = create_hub(load_settings())
    with hub.database.reading() as conn:
        assert {row.kind for row in last_rotations(conn)} == {Keys.BUSINESS, Keys.CONNECTION}
    close_hub(hub)


def test_a_root_is_rotated_and_its_old_file_goes_only_when_that_is_said(data: Path) -> None:
    was = (data / "keys" / "data.root").read_text()
    assert "The data root was rotated" in say("--root", "data")
    (old,) = (data / "keys").glob("data.root.old-*")
    assert old.read_text() == was != (data / "keys" / "data.root").read_text()
    assert f"Deleted: {old}" in say("--root", "data", "--finish")
    assert "There is no old file" in say("--root", "data", "--finish")
    close_hub(create_hub(load_settings()))


def test_keys_of_the_doors_are_rotated_and_it_says_when_the_old_one_goes(data: Path) -> None:
    assert "The old versions are destroyed after" in say("--doors")
    assert "The old versions are destroyed after" in say("--doors", "--finish")  # not before each process signs anew
    with pytest.raises(InputError, match="one at a time"):
        say("--doors", "--root", "data")


def test_keys_of_hashes_are_rotated_in_one_command(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("hub.actions.rotate", "hub.vault.secret_versions"):  # a minute is too long for a test
        monkeypatch.setattr(f"{place}.USED_AFTER", 1)
    said = say("--index")
    assert "Waiting" in said
    assert "people, users and links are found by new ones" in said
    hub = create_hub(load_settings())
    with hub.database.reading() as conn:
        assert [row.ended_at is not None for row in last_rotations(conn)] == [True]
    close_hub(hub)


def test_what_may_go_must_be_said_before_it_goes(data: Path) -> None:
    with pytest.raises(InputError, match="say what may go"):
        say("--finish")


def test_where_the_credential_root_is_not_the_broker_must_rotate(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (data / "keys" / "credential.root").rename(data / "elsewhere")
    monkeypatch.setenv("HUB_BROKER_SOCKET", str(data / "broker.sock"))
    assert "Keys of connections: not here" in say()
