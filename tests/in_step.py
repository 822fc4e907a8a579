"""A calendar that a hub keeps in step with a provider's stand-in, over HTTP both ways, with a clock that tests move."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from hub.actions.businesses import create_business
from hub.actions.connect import choose_calendar, connect
from hub.actions.connections import list_connections
from hub.actions.effects import EFFECTS
from hub.actions.holders import add_staff
from hub.actions.in_step import InStep, Way
from hub.actions.offer import offer
from hub.actions.poll import poll_calendars
from hub.actions.services import add_service
from hub.actions.watch import keep_watches
from hub.app import close_hub, create_hub
from hub.core.hours import DayWindow, WeeklyHours
from hub.core.provider import Redirect
from hub.core.service import Service
from hub.jobs.perform import drain
from hub.parts import Hub
from hub.plugin import Window
from hub.settings import Settings
from hub.store.calendar import Calendar
from hub.testing.lab.serve import serve
from hub.testing.servers import free_port
from hub.vault.border import RoundTrip
from hub.vault.keycalls import Connected
from hub.web.app import create_app
from hub.web.limits import Limiter
from tests.world import DAY, HOUR, MINUTE, with_names

Answering = Callable[[str], Mapping[str, str]]
"""Goes through the provider's pages at an address, and returns what it sent back."""

ALWAYS = WeeklyHours("UTC", tuple(DayWindow(day, 0, 1440) for day in range(7)))
SECONDS = 10.0


@dataclass
class Kept:
    """A business with one checked calendar. ``later`` is how far the hub's clock is ahead of the machine's."""

    hub: Hub
    business: str = ""
    service: str = ""
    calendar: str = ""
    later: int = 0

    @property
    def tomorrow(self) -> int:
        """A full hour of a day to come."""
        return (int(time.time()) // DAY + 2) * DAY + 9 * HOUR

    def choose(self, ref: str) -> None:
        """Check the calendar with this name at the provider, and let the hub read it."""
        self.calendar = next(row.id for row in with_names(self.hub, self._rows()) if row.ref.endswith(ref))
        staff = add_staff(self.hub, self.business, "Ada", ALWAYS)
        self.service = add_service(
            self.hub, self.business, "Check-up", Service("new", HOUR, HOUR, 30 * DAY, staff=(staff,))
        )
        choose_calendar(self.hub, self.business, self.calendar, staff)
        self.settle()
        assert self.step.fresh

    def settle(self) -> None:
        """Do what the clock and the workers do now."""
        keep_watches(self.hub)
        poll_calendars(self.hub)
        drain(self.hub, EFFECTS)

    def pass_time(self, seconds: int) -> None:
        """Move the hub's clock, and do what is due then."""
        self.later += seconds
        self.settle()

    def offers(self, start: int) -> bool:
        """Tell whether a time is offered. Nobody is asked while what is known counts."""
        return start in offer(self.hub, self.business, self.service, Window(start - HOUR, start + 2 * HOUR)).starts

    def hears(self) -> bool:
        """Wait until the provider has told of a change."""
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            row = next(one for one in self._rows() if one.id == self.calendar)
            if row.announced > row.known:
                return True
            time.sleep(0.02)
        return False

    @property
    def step(self) -> InStep:
        """How the calendar is kept in step."""
        views = [one for view in list_connections(self.hub, self.business) for one in view.calendars]
        found = next(one.in_step for one in views if one.id == self.calendar)
        assert found is not None
        return found

    def _rows(self) -> list[Any]:
        with self.hub.database.reading() as conn:
            mine = select(Calendar.__table__).where(Calendar.business_id == self.business)
            return list(conn.execute(mine))


@contextmanager
def kept_in_step(settings: Settings, connected: Callable[[Hub, str], None]) -> Iterator[Kept]:
    """Run a hub whose business has connected an account, at an address that stand-ins on this machine reach."""
    port, kept = free_port(), list[Kept]()
    here = settings.model_copy(update={"public_url": f"http://127.0.0.1:{port}"})
    hub = create_hub(here, clock=lambda: int(time.time()) + sum(one.later for one in kept))
    try:
        kept.append(Kept(hub, create_business(hub, "Ada's salon", "Europe/Berlin")))
        connected(hub, kept[0].business)
        with serve(create_app(hub, Limiter("")), port=port):
            yield kept[0]
    finally:
        close_hub(hub)


def off_site(provider: str, level: str, back: str, answer: Answering) -> Callable[[Hub, str], None]:
    """Return how an account is connected on the provider's own pages, from which people come ``back`` to an address."""

    def connected(hub: Hub, business: str) -> None:
        asked = connect(hub, business, provider, level, trip=RoundTrip(back, "a-word-of-the-hub"))
        assert isinstance(asked, Redirect)
        trip = RoundTrip(back, "a-word-of-the-hub", asked.keep)
        assert isinstance(connect(hub, business, provider, level, answer(asked.url), trip=trip), Connected)

    return connected


Write = Callable[[str, int], None]
"""Writes an event of an hour into the calendar, past the hub: by its uid, at a start."""


def is_told_and_finds_what_it_was_not_told(kept: Kept, write: Write, lost: AbstractContextManager[None]) -> None:
    """Check that a change is seen at once, and one whose notification is lost before what is known is too old."""
    assert kept.step.way is Way.PUSHED
    first, second = kept.tomorrow, kept.tomorrow + 3 * HOUR
    write("told", first)
    assert kept.hears()
    kept.pass_time(10)
    assert (kept.offers(first), kept.offers(second)) == (False, True)
    with lost:
        write("lost", second)
        _is_found_by_the_poll(kept, second)
    write("told-again", third := second + 3 * HOUR)
    assert kept.hears()
    assert not kept.offers(third)  # the search itself reads what was announced


def is_asked_in_time(kept: Kept, write: Write) -> None:
    """Check that a change of which nobody tells is found before what is known is too old."""
    assert kept.step.way is Way.POLLED
    write("untold", kept.tomorrow)
    _is_found_by_the_poll(kept, kept.tomorrow)


def _is_found_by_the_poll(kept: Kept, start: int) -> None:
    every = kept.step.every
    assert every is not None
    kept.pass_time(every - MINUTE)
    assert kept.step.fresh
    assert kept.offers(start)  # nobody knows yet
    kept.pass_time(MINUTE)
    assert every <= kept.step.fresh_for
    assert not kept.offers(start)
