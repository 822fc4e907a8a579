"""Calendars in a few words: an object around some lines, and its busy times as readable text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from hub.core.calendar import Busy, Window
from hub.ical.budget import BUDGET, Budget
from hub.ical.child import Expander
from hub.ical.expand import busy_in

Wrap = Callable[..., bytes]
BusyTimes = Callable[..., list[str]]


def _instant(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def _object(lines: str, component: str = "VEVENT", around: str = "") -> bytes:
    body = "\r\n".join(line.strip() for line in lines.strip().splitlines())
    head = "".join(line.strip() + "\r\n" for line in around.strip().splitlines())
    inner = f"BEGIN:{component}\r\n{body}\r\nEND:{component}\r\n" if component else body + "\r\n"
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:test\r\n{head}{inner}END:VCALENDAR\r\n".encode()


@pytest.fixture(name="instant", scope="session")
def instant_fixture() -> Callable[[str], int]:
    """UTC seconds of an ISO time."""
    return _instant


@pytest.fixture(name="wrap", scope="session")
def wrap_fixture() -> Wrap:
    """An iCalendar object around the lines of one component (``component=""``: whole components)."""
    return _object


@pytest.fixture(scope="session")
def march() -> Window:
    """March 2026, UTC; the clocks of Europe go forward on the 29th."""
    return Window(_instant("2026-03-01"), _instant("2026-04-01"))


@pytest.fixture(scope="session")
def say() -> Callable[[list[Busy]], list[str]]:
    """Busy times as ``03-29 01:00 - 03-29 02:00 kind``, in UTC; BUSY is left unsaid."""

    def text(found: list[Busy]) -> list[str]:
        def time(instant: int) -> str:
            return datetime.fromtimestamp(instant, UTC).strftime("%m-%d %H:%M")

        return [
            f"{time(busy.start)} - {time(busy.end)}" + ("" if busy.kind == "busy" else f" {busy.kind}")
            for busy in found
        ]

    return text


@pytest.fixture
def busy(march: Window, say: Callable[[list[Busy]], list[str]]) -> BusyTimes:
    """What the lines of an event mean in March 2026, in a calendar in Berlin; read without a child process."""

    def read(
        lines: str,
        component: str = "VEVENT",
        *,
        zone: str = "Europe/Berlin",
        owner: frozenset[str] = frozenset(),
        window: Window = march,
        budget: Budget = BUDGET,
        around: str = "",
    ) -> list[str]:
        return say(busy_in(_object(lines, component, around), window, zone, owner, budget))

    return read


@pytest.fixture(scope="session")
def expander() -> Iterator[Expander]:
    with Expander() as started:
        yield started
