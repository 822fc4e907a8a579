from dataclasses import dataclass

import pytest

from hub.vault.door_keys import DoorKeys, framed
from hub.vault.rotate import Vault as Worked
from hub.vault.rotate_doors import destroy_door_versions, make_door_version
from tests.vault.conftest import Vault

CONTENT = framed("business", "booking")


@dataclass
class Clock:
    now: int = 1000

    def __call__(self) -> int:
        return self.now


def process(vault: Vault, clock: Clock) -> DoorKeys:
    """The doors of a process that starts now."""
    return DoorKeys(vault.database, vault.new_keyring().roots, clock)


def work_on(vault: Vault) -> Worked:
    return Worked(vault.database, vault.keystore, vault.new_keyring())


def test_a_new_version_verifies_at_once_and_signs_a_minute_later(vault: Vault) -> None:
    clock = Clock()
    old = process(vault, clock).sign("link", CONTENT)
    assert make_door_version(work_on(vault), clock.now, clock.now) == 1
    at_once = process(vault, clock)
    assert at_once.sign("link", CONTENT) == old
    clock.now += 60
    later = process(vault, clock)
    new = later.sign("link", CONTENT)
    assert new != old
    for one in (at_once, later):
        assert one.is_signed("link", CONTENT, old)
        assert one.is_signed("link", CONTENT, new)


def test_a_version_that_was_destroyed_verifies_nothing_and_the_present_one_goes_on(vault: Vault) -> None:
    clock = Clock()
    old = process(vault, clock).sign("link", CONTENT)
    make_door_version(work_on(vault), clock.now, clock.now)
    clock.now += 60
    new = process(vault, clock).sign("link", CONTENT)
    assert destroy_door_versions(work_on(vault)) == 1
    after = process(vault, clock)
    assert not after.is_signed("link", CONTENT, old)
    assert after.sign("link", CONTENT) == new
    assert destroy_door_versions(work_on(vault)) == 0


def test_a_step_that_is_repeated_makes_no_second_version_and_a_later_rotation_does(vault: Vault) -> None:
    assert [make_door_version(work_on(vault), 1000, now) for now in (1000, 1005)] == [1, 0]
    destroy_door_versions(work_on(vault))
    assert make_door_version(work_on(vault), 2000, 2000) == 1


def test_what_the_doors_hash_with_stays_though_what_they_sign_with_is_destroyed(vault: Vault) -> None:
    before = vault.new_keyring().door_key("network")
    make_door_version(work_on(vault), 1000, 1000)
    destroy_door_versions(work_on(vault))
    assert vault.new_keyring().door_key("network") == before


@pytest.mark.parametrize("given", ["", "x", "ä", "\ud800", "A" * 43])
def test_what_is_no_signature_is_none(vault: Vault, given: str) -> None:
    assert not process(vault, Clock()).is_signed("link", CONTENT, given)


def test_a_signature_is_good_for_its_use_and_content_alone(vault: Vault) -> None:
    doors = process(vault, Clock())
    signed = doors.sign("link", CONTENT)
    assert not doors.is_signed("form", CONTENT, signed)
    assert not doors.is_signed("link", framed("business", "other"), signed)
    assert framed("a", "bc") != framed("ab", "c")
