"""The envelope: a record sealed by a data key of its own, which a longer-lived key wraps.

AES-256-GCM twice (NIST SP 800-38D). GCM does not commit to its key: one ciphertext can be made that opens under two
keys. So each envelope also holds an HMAC over both keys and the context, and opens under no other pair.

Layout: format 1, key version 4, commitment 32, nonce 12, wrapped data key 48, nonce 12, ciphertext and tag.
"""

from __future__ import annotations

import hmac
import os
import struct
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hub.core.errors import Tampered

KEY_BYTES = 32
_FORMAT = 1
_HEAD = struct.Struct(">BI32s12s48s12s")
_BOUND, _L = struct.Struct(">BIQ"), struct.Struct(">I").pack
_TAG_BYTES = 16


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed value lives. It opens nowhere else."""

    business: str
    table: str
    row: str
    field: str


class Cipher:
    """Seals and opens with one version of one key. Keep it: deriving its parts costs more than using them."""

    def __init__(self, key: bytes, version: int = 1) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"a key has {KEY_BYTES} bytes")
        self.version = version
        self._wrap = AESGCM(derive(key, b"hub wrap"))
        self._commit = hmac.new(derive(key, b"hub commit"), digestmod="sha256")  # copied for each use

    def __repr__(self) -> str:
        return f"Cipher(version={self.version})"

    def seal(self, content: bytes, place: Place, version: int) -> bytes:
        """Return the envelope of ``content`` as that version of the record at that place."""
        context = self._context(place, version)
        key, first, second = AESGCM.generate_key(256), os.urandom(12), os.urandom(12)
        wrapped = self._wrap.encrypt(first, key, context)
        head = _HEAD.pack(_FORMAT, self.version, self._commitment(key, first, second, context), first, wrapped, second)
        return head + AESGCM(key).encrypt(second, content, context)

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
        if len(sealed) < _HEAD.size + _TAG_BYTES:
            return None
        form, key_version, commitment, first, wrapped, second = _HEAD.unpack_from(sealed)
        if form != _FORMAT or key_version != self.version:
            return None
        context = self._context(place, version)
        try:
            key = self._wrap.decrypt(first, wrapped, context)
            if not hmac.compare_digest(commitment, self._commitment(key, first, second, context)):
                return None
            return AESGCM(key).decrypt(second, sealed[_HEAD.size :], context)
        except InvalidTag:
            return None

    def _context(self, place: Place, version: int) -> bytes:
        """Encode where the record belongs: each part with its length, so that no two contexts look the same."""
        business, table, row, field = (
            place.business.encode(),
            place.table.encode(),
            place.row.encode(),
            place.field.encode(),
        )
        head = _BOUND.pack(_FORMAT, self.version, version)
        return b"".join(
            (head, _L(len(business)), business, _L(len(table)), table, _L(len(row)), row, _L(len(field)), field)
        )

    def _commitment(self, key: bytes, first: bytes, second: bytes, context: bytes) -> bytes:
        mac = self._commit.copy()
        mac.update(key + first + second + context)
        return mac.digest()


def key_version(sealed: bytes) -> int:
    """Return the key version that an envelope names; it is only believed once it opens. Raises Tampered."""
    if len(sealed) < _HEAD.size or sealed[0] != _FORMAT:
        raise Tampered("A sealed value is cut or of an unknown format; restore the row.")
    return int(_HEAD.unpack_from(sealed)[1])


def derive(key: bytes, info: bytes, salt: bytes | None = None) -> bytes:
    """Return a key for one use, derived from another (HKDF-SHA-256, RFC 5869)."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=info).derive(key)
