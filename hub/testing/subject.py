"""What the checks are run on: a calendar plugin at work with one scratch calendar, and a stranger at the same one."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import requests

from hub.account import Account, Setup
from hub.core.calendar import Busy, Calendar, Changes, Event, Found, Window, Written
from hub.core.errors import ProviderError, Retry
from hub.core.provider import Grant, Provider
from hub.core.purpose import Purpose
from hub.testing.lab.switches import Fault, Switches
from hub.testing.receiver import Receive
from hub.testing.traffic import Traffic

DAY = 86_400

PURPOSES: Mapping[str, Purpose] = {
    "hub_list_calendars": Purpose.SHOW_CALENDARS,
    "hub_free_busy": Purpose.PREVENT_CONFLICTS,
    "hub_changes": Purpose.CHECK_AVAILABILITY,
    "hub_watch": Purpose.CHECK_AVAILABILITY,
    "hub_unwatch": Purpose.CHECK_AVAILABILITY,
    "hub_create_event": Purpose.CREATE_EVENT,
    "hub_update_event": Purpose.UPDATE_EVENT,
    "hub_cancel_event": Purpose.CANCEL_EVENT,
    "hub_read_event": Purpose.PREVENT_CONFLICTS,
}
"""What the hub asks each hook for: its requests must be declared for that."""

Ask = Callable[..., Any]
"""Calls a hook of the plugin by name: ``ask("hub_free_busy", calendars=…, window=…)``."""


class Stranger(Protocol):
    """Another program at the same calendar: it writes what the plugin did not write.

    For `hub probe` a plugin offers one in its module `trial`: ``stranger(settings, username, password)``, with the
    settings of the account; where the setting egress_ca_file names a PEM file of further authorities to trust, it is
    given that as ``ca_file``. Methods raise ProviderError when the server cannot be asked or says no.
    """

    def make_calendar(self, name: str) -> str:
        """Make a calendar for events under a name that is new there; return its ref.

        Raises Refused when the server makes none. Nothing is left behind when it is broken off.
        """

    def remove_calendar(self, ref: str) -> None:
        """Remove a calendar with all that is in it."""

    def write(self, calendar: str, uid: str, text: str) -> None:
        """Write an iCalendar object (RFC 5545), new or in place of the one with this uid."""

    def read(self, calendar: str, uid: str) -> str:
        """Return the iCalendar object with this uid, or an empty text."""

    def remove(self, calendar: str, uid: str) -> None:
        """Remove the object with this uid, if it is there."""

    def is_empty(self, calendar: str) -> bool:
        """Tell whether the calendar holds nothing."""

    def close(self) -> None:
        """Let the server go."""


class Faults(Protocol):
    """Switches on what can go wrong between the plugin and its calendar, one thing at a time."""

    @property
    def known(self) -> Set[Fault]:
        """Which faults there are here; checks of others are left out, and say so."""

    def turn(
        self, fault: Fault | None, *, path: str = "", methods: frozenset[str] = frozenset(), times: int | None = None
    ) -> None:
        """Switch a fault on, for so many requests (None: all); with None switch off the one there is."""


@dataclass(frozen=True, slots=True)
class Switched:
    """The switches of a stand-in as `Faults`."""

    switches: Switches
    known: Set[Fault]

    def turn(
        self, fault: Fault | None, *, path: str = "", methods: frozenset[str] = frozenset(), times: int | None = None
    ) -> None:
        """Turn the stand-in's switch."""
        self.switches.turn(fault, path=path, methods=methods, times=times)


@dataclass(frozen=True, slots=True)
class KeyHooks:
    """The plugin's module `keys`, at work: what is connected by it is ended by the checks.

    ``connect`` goes through `hub_connect` to the end and returns a grant whose end ends nothing that the subject works
    with. ``setup`` is what the other key hooks get, ``signed_in`` calls the calendar hooks with what a grant holds.
    """

    hooks: Any
    setup: Setup
    connect: Callable[[], Grant]
    signed_in: Callable[[Grant], Ask]


