"""What a door is: one page or one call of the API, who may enter it, and what keeps others from opening it for them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hub.core.role import Right


class Who(StrEnum):
    """Who may enter."""

    ANYONE = "anyone"
    HALF = "half"  # gave the password, and owes the second factor
    USER = "user"  # is signed in to the console
    KEY = "key"  # a program with an API key
    STAFF = "staff"  # has a staff member's invite link: the ``token`` of the address
    APPROVER = "approver"  # has the signed link to a request for access: the ``token`` of the address
    RETURN = "return"  # comes back from a provider: the ``state`` of the address, the browser and visitor sent off
    CUSTOMER = "customer"  # has the link to a booking: the ``token`` of the address
    PROVIDER = "provider"  # a provider's server, at an address that it was given; the page looks at what it brings


class Proof(StrEnum):
    """What shows that a request which changes something was meant by whom it comes from."""

    FORM = "form"  # a token in the form, bound to a cookie of the visitor
    LINK = "link"  # the secret in the address: no browser adds that by itself
    BEARER = "bearer"  # the key in the header: neither
    OPEN = "open"  # nothing: it is done in nobody's name. The origin is looked at all the same


class Rate(StrEnum):
    """How often, in the notation of `limits`: for one session, key or link, else for one network."""

    PAGE = "240/minute"
    PUBLIC = "120/minute"
    API = "1200/minute"
    SIGN_IN = "20/5minute"  # passwords and codes
    LINK = "60/minute"
    BOOK = "30/minute"  # holds and bookings of the public
    OUTWARD = "20/minute"  # makes the hub call a server or send a mail
    PUSH = "60000/minute"  # a provider tells of changes, of thousands at once
    NONE = ""  # health pages and files


@dataclass(frozen=True, slots=True)
class Door:
    """One row of the table. ``endpoint`` is Flask's, ``methods`` those that it answers (HEAD and OPTIONS aside).

    ``right`` is what a user or a key needs, in the business that the address names if it names one. ``confirmed``: the
    password was given within the last minutes. ``framed``: others may show it in a frame, as the business allows.
    ``json``: a script of ours sends JSON, because what a passkey answers is no form.
    """

    endpoint: str
    methods: frozenset[str]
    who: Who
    right: Right | None = None
    rate: Rate = Rate.PAGE
    proof: Proof = Proof.OPEN
    confirmed: bool = False
    framed: bool = False
    json: bool = False


def door(
    endpoint: str,
    methods: str,
    who: Who,
    right: Right | None = None,
    *,
    rate: Rate | None = None,
    proof: Proof | None = None,
    confirmed: bool = False,
    framed: bool = False,
    json: bool = False,
) -> Door:
    """Return a row; rate and proof are what visitors of that kind usually have, unless given."""
    usual_rate, usual_proof = _USUAL[who]
    return Door(
        endpoint,
        frozenset(methods.split()),
        who,
        right,
        usual_rate if rate is None else rate,
        usual_proof if proof is None else proof,
        confirmed,
        framed,
        json,
    )


_USUAL = {
    Who.ANYONE: (Rate.PUBLIC, Proof.OPEN),
    Who.HALF: (Rate.SIGN_IN, Proof.FORM),
    Who.USER: (Rate.PAGE, Proof.FORM),
    Who.KEY: (Rate.API, Proof.BEARER),
    Who.STAFF: (Rate.LINK, Proof.LINK),
    Who.CUSTOMER: (Rate.LINK, Proof.LINK),
    Who.APPROVER: (Rate.LINK, Proof.LINK),
    Who.RETURN: (Rate.OUTWARD, Proof.LINK),
    Who.PROVIDER: (Rate.PUSH, Proof.OPEN),
}

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing (RFC 9110, 9.2.1)."""
