from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from hub.core.errors import StateError
from hub.run.lock import FILE, only_one


def test_a_second_holder_is_told_who_the_first_is(tmp_path: Path) -> None:
    with only_one(tmp_path), pytest.raises(StateError, match=f"process {os.getpid()}"), only_one(tmp_path):
        pass


def test_it_is_free_again_afterwards(tmp_path: Path) -> None:
    for _ in range(2):
        with only_one(tmp_path):
            pass


def test_other_folders_do_not_matter(tmp_path: Path) -> None:
    with only_one(tmp_path / "a"), only_one(tmp_path / "b"):
        pass


def test_the_folder_and_the_file_are_made_for_this_user_alone(tmp_path: Path) -> None:
    with only_one(tmp_path / "new"):
        assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
        assert stat.S_IMODE((tmp_path / "new" / FILE).stat().st_mode) == 0o600
