"""Times, spans, states and telephone numbers in words: the filters of the templates.

Times are in the reader's zone. ``by`` is the business's zone, whose people say whether the day has 24 hours or twice 12
(`core.clock_style`), as in its mails; empty for the zone of the time itself.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from hub.core.clock_style import clock_text, has_twelve
from hub.core.mail_time import last_moment
from hub.identity.phone import spell_phone

_TONES = {
    # tone of a badge, by state
    "ok": "good",
    "on": "good",
    "confirmed": "good",
    "written": "good",
    "sent": "good",
    "done": "good",
    "active": "good",
    "held": "quiet",
    "none": "quiet",
    "off": "quiet",
    "cancelled": "quiet",
    "lapsed": "quiet",
    "kept": "quiet",
    "ended": "quiet",
    "inactive": "quiet",
    "disconnected": "quiet",
    "waiting": "info",
    "running": "info",
    "pending": "info",
    "requested": "warn",
    "failing": "warn",
    "stale": "warn",
    "unknown": "warn",
    "conflict": "bad",
    "failed": "bad",
    "refused": "bad",
    "bounced": "bad",
    "dead": "bad",
    "broken": "bad",
    "needs_reconnect": "bad",
    "no_show": "warn",
}


def tone(state: str) -> str:
    """Return how a badge of that state looks: good, info, warn, bad or quiet."""
    return _TONES.get(state, "quiet")


def words(state: object) -> str:
    """Return a machine word as people write it."""
    return str(state).replace("_", " ").strip()


def day(instant: int, zone: str) -> str:
    """Return the local day: ``Monday, 15 March 2027``."""
    local = _local(instant, zone)
    return f"{local:%A}, {local.day} {local:%B %Y}"


def short_day(instant: int, zone: str) -> str:
    """Return the local day in short: ``Mon 15 Mar``."""
    local = _local(instant, zone)
    return f"{local:%a} {local.day} {local:%b}"


def clock(instant: int, zone: str, by: str = "") -> str:
    """Return the local time: ``08:00``, or ``8:00 am``."""
    local = _local(instant, zone)
    return clock_text(local.hour, local.minute, twelve=has_twelve(by or zone))


def local_hour(instant: int, zone: str) -> int:
    """Return the hour of the local time, 0 to 23."""
    return _local(instant, zone).hour


def closing(instant: int, zone: str, by: str = "") -> str:
    """Return the local time at which something ends: midnight is ``24:00`` where there is such an hour."""
    return clock(instant, zone, by).replace("00:00", "24:00")


def day_minute(minute: int, zone: str, by: str = "") -> str:
    """Return a minute after midnight as a time of the day: ``09:00``, or ``9:00 am``; 1440 is the end of the day."""
    return clock_text(*divmod(minute, 60), twelve=has_twelve(by or zone))


def moment(instant: int | None, zone: str, by: str = "") -> str:
    """Return day and time: ``Mon 15 Mar 2027, 08:00``; a dash for none."""
    if not instant:
        return "\u2013"
    local = _local(instant, zone)
    return f"{local:%a} {local.day} {local:%b %Y}, {clock(instant, zone, by)}"


def until(instant: int, zone: str, by: str = "") -> str:
    """Return until when something lasts, as `moment` does: ``Sun 14 Mar 2027, 23:59`` for what ends with that day."""
    return moment(last_moment(instant, zone), zone, by)


def to_the_ms(instant_ms: int, zone: str) -> str:
    """Return day and time to the millisecond, for what a watch measured: ``Mon 15 Mar 2027, 08:00:01.250``."""
    local = _local(instant_ms // 1000, zone)
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M:%S}.{instant_ms % 1000:03}"


def ms_span(milliseconds: int) -> str:
    """Return a short length of time: ``7 ms``, ``1.2 s``; a longer one as `span` does."""
    if milliseconds < 1000:
        return f"{milliseconds} ms"
    return f"{milliseconds / 1000:.1f} s" if milliseconds < 60_000 else span(milliseconds // 1000)


def iso(instant: int) -> str:
    """Return the instant for machines (RFC 3339, UTC)."""
    return f"{datetime.fromtimestamp(instant, ZoneInfo('UTC')):%Y-%m-%dT%H:%M:%SZ}"


def span(seconds: int) -> str:
    """Return a length of time in at most two units: ``1 h 30 min``, ``2 days``, ``45 s``."""
    if seconds <= 0:
        return "none"
    units = (("day", 86_400), ("h", 3600), ("min", 60), ("s", 1))
    parts = []
    for name, size in units:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {name}{'s' if name == 'day' and count > 1 else ''}")
    return " ".join(parts[:2])


def ago(instant: int | None, now: int) -> str:
    """Return how long ago that was: ``3 min ago``; ``never`` for none."""
    if not instant:
        return "never"
    gone = now - instant
    if gone < 5:
        return "just now"
    return f"{span(gone).split(' ', 2)[0]} {span(gone).split(' ', 2)[1]} ago"


def zone_name(zone: str) -> str:
    """Return a zone as people read it: ``Europe/Berlin`` is ``Berlin (Europe)``."""
    area, _, place = zone.partition("/")
    return f"{place.replace('_', ' ')} ({area})" if place else zone


def offset(instant: int, zone: str) -> str:
    """Return the offset from UTC that a zone has at an instant: ``UTC+2``, ``UTC+5:30``."""
    minutes = int((_local(instant, zone).utcoffset() or datetime.resolution * 0).total_seconds() // 60)
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours}{f':{rest:02}' if rest else ''}"


def phone(number: str, region: str = "") -> str:
    """Return a stored number as people of a region (ISO 3166) write it; from elsewhere, with its country code."""
    return spell_phone(number, region)


def device(text: str) -> str:
    """Return what a browser says of itself in two words: ``Firefox on Windows``."""
    browsers = (
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    )
    systems = (
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS", "Mac"),
    )
    browser = next((name for mark, name in browsers if mark in text), "A browser")
    system = next((name for mark, name in (*systems, ("Linux", "Linux")) if mark in text), "")
    return f"{browser} on {system}" if system else browser


def _local(instant: int, zone: str) -> datetime:
    return datetime.fromtimestamp(instant, ZoneInfo(zone))
