"""E-mail addresses in the one form in which they are stored, hashed and written to."""

from __future__ import annotations

from contextlib import suppress

from email_validator import EmailNotValidError, validate_email

from hub.core.errors import InputError


def canonical_email(text: str) -> str:
    """Return an address in lower case, its domain as people read it (Unicode, NFC). Raises InputError.

    The local part is lowered too: no provider in use tells two people apart by case (RFC 5321, 2.4 would allow it), and
    a person must be found however they typed it. Nobody is asked whether the address exists.
    """
    found = None
    with suppress(EmailNotValidError):
        found = validate_email(text.strip(), check_deliverability=False, strict=True)
    if found is None:
        raise InputError("email", "this is no e-mail address; write it as name@example.com.")
    return found.normalized.lower()
