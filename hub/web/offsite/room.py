"""The room of those who come back from a provider: its route, and its door."""

from __future__ import annotations

from flask import Blueprint

from hub.web.offsite import back
from hub.web.route import doors_of, room_of

ROUTES = back.ROUTES
DOORS = doors_of(ROUTES)


def offsite() -> Blueprint:
    """Return the room."""
    return room_of("offsite", ROUTES)
