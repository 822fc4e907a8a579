"""What an entry of the ledger says, as bytes, and the commitment that stands for it.

An entry holds ids, codes, counts, instants and hashes, never a name or text that somebody wrote. So it can be kept
when a person is erased: what remains is the commitment, which tells nothing without its salt.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from hub.core.errors import InputError

SALT = 32
"""Bytes of salt of each entry: its content cannot be guessed from the commitment."""

_DOMAIN = b"frontdesk ledger entry v1\0"
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
_TEXT = re.compile(r"[a-z0-9_.:/=-]{0,200}")
_WORD = re.compile(r"[a-z][a-z0-9_]{0,39}")
_LARGEST = 2**53 - 1  # RFC 8259, section 6: what every program reads as the same number
_MOST_FIELDS, _MOST_ITEMS, _MOST_BYTES = 32, 500, 16_384

Value = str | int | list[str]
Content = Mapping[str, Value]
"""What an entry says: texts are ids, hashes and machine words in lower case."""


class EntryKind(StrEnum):
    """What happened: the closed list."""

    # Consent
    CONSENT_REQUESTED = "consent_requested"
    CONSENT_GIVEN = "consent_given"
    CONSENT_REFUSED = "consent_refused"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    CONSENT_EXPIRED = "consent_expired"
    # Accounts at providers
    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    REVOKED = "revoked"
    REVOCATION_FAILED = "revocation_failed"
    REVOCATION_KEPT = "revocation_kept"
    PROVIDER_WARNED = "provider_warned"
    KEY_USED = "key_used"
    CALL_REFUSED = "call_refused"
    # People who look
    ACCESS_ASKED = "access_asked"
    ACCESS_APPROVED = "access_approved"
    ACCESS_REFUSED = "access_refused"
    ACCESS_VIEWED = "access_viewed"
    ACCESS_ENDED = "access_ended"
    # What left, and what is gone
    DISCLOSED = "disclosed"
    EXPORTED = "exported"
    CORRECTED = "corrected"
    ERASED = "erased"
    # The installation
    PROVIDER_CONFIGURED = "provider_configured"
    ROTATED = "rotated"
    BACKED_UP = "backed_up"
    RESTORED = "restored"
    POLICY_PUBLISHED = "policy_published"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. ``at`` is in UTC seconds; the ids say whom and what it is about, empty for nobody.

    Raises InputError for content that is not made of ids, codes, counts, instants and hashes.
    """

    id: str
    business_id: str
    kind: EntryKind
    at: int
    content: Content
    connection_id: str = ""
    person_id: str = ""
    holder_id: str = ""
    user_id: str = ""

    def __post_init__(self) -> None:
        for name, value in self._said().items():
            if name != "content":
                _check(name, value)
        if len(self.content) > _MOST_FIELDS:
            raise InputError("content", f"An entry has at most {_MOST_FIELDS} fields.")
        for name, value in self.content.items():
            if not isinstance(name, str) or not _KEY.fullmatch(name):
                raise InputError("content", "A field is named by lower-case words joined by '_'.")
            _check(f"content.{name}", value)
        own = {name: list(value) if isinstance(value, list) else value for name, value in self.content.items()}
        object.__setattr__(self, "content", MappingProxyType(own))
        if len(encode(self)) > _MOST_BYTES:
            raise InputError("content", f"An entry has at most {_MOST_BYTES} bytes; refer to what is larger by a hash.")

    def _said(self) -> dict[str, object]:
        about = {name: getattr(self, name) for name in ("connection_id", "person_id", "holder_id", "user_id")}
        what = {"id": self.id, "business_id": self.business_id, "kind": self.kind, "at": self.at}
        return {**what, **about, "content": dict(self.content)}


def encode(entry: Entry) -> bytes:
    """Return an entry as the one JSON text that it has (RFC 8785: sorted names, no space, UTF-8)."""
    return json.dumps(entry._said(), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def commitment(entry: Entry, salt: bytes) -> bytes:
    """Return 32 bytes that bind an entry and tell nothing of it: SHA-256 of a domain, the salt and the encoding."""
    if len(salt) != SALT:
        raise InputError("salt", f"A salt has {SALT} bytes.")
    return hashlib.sha256(_DOMAIN + salt + encode(entry)).digest()


def machine_word(text: str) -> str:
    """Return a machine word as it is, and ``other`` in place of any text that is none: a plugin chose it."""
    return text if not text or _WORD.fullmatch(text) else "other"


def _check(field: str, value: object) -> None:
    if isinstance(value, str):
        if not _TEXT.fullmatch(value):
            raise InputError(field, "A text is an id, a hash or a machine word: up to 200 of a-z, 0-9 and _ . : / = -")
    elif isinstance(value, int) and not isinstance(value, bool):
        if abs(value) > _LARGEST:
            raise InputError(field, f"A number lies between -{_LARGEST} and {_LARGEST}.")
    elif isinstance(value, list) and field.startswith("content.") and len(value) <= _MOST_ITEMS:
        for one in value:
            if not isinstance(one, str):
                raise InputError(field, "A list holds texts only.")
            _check(field, one)
    else:
        raise InputError(field, f"A value is a text, a whole number or a list of up to {_MOST_ITEMS} texts.")
