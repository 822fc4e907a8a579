"""Slugs: the readable ends of the addresses of booking pages, as ``adas-practice``."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from itertools import count

from hub.core.errors import InputError

LEAST, LONGEST = 3, 60
_FORM = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_OTHER = re.compile(r"[^a-z0-9]+")
_PLAIN = str.maketrans(
    {"ß": "ss", "æ": "ae", "ø": "o", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "\u0131": "i"}
)
RESERVED = frozenset(
    "about account accounts admin agency api assets auth billing book booking bookings business businesses calendar "
    "calendars callback cancel connect connections console contact demo docs embed favicon-ico forgot frame health "
    "help hub index install invite legal link links login logout mail manage metrics move new none null openapi "
    "password plugins privacy public ready register reset robots-txt root search security service services session "
    "settings setup sign-in sign-out sign-up staff static status support system terms undefined users webhooks "
    "well-known www".split()
)
"""Words that addresses of the hub itself use or may come to use, or that pass for it."""


def check_slug(field: str, text: object) -> str:
    """Return a slug as given, or raise InputError that names the field and the rule."""
    if not isinstance(text, str) or not LEAST <= len(text) <= LONGEST or not _FORM.fullmatch(text):
        raise InputError(
            field, f"Use {LEAST} to {LONGEST} of the letters a to z, digits, and single hyphens between them."
        )
    if text in RESERVED:
        raise InputError(field, "This word is kept for the hub itself; choose another one.", code="slug_reserved")
    return text


def propose_slug(name: str) -> str:
    """Return a slug made of a name: letters lose their accents, all else becomes a hyphen; ``page`` if none is left."""
    plain = unicodedata.normalize("NFKD", name.casefold().translate(_PLAIN).replace("'", "").replace("\u2019", ""))
    letters = "".join(one for one in plain if not unicodedata.combining(one)).translate(_PLAIN)
    slug = _OTHER.sub("-", letters).strip("-")[: LONGEST - 12].strip("-")
    if not slug:
        return "page"
    return f"{slug}-page" if len(slug) < LEAST or slug in RESERVED else slug


def nth_slug(first: str, number: int) -> str:
    """Return the slug for the nth thing of one name: itself, then ``-2``, ``-3`` and so on."""
    return first if number == 1 else f"{first}-{number}"


def free_slug(first: str, taken: Collection[str]) -> str:
    """Return the first slug of its row (itself, ``-2``, ``-3``) that is not taken."""
    return next(slug for number in count(1) if (slug := nth_slug(first, number)) not in taken)
