"""Write down what happened at the doors: who, from where, what, and how it ended. Never what somebody typed."""

from __future__ import annotations

import hmac
from hashlib import sha256

import sqlalchemy as sa

from hub.core.security import Kind, Outcome, Visit
from hub.parts import Hub
from hub.store.security import add_event

_LONGEST_DEVICE = 200


def record(
    hub: Hub,
    visit: Visit,
    kind: Kind,
    outcome: Outcome = Outcome.OK,
    *,
    about: str = "",
    within: str = "",
    detail: str = "",
) -> None:
    """Write a security event in a transaction of its own: for a refusal, which changes nothing else."""
    with hub.database.writing() as conn:
        note(hub, conn, visit, kind, outcome, about=about, within=within, detail=detail)


def note(
    hub: Hub,
    conn: sa.Connection,
    visit: Visit,
    kind: Kind,
    outcome: Outcome = Outcome.OK,
    *,
    about: str = "",
    within: str = "",
    detail: str = "",
) -> None:
    """Write a security event in the transaction of what it reports.

    ``about`` is an id, ``within`` a business, ``detail`` a machine word: none of them is text of a visitor.
    """
    add_event(
        conn,
        at=hub.clock(),
        kind=kind,
        outcome=outcome,
        actor=visit.actor,
        actor_id=visit.actor_id,
        about=about,
        within=within,
        route=visit.route,
        detail=detail,
        address=visit.address,
        address_hash=hash_address(hub, visit.address),
        device=printable(visit.device),
    )


def hash_address(hub: Hub, address: str) -> str:
    """Return what an address is recognised by after it was cut, in hexadecimal; empty for none."""
    if not address:
        return ""
    return hmac.digest(hub.keyring.door_key("network"), address.encode(), sha256).hex()


def printable(text: str) -> str:
    """Return what a browser says of itself, without what cannot be printed and not too long."""
    return "".join(one for one in text if one.isprintable())[:_LONGEST_DEVICE]
