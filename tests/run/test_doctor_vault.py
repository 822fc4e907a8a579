from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hub.actions.record import record
from hub.actions.rotate import Keys, finish_root, rotate
from hub.actions.vault_state import note_root_copies
from hub.app import close_hub, create_hub
from hub.core.security import Kind, Outcome, Visit
from hub.parts import Hub
from hub.run.backup import back_up
from hub.run.doctor import examine, is_well
from hub.settings import load_settings
from hub.store.recovery import RESTORED, put_note
from hub.store.rotation import add_rotation
from hub.vault.roots import Root

DAY = 86_400


class Place:
    """An installation, what is done in it, and what the doctor says of a part then."""

    def __init__(self, folder: Path) -> None:
        self.environ = {"HUB_DATA_DIR": str(folder / "data"), "HUB_WEB_PORT": "0"}
        self.settings = load_settings(self.environ)
        self.do(lambda hub: None)

    def do(self, work: Callable[[Hub], object], seconds: int = 0) -> None:
        hub = create_hub(self.settings, clock=lambda: int(time.time()) + seconds)
        try:
            work(hub)
        finally:
            close_hub(hub)

    def note(self, name: str, days: int) -> None:
        def write(hub: Hub) -> None:
            with hub.keystore.writing() as keys:
                put_note(keys, name, hub.clock() - days * DAY)

        self.do(write)

    def said(self, part: str) -> str:
        return " ".join(f"{one.level}: {one.what} {one.way_out}" for one in examine(self.environ) if one.part == part)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_roots_are_shown_with_generation_mode_and_age_and_asked_for_until_copies_are_kept(place: Place) -> None:
    assert "warn: The data root: generation 1, mode 0600, file of 0 days; nobody noted" in place.said("vault")
    place.do(note_root_copies)
    assert "ok: The data root: generation 1, mode 0600, file of 0 days; a copy is kept" in place.said("vault")
    place.do(lambda hub: rotate(hub, Keys.DATA_ROOT))
    assert "warn: The data root: generation 2" in place.said("vault")
    assert "ok: The credential root: generation 1" in place.said("vault")


def test_an_old_root_and_old_keys_are_to_be_rotated(place: Place) -> None:
    place.do(note_root_copies)
    assert "ok: Keys of business: 1 in 1 versions, the oldest of 0 days, the most used at 0.0 % of" in place.said(
        "vault"
    )
    file = place.settings.data_root_file
    long_ago = int(time.time()) - 400 * DAY
    os.utime(file, (long_ago, long_ago))
    assert "Rotate it: hub rotate --root data" in place.said("vault")


def test_a_rotation_that_did_not_end_and_old_root_files_are_told(place: Place) -> None:
    assert "No key was rotated yet" in place.said("rotation")

    def begin(hub: Hub) -> None:
        with hub.database.writing() as conn:
            add_rotation(conn, "0" * 26, Keys.CREDENTIAL_ROOT, "make", hub.clock())

    place.do(begin)
    assert "Go on with it: hub rotate --root credential." in place.said("rotation")
    place.do(lambda hub: rotate(hub, Keys.CREDENTIAL_ROOT))
    said = place.said("rotation")
    assert "ok: The last one (credential_root)" in said
    assert "1 old files of the credential root lie beside it" in said
    place.do(lambda hub: finish_root(hub, Root.CREDENTIAL))
    assert "old files" not in place.said("rotation")


def test_old_versions_that_settle_are_nothing_to_mend(place: Place) -> None:
    place.do(lambda hub: rotate(hub, Keys.BUSINESS), seconds=5)
    assert place.said("rotation").startswith("ok: Keys of business are new")


def test_backups_and_drills_are_asked_for_and_told(place: Place, tmp_path: Path) -> None:
    assert "None was made by hub backup" in place.said("backups")
    back_up(place.settings, tmp_path / "copies", clock=lambda: int(time.time()))
    said = place.said("backups")
    assert "ok: The last one was made on" in said
    assert "None was ever tried" in said
    place.note("drill", 1)
    assert "ok: A restore was tried" in place.said("backups")
    place.note("drill", 100)
    place.note("backup", 3)
    said = place.said("backups")
    assert "warn: The last one was made" in said
    assert "warn: The last one was tried" in said


def test_a_hub_that_is_sealed_after_a_restore_is_broken_until_the_replay(place: Place) -> None:
    assert is_well(examine(place.environ))
    place.note(RESTORED, 0)
    assert "bad: The hub is sealed since" in place.said("vault")
    assert not is_well(examine(place.environ))


def test_a_token_that_was_about_to_leave_is_an_alarm_for_a_month(place: Place) -> None:
    assert "ok: No answer and no mail of the last 30 days held a live token." in place.said("leaks")
    place.do(lambda hub: record(hub, Visit(), Kind.LEAK_STOPPED, Outcome.REFUSED, detail="mail"), seconds=-31 * DAY)
    assert "ok:" in place.said("leaks")
    place.do(lambda hub: record(hub, Visit(), Kind.LEAK_STOPPED, Outcome.REFUSED, detail="mail"))
    assert "bad: 1 answers or mails of the last 30 days held a live token, and were kept back." in place.said("leaks")
    assert not is_well(examine(place.environ))
