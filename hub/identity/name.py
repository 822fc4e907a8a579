"""Names of people and things, in the one form in which they are stored and shown."""

from __future__ import annotations

import re
import unicodedata

from hub.core.errors import InputError

LONGEST = 200

_BRANDS = frozenset(
    "amazon apple dhl dropbox facebook fedex github gmail google icloud instagram linkedin mastercard meta microsoft "
    "netflix office365 outlook paypal stripe twilio twitter usps visa whatsapp yahoo youtube".split()
)
_OFFICES = frozenset(
    "abuse account accounts admin administrator alert alerts bank billing daemon hostmaster irs mail mailer maildaemon "
    "mailerdaemon notification notifications police postmaster root security service services sms support team "
    "verification webmaster".split()
)
_JOINERS = "\u200c\u200d"
"""Characters that do not show and yet belong to the spelling, in Persian and the scripts of India."""
_LOOKALIKES = str.maketrans("013457$|", "oleastsl")


def clean_name(field: str, text: str) -> str:
    """Return a name on one line, with single blanks; raise InputError that names the field.

    Control characters and lone surrogates are refused: neither a database nor a calendar takes them all.
    """
    name = " ".join(text.split())
    if not name or len(name) > LONGEST or any(unicodedata.category(one) in ("Cc", "Cs") for one in name):
        raise InputError(field, f"Give a name of 1 to {LONGEST} characters, without control characters.")
    return name


def clean_public_name(field: str, text: str) -> str:
    """Return a name under which mails may come: one that does not pose as somebody whom everybody trusts.

    Refused beside what `clean_name` refuses: an address or a link, letters of two alphabets in one word, characters
    that hide or reorder text, and names made of nothing but known brands and offices ("Google Security", "Postmaster").
    A real business has a word of its own beside them. Raises InputError that names the field.
    """
    name = clean_name(field, text)
    if any(unicodedata.category(one) == "Cf" and one not in _JOINERS for one in name):
        raise InputError(field, "Take out the characters that do not show.")
    if re.search(r"@|://|[<>]", name):
        raise InputError(field, "Give a name and no address: mails come under it, with the address beside it.")
    words = [word for word in re.split(r"[\s\-_.,/&+:|()]+", name) if word]
    if any(_is_mixed(word) for word in words):
        raise InputError(field, "Write each word in letters of one alphabet.")
    plain = [_plain(word) for word in words]
    known = _BRANDS | _OFFICES
    if all(word in known or word == "the" for word in plain) or "".join(plain) in known:
        raise InputError(field, "This name could be taken for another sender; add a word that only this business has.")
    return name


def _plain(word: str) -> str:
    """Return a word without accents, case and digits that stand for letters."""
    letters = unicodedata.normalize("NFKD", word).casefold()
    if letters in _BRANDS:
        return letters
    return "".join(one for one in letters.translate(_LOOKALIKES) if one.isalnum())


def _is_mixed(word: str) -> bool:
    found = {unicodedata.name(one, "").partition(" ")[0] for one in word if one.isalpha()}
    return len(found & {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"}) > 1
