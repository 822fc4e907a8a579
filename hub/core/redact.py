"""A text that may leave the hub in a line of its log: cut, on one line, and without what looks like a secret.

This is the second line of defence. The first is that nobody hands a secret to a log.
"""

from __future__ import annotations

import re
from itertools import pairwise

LONGEST = 1_000
"""Characters that are left of a text."""

HIDDEN = "[hidden]"

_LOOKED_AT = 4_000
_ANY = r"[^\s\"'<>\\]"
"""What a secret in a text is made of; a quotation mark ends it."""


def redact(text: str) -> str:
    """Return a text with its secrets and addresses of people hidden, on one line, cut to `LONGEST` characters.

    Hidden are credentials of HTTP, API keys, passwords named as such, users and queries in URLs, links that open
    something, long random strings, e-mail addresses and phone numbers. A character that is none to print (a line's
    end, NUL, an escape, a sign that turns the direction of writing) is written as a Python escape.
    """
    text = _begin(text)
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    text = one_line(_RUN.sub(_hide_random, text))
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def one_line(text: str) -> str:
    """Return a text whose every character can be printed, the others written as ``\\n``, ``\\x1b``, ``\\u202e``."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in text)


def _begin(text: str) -> str:
    """Cut what is very long, never in the middle of a word: half of a secret would look like none."""
    if len(text) <= _LOOKED_AT:
        return text
    begin = text[:_LOOKED_AT]
    return re.sub(r"[\w.~+/=%-]*\Z", "", begin) or HIDDEN


_NAMES = (
    r"pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|(?:access|refresh|id|csrf)[_-]token|client[_-]secret"
    r"|authorization|(?:set-)?cookie|session|signature|otp|totp|pin"
)
_PATTERNS = tuple(
    (re.compile(pattern, re.IGNORECASE), instead)
    for pattern, instead in (
        # The header as a whole, to the end of its line: Digest has many parts.
        (r"\b(authorization|(?:set-)?cookie)([\"']?\s*[:=]\s*)[^\r\n]{1,2000}", rf"\1\2{HIDDEN}"),
        (rf"\b(bearer|digest)\s+{_ANY}{{6,}}", rf"\1 {HIDDEN}"),
        (r"\b(basic)\s+(?=[a-z0-9+/]*(?-i:[A-Z0-9+/=]))[a-z0-9+/]{6,}=*", rf"\1 {HIDDEN}"),
        (r"\b(fd_)[\w-]+", rf"\1{HIDDEN}"),
        (rf"\b({_NAMES})([\"']?\s*(?:=>|[:=])\s*)(?:\"[^\"]{{0,500}}\"|'[^']{{0,500}}'|{_ANY}+)", rf"\1\2{HIDDEN}"),
        (rf"(://){_ANY}{{1,300}}@", rf"\1{HIDDEN}@"),
        (rf"(/{_ANY}{{0,300}})\?{_ANY}+", rf"\1?{HIDDEN}"),
        (r"(/(?:manage|staff|reset|invite|invitation|verify|confirm|link)/)[^\s\"'<>\\/]{6,}", rf"\1{HIDDEN}"),
        (r"\b[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+", "[address]"),
        (r"(?<![\w.:-])\+\d[\d ()./-]{6,18}\d\b", "[number]"),
    )
)

_RUN = re.compile(r"[A-Za-z0-9_+=-]{20,}")
_ID = re.compile(r"[0-9a-z]{26}(?:-\d{1,6})?\Z")
_OF_ONE_ALPHABET = re.compile(r"(?:[0-9a-fA-F]{32,}|[A-Z0-9]{24,}=*)\Z")
"""Hexadecimal, and base 32 as in keys of TOTP (RFC 6238)."""


def _hide_random(found: re.Match[str]) -> str:
    return HIDDEN if _is_random(found[0]) else found[0]


def _is_random(run: str) -> bool:
    """Tell whether letters and digits follow each other without the order of words; our own ids are no secret."""
    if _ID.match(run) or _OF_ONE_ALPHABET.match(run):
        return not _ID.match(run)
    kinds = [_kind(one) for one in run]
    changes = sum(one != other for one, other in pairwise(kinds)) / (len(run) - 1)
    mixed = {"upper", "lower"} < set(kinds) and len(run) >= 32
    return changes >= (0.3 if mixed else 0.4)


def _kind(one: str) -> str:
    return "digit" if one.isdigit() else "upper" if one.isupper() else "lower" if one.islower() else "sign"
