"""What the doors sign people hold: links, forms, held times, tickets. The newest key signs, all of them verify."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256

from hub.vault.secret_versions import SecretVersions


class DoorKeys:
    """Signs and verifies for the doors of one hub."""

    def __init__(self, versions: SecretVersions) -> None:
        self._versions = versions

    def mac(self, use: str, content: bytes) -> bytes:
        """Return the signature (HMAC-SHA-256) of a content for one use (``form``, ``customer link``)."""
        return self.macs(use, content)[0]

    def macs(self, use: str, content: bytes) -> list[bytes]:
        """Return the signatures that are good, first the one that is given now."""
        return [hmac.digest(key, content, sha256) for key in self._versions.keys(use)]

    def sign(self, use: str, content: bytes) -> str:
        """Return the signature as text that is fit for an address."""
        return self.signs(use, content)[0]

    def signs(self, use: str, content: bytes) -> list[str]:
        """Return the signatures that are good as text, first the one that is given now."""
        return [urlsafe_b64encode(mac).decode().rstrip("=") for mac in self.macs(use, content)]

    def is_signed(self, use: str, content: bytes, signature: str) -> bool:
        """Tell whether a text is a signature of the content by any version, in a time that does not tell which."""
        given = signature.encode("utf-8", "surrogatepass")
        found = [hmac.compare_digest(given, one.encode()) for one in self.signs(use, content)]
        return any(found)


def framed(*parts: str) -> bytes:
    """Return texts as one content to sign, each with its length, so that no two lists of them look the same."""
    return b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)
