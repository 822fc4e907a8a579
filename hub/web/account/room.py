"""The account room: its routes, joined."""

from __future__ import annotations

from flask import Blueprint

from hub.web.account import arrive, factors, own, sign_in
from hub.web.route import doors_of, room_of

_ROUTES = (*sign_in.ROUTES, *arrive.ROUTES, *own.ROUTES, *factors.ROUTES)
DOORS = doors_of(_ROUTES)


def account() -> Blueprint:
    """Return the room."""
    return room_of("account", _ROUTES)
