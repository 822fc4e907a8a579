"""The room of those who decide on a look: its routes, joined."""

from __future__ import annotations

from flask import Blueprint

from hub.web.access import answer
from hub.web.route import doors_of, room_of

ROUTES = answer.ROUTES
DOORS = doors_of(ROUTES)


def access() -> Blueprint:
    """Return the room."""
    return room_of("access", ROUTES)
