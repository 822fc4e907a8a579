from __future__ import annotations

import pytest

from hub.vault.door_keys import framed
from tests.vault.conftest import Vault

CONTENT = framed("business", "booking")


@pytest.mark.parametrize("given", ["", "x", "ä", "\ud800", "A" * 43])
def test_what_is_no_signature_is_none(vault: Vault, given: str) -> None:
    assert not vault.keyring.doors.is_signed("link", CONTENT, given)


def test_a_signature_is_good_for_its_use_and_content_alone(vault: Vault) -> None:
    doors = vault.keyring.doors
    signed = doors.sign("link", CONTENT)
    assert doors.is_signed("link", CONTENT, signed)
    assert not doors.is_signed("form", CONTENT, signed)
    assert not doors.is_signed("link", framed("business", "other"), signed)
    assert framed("a", "bc") != framed("ab", "c")
