"""A request to Graph as it came in, and the addresses that mean the same."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.testing.lab.microsoft import query
from hub.testing.lab.microsoft.failures import Problem

_ITEM = re.compile(r"/me/calendars/[^/]+(/events/.+)")


@dataclass(frozen=True, slots=True)
class Call:
    """A request. ``path`` is decoded and without the version; ``here`` is its whole address."""

    method: str
    path: str
    here: str
    query: Sequence[tuple[str, str]] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def wishes(self) -> Mapping[str, str]:
        """The wishes of the Prefer header, by name."""
        return query.preferred(self.headers.get("prefer", ""))

    @property
    def zone(self) -> str:
        """The zone in which times are wanted."""
        return query.zone_preferred(self.wishes)

    def json(self) -> dict[str, Any]:
        """Return the body as an object."""
        try:
            read = json.loads(self.body)
        except ValueError as error:
            raise Problem(400, "BadRequest", "The body is no JSON.") from error
        if not isinstance(read, dict):
            raise Problem(400, "BadRequest", "The body is no object.")
        return read

    def meant(self, default: str) -> str:
        """Return the path with the calendar named that it leaves out, and an event without the one around it.

        ``default`` is the id of the calendar that is meant where none is named.
        """
        item = _ITEM.fullmatch(self.path)
        if item is not None:
            return f"/me{item[1]}"
        home = f"/me/calendars/{default}"
        if self.path == "/me/events" or self.path.startswith("/me/calendarView"):
            return home + self.path.removeprefix("/me")
        if self.path == "/me/calendar" or self.path.startswith("/me/calendar/"):
            rest = self.path.removeprefix("/me/calendar")
            return f"/me{rest}" if rest.startswith("/events/") else home + rest
        return self.path

    def context(self, oid: str, several: bool) -> str:
        """Return the ``@odata.context`` of an answer with an object, or with several, to the account of that id."""
        origin = self.here.removesuffix(self.path)
        place = f"users('{oid}'){self.path.removeprefix('/me')}" if self.path.startswith("/me") else self.path[1:]
        return f"{origin}/$metadata#{place}" + ("" if several else "/$entity")
