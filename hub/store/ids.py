"""Identifiers of rows: sortable by the time they were made, without meaning, safe in URLs and file names."""

from __future__ import annotations

import secrets
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_LETTERS = frozenset(_ALPHABET)
_PAIRS = [one + other for one in _ALPHABET for other in _ALPHABET]
LENGTH = 26


def new_id() -> str:
    """Return 26 characters of Crockford's base 32: 48 bits of milliseconds, 20 of nanoseconds in them, 60 random bits.

    So ids that one process makes one after another sort in that order (RFC 9562, 6.2, method 3).
    """
    milliseconds, nanoseconds = divmod(time.time_ns(), 1_000_000)
    return _text((milliseconds & (1 << 48) - 1) << 80 | nanoseconds << 60 | secrets.randbits(60))


def id_after(last: str) -> str:
    """Return a new id that sorts after ``last``, also within its millisecond or after a clock that was set back."""
    fresh = new_id()
    if fresh > last:
        return fresh
    number = 0
    for character in last:
        number = number << 5 | _ALPHABET.index(character)
    return _text(number + 1)


def is_id(text: str) -> bool:
    """Tell whether a text may be the id of a row; what may not is never looked up, for a database stumbles over it."""
    return len(text) == LENGTH and set(text) <= _LETTERS


def _text(number: int) -> str:
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(120, -1, -10)])
