"""Which passwords are good enough, after NIST SP 800-63B: long, and not one that is tried first.

No kind of character is demanded. Refused is what somebody would guess: the usual passwords, words about the account
or the product, the same few characters again, and runs along the alphabet or the keyboard.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from itertools import pairwise

from hub.core.errors import InputError

SHORTEST, LONGEST = 12, 200
PRODUCT = ("frontdesk", "front desk")

_TYPED_AT_MOST = 1000
_NEW_AT_LEAST = 5
"""Characters that must be left when words, runs, and digits at the ends are taken away."""
_DISTINCT_AT_LEAST = 4
_LONGEST_UNIT = 6
_SHORTEST_WORD = 4

_USUAL = frozenset(
    """access account admin administrator agency amazing angel apple asdf august autumn azerty baseball basketball
    batman booking buster calendar changeme charlie cheese chocolate christmas computer contrasena cookie dakota
    december default diamond dragon eagle facebook family flower football forever freedom friday friend ginger google
    guest hallo hello hockey house hunter iloveyou internet january jessica jordan killer letmein login london love
    lovely maggie manager master matrix mercedes michael michelle microsoft monday monkey morning motdepasse mustang
    nicole november nothing october office orange parola passwort passwd password passw0rd pepper phoenix pokemon
    princess private purple qazwsx qwerty qwertz rainbow ranger root samsung schalke secret secure security september
    service shadow soccer sommer spring starwars startrek summer sunday sunshine superman support system temporary
    test thomas thunder tigger trustno user welcome whatever willkommen winter wizard yankees zxcvbn""".split()
)
_ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "qwertzuiop",
    "azertyuiop",
    "asdfghjkl",
    "qsdfghjklm",
    "zxcvbnm",
    "yxcvbnm",
    "wxcvbn",
)
_NEXT = frozenset(pair for row in _ROWS for one in (row, row[::-1]) for pair in pairwise(one))
_DISGUISE = str.maketrans("013457@$!", "oieastasi")


def normal_password(text: str) -> bytes:
    """Return the bytes of a password that are hashed, the same for each way of typing its characters (NFKC)."""
    return unicodedata.normalize("NFKC", text[: _TYPED_AT_MOST + 1]).encode("utf-8", "surrogatepass")


def check_password(text: str, about: Iterable[str] = ()) -> None:
    """Raise InputError unless the password is good enough. ``about`` are texts of the account: name, address."""
    password = unicodedata.normalize("NFKC", text[: _TYPED_AT_MOST + 1])
    if len(password) < SHORTEST:
        raise InputError("password", f"use at least {SHORTEST} characters; a few unrelated words are easy to keep.")
    if len(text) > _TYPED_AT_MOST or len(password) > LONGEST:
        raise InputError("password", f"use at most {LONGEST} characters.")
    folded = password.casefold()
    if len(set(folded)) < _DISTINCT_AT_LEAST or _new_characters(folded) < _NEW_AT_LEAST or _repeats(folded):
        raise InputError(
            "password", "this repeats a few characters or follows the keyboard; use unrelated words.", code="guessable"
        )
    words = _words([*about, *PRODUCT])
    if any(_mostly(words, one) for one in (folded, folded.translate(_DISGUISE))):
        raise InputError(
            "password",
            "this is mostly a usual password, or made of the name, address or product; use unrelated words.",
            code="guessable",
        )


def _new_characters(text: str) -> int:
    """Count the characters that do not merely repeat or continue the one before."""
    pairs = pairwise(text)
    return 1 + sum(1 for pair in pairs if pair[0] != pair[1] and pair not in _NEXT)


def _repeats(text: str) -> bool:
    units = (text[:length] for length in range(1, _LONGEST_UNIT + 1))
    return any((unit * (len(text) // len(unit) + 1))[: len(text)] == text for unit in units)


def _words(texts: Iterable[str]) -> list[str]:
    """Return the words of the account and the usual ones, longest first."""
    found = set(_USUAL)
    for text in texts:
        folded = unicodedata.normalize("NFKC", text).casefold()
        parts = re.split(r"[\W_]+", folded)
        found |= {part for part in [*parts, "".join(parts)] if len(part) >= _SHORTEST_WORD}
    return sorted(found, key=lambda word: (-len(word), word))


def _mostly(words: list[str], text: str) -> bool:
    """Tell whether words, with digits around them, are nearly all there is. Signs and blanks do not count."""
    text = left = "".join(one for one in text if one.isalnum())
    for word in words:
        left = left.replace(word, " ")
    if left == text:
        return False
    kept = "".join(one for one in left if one.isalnum()).strip("0123456789")
    return len(kept) < _NEW_AT_LEAST
