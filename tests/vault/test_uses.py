from __future__ import annotations

from typing import Any

from sqlalchemy import select

from hub.store.keys import BusinessKey
from hub.vault.cipher import Place
from hub.vault.keys import Keyring
from hub.vault.texts import open_text, seal_text
from hub.vault.uses import CAP, Uses
from tests.vault.conftest import Vault


def keyring(vault: Vault, **rules: Any) -> Keyring:
    return Keyring(vault.database, vault.keystore, vault.roots, clock=vault.clock, uses=Uses(**rules))


def uses(vault: Vault) -> dict[int, int]:
    with vault.database.reading() as conn:
        mine = BusinessKey.business_id == vault.business
        return {
            row.version: row.uses for row in conn.execute(select(BusinessKey.version, BusinessKey.uses).where(mine))
        }


def test_uses_are_added_to_the_row_from_time_to_time(vault: Vault) -> None:
    ring, place = keyring(vault, every=0.0), Place(vault.business, "holder", "ben", "email")
    with vault.database.writing() as conn:
        ring.make_business_key(conn, vault.business)
        for _ in range(3):
            seal_text(conn, ring, place, "ben@example.com")
    assert uses(vault) == {1: 3}
    rare = keyring(vault)
    with vault.database.writing() as conn:
        for _ in range(3):
            seal_text(conn, rare, place, "ben@example.com")
    assert uses(vault) == {1: 3}


def test_a_key_that_sealed_too_often_is_followed_by_the_next_one_by_itself(vault: Vault) -> None:
    ring, place = keyring(vault, cap=2, every=0.0), Place(vault.business, "holder", "ben", "email")
    with vault.database.writing() as conn:
        ring.make_business_key(conn, vault.business)
        sealed = [seal_text(conn, ring, place, "ben@example.com") for _ in range(3)]
    assert uses(vault).keys() == {1, 2}
    with vault.database.reading() as conn:
        assert {open_text(conn, vault.new_keyring(), place, one) for one in sealed} == {"ben@example.com"}


def test_the_cap_is_far_below_what_random_nonces_allow() -> None:
    assert CAP <= 2**32 / 256
