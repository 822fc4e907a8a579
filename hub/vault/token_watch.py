"""Knows live tokens again where they must not be: in answers, mails and whatever else leaves the hub.

When a grant is sealed, keyed hashes of its tokens are kept beside it. What leaves is cut into the runs of signs that
tokens are made of; each long run is hashed by the same key and looked up. No token is needed for that, so the process
that looks needs no credential. Passwords are left out: a hash of a short one would be a way to guess it.
"""

from __future__ import annotations

import binascii
import hashlib
import threading
import time
from collections.abc import Iterator
from string import ascii_letters, ascii_lowercase, digits

from hub.core.errors import Unavailable
from hub.core.provider import Grant
from hub.store.database import Database
from hub.store.ids import LENGTH
from hub.store.token_mark import token_marks_since
from hub.vault.keys import Keyring

SHORTEST = 20
"""Signs of the shortest run that is looked up."""

PATIENCE = 1.0
"""Seconds for which what is known of tokens is believed before it is read again."""

WINDOW = 3600.0
"""Seconds for which a token is looked for at least after another took its place: providers may still take it."""

_OVERLAP = 60  # seconds by which clocks of two machines may differ
_MOST = 8  # marks of one token; long ones have more runs
_PASSWORDS = frozenset({"username", "password"})
_ALPHABET = f"{ascii_letters}{digits}_-".encode()
_OF_IDS = f"{ascii_lowercase}{digits}".encode()
_IS_SIGN = bytes(0x31 if one in _ALPHABET else 0x30 for one in range(256))
_LONG = b"1" * SHORTEST
_SHORTEST_ENCODED = 4 * SHORTEST // 3  # signs of Base64 in which a run of the shortest may stand
_TO_STANDARD = bytes.maketrans(b"-_", b"+/")


class Marker:
    """Makes the marks of tokens, and finds out which marks a text would have."""

    def __init__(self, keyring: Keyring) -> None:
        self._hash = hashlib.blake2b(key=keyring.door_key("token mark"), digest_size=16)  # RFC 7693: keyed, so a MAC

    def of_grant(self, grant: Grant) -> list[str]:
        """Return the marks of the tokens of a grant: none for passwords and for what is short."""
        found: dict[str, None] = {}
        for name, value in grant.secret.items():
            if name not in _PASSWORDS:
                known = value.partition(".")[2] if value.startswith("eyJ") else value  # heads of JWTs are alike
                longest = sorted(_runs(known.encode()), key=len, reverse=True)
                found.update((self.of_run(run), None) for run in longest[:_MOST])
        return list(found)

    def of_text(self, text: bytes) -> Iterator[str]:
        """Return the mark of each run in a text: as it stands, behind an escape of URLs or JSON, and in Base64."""
        for run in _runs(text):
            yield self.of_run(run)
            if len(run) >= _SHORTEST_ENCODED:
                for inner in _runs(_decoded(run)):
                    yield self.of_run(inner)

    def of_run(self, run: bytes) -> str:
        """Return the mark of one run."""
        made = self._hash.copy()
        made.update(run)
        return made.hexdigest()


class TokenWatch:
    """Tells whether a text holds a live token of any connection. One for each process that lets texts out."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring
        self._marker: Marker | None = None  # made when there is something to look for
        self._marks: set[str] = set()
        self._last = 0
        self._read_at = self._whole_at = float("-inf")
        self._lock = threading.Lock()

    def holds(self, *texts: bytes, at_once: bool = False) -> bool:
        """Tell whether a live token stands in one of the texts; ``at_once``: also one that was stored just now."""
        self._look(at_once)
        marks = self._marks
        if not marks:
            return False
        marker = self._marker = self._marker or Marker(self._keyring)
        return any(mark in marks for text in texts for mark in marker.of_text(text))

    def _look(self, at_once: bool) -> None:
        """Read what was stored since the last look, and once in a while everything, so that what is gone goes."""
        now = time.monotonic()
        if not at_once and now - self._read_at < PATIENCE:
            return
        with self._lock:
            whole = now - self._whole_at >= WINDOW
            try:
                with self._database.reading() as conn:
                    found, last = token_marks_since(conn, 0 if whole else self._last - _OVERLAP)
            except Unavailable:
                return  # then no credential can be opened either; what is known is still looked for
            self._marks = found if whole else self._marks | found
            self._last, self._read_at = max(last, self._last), now
            if whole:
                self._whole_at = now


def _runs(text: bytes) -> Iterator[bytes]:
    """Return the long runs of signs; each once more without the escape (``%2F``, ``\\n``, ``\\u003d``) it begins with.

    Ids of rows are left out: pages are full of them. A table and a search for a fixed word are ten times as fast here
    as a regular expression.
    """
    signs = text.translate(_IS_SIGN)
    start = signs.find(_LONG)
    while start >= 0:
        end = signs.find(b"0", start)
        end = len(text) if end < 0 else end
        run = text[start:end]
        if len(run) != LENGTH or run.translate(None, _OF_IDS):
            yield run
            before = text[start - 1 : start]
            if before == b"%":
                yield run[2:]
            elif before == b"\\":
                yield run[5:] if run.startswith(b"u") else run[1:]
        start = signs.find(_LONG, end)


def _decoded(run: bytes) -> bytes:
    """Return what stands in a run if it is Base64, in either alphabet (RFC 4648)."""
    whole = run[: len(run) - 1] if len(run) % 4 == 1 else run
    try:
        return binascii.a2b_base64(whole.translate(_TO_STANDARD) + b"=" * (-len(whole) % 4))
    except binascii.Error:
        return b""
