"""Where one can go in the console: what the role allows, in groups, with where one is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import request, url_for

from hub.core.role import Right
from hub.web.current import session


@dataclass(frozen=True, slots=True)
class Item:
    """One link. ``covers`` are the beginnings of the endpoints at which one is "there".

    ``whole``: it is about the whole installation, and not for who is limited to some businesses.
    """

    endpoint: str
    label: str
    picture: str
    right: Right
    covers: tuple[str, ...] = ()
    whole: bool = False


BUSINESS = (
    Item("console.overview", "Overview", "house", Right.VIEW),
    Item("console.bookings", "Bookings", "calendar-check", Right.VIEW_BOOKINGS, ("console.booking",)),
    Item("console.week", "Week", "calendar3-week", Right.VIEW_BOOKINGS, ("console.week",)),
    Item("console.services", "Services", "card-checklist", Right.VIEW, ("console.service",)),
    Item("console.holders", "Staff and resources", "people", Right.VIEW, ("console.holder",)),
    Item("console.connections", "Connections", "plug", Right.VIEW, ("console.connection",)),
    Item("console.access", "Access to data", "eye", Right.VIEW, ("console.access",)),
    Item("console.mails", "Mails", "envelope", Right.VIEW_BOOKINGS, ("console.mail",)),
    Item("console.texts", "Texts and consent", "chat-left-text", Right.SET_UP, ("console.text",)),
    Item("console.business", "Business settings", "sliders", Right.SET_UP, ("console.holidays",)),
)
AGENCY = (
    Item("console.home", "Businesses", "shop", Right.VIEW, ("console.new_business",)),
    Item("console.outbox", "Outbox", "send", Right.OPERATE, ("console.effect",)),
    Item("console.plugins", "Plugins", "puzzle", Right.OPERATE),
    Item("console.settings", "Settings", "gear", Right.OPERATE, ("console.agency",), whole=True),
    Item("console.users", "Users", "person-gear", Right.MANAGE_USERS, ("console.user",)),
    Item("console.keys", "API keys", "key", Right.MANAGE_KEYS, ("console.key",)),
    Item("console.security", "Security events", "shield-check", Right.AUDIT),
    Item("console.vault", "Vault", "safe", Right.AUDIT, whole=True),
)


def nav(business_id: str = "", business_name: str = "") -> list[tuple[str, list[tuple[str, str, str, bool]]]]:
    """Return the groups of links for the user in hand; with a business, its own first."""
    groups = [(business_name, _links(BUSINESS, business_id=business_id))] if business_id else []
    return [*groups, ("Agency" if business_id else "", _links(AGENCY))]


def _links(items: tuple[Item, ...], **values: Any) -> list[tuple[str, str, str, bool]]:
    user, here = session().user, request.endpoint or ""
    return [
        (
            url_for(one.endpoint, **values),
            one.label,
            one.picture,
            here == one.endpoint or (bool(one.covers) and here.startswith(one.covers)),
        )
        for one in items
        if one.right in user.rights and (user.everywhere or not one.whole)
    ]
