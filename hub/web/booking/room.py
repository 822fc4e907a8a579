"""The room of customers: every page of booking, moving and cancelling, with its door."""

from __future__ import annotations

from flask import Blueprint

from hub.web.booking import choose, details, manage
from hub.web.route import doors_of, room_of

_ROUTES = (*choose.ROUTES, *details.ROUTES, *manage.ROUTES)

DOORS = doors_of(_ROUTES)


def booking() -> Blueprint:
    """Return the pages."""
    return room_of("booking", _ROUTES)
