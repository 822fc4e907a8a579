"""Texts that people give, in the one form in which they are stored: one line, or several."""

from __future__ import annotations

import unicodedata

from hub.core.errors import InputError


def clean_line(field: str, text: object, longest: int, *, least: int = 0) -> str:
    """Return a text on one line with single blanks; InputError, which names the field, if it cannot be stored."""
    return _checked(field, " ".join(_given(field, text).split()), longest, least, lines=False)


def clean_lines(field: str, text: object, longest: int, *, least: int = 0) -> str:
    """Return a text of several lines that end in one newline each, without blanks around it; InputError as above."""
    lines = _given(field, text).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return _checked(field, "\n".join(line.rstrip() for line in lines).strip(), longest, least, lines=True)


def _given(field: str, text: object) -> str:
    if not isinstance(text, str):
        raise InputError(field, "Give a text.")
    return text


def _checked(field: str, text: str, longest: int, least: int, *, lines: bool) -> str:
    # NUL and lone surrogates no database takes; the other control characters change what a terminal or a mail shows.
    if any(unicodedata.category(one) in ("Cc", "Cs") and not (lines and one in "\n\t") for one in text):
        raise InputError(field, "It holds control characters; type it anew without them.")
    if not least <= len(text) <= longest:
        raise InputError(field, f"Give {least} to {longest} characters; these are {len(text)}.")
    return text
