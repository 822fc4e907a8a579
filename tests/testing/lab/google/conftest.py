from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from hub.testing.lab.google.app import ADA, CLIENT, GoogleLab, google
from hub.testing.lab.google.document import SCOPE
from hub.testing.lab.google.state import Access, Person

NOW = 1_799_000_000
FULL = "calendar"
Call = Callable[..., requests.Response]


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[GoogleLab, Clock]]:
    clock = Clock()
    with google(GoogleLab(clock=clock)) as lab:
        yield lab, clock


@pytest.fixture
def clock(served: tuple[GoogleLab, Clock]) -> Iterator[Clock]:
    yield served[1]
    served[1].now = NOW


@pytest.fixture
def lab(served: tuple[GoogleLab, Clock]) -> Iterator[GoogleLab]:
    lab = served[0]
    lab.state.access.clear()
    lab.state.grants.clear()
    lab.pushes.channels.clear()
    lab.pushes.sent.clear()
    yield lab
    lab.state.switches.turn(None)
    for calendar in lab.state.calendars.values():
        calendar.events.clear()
        calendar.roles = {calendar.owner: "owner"}


@pytest.fixture
def call(lab: GoogleLab) -> Iterator[Call]:
    """Call the API as somebody, with scopes by their last part."""
    session = requests.Session()
    session.trust_env = False

    def go(
        method: str,
        path: str,
        *,
        who: Person = ADA,
        scopes: tuple[str, ...] = (FULL,),
        client: str = CLIENT.id,
        **more: Any,
    ) -> requests.Response:
        token = f"ya29.{who.sub}.{'.'.join(scopes)}.{client}"
        allowed = frozenset(SCOPE + one for one in scopes)
        lab.state.access[token] = Access(who.sub, client, allowed, lab.state.clock() + 60)
        headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
        return session.request(method, f"{lab.origin}/calendar/v3/{path}", headers=headers, timeout=10, **more)

    yield go
    session.close()


def event(hour: int = 9, **more: Any) -> dict[str, Any]:
    times = {name: {"dateTime": f"2027-03-01T{hour + n:02}:00:00Z"} for n, name in enumerate(("start", "end"))}
    return {**times, "summary": "Something", **more}