@dataclass(slots=True)
class Subject:
    """A plugin, a scratch calendar, a stranger. ``start`` is a midnight to come, UTC seconds; days are given out once.

    Remembers every uid that was written, by whomever, so that `clean` leaves nothing behind.

    What follows is optional; a check that needs it and does not get it is left out, and says so. ``owner`` is the
    address by which events invite the calendar's owner. ``provider`` is what the plugin declares, ``traffic`` what goes
    through the account's session, ``seen`` what arrived at the server from anybody, as method and path with query.
    ``faults`` are the server's switches, ``receive`` is the plugin's `hub_receive`, ``keys`` its key hooks; ``secrets``
    are the credentials that must appear nowhere. ``own_cursor``: the plugin makes its cursors itself, so that the
    provider has none to forget, and is handed one of another version of it instead. ``cannot`` names each check that
    this provider cannot pass, with a sentence why: it is run all the same, is reported with that sentence, and fails
    where it passes.
    """

    ask: Ask
    calendar: Calendar
    stranger: Stranger
    start: int
    owner: str = ""
    provider: Provider | None = None
    traffic: Traffic | None = None
    seen: Callable[[], Sequence[tuple[str, str]]] | None = None
    faults: Faults | None = None
    receive: Receive | None = None
    secrets: tuple[str, ...] = ()
    keys: KeyHooks | None = None
    own_cursor: bool = False
    cannot: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    _days: Iterator[int] = field(default_factory=itertools.count)
    _uids: list[str] = field(default_factory=list)

    @property
    def window(self) -> Window:
        """The whole time in which checks write."""
        return Window(self.start - 2 * DAY, self.start + 400 * DAY)

    def day(self) -> int:
        """Return the midnight (UTC) of a day that no other check uses, at least three days from the last one.

        Never near a change of Berlin's clocks: checks of that write into those very days.
        """
        while True:
            day = self.start + 3 * DAY * next(self._days)
            if _offset(day - 3 * DAY) == _offset(day + 7 * DAY):
                return day

    def event(self, start: int, *, minutes: int = 60, summary: str = "Frontdesk test", **more: Any) -> Event:
        """Return a new event of ours at that time, not yet written."""
        uid = f"frontdesk-test-{self.start:x}-{len(self._uids)}"
        self._uids.append(uid)
        return Event(uid, start, start + minutes * 60, "Europe/Berlin", summary, **more)

    def foreign(self, text: Callable[[str], str]) -> str:
        """Let the stranger write an object made from a new uid; return the uid."""
        uid = f"frontdesk-foreign-{self.start:x}-{len(self._uids)}"
        self._uids.append(uid)
        self.stranger.write(self.calendar.ref, uid, text(uid))
        return uid

    def busy(self, start: int, end: int) -> list[Busy]:
        """Ask for the busy times now, in order."""
        answer = self.ask("hub_free_busy", calendars=[self.calendar], window=Window(start, end))
        return sorted(answer[self.calendar.ref])

    def changes(self, cursor: str | None) -> Changes:
        """Ask what changed since the cursor, over the whole window."""
        answer: Changes = self.ask("hub_changes", calendar=self.calendar, cursor=cursor, window=self.window)
        return answer

    def create(self, event: Event) -> Written:
        """Write a new event."""
        written: Written = self.ask("hub_create_event", calendar=self.calendar, event=event)
        return written

    def update(self, written: Written, event: Event) -> Written:
        """Change an event."""
        answer: Written = self.ask("hub_update_event", calendar=self.calendar, written=written, event=event)
        return answer

    def cancel(self, written: Written) -> None:
        """Remove an event."""
        self.ask("hub_cancel_event", calendar=self.calendar, written=written)

    def read(self, written: Written) -> Found | None:
        """Read an event back."""
        found: Found | None = self.ask("hub_read_event", calendar=self.calendar, written=written)
        return found

    def clean(self) -> None:
        """Remove every object that was written; where one is refused, go on with the others and raise that then."""
        problem: ProviderError | None = None
        left: list[str] = []
        while self._uids:
            uid = self._uids.pop()
            try:
                self.stranger.remove(self.calendar.ref, uid)
            except Retry:  # nobody answers: the next one would only wait as long
                self._uids += [*reversed(left), uid]
                raise
            except ProviderError as error:
                problem = error
                left.append(uid)
        self._uids += reversed(left)
        if problem is not None:
            raise problem


def bearing(plugin: Any, session: requests.Session) -> Callable[[Grant], Ask]:
    """Return `KeyHooks.signed_in` for a plugin module whose grants hold an access token, by a session of its own."""

    def signed_in(grant: Grant) -> Ask:
        session.headers["Authorization"] = f"Bearer {grant.secret['access_token']}"
        return direct(plugin, Account(grant.account_name, grant.settings, session))

    return signed_in


def _offset(seconds: int) -> timedelta | None:
    return datetime.fromtimestamp(seconds, ZoneInfo("Europe/Berlin")).utcoffset()


def direct(plugin: Any, account: Account) -> Ask:
    """Return an `Ask` that calls the hooks of a plugin module with an account, without a hub."""

    def ask(hook: str, **arguments: Any) -> Any:
        return getattr(plugin, hook)(account=account, **arguments)

    return ask
