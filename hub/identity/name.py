"""Names of people and things, in the one form in which they are stored and shown."""

from __future__ import annotations

import unicodedata

from hub.core.display_name import check_display_name
from hub.core.errors import InputError

LONGEST = 200


def clean_name(field: str, text: str) -> str:
    """Return a name on one line, with single blanks; raise InputError that names the field.

    Control characters and lone surrogates are refused: neither a database nor a calendar takes them all.
    """
    name = " ".join(text.split())
    if not name or len(name) > LONGEST or any(unicodedata.category(one) in ("Cc", "Cs") for one in name):
        raise InputError(field, f"Give a name of 1 to {LONGEST} characters, without control characters.")
    return name


def clean_public_name(field: str, text: str) -> str:
    """Return a name that pages and mails may show to strangers: clean, and passing for nobody else; or InputError."""
    return check_display_name(field, clean_name(field, text))
