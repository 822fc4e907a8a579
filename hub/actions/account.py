"""A console user's row: their address opened, found by address, and what every change of accounts checks first."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace

import sqlalchemy as sa

from hub.actions.sessions import User
from hub.core.display_name import check_display_name
from hub.core.errors import InputError, StateError, UnknownId
from hub.core.role import Right, Role
from hub.core.security import Visit
from hub.identity.email import canonical_email
from hub.identity.name import clean_name
from hub.parts import Hub
from hub.store.business import AGENCY
from hub.store.user import existing_businesses
from hub.vault.cipher import Place
from hub.vault.people import keyed_hashes
from hub.vault.texts import open_text, seal_text

OPERATOR_USER = User("", "Operator", Role.OWNER, everywhere=True, businesses=frozenset())
"""Who acts at the command line: may do what an owner may."""


def email_hash(hub: Hub, email: str) -> str:
    """Return what an address is stored as; empty for what is no address."""
    return next(iter(email_hashes(hub, email)), "")


def email_hashes(hub: Hub, email: str) -> list[str]:
    """Return what an address is found by: more than what it is stored as, while the keys of hashes are rotated."""
    with suppress(InputError):
        return keyed_hashes(hub.keyring, AGENCY, "email", canonical_email(email))
    return []


def seal_email(hub: Hub, conn: sa.Connection, user_id: str, email: str) -> bytes:
    """Return a canonical address sealed for a user's row."""
    return seal_text(conn, hub.keyring, _place(user_id), email)


def open_email(hub: Hub, conn: sa.Connection, user_id: str, sealed: bytes) -> str:
    """Return the address of a user's row."""
    return open_text(conn, hub.keyring, _place(user_id), sealed)


def person_name(field: str, text: str) -> str:
    """Return a person's name as it is stored and shown. Raises InputError."""
    return check_display_name(field, clean_name(field, text))


def as_user(visit: Visit, user_id: str) -> Visit:
    """Return a visit as that of a user who has just shown who they are."""
    return replace(visit, actor="user", actor_id=user_id)


def require(by: User, right: Right) -> None:
    """Raise StateError (``not_allowed``) unless the user's role has the right."""
    if right not in by.rights:
        raise not_allowed("Your role does not allow this; ask an owner or administrator of the agency.")


def require_manages(by: User, role: Role) -> None:
    """Raise StateError (``not_allowed``) unless the user may invite and change people of this role."""
    require(by, Right.MANAGE_USERS)
    if not by.role.may_manage(role) or not role.rights <= by.rights:
        raise not_allowed(f"Your role may not make or change an {role}; ask an owner of the agency.")


def check_scope(conn: sa.Connection, by: User, *, everywhere: bool, businesses: Collection[str]) -> frozenset[str]:
    """Return the businesses that somebody (or a key) will be limited to, empty for everywhere.

    Never more than ``by`` may enter: raises StateError for everywhere, and UnknownId for a business, as if it were not
    there. InputError for none at all.
    """
    if everywhere:
        if not by.everywhere:
            raise not_allowed("You are limited to some businesses, so you cannot give access to all; name those.")
        return frozenset()
    there = existing_businesses(conn)
    for business_id in businesses:
        if business_id not in there or not by.may_enter(business_id):
            raise UnknownId("business", business_id)
    if not businesses:
        raise InputError("businesses", "name at least one business, or choose all of them.")
    return frozenset(businesses)


def reaches(by: User, *, everywhere: bool, businesses: Collection[str]) -> bool:
    """Tell whether somebody (or a key) with this access lies wholly within what ``by`` may enter."""
    return by.everywhere or (not everywhere and by.businesses.issuperset(businesses))


def role_of(text: str) -> Role:
    """Return the role of that name. Raises InputError."""
    with suppress(ValueError):
        return Role(text)
    raise InputError("role", f"choose one of {', '.join(Role)}.")


def not_allowed(message: str) -> StateError:
    """Return the error for what somebody's rights do not cover."""
    return StateError(message, code="not_allowed")


def _place(user_id: str) -> Place:
    return Place(AGENCY, "console_user", user_id, "email")
