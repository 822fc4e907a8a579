"""Roles of the console and the rights that they have; scopes of API keys are made of the same rights."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Right(StrEnum):
    """What somebody may do in the businesses that they may enter; the last five concern the installation."""

    VIEW = "view"  # see businesses, services, staff, hours and free times
    VIEW_BOOKINGS = "view_bookings"  # see bookings and whose they are
    BOOK = "book"  # book, move, cancel, mark no-shows
    SET_UP = "set_up"  # change businesses, staff, hours, services, mail texts
    CONNECT = "connect"  # connect and disconnect accounts, choose calendars, make staff links
    OPERATE = "operate"  # outbox, plugins, settings, kept mails
    MANAGE_USERS = "manage_users"  # invite, limit and dismiss console users
    MANAGE_KEYS = "manage_keys"  # make and end API keys
    AUDIT = "audit"  # read the security events
    OWN = "own"  # choose the mail server of links to accounts, read its mails, set up providers


class Role(StrEnum):
    """What a console user is."""

    OWNER = "owner"
    ADMIN = "admin"
    AGENT = "agent"
    VIEWER = "viewer"
    AUDITOR = "auditor"

    @property
    def rights(self) -> frozenset[Right]:
        """What the role may do."""
        return RIGHTS[self]

    def may_manage(self, other: Role) -> bool:
        """Tell whether this role may invite, change and dismiss the other one. Only owners make owners."""
        return Right.MANAGE_USERS in self.rights and (self is Role.OWNER or other is not Role.OWNER)


RIGHTS: Mapping[Role, frozenset[Right]] = MappingProxyType(
    {
        Role.OWNER: frozenset(Right),
        Role.ADMIN: frozenset(Right) - {Right.OWN},
        Role.AGENT: frozenset({Right.VIEW, Right.VIEW_BOOKINGS, Right.BOOK, Right.CONNECT}),
        Role.VIEWER: frozenset({Right.VIEW, Right.VIEW_BOOKINGS}),
        Role.AUDITOR: frozenset({Right.VIEW, Right.AUDIT}),
    }
)

API_RIGHTS = frozenset({Right.VIEW, Right.VIEW_BOOKINGS, Right.BOOK, Right.SET_UP, Right.CONNECT})
"""The scopes that an API key may have."""
