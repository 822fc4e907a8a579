"""A mail service in memory, registered beside the fake calendars, and what tests ask about mails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from typing import Any

from hub.actions.book import book
from hub.actions.businesses import change_business, get_business
from hub.actions.effects import EFFECTS
from hub.actions.hold import hold
from hub.actions.mail import list_mails, read_mail
from hub.actions.people import Customer
from hub.jobs.perform import drain
from hub.plugin import (
    Account,
    ConnectLevel,
    Message,
    Provider,
    Purpose,
    Revocation,
    Sent,
    hookimpl,
)
from hub.registry import Candidate, Registry
from hub.store.business import AGENCY
from hub.store.connection import Granted, add_connection
from hub.store.ids import new_id
from hub.vault.names import name_account
from tests.mailserver import parsed
from tests.world import ADA, HOUR, MONDAY, World, consent_to

TEN = MONDAY + 2 * HOUR
SENDING = frozenset({Purpose.CONNECT, Purpose.SEND_MESSAGE})


@dataclass
class Post:
    """The fake provider ``post``: keeps what it took, and fails as the test says before or after it took a mail."""

    taken: list[Message] = field(default_factory=list)
    before: Callable[[Message], Exception | None] = lambda message: None
    after: Callable[[Message], Exception | None] = lambda message: None

    def candidate(self) -> Candidate:
        """Return the fake as a plugin to register."""
        return Candidate("post", "tests", lambda: _Plugin(self))  # type: ignore[arg-type,return-value]

    @property
    def mails(self) -> list[EmailMessage]:
        """What was taken, parsed."""
        return [parsed(one.raw) for one in self.taken]

    def to(self, address: str) -> list[EmailMessage]:
        """Return what one reader got."""
        return [parsed(one.raw) for one in self.taken if one.recipients == (address,)]


class _Plugin:
    __name__ = "tests.post"

    def __init__(self, post: Post) -> None:
        self.post = post

    @hookimpl
    def hub_provider(self) -> Provider:
        return Provider("post", "Post", (), (ConnectLevel("send", "Send", SENDING),), Revocation.NONE, "nothing")

    @hookimpl
    def hub_send_message(self, account: Account, message: Message) -> Sent:
        for step in (self.post.before, self._take, self.post.after):
            problem = step(message)
            if problem:
                raise problem
        return Sent("4711")

    def _take(self, message: Message) -> None:
        self.post.taken.append(message)


def with_post(world: World, *, connected: bool = True) -> Post:
    """Give a world's hub a mail service, connected for the agency."""
    post = Post()
    registry = Registry([world.calendars.candidate(), post.candidate()])
    world.hub = replace(world.hub, registry=registry)
    if connected:
        connect_post(world, AGENCY)
    return post


def connect_post(world: World, business_id: str, sender: str = "hub@agency.test", name: str = "") -> str:
    """Connect the mail service for a business, and return the connection's id."""
    connection_id = new_id()
    settings = {"sender": sender, "sender_name": name}
    with world.hub.database.writing() as conn:
        granted = Granted("send", (), sorted(SENDING))
        add_connection(conn, business_id, connection_id, "post", granted, world.clock())
        name_account(conn, world.hub.keyring, business_id, connection_id, sender, settings)
        consent_to(world.hub, conn, business_id, connection_id)
    return connection_id


def booked(world: World, service: str, start: int = TEN, customer: Customer = ADA, zone: str = "Europe/Berlin") -> str:
    """Book a start and return the booking's id."""
    held = hold(world.hub, world.business, service, start, zone=zone)
    return book(world.hub, world.business, held.booking_id, customer).booking_id


def change(world: World, **values: Any) -> None:
    """Change the business."""
    version = get_business(world.hub, world.business).version
    change_business(world.hub, world.business, version, values)


def settle(world: World) -> None:
    """Bring about everything that is due now."""
    drain(world.hub, EFFECTS)


def states(world: World) -> list[tuple[str, str]]:
    """Return kind and state of all mails, the oldest first."""
    return [(str(one.kind), one.state) for one in reversed(list_mails(world.hub, None)[0])]


def kept(world: World, kind: str) -> EmailMessage:
    """Return the newest mail of a kind that was kept."""
    found = next(one for one in list_mails(world.hub, None)[0] if one.kind == kind)
    return parsed(read_mail(world.hub, found.business_id, found.id))


def text(mail: EmailMessage) -> str:
    """Return what a mail says."""
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")
