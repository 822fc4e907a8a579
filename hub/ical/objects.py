"""iCalendar text as a tree of components that hold only what decides about busy times.

The line grammar (folding, quoting, escapes) is icalendar's. Its component classes are not used for foreign text:
they look time zones up in a cache of the whole process, into which any object can write (an unknown TZID that
one object defines then decides the times of the next one), and they refuse a whole object for a bad line nobody needs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from icalendar.parser import Contentline, Contentlines

from hub.core.errors import InputError

_NAME = re.compile(r"\s*([A-Za-z0-9-]+)")

_NEEDED = frozenset(
    [
        "CALSCALE",
        "X-WR-TIMEZONE",
        "UID",
        "DTSTART",
        "DTEND",
        "DURATION",
        "RRULE",
        "RDATE",
        "RECURRENCE-ID",
        "SEQUENCE",
        "FREEBUSY",
        "TZID",
        "TZOFFSETFROM",
        "TZOFFSETTO",
        "X-LIC-LOCATION",
    ]
)
# A broken line of these is left out: without it the time is busy, and that is the safe side.
_FREEING = frozenset(["STATUS", "TRANSP", "EXDATE", "ATTENDEE", "ORGANIZER", "X-MICROSOFT-CDO-BUSYSTATUS"])

_DEEPEST = 8

# Typed here: the library's parsers have no annotations.
_lines_of: Callable[[str], list[Contentline]] = Contentlines.from_ical


@dataclass(frozen=True, slots=True)
class Property:
    """One content line: upper-case name, parameters by upper-case name, unescaped value."""

    name: str
    params: Mapping[str, str]
    value: str


@dataclass(frozen=True, slots=True)
class Component:
    """A component: its content lines by name in the order of the text, and the components inside it.

    Lines are taken apart when they are asked for: most are not, such as a VTIMEZONE whose name says enough.
    """

    name: str
    lines: list[tuple[str, Contentline]] = field(default_factory=list)
    children: list[Component] = field(default_factory=list)

    def all(self, name: str) -> Iterator[Property]:
        """Return every property of that name. Raises ValueError for a broken line."""
        for each, line in self.lines:
            if each == name:
                try:
                    _, params, value = line.parts()
                except ValueError:
                    if name in _FREEING:
                        continue
                    raise
                texts = {key.upper(): text if isinstance(text, str) else ",".join(text) for key, text in params.items()}
                yield Property(name, texts, value)

    def first(self, name: str) -> Property | None:
        """Return the first property of that name, or None."""
        return next(self.all(name), None)

    def word(self, name: str) -> str:
        """Return the value of a property whose values are words, upper case, or an empty string."""
        line = self.first(name)
        return line.value.strip().upper() if line else ""

    def inner(self, name: str) -> Iterator[Component]:
        """Return the components of that name directly inside."""
        return (child for child in self.children if child.name == name)


def calendars_in(data: bytes) -> list[Component]:
    """Return the VCALENDAR components of a text; there is at least one.

    Raises InputError or ValueError for what is no complete iCalendar object (RFC 5545 3.4): an HTML page,
    nothing at all, a text cut short.
    """
    roots: list[Component] = []
    stack: list[Component] = []
    for line in _lines_of(data.decode("utf-8-sig", "replace")):
        match = _NAME.match(line)
        name = match[1].upper() if match else ""
        if name == "BEGIN":
            _open(line.partition(":")[2], roots, stack)
        elif name == "END":
            _close(line.partition(":")[2], stack)
        elif stack and (name in _NEEDED or name in _FREEING):
            stack[-1].lines.append((name, line))
    found = [root for root in roots if root.name == "VCALENDAR"]
    if stack or not found:
        raise InputError("calendar", "This is no complete iCalendar object.", code="no_calendar")
    return found


def _open(value: str, roots: list[Component], stack: list[Component]) -> None:
    component = Component(value.strip().upper())
    (stack[-1].children if stack else roots).append(component)
    stack.append(component)
    if len(stack) > _DEEPEST:
        raise InputError("calendar", f"Components are nested deeper than {_DEEPEST}.", code="over_budget")


def _close(value: str, stack: list[Component]) -> None:
    if not stack or stack.pop().name != value.strip().upper():
        raise InputError("calendar", "A component ends that did not begin.", code="no_calendar")
