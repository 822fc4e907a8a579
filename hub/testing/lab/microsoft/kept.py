"""What the stand-in keeps from start to start: calendars, grants with their tokens, subscriptions, who agreed for all.

Sign-ins under way are begun again, and lists of changes are read anew: a token of those is answered with 410.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from hub.testing.lab.microsoft.application import Microsoft
from hub.testing.lab.microsoft.mailbox import Box
from hub.testing.lab.microsoft.subscriptions import Subscription
from hub.testing.lab.microsoft.tokens import Granted


@dataclass(frozen=True, slots=True)
class KeptGrant:
    """A grant, its account by its id."""

    id: str
    account: str
    client: str
    scopes: tuple[str, ...]
    since: int
    refresh: dict[str, float]
    access: dict[str, float]
    dead: int


@dataclass(frozen=True, slots=True)
class Kept:
    """All of it. ``calendars`` are by account, ``agreed`` are applications by organisation."""

    calendars: dict[str, list[Box]]
    grants: list[KeptGrant]
    subscriptions: list[Subscription]
    agreed: dict[str, list[str]]


@contextmanager
def remembered(lab: Microsoft) -> Iterator[Kept]:
    """Give what is to be kept; it does not change in the block."""
    with ExitStack() as still:
        still.enter_context(lab.tokens.lock)
        for person in lab.people.values():
            still.enter_context(person.mailbox.lock)
        yield Kept(
            {person.id: list(person.mailbox.boxes.values()) for person in lab.people.values()},
            [_kept(one, lab.clock()) for one in lab.tokens.grants.values()],
            list(lab.subscriptions.there.values()),
            {person.tenant.id: sorted(person.tenant.agreed) for person in lab.people.values()},
        )


def remember(lab: Microsoft, found: Kept) -> None:
    """Let a stand-in that has just been made go on from there. What is of nobody any more is left out."""
    for person in lab.people.values():
        if boxes := found.calendars.get(person.id):
            person.mailbox.boxes = {box.id: box for box in boxes}
        person.tenant.agreed.update(found.agreed.get(person.tenant.id, ()))
    for one in found.grants:
        if one.account in lab.people:
            person = lab.people[one.account]
            tokens = dict(one.refresh), dict(one.access)
            lab.tokens.grants[one.id] = Granted(
                one.id, person, one.client, one.scopes, one.since, *tokens, dead=one.dead
            )
    lab.subscriptions.there.update({one.id: one for one in found.subscriptions if one.account in lab.people})


def _kept(one: Granted, now: float) -> KeptGrant:
    """Return a grant as it is kept: without access tokens that are over, of which there is one more each hour."""
    access = {token: until for token, until in one.access.items() if until > now}
    return KeptGrant(one.id, one.person.id, one.client, one.scopes, one.since, dict(one.refresh), access, one.dead)
