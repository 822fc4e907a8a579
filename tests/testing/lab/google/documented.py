"""What Google documents, as requests with what they must lead to. The values are ours, the shapes are Google's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.testing.lab.switches import Fault

_CALENDAR = "https://developers.google.com/workspace/calendar/api/"
_IDENTITY = "https://developers.google.com/identity/"

PAGES: Mapping[str, str] = {
    "errors": f"{_CALENDAR}guides/errors",
    "sync": f"{_CALENDAR}guides/sync",
    "versions": f"{_CALENDAR}guides/version-resources",
    "recurring": f"{_CALENDAR}guides/recurringevents",
    "properties": f"{_CALENDAR}guides/extended-properties",
    "push": f"{_CALENDAR}guides/push",
    "fields": f"{_CALENDAR}guides/performance",
    "events": f"{_CALENDAR}v3/reference/events",
    "freebusy": f"{_CALENDAR}v3/reference/freebusy",
    "calendars": f"{_CALENDAR}v3/reference/calendars",
    "calendarlist": f"{_CALENDAR}v3/reference/calendarList",
    "oauth": f"{_IDENTITY}protocols/oauth2/web-server",
    "openid": f"{_IDENTITY}openid-connect/openid-connect",
    "risc": f"{_IDENTITY}protocols/risc",
}
"""The pages from which the examples are, by a short name."""


class Absent:
    """Stands for a field that must not be there."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request to the API, or to the path that begins with a slash.

    A ``$name`` stands for what an earlier one kept under that name: ``keep`` says where in its answer that is.
    """

    method: str
    path: str
    body: Any = None
    query: Any = None
    form: Mapping[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    keep: Mapping[str, str] = field(default_factory=dict)
    who: str = "ada"


@dataclass(frozen=True, slots=True)
class Example:
    """What a page says, in our words, and how to see it.

    ``holds`` maps places in the answer, such as ``items.0.id``, to a value, a type or `Absent`; ``items.#`` is how many
    there are. ``error`` is domain, reason and, if one is documented, location of an error of the API. ``role`` is what
    Ben may do with Ada's calendar, from what came before on.
    """

    page: str
    says: str
    ask: Ask
    status: int = 200
    holds: Mapping[str, Any] = field(default_factory=dict)
    error: tuple[str, ...] = ()
    before: tuple[Ask, ...] = ()
    role: str = ""
    fault: Fault | None = None


def filled(value: Any, kept: Mapping[str, str]) -> Any:
    """Return a value with what was kept in place of each ``$name``."""
    if isinstance(value, str):
        for name in sorted(kept, key=len, reverse=True):
            value = value.replace(f"${name}", kept[name])
        return value
    if isinstance(value, Mapping):
        return {name: filled(one, kept) for name, one in value.items()}
    return [filled(one, kept) for one in value] if isinstance(value, list | tuple) else value


def found_at(answer: Any, place: str) -> Any:
    """Return what is at a place of an answer; `Absent` where nothing is."""
    for step in place.split("."):
        if step == "#":
            answer = len(answer)
        elif isinstance(answer, list) and step.isdecimal() and int(step) < len(answer):
            answer = answer[int(step)]
        elif isinstance(answer, dict) and step in answer:
            answer = answer[step]
        else:
            return Absent
    return answer
