"""E-mail addresses in the one form in which they are stored, hashed and written to."""

from __future__ import annotations

from contextlib import suppress

from email_validator import EmailNotValidError, ValidatedEmail, validate_email

from hub.core.errors import InputError


def canonical_email(text: str) -> str:
    """Return an address in lower case, its domain as people read it (Unicode, NFC). Raises InputError.

    The local part is lowered too: no provider in use tells two people apart by case (RFC 5321, 2.4 would allow it), and
    a person must be found however they typed it. Nobody is asked whether the address exists.
    """
    return _valid(text).normalized.lower()


def ascii_email(text: str) -> str:
    """Return an address as mail servers take it, its domain in Punycode (RFC 5891). Raises InputError.

    A local part beyond ASCII (RFC 6531) has no such form.
    """
    found = _valid(text).ascii_email
    if found is None:
        raise InputError("email", "the part before @ has letters that most mail servers do not take; use another one.")
    return found.lower()


def _valid(text: str) -> ValidatedEmail:
    found = None
    with suppress(EmailNotValidError):
        found = validate_email(text.strip(), check_deliverability=False, strict=True)
    if found is None:
        raise InputError("email", "this is no e-mail address; write it as name@example.com.")
    return found
