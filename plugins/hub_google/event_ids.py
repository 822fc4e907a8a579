"""The ids of the events that the hub writes. An id says which uid it stands for, so no search is needed to know it.

Google lets a client choose the id of an event: 5 to 1,024 characters of base32hex, in small letters (Calendar API,
``events.insert``). An id of a deleted event stays taken; a uid therefore has several, to be tried in turn.
"""

from __future__ import annotations

import base64
import binascii

MOST = 3
_MARK = "frontdesk"


def event_id(uid: str, turn: int = 0) -> str:
    """Return an id for a uid; with another ``turn`` (0 to `MOST` - 1) another one."""
    return f"{_MARK}{turn}{base64.b32hexencode(uid.encode()).decode().rstrip('=').lower()}"


def uid_of(ref: object) -> str:
    """Return the uid that an id stands for; an empty text for the id of somebody else's event."""
    if not isinstance(ref, str) or not ref.startswith(_MARK) or ref[len(_MARK) : len(_MARK) + 1] not in _TURNS:
        return ""
    packed = ref[len(_MARK) + 1 :].upper()
    uid = ""
    try:
        uid = base64.b32hexdecode(packed + "=" * (-len(packed) % 8)).decode()
    except (binascii.Error, ValueError):
        return ""
    return uid if event_id(uid, int(ref[len(_MARK)])) == ref else ""


_TURNS = frozenset(str(turn) for turn in range(MOST))
