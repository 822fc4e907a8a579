"""The console's room: its routes, joined."""

from __future__ import annotations

from flask import Blueprint

from hub.web.console import (
    access,
    activity,
    agency_mail,
    agency_providers,
    booking,
    booking_move,
    booking_new,
    bookings,
    business,
    connection_steps,
    connections,
    consents,
    ending,
    holders,
    home,
    hours,
    keys,
    mails,
    outbox,
    plugins,
    security,
    services,
    settings,
    staff_links,
    texts,
    users,
    vault,
    week,
)
from hub.web.route import doors_of, room_of

ROUTES = (
    *home.ROUTES,
    *business.ROUTES,
    *holders.ROUTES,
    *hours.ROUTES,
    *services.ROUTES,
    *texts.ROUTES,
    *connections.ROUTES,
    *activity.ROUTES,
    *access.ROUTES,
    *ending.ROUTES,
    *connection_steps.ROUTES,
    *consents.ROUTES,
    *bookings.ROUTES,
    *booking.ROUTES,
    *booking_move.ROUTES,
    *booking_new.ROUTES,
    *week.ROUTES,
    *staff_links.ROUTES,
    *outbox.ROUTES,
    *plugins.ROUTES,
    *settings.ROUTES,
    *agency_mail.ROUTES,
    *agency_providers.ROUTES,
    *mails.ROUTES,
    *users.ROUTES,
    *keys.ROUTES,
    *security.ROUTES,
    *vault.ROUTES,
)
DOORS = doors_of(ROUTES)


def console() -> Blueprint:
    """Return the room."""
    return room_of("console", ROUTES)
