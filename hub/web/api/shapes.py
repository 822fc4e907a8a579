"""What the document says of texts and lengths that programs give: the rules of the actions, as JSON Schema can.

The actions check them, and word what is wrong. A type here only describes, so that nothing is checked twice.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import WithJsonSchema

from hub.core.slug import LEAST, LONGEST, RESERVED
from hub.core.zones import zone_names
from hub.identity.phone import regions
from hub.web.api.fields import Line, Seconds, Text

DAY, YEAR = 86_400, 366 * 86_400
GRID = 300
ZONE_FORMAT = "iana-zone"
"""Stands for the list of all zones, which the document holds once (`zone_schema`)."""

_CONTROL = r"\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"  # without those that count as blanks: a line has single ones
_BLANK = r"\x09-\x0d\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_NO_LINE = f"[{_CONTROL}]"
_NO_NAME = f"^[{_BLANK}]*$|{_NO_LINE}"
_NO_LINES = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"
_HOST = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?([.][a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*"
_PORT = "([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
_LOCAL = r"(localhost|127([.][0-9]{1,3}){3}|\[::1\])"


def zone_schema() -> dict[str, Any]:
    """Return the list of IANA zones that this hub knows."""
    return {"type": "string", "description": "An IANA time zone.", "enum": sorted(zone_names())}


def _text(longest: int, never: str = _NO_LINE) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "maxLength": longest, "not": {"pattern": never}})


def _seconds(least: int, most: int, step: int = 1) -> WithJsonSchema:
    steps = {"multipleOf": step} if step > 1 else {}
    return WithJsonSchema({"type": "integer", "minimum": least, "maximum": most, **steps})


Name = Annotated[Line, _text(200, _NO_NAME)]
"""How a person or a thing is called."""
Place = Annotated[Line, _text(500)]
"""Where something is."""
Label = Annotated[Line, _text(200, _NO_NAME)]
"""A question."""
Option = Annotated[Line, _text(100, _NO_NAME)]
"""An answer to choose."""
Lines = Annotated[Text, _text(2000, _NO_LINES)]
"""A text of several lines."""
ZoneName = Annotated[Line, WithJsonSchema({"type": "string", "format": ZONE_FORMAT})]
"""An IANA zone."""
Email = Annotated[
    Line, WithJsonSchema({"type": "string", "maxLength": 254, "anyOf": [{"format": "idn-email"}, {"const": ""}]})
]
"""An e-mail address, or empty for none."""
Phone = Annotated[Line, _text(60)]
"""A telephone number, or empty for none. Which numbers there are is for no pattern to say."""
Region = Annotated[Line, WithJsonSchema({"type": "string", "enum": list(regions())})]
"""A country (ISO 3166) that has telephone numbers."""
Slug = Annotated[
    Line | None,
    WithJsonSchema(
        {
            "anyOf": [
                {
                    "type": "string",
                    "minLength": LEAST,
                    "maxLength": LONGEST,
                    "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$",
                    "not": {"enum": sorted(RESERVED)},
                },
                {"const": ""},
                {"type": "null"},
            ]
        }
    ),
]
"""The end of an address of a booking page, or none."""
Origin = Annotated[
    Line,
    WithJsonSchema(
        {"type": "string", "pattern": rf"^(https://({_HOST}|\[::1\])|http://{_LOCAL})(:{_PORT})?/?$", "maxLength": 253}
    ),
]
"""A web site: scheme and host."""
Sought = Annotated[str, _text(200)]
"""A part of a name."""
OnGrid = Annotated[Seconds, _seconds(0, DAY, GRID)]
"""Seconds in whole multiples of five minutes."""
SomeOnGrid = Annotated[Seconds, _seconds(GRID, DAY, GRID)]
"""The same, and not none."""
Notice = Annotated[Seconds, _seconds(0, YEAR)]
"""Seconds before a start."""
Horizon = Annotated[Seconds, _seconds(1, 2 * YEAR)]
"""Seconds into the future, more than the notice."""
Reminder = Annotated[Seconds, _seconds(300, 60 * DAY)]
"""Seconds before a start at which somebody is reminded."""
