"""The key of a folder stays, and is its user's alone; without a folder there is one a process."""

from __future__ import annotations

from pathlib import Path

from hub.testing.lab.signing import signing_key


def test_a_folders_key_stays_from_start_to_start(tmp_path: Path) -> None:
    first = signing_key(tmp_path).public_key().public_numbers()
    signing_key.cache_clear()
    assert signing_key(tmp_path).public_key().public_numbers() == first
    assert (tmp_path / "signing.pem").stat().st_mode & 0o777 == 0o600


def test_without_a_folder_there_is_one_for_the_process() -> None:
    assert signing_key(None) is signing_key(None)
