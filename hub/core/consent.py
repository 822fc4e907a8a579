"""Texts that customers agree to when they book: what for, by which hash, and ours until a business writes its own."""

from __future__ import annotations

import hashlib
import re
from enum import StrEnum

from hub.core.errors import InputError

LANGUAGE = "en"
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")


class TextPurpose(StrEnum):
    """What a customer agrees to."""

    BOOKING = "booking"  # that their details are used for the appointment: must be agreed to
    MESSAGES = "messages"  # that they are written to about other things: may be

    @property
    def is_required(self) -> bool:
        """Whether nobody can book without agreeing."""
        return self is TextPurpose.BOOKING


DEFAULTS = {
    TextPurpose.BOOKING: (
        "I agree that {business} uses the details that I give here to arrange this appointment, and writes to me "
        "about it: to confirm it, to remind me of it, and to tell me of changes."
    ),
    TextPurpose.MESSAGES: (
        "I would also like to hear from {business} about offers and news. I can change my mind at any time."
    ),
}
"""Our own texts, in English."""


def default_text(purpose: TextPurpose, business: str) -> str:
    """Return our own text for a purpose, which names the business."""
    return DEFAULTS[purpose].replace("{business}", business)


def text_hash(purpose: TextPurpose, language: str, text: str) -> str:
    """Return SHA-256 of purpose, language and text, in hexadecimal; none of the three holds the NUL between them."""
    return hashlib.sha256("\0".join((purpose, language, text)).encode()).hexdigest()


def check_language(language: str) -> str:
    """Return a language tag (RFC 5646) as given, or raise InputError."""
    if not _LANGUAGE.fullmatch(language):
        raise InputError("language", "Give a language tag such as en or de-AT.")
    return language
