"""Seals in the former format, as installations from before the present one have it in their rows."""

from __future__ import annotations

import hmac
import os
import struct

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub.vault.cipher import Place, derive


def seal_formerly(key: bytes, key_version: int, content: bytes, place: Place, version: int) -> bytes:
    """Return the envelope of format 1."""
    context = struct.pack(">BIQ", 1, key_version, version)
    for part in (place.business, place.table, place.row, place.field):
        context += struct.pack(">I", len(part.encode())) + part.encode()
    data_key, first, second = os.urandom(32), os.urandom(12), os.urandom(12)
    wrapped = AESGCM(derive(key, b"hub wrap")).encrypt(first, data_key, context)
    commitment = hmac.digest(derive(key, b"hub commit"), data_key + first + second + context, "sha256")
    head = struct.pack(">BI", 1, key_version) + commitment + first + wrapped + second
    return head + AESGCM(data_key).encrypt(second, content, context)
