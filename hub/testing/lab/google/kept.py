"""What the stand-in keeps from start to start: calendars, grants, tokens and channels.

Sign-ins under way are begun again, and lists of changes are read anew: a sync token of before is answered with 410.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from hub.testing.lab.google.app import GoogleLab
from hub.testing.lab.google.push import OpenChannel
from hub.testing.lab.google.state import Access, StoredCalendar, StoredGrant


@dataclass(frozen=True, slots=True)
class Kept:
    """All of it. A channel is by the names of its fields."""

    calendars: list[StoredCalendar]
    grants: list[StoredGrant]
    access: dict[str, Access]
    channels: list[dict[str, Any]]


@contextmanager
def remembered(lab: GoogleLab) -> Iterator[Kept]:
    """Give what is to be kept; it does not change in the block."""
    with lab.state.lock:
        now = lab.state.clock()
        yield Kept(
            [dataclasses.replace(one, past=[]) for one in lab.state.calendars.values()],
            list(lab.state.grants.values()),
            # Without access tokens that are over, of which there is one more each hour; a refresh token's end is 0.
            {token: one for token, one in lab.state.access.items() if one.until > now or not one.until},
            [_fields(one) for one in list(lab.pushes.channels.values())],
        )


def remember(lab: GoogleLab, found: Kept) -> None:
    """Let a stand-in that has just been made go on from there. What is of nobody any more is left out."""
    state, people = lab.state, {one.email for one in lab.state.people.values()}
    state.calendars.update({one.id: one for one in found.calendars if one.owner in people})
    state.grants.update({(one.sub, one.client): one for one in found.grants if one.sub in state.people})
    state.access.update({token: one for token, one in found.access.items() if one.sub in state.people})
    channels = [OpenChannel(**one) for one in found.channels]
    lab.pushes.channels.update({one.id: one for one in channels if one.sub in state.people})


def _fields(channel: OpenChannel) -> dict[str, Any]:
    return {one.name: getattr(channel, one.name) for one in dataclasses.fields(channel) if one.name != "lock"}
