"""The room of the API: all its calls and its document."""

from __future__ import annotations

from apiflask import APIBlueprint

from hub.web.api import (
    availability,
    book,
    bookings,
    businesses,
    calendars,
    connections,
    document,
    holders,
    holds,
    hours,
    links,
    receipts,
    reference,
    services,
    texts,
)
from hub.web.route import doors_of, room_of

_PARTS = (
    document,
    reference,
    businesses,
    holders,
    hours,
    services,
    texts,
    connections,
    receipts,
    calendars,
    links,
    availability,
    holds,
    book,
    bookings,
)
ROUTES = tuple(route for part in _PARTS for route in part.ROUTES)
DOORS = doors_of(ROUTES)


def api() -> APIBlueprint:
    """Return the room."""
    blueprint = APIBlueprint("api", "hub.web.api")
    room_of("api", ROUTES, blueprint)
    return blueprint
