"""The envelope: a record sealed by a data key of its own, derived from a longer-lived key, a salt and its place.

Keyed BLAKE2b (RFC 7693) over the salt and the place gives the data key and a commitment, 32 bytes each; AES-256-GCM
(NIST SP 800-38D) seals the content. GCM alone does not commit to its key: one ciphertext can be made that opens under
two. Whoever wanted that here would need two keys that give the same commitment, a collision of 256 bits.

Layout: format 2, key version 4, salt 32, commitment 32, ciphertext and tag.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from hashlib import blake2b
from hmac import compare_digest

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hub.core.errors import Tampered
from hub.vault import former_envelope

KEY_BYTES = 32
_FORMAT = 2
_NAME = struct.Struct(">BI")
_HEAD = struct.Struct(">5s32s32s")
_LEAST = _HEAD.size + 16
_ONCE = bytes(12)
"""The nonce of a data key: it seals one content and no other."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed value lives. It opens nowhere else."""

    business: str
    table: str
    row: str
    field: str


class Cipher:
    """Seals and opens with one version of one key."""

    __slots__ = ("_derive", "_former", "_name", "version")

    def __init__(self, key: bytes, version: int = 1) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"a key has {KEY_BYTES} bytes")
        self.version = version
        self._name = _NAME.pack(_FORMAT, version)
        self._derive = blake2b(self._name, key=key, person=b"hub envelope", digest_size=64)  # copied for each use
        self._former = former_envelope.Opener(key, version)

    def __repr__(self) -> str:
        return f"Cipher(version={self.version})"

    def seal(self, content: bytes, place: Place, version: int) -> bytes:
        """Return the envelope of ``content`` as that version of the record at that place."""
        context, salt = _context(place, version), os.urandom(32)
        derive = self._derive.copy()
        derive.update(salt + context)
        parts = derive.digest()
        return _HEAD.pack(self._name, salt, parts[32:]) + AESGCM(parts[:32]).encrypt(_ONCE, content, context)

    def open(self, sealed: bytes, place: Place, version: int) -> bytes:
        """Return what was sealed. Raises Tampered unless this very envelope was made for this place and version."""
        content = self._open(sealed, place, version)
        if content is None:  # raised out here, so that no frame of the error holds a key
            raise Tampered(
                f"The sealed {place.table}.{place.field} is not what was written there; restore the row or enter it "
                "again, and look for who changed the database."
            )
        return content

    def _open(self, sealed: bytes, place: Place, version: int) -> bytes | None:
        if len(sealed) < _LEAST:
            return None
        name, salt, commitment = _HEAD.unpack_from(sealed)
        if name != self._name:
            at = (place.business, place.table, place.row, place.field)
            return self._former.open(sealed, at, version) if sealed[0] == former_envelope.FORMAT else None
        context = _context(place, version)
        derive = self._derive.copy()
        derive.update(salt + context)
        parts = derive.digest()
        if not compare_digest(parts[32:], commitment):
            return None
        try:
            return AESGCM(parts[:32]).decrypt(_ONCE, sealed[_HEAD.size :], context)
        except InvalidTag:
            return None


def _context(place: Place, version: int) -> bytes:
    """Encode where the record belongs. No part holds the sign between them, so no two contexts look the same."""
    context = f"{version}\0{place.business}\0{place.table}\0{place.row}\0{place.field}"
    if context.count("\0") != 4:
        raise ValueError("a part of a place holds a NUL")
    return context.encode()


def key_version(sealed: bytes) -> int:
    """Return the key version that an envelope names; it is only believed once it opens. Raises Tampered."""
    if len(sealed) < _LEAST or sealed[0] not in (_FORMAT, former_envelope.FORMAT):
        raise Tampered("A sealed value is cut or of an unknown format; restore the row.")
    return int(_NAME.unpack_from(sealed)[1])


def derive(key: bytes, info: bytes, salt: bytes | None = None) -> bytes:
    """Return a key for one use, derived from another (HKDF-SHA-256, RFC 5869)."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=info).derive(key)
