"""The keys with which the doors sign what people hold: links, forms, held times, tickets. The newest signs, all verify.

A new version verifies as soon as it is there and signs a minute later: by then every process has read it.
"""

from __future__ import annotations

import hmac
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256

from hub.store.database import Database
from hub.store.keys import list_root_secrets
from hub.vault.cipher import derive
from hub.vault.root_ring import RootRing, place_of
from hub.vault.roots import Root

DOORS = "doors"
SIGNS_AFTER = 60
"""Seconds from when a version was made until it signs."""

READ_AGAIN = 5.0
"""Seconds after which a process looks again which versions there are."""


class DoorKeys:
    """Signs and verifies for the doors of one hub."""

    def __init__(self, database: Database, roots: RootRing, clock: Callable[[], int]) -> None:
        self._database = database
        self._roots = roots
        self._clock = clock
        self._versions: tuple[tuple[int, bytes], ...] = ()  # since when each is there, the oldest first
        self._read_at = -READ_AGAIN
        self._derived: dict[tuple[bytes, str], bytes] = {}
        self._lock = threading.Lock()

    def mac(self, use: str, content: bytes) -> bytes:
        """Return the signature (HMAC-SHA-256) of a content for one use (``form``, ``customer link``)."""
        return self.macs(use, content)[0]

    def macs(self, use: str, content: bytes) -> list[bytes]:
        """Return the signatures that are good, first the one that is given now."""
        return [hmac.digest(self._key(secret, use), content, sha256) for secret in self._living()]

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

    def _key(self, secret: bytes, use: str) -> bytes:
        known = self._derived.get((secret, use))
        if known is None:
            known = self._derived[secret, use] = derive(secret, use.encode())
        return known

    def _living(self) -> list[bytes]:
        """Return the versions that verify, first the newest that signs by now."""
        if time.monotonic() - self._read_at >= READ_AGAIN:
            self._read()
        ripe = self._clock() - SIGNS_AFTER
        versions = self._versions
        signing = next((secret for made_at, secret in reversed(versions) if made_at <= ripe), versions[0][1])
        return [signing, *(secret for _, secret in versions if secret != signing)]

    def _read(self) -> None:
        with self._database.reading() as conn:
            rows = list_root_secrets(conn, DOORS)
        found = []
        for row in sorted(rows, key=lambda row: number_of(row.name)):
            above = self._roots.opening(Root.DATA, row.wrapped)
            found.append((row.made_at, above.open(row.wrapped, place_of(row.name), 1)))
        if not found:  # none was made yet: there is what comes from the data root
            found = [(0, self._roots.secret(DOORS))]
        with self._lock:
            self._versions, self._read_at = tuple(found), time.monotonic()
            secrets = {secret for _, secret in found}
            self._derived = {key: known for key, known in self._derived.items() if key[0] in secrets}


def number_of(name: str) -> int:
    """Return which version a row is; the first one has no number in its name."""
    return int(name.partition(".")[2] or 1)


def framed(*parts: str) -> bytes:
    """Return texts as one content to sign, each with its length, so that no two lists of them look the same."""
    return b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)
