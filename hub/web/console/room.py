"""The console's room: its routes, joined."""

from __future__ import annotations

from flask import Blueprint

from hub.web.console import business, holders, home, hours, services, texts
from hub.web.route import doors_of, room_of

ROUTES = (
    *home.ROUTES,
    *business.ROUTES,
    *holders.ROUTES,
    *hours.ROUTES,
    *services.ROUTES,
    *texts.ROUTES,
)
DOORS = doors_of(ROUTES)


def console() -> Blueprint:
    """Return the room."""
    return room_of("console", ROUTES)
