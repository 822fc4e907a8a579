"""Human access to what people let the hub see: how it is masked, why somebody may look, and for how long.

The four reasons are those of the policy; for data of a connected account they are also Google's (Limited Use: humans
read specific data by agreement, for security, for law, or in aggregated form).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from hub.core.errors import InputError

HOUR = 3600
LONGEST_HOURS = 4
"""Hours that a grant may work at most, from its approval on."""

WAITS = 3 * 24 * HOUR
"""Seconds after which a request that nobody answered ends."""

MOST_OBJECTS = 20
"""Objects that one grant may name."""

K = 5
"""People that a figure stands for at least; smaller groups are not shown."""

HIDDEN = "•••"

_WORD = re.compile(r"[^\s@]+")
_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{2,63}")


class AccessReason(StrEnum):
    """Why a person may look: the policy's list, closed. Aggregates need no grant (`suppress`)."""

    SUPPORT = "support"  # the person whose data it is, or who connected the account, approves
    SECURITY = "security"  # an incident, and a second person approves
    LEGAL = "legal"  # a legal duty, and a second person approves


class AccessState(StrEnum):
    """How a grant is."""

    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    ENDED = "ended"  # by hand
    EXPIRED = "expired"  # its time was over, or nobody answered


class ObjectKind(StrEnum):
    """What a grant may name."""

    CONNECTION = "connection"  # the account's name, and those of its calendars
    MAIL = "mail"  # what a mail says


class Subject(StrEnum):
    """Whose data an object is, and so who approves for support and is told of looks."""

    STAFF = "staff"
    USER = "user"
    CUSTOMER = "customer"
    NOBODY = "nobody"  # it is not known: there is no support grant for it


class Delay(StrEnum):
    """Why a person is told later of a look for security or law."""

    INVESTIGATION = "investigation"  # telling now would harm an investigation that is under way
    ORDER = "order"  # a court or an authority forbids it for now
    OTHERS = "others"  # telling now would endanger others


@dataclass(frozen=True, slots=True, order=True)
class Named:
    """One object by its name: a kind and an id of a row."""

    kind: ObjectKind
    id: str


def mask_account(name: str) -> str:
    """Return what people see of an account's name: the first letters, so that two can be told apart."""
    return _WORD.sub(lambda found: _masked(found[0]), name) or HIDDEN


def mask_calendar(number: int) -> str:
    """Return what people see of a calendar's name: which one of its account it is, from 1."""
    return f"Calendar {number}"


def suppress(groups: Mapping[str, int], k: int = K) -> dict[str, int]:
    """Return the groups of at least ``k`` people. No sum is given: it would tell what was left out."""
    return {name: count for name, count in groups.items() if count >= max(k, K)}


def check_hours(hours: int) -> int:
    """Return hours as seconds, or raise InputError."""
    if not 1 <= hours <= LONGEST_HOURS:
        raise InputError("hours", f"Access is given for 1 to {LONGEST_HOURS} hours.")
    return hours * HOUR


def check_reference(reason: AccessReason, reference: str) -> str:
    """Return the number of an incident or legal matter, or raise InputError; support has none."""
    if reason is AccessReason.SUPPORT:
        if reference:
            raise InputError("reference", "Support has no reference: the person approves.")
        return ""
    if not _REFERENCE.fullmatch(reference):
        what = "incident" if reason is AccessReason.SECURITY else "legal matter"
        raise InputError("reference", f"Give the number of the {what}: 3 to 64 of letters, digits and . _ / -")
    return reference


def check_delay(reason: AccessReason, delay: str) -> str:
    """Return why the person is told later, empty for at once, or raise InputError."""
    if not delay:
        return ""
    if reason is AccessReason.SUPPORT:
        raise InputError("delay", "The person approves this themselves, so they are told at once.")
    if delay not in tuple(Delay):
        raise InputError("delay", f"A delay has one of these reasons: {', '.join(Delay)}.")
    return delay


def _masked(word: str) -> str:
    if word == "at":
        return word
    return f"{word[0]}{HIDDEN}" if len(word) > 1 and word[0].isalnum() else HIDDEN
