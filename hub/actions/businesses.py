"""Businesses: the clients of the agency, made, listed and changed."""

from __future__ import annotations

from hub.core.zones import check_zone
from hub.identity.name import clean_name
from hub.parts import Hub
from hub.store.business import add_business


def create_business(hub: Hub, name: str, zone: str) -> str:
    """Add a client of the agency in an IANA zone, with a key of its own, and return its id."""
    check_zone(zone)
    with hub.database.writing() as conn:
        business_id = add_business(conn, clean_name("business.name", name), zone, hub.clock())
        hub.keyring.make_business_key(conn, business_id)
    return business_id
