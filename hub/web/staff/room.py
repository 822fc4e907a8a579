"""The staff members' room: its routes, joined."""

from __future__ import annotations

from flask import Blueprint

from hub.web.route import doors_of, room_of
from hub.web.staff import consents, ending, link, looks, steps

ROUTES = (*link.ROUTES, *ending.ROUTES, *steps.ROUTES, *consents.ROUTES, *looks.ROUTES)
DOORS = doors_of(ROUTES)


def staff() -> Blueprint:
    """Return the room."""
    return room_of("staff", ROUTES)
