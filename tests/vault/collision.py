"""One AES-GCM ciphertext that opens under two keys: what an envelope must refuse.

The tag of GCM is linear in the ciphertext over GF(2^128) (NIST SP 800-38D, section 6.4), so of two blocks the second
can be chosen such that the tags under both keys are the same.
"""

from __future__ import annotations

import os

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_POLYNOMIAL = 0xE1 << 120


def opens_under_two_keys(first: bytes, second: bytes, nonce: bytes, context: bytes) -> bytes:
    """Return two blocks of ciphertext and their tag, which open under both keys with that nonce (12 bytes)."""
    chosen = int.from_bytes(os.urandom(16), "big")
    blocks = [int.from_bytes(context[at : at + 16].ljust(16, b"\0"), "big") for at in range(0, len(context), 16)]
    lengths = len(context) * 8 << 64 | 256
    known = [_tag(key, nonce, [*blocks, chosen, 0, lengths]) for key in (first, second)]
    squares = [_times(hash_key, hash_key) for hash_key in (_block(first, bytes(16)), _block(second, bytes(16)))]
    solved = _times(known[0] ^ known[1], _inverse(squares[0] ^ squares[1]))
    tag = known[0] ^ _times(solved, squares[0])
    return b"".join(one.to_bytes(16, "big") for one in (chosen, solved, tag))


def _tag(key: bytes, nonce: bytes, blocks: list[int]) -> int:
    hash_key, total = _block(key, bytes(16)), 0
    for block in blocks:
        total = _times(total ^ block, hash_key)
    return total ^ _block(key, nonce + b"\0\0\0\1")


def _block(key: bytes, block: bytes) -> int:
    one = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    return int.from_bytes(one.update(block), "big")


def _times(left: int, right: int) -> int:
    total = 0
    for bit in range(127, -1, -1):
        if left >> bit & 1:
            total ^= right
        right = right >> 1 ^ (_POLYNOMIAL if right & 1 else 0)
    return total


def _inverse(value: int) -> int:
    """Raise to 2^128 - 2."""
    result, square = 1 << 127, value
    for _ in range(127):
        square = _times(square, square)
        result = _times(result, square)
    return result
