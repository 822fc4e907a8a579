"""How a provider tells the hub that a calendar changed: the channel, what keeps it open, and what arrives by it.

A notification is a hint. It says that something changed, never what: the hub then asks the provider itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Channel:
    """Where notifications about one calendar are to go. Made by the hub, new for each watch.

    ``url`` is an address of the hub that no other channel has; ``secret`` comes back with each notification (at most
    64 letters, digits, ``-`` and ``_``). ``until`` is how long the hub wants it, UTC seconds.
    """

    id: str
    url: str
    secret: str
    until: int


@dataclass(frozen=True, slots=True)
class Watching:
    """A watch as the provider made it. ``ref`` is its own name for it, ``until`` when it ends, UTC seconds.

    ``channel`` is the id of the channel that it sends to.
    """

    channel: str
    ref: str
    until: int


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request as it came in at a channel's address. ``headers`` have lower-case names."""

    method: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


class NoticeKind(StrEnum):
    """What a notification says about its calendar or its watch."""

    CHANGED = "changed"  # something in the calendar changed
    OPENED = "opened"  # the watch began; nothing changed
    MISSED = "missed"  # notifications were lost: look at everything
    EXPIRING = "expiring"  # the watch must be renewed now
    ENDED = "ended"  # the provider ended the watch


@dataclass(frozen=True, slots=True)
class Notice:
    """One notification. ``ref`` and ``secret`` are what it brought; the hub compares both before it believes it.

    ``number`` grows from one to the next where the provider counts them; 0 for none.
    """

    kind: NoticeKind
    ref: str
    secret: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class Echo:
    """`hub_receive` answers: the provider asks whether this address is ours; answer 200 with this plain text."""

    text: str
