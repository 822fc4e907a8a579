"""Plain links by which a customer puts an appointment into a calendar on the web. Nothing is fetched from there."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlencode

from hub.core.calendar import Event


def calendar_links(event: Event) -> tuple[tuple[str, str], ...]:
    """Return (name, address) of calendars on the web that take an event from an address.

    It holds what the customer was told: service, business, place and time, and nothing about the customer.
    """
    google = {
        "action": "TEMPLATE",
        "text": event.summary,
        "dates": f"{_moment(event.start):%Y%m%dT%H%M%SZ}/{_moment(event.end):%Y%m%dT%H%M%SZ}",
        "details": event.description,
        "location": event.location,
    }
    outlook = {
        "path": "/calendar/action/compose",
        "rru": "addevent",
        "subject": event.summary,
        "startdt": f"{_moment(event.start):%Y-%m-%dT%H:%M:%SZ}",
        "enddt": f"{_moment(event.end):%Y-%m-%dT%H:%M:%SZ}",
        "body": event.description,
        "location": event.location,
    }
    return (
        ("Google Calendar", f"https://calendar.google.com/calendar/render?{urlencode(google)}"),
        ("Outlook", f"https://outlook.live.com/calendar/0/deeplink/compose?{urlencode(outlook)}"),
    )


def _moment(instant: int) -> datetime:
    return datetime.fromtimestamp(instant, UTC)
