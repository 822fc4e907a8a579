"""How the time of day is written: with 24 hours, or with 12 and am or pm. One rule for pages, mails and events.

The zone of the business decides, since every business chose it; its region has a default at which perhaps nobody
looked. The reader's own zone decides nothing: pages and mails of one business agree, wherever they are read.
"""

from __future__ import annotations

TWELVE = frozenset("AU BD CA IN NZ PH PK US".split())
"""Countries (ISO 3166) in which English is written with am and pm (Unicode CLDR, preferred hours of en)."""

# The zones of these countries and of the dependent areas that keep their habits (tzdata, zone.tab and its old names).
_AREAS = ("Australia/", "Canada/", "US/", "America/Indiana/", "America/Kentucky/", "America/North_Dakota/")
_AMERICA = frozenset(
    """Adak Anchorage Atikokan Blanc-Sablon Boise Cambridge_Bay Chicago Coral_Harbour Creston Dawson Dawson_Creek Denver
    Detroit Edmonton Fort_Nelson Fort_Wayne Glace_Bay Goose_Bay Halifax Indianapolis Inuvik Iqaluit Juneau Knox_IN
    Los_Angeles Louisville Menominee Metlakatla Moncton Montreal New_York Nipigon Nome Pangnirtung Phoenix Puerto_Rico
    Rainy_River Rankin_Inlet Regina Resolute Shiprock Sitka St_Johns Swift_Current Thunder_Bay Toronto Vancouver
    Virgin Whitehorse Winnipeg Yakutat Yellowknife""".split()
)
_ELSEWHERE = frozenset(
    """Antarctica/Macquarie Antarctica/McMurdo Antarctica/South_Pole Asia/Calcutta Asia/Dacca Asia/Dhaka Asia/Karachi
    Asia/Kolkata Asia/Manila NZ NZ-CHAT Navajo EST5EDT CST6CDT MST7MDT PST8PDT Pacific/Auckland Pacific/Chatham
    Pacific/Guam Pacific/Honolulu Pacific/Johnston Pacific/Midway Pacific/Pago_Pago Pacific/Saipan
    Pacific/Samoa""".split()
)


def has_twelve(zone: str) -> bool:
    """Tell whether people in a zone (IANA) write am and pm. One that is no place, such as UTC, has 24 hours."""
    area, _, place = zone.partition("/")
    return zone in _ELSEWHERE or zone.startswith(_AREAS) or (area == "America" and place in _AMERICA)


def clock_text(hour: int, minute: int, *, twelve: bool) -> str:
    """Return a time of day: ``14:30``, or ``2:30 pm``. Hour 24 is the end of a day."""
    if not twelve:
        return f"{hour:02}:{minute:02}"
    return f"{(hour - 1) % 12 + 1}:{minute:02} {'am' if hour % 24 < 12 else 'pm'}"
