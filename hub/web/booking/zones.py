"""Time zones to choose from: the usual ones first, then all of them by continent."""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import available_timezones

COMMON = (
    "America/Los_Angeles",
    "America/Denver",
    "America/Chicago",
    "America/New_York",
    "America/Sao_Paulo",
    "UTC",
    "Europe/London",
    "Europe/Berlin",
    "Europe/Athens",
    "Asia/Dubai",
    "Asia/Kolkata",
    "Asia/Singapore",
    "Asia/Tokyo",
    "Australia/Sydney",
    "Pacific/Auckland",
)
"""One of each part of the world where many people live."""

_AREAS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


@lru_cache(maxsize=1)
def zone_groups() -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """Return (title, ((zone, name), …)) for each group of a list of zones."""
    known = sorted(available_timezones())
    groups = [("Often used", tuple((zone, place_of(zone)) for zone in COMMON))]
    for area in _AREAS:
        names = tuple((zone, place_of(zone)) for zone in known if zone.startswith(f"{area}/"))
        groups.append((area, names))
    return tuple(groups)


def place_of(zone: str) -> str:
    """Return a zone as the place that it is named after: ``America/New_York`` is ``New York``."""
    _, _, place = zone.partition("/")
    parts = [part.replace("_", " ") for part in (place or zone).split("/")]
    return ", ".join(reversed(parts))
