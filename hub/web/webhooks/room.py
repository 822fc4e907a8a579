"""The room of providers' servers: its routes, joined."""

from __future__ import annotations

from flask import Blueprint

from hub.web.route import doors_of, room_of
from hub.web.webhooks import account, notice

ROUTES = (*notice.ROUTES, *account.ROUTES)
DOORS = doors_of(ROUTES)


def webhooks() -> Blueprint:
    """Return the room."""
    return room_of("webhooks", ROUTES)
