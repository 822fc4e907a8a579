"""The people who sign in to the console in tests: one of each role, one limited to a single business, one dismissed."""

from __future__ import annotations

from collections.abc import Collection

from hub.actions.account import OPERATOR_USER
from hub.actions.invite import accept_invitation, invite
from hub.actions.sign_in import sign_in
from hub.actions.users import dismiss_user, find_user_id
from hub.core.errors import InputError
from hub.core.security import OPERATOR, Visit
from hub.parts import Hub

PASSWORD = "seven green parrots sing"
NAMES = {
    "owner": "Ada",
    "admin": "Adam",
    "agent": "Agnes",
    "viewer": "Vera",
    "auditor": "Otto",
    "ben": "Ben",
    "ida": "Ida",
    "cyd": "Cyd",
}
"""Who they are: Ada owns, Ben is an agent and Ida an admin of some businesses only, Cyd was dismissed."""


def token_of(hub: Hub, who: str, *, businesses: Collection[str] = ()) -> str:
    """Return the token of a new sign-in of somebody; their account is made at the first.

    Without businesses they may enter all. Cyd signs in, and is dismissed then.
    """
    email, visit = f"{who}@example.com", Visit(address="127.0.0.1", device="test")
    try:
        find_user_id(hub, email)
    except InputError:
        role = {"ben": "agent", "ida": "admin", "cyd": "admin"}.get(who, who)
        given = invite(
            hub, OPERATOR, OPERATOR_USER, email, role, everywhere=not businesses, businesses=tuple(businesses)
        )
        accept_invitation(hub, visit, given.token, NAMES[who], PASSWORD)
    signed = sign_in(hub, visit, email, PASSWORD)
    if who == "cyd":
        dismiss_user(hub, OPERATOR, OPERATOR_USER, signed.user.id)
    return signed.token
