"""Telephone numbers in the one form in which they are stored, hashed and dialled (ITU-T E.164)."""

from __future__ import annotations

import unicodedata
from contextlib import suppress

import phonenumbers

from hub.core.errors import InputError

LONGEST = 60


def check_region(text: object) -> str:
    """Return two letters of a country (ISO 3166) that has telephone numbers, in capitals, or raise InputError."""
    region = text.strip().upper() if isinstance(text, str) else ""
    if region not in phonenumbers.SUPPORTED_REGIONS:
        raise InputError("region", "There is no such country; use two letters, such as US or DE.")
    return region


def regions() -> tuple[str, ...]:
    """Return the countries (ISO 3166) that have telephone numbers, in order."""
    return tuple(sorted(phonenumbers.SUPPORTED_REGIONS))


def spell_phone(number: str, region: str = "") -> str:
    """Return a canonical number as people of a region read it: its own without the country code, others with it.

    It is for showing alone: what is stored and dialled stays as it is. What is no number comes back as it was given.
    """
    found = None
    with suppress(phonenumbers.NumberParseException):
        found = phonenumbers.parse(number)
    if found is None or not phonenumbers.is_valid_number(found):
        return number
    home = bool(region) and found.country_code == phonenumbers.country_code_for_region(region.upper())
    shape = phonenumbers.PhoneNumberFormat.NATIONAL if home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(found, shape)


def canonical_phone(text: str, region: str | None = None) -> str:
    """Return a number as ``+`` and digits.

    ``region`` (two letters, as ``DE``) is where a number without a country code is dialled. Raises InputError; the
    message does not repeat the number. An extension is refused: a message cannot be sent to it.
    """
    if len(text) > LONGEST:
        raise InputError("phone", "this is too long for a telephone number.")
    number = None
    with suppress(phonenumbers.NumberParseException):
        number = phonenumbers.parse(unicodedata.normalize("NFKC", text).strip(), region.upper() if region else None)
    if number is None:
        raise InputError("phone", "this is no telephone number; write it with its country code, as +49 30 123456.")
    if number.extension:
        raise InputError("phone", "leave the extension out; messages cannot reach it.")
    if not phonenumbers.is_valid_number(number):
        raise InputError("phone", "no number of its country looks like this; check its digits and the country code.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
