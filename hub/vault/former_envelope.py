"""Envelopes of format 1, which are opened and no longer made: ``hub rotate`` writes them anew.

A data key of its own, wrapped by AES-256-GCM under a longer-lived key; an HMAC over both keys and the context commits
to them. Layout: format 1, key version 4, commitment 32, nonce 12, wrapped data key 48, nonce 12, ciphertext and tag.
"""

from __future__ import annotations

import hmac
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

FORMAT = 1
_HEAD = struct.Struct(">BI32s12s48s12s")
_BOUND, _LENGTH = struct.Struct(">BIQ"), struct.Struct(">I")
_TAG_BYTES = 16


class Opener:
    """Opens what one version of one key sealed in that format."""

    __slots__ = ("_key", "_version")

    def __init__(self, key: bytes, version: int) -> None:
        self._key = key
        self._version = version

    def __repr__(self) -> str:
        return f"Opener(version={self._version})"

    def open(self, sealed: bytes, place: tuple[str, ...], version: int) -> bytes | None:
        """Return what was sealed for that place (business, table, row, field) and version, or None."""
        if len(sealed) < _HEAD.size + _TAG_BYTES:
            return None
        form, key_version, commitment, first, wrapped, second = _HEAD.unpack_from(sealed)
        if form != FORMAT or key_version != self._version:
            return None
        context = _BOUND.pack(FORMAT, self._version, version)
        for part in place:
            context += _LENGTH.pack(len(part.encode())) + part.encode()
        try:
            key = AESGCM(self._part(b"hub wrap")).decrypt(first, wrapped, context)
            made = hmac.digest(self._part(b"hub commit"), key + first + second + context, "sha256")
            if not hmac.compare_digest(commitment, made):
                return None
            return AESGCM(key).decrypt(second, sealed[_HEAD.size :], context)
        except InvalidTag:
            return None

    def _part(self, info: bytes) -> bytes:
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(self._key)
