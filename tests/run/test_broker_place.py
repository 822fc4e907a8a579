from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.core.errors import InputError
from hub.run.broker_place import broker_place, check_place
from hub.run.valkey import LONGEST_SOCKET
from hub.settings import load_settings
from tests.vault.serving import short_folder


@pytest.fixture
def folder() -> Iterator[Path]:
    with short_folder() as folder:
        yield folder


def test_the_socket_lies_where_the_setting_says_or_else_in_the_data_folder(folder: Path) -> None:
    named = load_settings({"HUB_BROKER_SOCKET": "/run/hub/broker.sock"})
    assert named.broker_is_apart
    assert broker_place(named) == Path("/run/hub/broker.sock")
    plain = load_settings({}, data_dir=folder)
    assert not plain.broker_is_apart
    assert broker_place(plain).is_relative_to(folder)


def test_a_missing_folder_is_made_for_our_user_alone(folder: Path) -> None:
    check_place(folder / "new" / "socket")
    assert stat.S_IMODE((folder / "new").stat().st_mode) == 0o700


@pytest.mark.parametrize("mode", [0o750, 0o705, 0o701, 0o777])
def test_a_folder_that_others_can_enter_is_refused_and_left_as_it_is(folder: Path, mode: int) -> None:
    folder.chmod(mode)
    with pytest.raises(InputError, match="chmod 700"):
        check_place(folder / "socket")
    assert stat.S_IMODE(folder.stat().st_mode) == mode
    folder.chmod(0o700)


@pytest.mark.parametrize(
    ("mode", "fits"), [(0o700, True), (0o750, True), (0o2750, True), (0o770, False), (0o751, False)]
)
def test_a_shared_folder_is_open_to_its_group_to_enter_and_no_more(folder: Path, mode: int, fits: bool) -> None:
    folder.chmod(mode)
    if fits:
        check_place(folder / "socket", shared=True)
    else:
        with pytest.raises(InputError, match="chmod 750"):
            check_place(folder / "socket", shared=True)
    folder.chmod(0o700)


def test_a_folder_of_somebody_else_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: other)
    with pytest.raises(InputError, match="must be a folder of the user"):
        check_place(folder / "socket")


def test_a_folder_that_cannot_be_is_refused(folder: Path) -> None:
    (folder / "file").touch()
    with pytest.raises(InputError, match="must be a folder"):
        check_place(folder / "file" / "socket")


def test_a_path_that_is_too_long_for_a_socket_is_said(folder: Path) -> None:
    with pytest.raises(InputError, match=f"{LONGEST_SOCKET} bytes.*HUB_BROKER_SOCKET"):
        check_place(folder / ("x" * LONGEST_SOCKET))


def test_a_file_is_not_taken_for_a_socket_that_was_left(folder: Path) -> None:
    (folder / "file").write_text("mine")
    (folder / "link").symlink_to(folder / "file")
    for name in ("file", "link"):
        with pytest.raises(InputError, match="no socket"):
            check_place(folder / name)
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(folder / "socket"))
    check_place(folder / "socket")
