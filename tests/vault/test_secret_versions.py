from __future__ import annotations

from dataclasses import dataclass

import pytest

from hub.vault.rotate import Vault as Worked
from hub.vault.rotate_secrets import destroy_secret_versions, make_secret_version
from hub.vault.secret_versions import SecretVersions
from tests.vault.conftest import Vault


@dataclass
class Clock:
    now: int = 1000

    def __call__(self) -> int:
        return self.now


@dataclass
class Secret:
    """One secret, as processes have it that start when they are asked for."""

    vault: Vault
    name: str
    clock: Clock

    def process(self) -> SecretVersions:
        return SecretVersions(self.vault.database, self.vault.new_keyring().roots, self.name, self.clock)

    def keys(self) -> list[bytes]:
        return self.process().keys("use")

    def make(self) -> int:
        return make_secret_version(self.worked(), self.name, self.clock.now, self.clock.now)

    def destroy(self) -> int:
        return destroy_secret_versions(self.worked(), self.name)

    def worked(self) -> Worked:
        return Worked(self.vault.database, self.vault.keystore, self.vault.new_keyring())


@pytest.fixture(params=["doors", "index"])
def secret(vault: Vault, request: pytest.FixtureRequest) -> Secret:
    return Secret(vault, request.param, Clock())


def test_a_new_version_is_accepted_at_once_and_used_a_minute_later(secret: Secret) -> None:
    (old,) = secret.keys()
    assert secret.make() == 1
    at_once = secret.process()
    first, second = at_once.keys("use")
    assert first == old != second
    secret.clock.now += 60
    assert at_once.keys("use") == secret.keys() == [second, old]


def test_a_version_that_was_destroyed_is_not_accepted_and_the_present_one_goes_on(secret: Secret) -> None:
    (old,) = secret.keys()
    secret.make()
    new = secret.keys()[1]
    assert secret.destroy() == 1
    assert secret.keys() == [new] != [old]
    assert secret.destroy() == 0


def test_a_step_that_is_repeated_makes_no_second_version_and_a_later_rotation_does(secret: Secret) -> None:
    assert [secret.make(), secret.make()] == [1, 0]
    secret.destroy()
    second = secret.keys()
    secret.clock.now += 1000
    assert secret.make() == 1
    assert secret.keys()[0] == second[0]


def test_what_the_doors_hash_with_stays_though_what_they_sign_with_is_destroyed(vault: Vault) -> None:
    before, doors = vault.new_keyring().door_key("network"), Secret(vault, "doors", Clock())
    doors.make()
    doors.destroy()
    assert vault.new_keyring().door_key("network") == before
