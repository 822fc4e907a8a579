"""What `hub doctor` found: a sentence that says how it is, and one that says what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How grave it is."""

    OK = "ok"
    WARN = "warn"  # it works, and will not always, or not safely
    BAD = "bad"  # it does not work, or is open to others


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding about a ``part``. ``way_out`` is empty where nothing is to be done."""

    level: Level
    part: str
    what: str
    way_out: str = ""


def ok(part: str, what: str) -> Finding:
    """Return that a part is well."""
    return Finding(Level.OK, part, what)


def warn(part: str, what: str, way_out: str) -> Finding:
    """Return that a part needs a look."""
    return Finding(Level.WARN, part, what, way_out)


def bad(part: str, what: str, way_out: str) -> Finding:
    """Return that a part is broken."""
    return Finding(Level.BAD, part, what, way_out)
