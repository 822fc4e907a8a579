"""The other side, for people: what a stand-in for a provider shows of itself, and lets be changed from outside.

A stand-in is a package `hub.testing.lab.<name>` whose module `side` has a function ``open_side``, an `OpenSide`.
`hub lab` finds it by that name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from hub.testing.lab.keeping import nothing
from hub.testing.lab.switches import Fault, Switches


class Answer(StrEnum):
    """How the account's owner answered an invitation. NONE: nobody was asked, it is the owner's own event."""

    NONE = "none"
    OPEN = "open"
    ACCEPTED = "accepted"
    TENTATIVE = "tentative"
    DECLINED = "declined"


class Shown(StrEnum):
    """How an event shows its owner to others."""

    BUSY = "busy"
    TENTATIVE = "tentative"
    FREE = "free"


@dataclass(frozen=True, slots=True)
class LabAccount:
    """Somebody with an account at the provider. ``note`` says what is special about it, for people."""

    id: str
    name: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class LabCalendar:
    """A calendar of an account. ``zone`` is an IANA name."""

    ref: str
    name: str
    zone: str


@dataclass(frozen=True, slots=True)
class LabEvent:
    """An event as its owner sees it, or as it is to be. Times are UTC seconds.

    ``id`` is empty for one that is new. ``by`` names the application that wrote it, empty for the owner. ``repeats``
    says in a few words how a series goes on; a series is shown by its single dates, each with an id of its own.
    """

    id: str
    start: int
    end: int
    title: str
    all_day: bool = False
    shown: Shown = Shown.BUSY
    answer: Answer = Answer.NONE
    by: str = ""
    repeats: str = ""


@dataclass(frozen=True, slots=True)
class LabGrant:
    """What an account's owner allowed an application. ``tokens`` counts the credentials of it that work now."""

    id: str
    account: str
    application: str
    scopes: tuple[str, ...]
    since: int
    tokens: int


@dataclass(frozen=True, slots=True)
class LabPush:
    """A notification. ``outcome`` says what became of it: the status, or ``dropped``, or why it did not arrive."""

    id: str
    at: int
    to: str
    about: str
    outcome: str


class LabProvider(Protocol):
    """A stand-in's state, as the lab's page shows and changes it. Every method may be called from any thread.

    An id that is not there raises `hub.core.errors.NotFound`, a change that the provider would not take Refused.
    Changes made here go the way of the owner's own: they get new versions, are in the next list of changes, and are
    pushed.
    """

    @property
    def switches(self) -> Switches:
        """The faults, one of which may be on."""

    @property
    def faults(self) -> Set[Fault]:
        """Which faults this provider knows."""

    def accounts(self) -> Sequence[LabAccount]:
        """Return who has an account."""

    def calendars(self, account: str) -> Sequence[LabCalendar]:
        """Return the account's calendars."""

    def events(self, account: str, calendar: str, start: int, end: int) -> Sequence[LabEvent]:
        """Return what takes place in that time, in order; cancelled ones are left out."""

    def put(self, account: str, calendar: str, event: LabEvent) -> str:
        """Write an event, in place of the one with its id, and return its id.

        With an ``answer`` that is not NONE it is an invitation of somebody else.
        """

    def delete(self, account: str, calendar: str, event: str) -> None:
        """Delete an event; of a series, that date."""

    def grants(self) -> Sequence[LabGrant]:
        """Return what applications may do, the newest last."""

    def revoke(self, grant: str) -> None:
        """End a grant, as its account's owner would in the account's settings."""

    def pushes(self) -> Sequence[LabPush]:
        """Return the last notifications, the newest last."""

    def resend(self, push: str) -> None:
        """Send a notification once more, also one that was dropped."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where a stand-in is to stand.

    ``folder`` is its own and is kept between starts; ``ports`` are two that it may listen on (0: any that is free).
    ``client_id`` and ``client_secret`` are the application that is registered there, with ``redirect_urls``.
    ``certificate`` is a PEM file with key and chain for ``localhost``, and ``authority`` a PEM file of who issued it.
    """

    folder: Path
    redirect_urls: tuple[str, ...]
    certificate: Path
    authority: Path
    ports: tuple[int, int] = (0, 0)
    client_id: str = "lab-client"
    client_secret: str = "lab-secret"  # noqa: S105 - of a stand-in on this machine


@dataclass(frozen=True, slots=True)
class Side:
    """A stand-in that runs. ``settings`` are those of its provider in the hub, ``origins`` what the hub must reach.

    ``plugin`` is the name of the provider in the hub. ``tls``: the hub must trust `Site.authority`. ``notes`` are
    lines for people: who may sign in and how. ``keep`` is called after each change on the page, so that it stays.
    """

    plugin: str
    title: str
    provider: LabProvider
    settings: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    origins: tuple[str, ...] = ()
    tls: bool = False
    notes: tuple[str, ...] = ()
    keep: Callable[[], None] = nothing


class OpenSide(Protocol):
    """Runs a stand-in until the block ends."""

    def __call__(self, site: Site) -> AbstractContextManager[Side]:
        """Start it there."""
