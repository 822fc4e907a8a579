"""When a visitor of the booking pages must show that an address is theirs, and the rules of the code that shows it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hub.core.errors import InputError

DIGITS = 6
LIFE = 600
"""Seconds for which a code counts."""
TRIES = 5
"""Times that one code may be tried; then another one must be asked for."""
CODES_A_HOLD = 3
CODES_AN_HOUR = 5
"""Codes that are sent to one address within an hour: it may be somebody else's."""
NETWORK_CODES_AN_HOUR = 20
PAUSE = 30
"""Seconds within which a second wish for a code is a second click."""
LAPSED_A_DAY = 3
"""Times that one may hold and let lapse within a day before it looks like hoarding."""


class ContactProof(StrEnum):
    """A business's rule: before which of somebody's bookings a code is sent to their address."""

    NEVER = "never"
    SECOND = "second"  # not for the first one
    ALWAYS = "always"


class Need(StrEnum):
    """What a visitor still owes before their hold can be booked."""

    NOTHING = "nothing"
    CODE = "code"  # the code that is sent to their address
    ADDRESS = "address"  # an address to which one can be sent


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a contact and a network: ``coming`` appointments, those ``made`` today, codes ``asked`` today.

    ``lapsed`` are times that were held today and not booked.
    """

    coming: int = 0
    made: int = 0
    asked: int = 0
    lapsed: int = 0


def must_prove(rule: ContactProof, known: Known) -> bool:
    """Tell whether an address must be proved.

    A network that was asked for a code is asked again, whatever address is typed then: otherwise whoever tries one
    address after the other would learn which of them is known here.
    """
    if rule is ContactProof.NEVER:
        return False
    return rule is ContactProof.ALWAYS or bool(known.coming or known.made or known.asked) or is_hoarding(known.lapsed)


def is_hoarding(lapsed: int) -> bool:
    """Tell whether so many times, held today and never booked, are more than a change of mind."""
    return lapsed >= LAPSED_A_DAY


def without_proof(most: int) -> int:
    """Return how many of something that is limited are allowed where nobody can prove an address: half, at least one.

    It is so without a mail server.
    """
    return max(1, most // 2)


def read_code(text: str) -> str:
    """Return a code as it was sent, whatever blanks and hyphens it was typed with. Raises InputError for none."""
    code = "".join(text[:100].replace("-", " ").split())
    if not (code.isascii() and code.isdecimal() and len(code) == DIGITS):
        raise InputError("code", "Type the six digits of the mail.")
    return code
