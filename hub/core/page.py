"""Lists in pages: a part of a long list, and an opaque cursor to the part that follows.

A cursor holds the sort key of the last item seen. So a page costs the same however far one has gone, and an item that
is added or taken away meanwhile makes no other one appear twice or not at all.
"""

from __future__ import annotations

import json
import unicodedata
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from hub.core.errors import InputError

LARGEST = 200
"""The most items that one page may have."""
_LONGEST = 2000

T = TypeVar("T")
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a list. ``next`` is the cursor to what follows, empty at the end."""

    items: tuple[T, ...]
    next: str = ""


def check_limit(limit: int) -> int:
    """Return how many items a page shall have, or raise InputError."""
    if not 1 <= limit <= LARGEST:
        raise InputError("limit", f"Ask for 1 to {LARGEST} at once.")
    return limit


def make_cursor(of: str, *key: str | int) -> str:
    """Return the cursor to what follows the item with this sort key, in the list of that name."""
    text = json.dumps([of, *key], ensure_ascii=False, separators=(",", ":"))
    return urlsafe_b64encode(text.encode("utf-8", "surrogatepass")).decode().rstrip("=")


def read_cursor(of: str, cursor: str, *kinds: type) -> tuple[Any, ...] | None:
    """Return the sort key in a cursor of that list, one value of each kind (str, int); None for the beginning.

    Raises InputError for a cursor that is none, or of another list.
    """
    if not cursor:
        return None
    found: Any = None
    if len(cursor) <= _LONGEST and cursor.isascii():
        try:
            found = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode())
        except (NotBase64, ValueError, RecursionError):
            found = None
    if not isinstance(found, list) or len(found) != len(kinds) + 1 or found[0] != of:
        raise _no_cursor()
    if not all(_fits(value, kind) for value, kind in zip(found[1:], kinds, strict=True)):
        raise _no_cursor()
    return tuple(found[1:])


def cut(of: str, rows: Sequence[Row], limit: int, key: Callable[[Row], Sequence[str | int]]) -> Page[Row]:
    """Return a page of rows that were asked for with one more than the limit; ``key`` gives the sort key of a row."""
    items = tuple(rows[:limit])
    return Page(items, make_cursor(of, *key(items[-1])) if len(rows) > limit else "")


def _fits(value: object, kind: type) -> bool:
    """Tell whether a value is of a kind, and such as a database takes."""
    if kind is int:
        return type(value) is int and abs(value) < 2**53
    return isinstance(value, str) and not any(unicodedata.category(one) in ("Cc", "Cs") for one in value)


def _no_cursor() -> InputError:
    return InputError("after", "This is no place in this list; begin again without it.")
