"""The query of a request: OData's parameters as far as Graph's calendars take them, everything else refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from hub.testing.lab.microsoft import moments, schema
from hub.testing.lab.microsoft.failures import Problem
from hub.testing.lab.microsoft.items import Item

_PROPERTY = r"(?:String|Integer) \{[0-9a-fA-F-]{36}\} Name [A-Za-z0-9]+"
_TEXT = r"'((?:[^']|'')*)'"
_WITH = re.compile(
    rf"singleValueExtendedProperties/any\(ep: ?ep/id eq '({_PROPERTY})' and "
    rf"(?:ep/value (eq|ne) {_TEXT}|(contains|startswith)\(ep/value, ?{_TEXT}\))\)\Z",
    re.IGNORECASE,
)
_COMPARED: Mapping[str, Callable[[str, str], bool]] = {
    "eq": lambda there, wanted: there == wanted,
    "ne": lambda there, wanted: there != wanted,
    "contains": lambda there, wanted: wanted in there,
    "startswith": lambda there, wanted: there.startswith(wanted),
}
_EXPAND = re.compile(rf"singleValueExtendedProperties\(\$filter=((?:id eq '{_PROPERTY}'(?: or )?)+)\)\Z")
_ID = re.compile(rf"id eq '({_PROPERTY})'")
_PREFER = re.compile(r"([a-zA-Z.-]+)\s*=\s*\"?([^\",]*)\"?")


class Query:
    """The parameters of one request. Names are those that the address allows; another one is refused."""

    def __init__(self, given: Iterable[tuple[str, str]], allowed: Iterable[str]) -> None:
        names = {name.lower(): name for name in allowed}
        self._values: dict[str, str] = {}
        for name, value in given:
            known = names.get(name.lower())
            if known is None:
                raise Problem(400, "BadRequest", f"The query parameter '{name}' is not supported here.")
            self._values[known] = value

    def get(self, name: str, default: str = "") -> str:
        """Return a parameter as it was sent."""
        return self._values.get(name, default)

    def number(self, name: str, default: int, most: int) -> int:
        """Return a whole number from 1 to ``most``."""
        text = self.get(name, str(default))
        if not text.isdecimal() or not 1 <= int(text) <= most:
            raise Problem(400, "ErrorInvalidUrlQuery", f"Invalid value '{text}' for {name}; 1 to {most} are allowed.")
        return int(text)

    def moment(self, name: str) -> int:
        """Return a time, which must be there, as UTC seconds."""
        try:
            return moments.parsed(self._values[name])
        except KeyError as error:
            text = "StartDateTime and EndDateTime are wanted."
            raise Problem(400, "ErrorInvalidParameter", text) from error
        except ValueError as error:
            raise Problem(400, "ErrorInvalidParameter", f"The value of {name} is invalid.") from error

    def chosen(self, kind: str) -> frozenset[str] | None:
        """Return which properties are wanted; None for all."""
        if not self.get("$select"):
            return None
        names = frozenset(self.get("$select").split(","))
        for name in sorted(names):
            if name not in schema.RESOURCES[kind]:
                text = f"There is no '{name}' in a '{kind}'."
                raise Problem(400, "RequestBroker--ParseUri", text)
        return names

    def expanded(self) -> tuple[str, ...]:
        """Return the extended properties that are wanted."""
        text = self.get("$expand")
        if not text:
            return ()
        match = _EXPAND.match(text)
        if match is None:
            raise Problem(400, "ErrorInvalidUrlQueryExpand", "The $expand is not supported.")
        return tuple(_ID.findall(match[1]))

    def wants(self, item: Item) -> bool:
        """Tell whether an event has the extended property that is asked for.

        The case of its value makes no difference, that of its name does (page: Get singleValueLegacyExtendedProperty).
        """
        text = self.get("$filter")
        if not text:
            return True
        match = _WITH.match(text)
        if match is None:
            raise Problem(400, "ErrorInvalidUrlQueryFilter", "This filter is not understood.")
        compared = _COMPARED[(match[2] or match[4]).lower()]
        wanted = (match[3] if match[2] else match[5]).replace("''", "'")
        there = item.properties.get(match[1])
        return there is not None and compared(there.casefold(), wanted.casefold())


def preferred(header: str) -> Mapping[str, str]:
    """Return the wishes of a Prefer header by name."""
    return {name.lower(): value for name, value in _PREFER.findall(header)}


def zone_preferred(wishes: Mapping[str, str]) -> str:
    """Return the zone in which times are wanted; UTC where none is named."""
    name = wishes.get("outlook.timezone", "UTC")
    try:
        moments.zone(name)
    except moments.UnknownZone as error:
        raise Problem(400, "TimeZoneNotSupportedException", "A valid TimeZone value must be specified.") from error
    return name


def shown(
    resource: Mapping[str, Any], item: Item, names: frozenset[str] | None, properties: Iterable[str] = ()
) -> dict[str, Any]:
    """Return the chosen properties of an event; id and etag always come along, and transactionId only if it is set."""
    kept = {
        name: value
        for name, value in resource.items()
        if names is None or name in names or name in ("id", "@odata.etag")
    }
    if kept.get("transactionId", "") is None:
        del kept["transactionId"]
    found = [{"id": name, "value": item.properties[name]} for name in properties if name in item.properties]
    return kept | ({schema.PROPERTIES: found} if found else {})
