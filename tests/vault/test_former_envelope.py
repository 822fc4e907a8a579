import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.errors import Tampered
from hub.vault.cipher import Cipher, Place, key_version

KEY = bytes(range(32))
HERE = Place("business", "credential", "row", "sealed")
WRITTEN = bytes.fromhex(
    "01000000034a3274992e18c3e44975cf6c0b2f34d1837d177b8e1b6854441243220bc340ce1364d0b8403dcd261946fb076b39857e3adf2a"
    "eeedce98252606aed8b07af0b0e2f012b6fb0302b3f27b81f4e73b5a730c6d4db0abcbe3a27e2cf8c385b1408779763dd6344b612cb0ed55"
    "5a36159d9a3dc81c5660ae23c9e2f5784df653"
)
"""What an installation wrote before the present format: b"secret", at HERE, version 7, with version 3 of KEY."""


def test_what_was_written_before_opens_at_its_place_and_version_only() -> None:
    assert Cipher(KEY, 3).open(WRITTEN, HERE, 7) == b"secret"
    assert key_version(WRITTEN) == 3
    refused = [
        (Cipher(KEY, 3), HERE, 6),
        (Cipher(KEY, 3), Place("business", "credential", "other", "sealed"), 7),
        (Cipher(KEY, 2), HERE, 7),
        (Cipher(b"x" * 32, 3), HERE, 7),
    ]
    for cipher, place, version in refused:
        with pytest.raises(Tampered):
            cipher.open(WRITTEN, place, version)


def test_what_is_written_now_has_the_present_format() -> None:
    assert Cipher(KEY, 3).seal(b"secret", HERE, 7)[0] == 2


@given(st.integers(0, len(WRITTEN) - 1), st.integers(1, 255))
def test_every_changed_byte_is_noticed(at: int, change: int) -> None:
    changed = bytearray(WRITTEN)
    changed[at] ^= change
    with pytest.raises(Tampered):
        Cipher(KEY, 3).open(bytes(changed), HERE, 7)
