import struct
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from hub.core.errors import Tampered
from hub.vault.cipher import Cipher, Place, _context, key_version
from tests.vault.collision import opens_under_two_keys

KEY = bytes(range(32))
HERE = Place("business", "credential", "row", "sealed")


@given(st.binary(max_size=2000), st.integers(0, 2**63))
def test_what_was_sealed_opens_at_its_place(content: bytes, version: int) -> None:
    cipher = Cipher(KEY)
    assert cipher.open(cipher.seal(content, HERE, version), HERE, version) == content


@pytest.mark.parametrize("part", ["business", "table", "row", "field"])
def test_a_ciphertext_moved_to_another_place_is_refused(part: str) -> None:
    cipher = Cipher(KEY)
    sealed = cipher.seal(b"secret", HERE, 1)
    with pytest.raises(Tampered):
        cipher.open(sealed, replace(HERE, **{part: "other"}), 1)


def test_places_that_read_alike_when_joined_are_different_places() -> None:
    cipher = Cipher(KEY)
    sealed = cipher.seal(b"secret", Place("a", "bc", "d", "e"), 1)
    with pytest.raises(Tampered):
        cipher.open(sealed, Place("ab", "c", "d", "e"), 1)


def test_an_older_version_of_the_record_is_refused() -> None:
    cipher = Cipher(KEY)
    with pytest.raises(Tampered):
        cipher.open(cipher.seal(b"old", HERE, 1), HERE, 2)


@given(st.data())
def test_every_changed_or_missing_byte_is_noticed(data: st.DataObject) -> None:
    cipher = Cipher(KEY)
    sealed = bytearray(cipher.seal(b"a grant of some length", HERE, 1))
    at = data.draw(st.integers(0, len(sealed) - 1))
    if data.draw(st.booleans()):
        sealed[at] ^= data.draw(st.integers(1, 255))
    else:
        del sealed[at:]
    with pytest.raises(Tampered):
        cipher.open(bytes(sealed), HERE, 1)


def test_another_key_or_key_version_opens_nothing() -> None:
    sealed = Cipher(KEY, 1).seal(b"secret", HERE, 1)
    for other in (Cipher(b"x" * 32, 1), Cipher(KEY, 2)):
        with pytest.raises(Tampered):
            other.open(sealed, HERE, 1)


def test_a_swapped_key_version_in_the_envelope_is_refused() -> None:
    first, second = Cipher(KEY, 1), Cipher(KEY, 2)
    sealed = bytearray(first.seal(b"secret", HERE, 1))
    sealed[1:5] = struct.pack(">I", 2)
    assert key_version(bytes(sealed)) == 2
    with pytest.raises(Tampered):
        second.open(bytes(sealed), HERE, 1)


def test_no_envelope_opens_under_two_keys_though_gcm_alone_would() -> None:
    # Whoever knows both keys makes one ciphertext that fits the data keys of both, under a salt of their choice.
    ciphers, salt, context = (Cipher(KEY), Cipher(b"z" * 32)), bytes(32), _context(HERE, 1)
    made = []
    for cipher in ciphers:
        derive = cipher._derive.copy()
        derive.update(salt + context)
        made.append(derive.digest())
    body = opens_under_two_keys(made[0][:32], made[1][:32], bytes(12), context)
    for parts in made:
        assert len(AESGCM(parts[:32]).decrypt(bytes(12), body, context)) == 32
    for mine, other in (ciphers, ciphers[::-1]):
        commitment = made[ciphers.index(mine)][32:]
        sealed = mine._name + salt + commitment + body
        assert len(mine.open(sealed, HERE, 1)) == 32
        with pytest.raises(Tampered):
            other.open(sealed, HERE, 1)


def test_a_part_of_a_place_cannot_hold_what_stands_between_them() -> None:
    with pytest.raises(ValueError, match="NUL"):
        Cipher(KEY).seal(b"secret", Place("a\0b", "c", "d", "e"), 1)


def test_two_seals_of_one_text_differ() -> None:
    cipher = Cipher(KEY)
    assert cipher.seal(b"same", HERE, 1) != cipher.seal(b"same", HERE, 1)


def test_a_refusal_names_the_place_and_holds_no_key() -> None:
    cipher = Cipher(KEY)
    with pytest.raises(Tampered, match=r"credential\.sealed") as caught:
        cipher.open(b"short", HERE, 1)
    assert repr(KEY) not in repr(caught.getrepr(showlocals=True, style="long"))
    assert "key" not in repr(cipher).lower()


def test_a_cut_envelope_has_no_key_version() -> None:
    with pytest.raises(Tampered):
        key_version(b"\x01\x00")
