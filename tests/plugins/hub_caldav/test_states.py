"""Through the real broker: a server with something wrong withholds slots with a reason and marks its connection."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from hub.actions.businesses import create_business
from hub.actions.connect import choose_calendar, connect
from hub.actions.holders import add_resource
from hub.actions.sync import sync_calendar
from hub.app import close_hub, create_hub
from hub.core.purpose import Purpose
from hub.parts import Hub
from hub.settings import load_settings
from hub.store.calendar import BusyTime, Calendar
from hub.store.connection import Connection
from hub.testing import foreign
from hub.testing.faulty import Fault, Front, faulty
from hub.testing.servers import Server
from hub.vault.keycalls import Connected
from hub_caldav import trial
from tests.world import with_names

HOUR = 3600


class Case:
    """A business with one calendar at a server behind a front."""

    def __init__(self, hub: Hub, front: Front, server: Server, scratch: str, later: list[int]) -> None:
        self.hub, self.front, self.later = hub, front, later
        self.business = create_business(hub, "Ada's salon", "Europe/Berlin")
        given = {"url": front.url, "username": server.username, "password": server.password}
        connected = connect(hub, self.business, "caldav", "calendar", given)
        assert isinstance(connected, Connected)
        self.calendar = next(one.id for one in with_names(self.hub, self.rows(Calendar)) if one.ref.endswith(scratch))
        resource = add_resource(hub, self.business, "Chair")
        choose_calendar(hub, self.business, self.calendar, resource)

    def rows(self, table: Any) -> list[Any]:
        with self.hub.database.reading() as conn:
            statement = select(table.__table__).where(table.business_id == self.business)
            return list(conn.execute(statement.execution_options(purpose=Purpose.PROTECT)))

    def sync(self) -> tuple[bool, str, str]:
        """Return whether the calendar is fresh, its problem, and the health of its connection."""
        fresh = sync_calendar(self.hub, self.business, self.calendar)
        calendar = next(one for one in self.rows(Calendar) if one.id == self.calendar)
        return fresh, calendar.problem, self.rows(Connection)[0].health

    def rest(self) -> None:
        """Let the time pass for which a server asked not to be asked."""
        self.later[0] += 60


@pytest.fixture
def case(tmp_path: Path, server: Server, scratch: tuple[trial.Stranger, str]) -> Iterator[Case]:
    with faulty(server.origin) as front:
        allow = (front.url.rstrip("/"),)
        settings, later = load_settings({}, data_dir=tmp_path / "hub", egress_allow=allow, egress_timeout=2), [0]
        hub = create_hub(settings, clock=lambda: int(time.time()) + later[0])
        name = scratch[1].rstrip("/").rpartition("/")[2]
        yield Case(hub, front, server, f"/{name}/", later)
        close_hub(hub)


@pytest.fixture
def scratch(server: Server, request: pytest.FixtureRequest) -> Iterator[tuple[trial.Stranger, str]]:
    stranger = trial.stranger({"home": server.home}, server.username, server.password)
    ref = stranger.make_calendar(f"state-{abs(hash(request.node.name)):x}")
    yield stranger, ref
    stranger.remove_calendar(ref)
    stranger.close()


def test_a_sound_server_is_fresh_and_healthy(case: Case) -> None:
    assert case.sync() == (True, "", "ok")


@pytest.mark.parametrize(
    ("fault", "problem", "health"),
    [
        (Fault.DOWN, "broken", "failing"),
        (Fault.SLOW, "timeout", "failing"),
        (Fault.HTML, "unreadable", "failing"),
        (Fault.HUGE, "too_large", "failing"),
        (Fault.DTD, "unreadable", "failing"),
        (Fault.UNAUTHORIZED, "needs_reconnect", "needs_reconnect"),
        (Fault.TOO_MANY, "busy", "failing"),
        (Fault.ELSEWHERE, "redirect", "failing"),
    ],
)
def test_a_broken_server_is_not_fresh_and_says_why(case: Case, fault: Fault, problem: str, health: str) -> None:
    case.front.break_with(fault)
    assert case.sync() == (False, problem, health)
    case.front.break_with(None)
    case.rest()
    assert case.sync() == (True, "", "ok")


@pytest.mark.parametrize("fault", [Fault.GARBAGE, Fault.BOMB])
def test_what_cannot_be_understood_is_busy_and_called_unreadable(
    case: Case, scratch: tuple[trial.Stranger, str], fault: Fault
) -> None:
    stranger, ref = scratch
    start = case.hub.clock() // HOUR * HOUR + HOUR
    stranger.write(ref, "one", foreign.event("one", start, start + HOUR))
    case.front.break_with(fault)
    assert case.sync() == (True, "", "ok")
    busy = case.rows(BusyTime)
    assert {one.kind for one in busy} == {"unreadable"}
    assert min(one.starts_at for one in busy) <= start
    assert max(one.ends_at for one in busy) >= start + HOUR


def test_the_password_never_reaches_another_host(case: Case, server: Server, make: Callable[..., Any]) -> None:
    with faulty(server.origin) as other:
        case.front.elsewhere = other.url
        case.front.break_with(Fault.ELSEWHERE)
        case.sync()
        assert other.seen == []
