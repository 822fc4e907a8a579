"""A passkey in software: makes real keys, attestations ("none") and assertions, byte for byte as browsers hand them on.

WebAuthn Level 3: authenticator data (6.1), attestation objects (6.5), client data (5.8.1), COSE keys (RFC 9053).
"""

from __future__ import annotations

import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, BACKUP_ABLE, BACKED_UP, WITH_KEY = 0x01, 0x04, 0x08, 0x10, 0x40


@dataclass
class Authenticator:
    """One passkey for one site. ``counts``: its counter goes up with each use; else it stays 0, as synced ones do."""

    origin: str = "http://localhost:8765"
    counts: bool = True
    verifies: bool = True
    count: int = 0
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    handle: str = ""
    site: str = ""

    def create(self, options: str, **changed: str) -> str:
        """Answer ``navigator.credentials.create`` with these options."""
        given = json.loads(options)
        self.handle, self.site = given["user"]["id"], given["rp"]["id"]
        client = self._client_data("webauthn.create", changed.get("challenge", given["challenge"]))
        length = len(self.credential_id).to_bytes(2, "big")
        body = self._data(WITH_KEY) + bytes(16) + length + self.credential_id + self._cose_key()
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": body})
        return self._answer({"clientDataJSON": text(client), "attestationObject": text(attestation)})

    def get(self, options: str, **changed: str) -> str:
        """Answer ``navigator.credentials.get`` with these options."""
        given = json.loads(options)
        self.count += self.counts
        client = self._client_data("webauthn.get", changed.get("challenge", given["challenge"]))
        data = self._data()
        signature = self.key.sign(data + sha256(client).digest(), ec.ECDSA(SHA256()))
        response = {"clientDataJSON": text(client), "authenticatorData": text(data), "signature": text(signature)}
        return self._answer(response | {"userHandle": changed.get("handle", self.handle)})

    def _answer(self, response: dict[str, Any]) -> str:
        identifier = text(self.credential_id)
        answer = {"id": identifier, "rawId": identifier, "type": "public-key", "response": response}
        return json.dumps(answer | {"clientExtensionResults": {}})

    def _client_data(self, kind: str, challenge: str) -> bytes:
        found = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(found).encode()

    def _data(self, flags: int = 0) -> bytes:
        flags |= PRESENT | (VERIFIED if self.verifies else 0)
        flags |= 0 if self.counts else BACKUP_ABLE | BACKED_UP
        return sha256(self.site.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _cose_key(self) -> bytes:
        numbers = self.key.public_key().public_numbers()
        x, y = (number.to_bytes(32, "big") for number in (numbers.x, numbers.y))
        return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})


def text(raw: bytes) -> str:
    """Return base64url without padding, as JSON of WebAuthn has it."""
    return urlsafe_b64encode(raw).decode().rstrip("=")


def raw(encoded: str) -> bytes:
    """Return the bytes again."""
    return urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
