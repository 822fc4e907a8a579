"""Names that mails and pages show for people and businesses: none that passes for somebody else.

A name stands in the From of mails and on pages. So it may not look like an address, hide characters, or be that of a
well-known sender.
"""

from __future__ import annotations

import re
import unicodedata

from hub.core.errors import InputError

_HIDDEN = frozenset("\u200b\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff")
_ADDRESS = frozenset('@<>"')
_SENDERS = frozenset(
    "amazon apple facebook gmail google icloud instagram mastercard meta microsoft outlook paypal stripe visa "
    "whatsapp yahoo".split()
)
_OFFICES = frozenset(
    "account accounts admin administrator alert alerts billing calendar center centre customer desk help helpdesk "
    "inc llc login mail mailer noreply notice notification notifications payment payments reply security service "
    "services sign support system team the update updates verification verify".split()
)
_ALONE = frozenset(
    "abuse admin administrator bank daemon hostmaster mailer mailerdaemon noreply police postmaster root security "
    "support team the webmaster".split()
)
"""What everybody has one of: no name of a business by itself."""
_LOOKALIKES = str.maketrans("013457$|", "oleastsl")
_ALPHABETS = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"})


def check_display_name(field: str, name: str) -> str:
    """Return a name as given, or raise InputError that names the field.

    A well-known sender's name is refused alone and beside words of an office ("… Security"), not as part of a name
    that says more ("Apple Tree Dental"); however it is spelt: with digits for letters, accents, or letters of another
    alphabet within a word. An office alone ("Postmaster") is nobody's name.
    """
    if any(one in _HIDDEN for one in name):
        raise InputError(field, "the name holds characters that hide or turn text around; type it anew.")
    if any(one in _ADDRESS for one in name) or "://" in name:
        raise InputError(field, "a name may not look like an address; leave out @, <, > and quotation marks.")
    words = [word for word in re.split(r"[\W_]+", unicodedata.normalize("NFKC", name)) if word]
    if any(_is_mixed(word) for word in words):
        raise InputError(field, "a word of the name mixes letters of two alphabets; write each in one.")
    if _poses([_plain(word) for word in words]):
        raise InputError(field, "this is the name of a well-known sender; give the one that your customers know.")
    return name


def _poses(words: list[str]) -> bool:
    found, joined = set(words), "".join(words)
    if not found or found <= _ALONE or joined in _SENDERS | _ALONE:
        return bool(found)
    return bool(_SENDERS & found) and found <= _SENDERS | _OFFICES


def _plain(word: str) -> str:
    """Return a word without case, accents, and digits that stand for letters."""
    letters = unicodedata.normalize("NFKD", word).casefold().translate(_LOOKALIKES)
    return "".join(one for one in letters if one.isalnum())


def _is_mixed(word: str) -> bool:
    found = {unicodedata.name(one, "").partition(" ")[0] for one in word if one.isalpha()}
    return len(found & _ALPHABETS) > 1
