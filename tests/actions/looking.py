"""People who look, and what there is to look at: for the tests of human access."""

from __future__ import annotations

from dataclasses import dataclass

from hub.actions.access_ask import ask_access
from hub.actions.holders import add_staff
from hub.actions.hours import every_weekday
from hub.actions.mail import list_mails
from hub.core.access import Named, ObjectKind
from hub.core.errors import Retry
from hub.core.ledger import EntryKind
from hub.core.security import Visit
from hub.ledger.read import Recorded, entries_about
from tests.accounts import join, own
from tests.actions.test_calendars import account
from tests.post import Post, booked, settle
from tests.world import World


@dataclass
class Scene:
    """Ada owns the agency, Ben is an agent, Adam an admin; Grace is staff and has an account of her own."""

    world: World
    ada: str
    ben: str
    adam: str
    grace: str
    connection: str

    def by(self, user_id: str) -> Visit:
        """A visit of a console user."""
        return Visit(actor="user", actor_id=user_id)

    @property
    def staff(self) -> Visit:
        """A visit of Grace, by her link."""
        return Visit(actor="staff", actor_id=self.grace)

    @property
    def object(self) -> Named:
        """Her account."""
        return Named(ObjectKind.CONNECTION, self.connection)

    def ask(self, reason: str = "support", *objects: Named, **rules: object) -> str:
        """Let Ben ask."""
        given = {"hours": 1, "reference": "" if reason == "support" else "INC-7", **rules}
        where = self.world.hub, self.by(self.ben), self.world.business
        return ask_access(*where, objects or (self.object,), reason, **given)  # type: ignore[arg-type]

    def entries(self, *kinds: EntryKind) -> list[Recorded]:
        """What the ledger says, the oldest first."""
        with self.world.hub.database.reading() as conn:
            found = entries_about(conn, self.world.business, kinds=kinds or _ACCESS)
        return found[::-1]


_ACCESS = tuple(kind for kind in EntryKind if kind.startswith("access_"))


def scene(world: World) -> Scene:
    """Put the people into a world."""
    hub = world.hub
    ada, ben = own(hub), join(hub, "ben@example.com", "agent")
    adam = join(hub, "adam@example.com", "admin", name="Adam Smith")
    hours = every_weekday("Europe/Berlin", (9 * 60, 17 * 60))
    grace = add_staff(hub, world.business, "Grace", hours, email="grace@example.com")
    return Scene(world, ada, ben, adam, grace, account(world, "grace@gmail.com", "Choir", owner=grace))


def newest_mail(world: World) -> Named:
    """The mail of the business that was written last."""
    return Named(ObjectKind.MAIL, list_mails(world.hub, [world.business])[0][0].id)


def stuck_mail(world: World, post: Post) -> Named:
    """A mail to Ada Lovelace, a customer, that the server may have had: its text is kept until somebody knows."""
    post.after = lambda message: Retry("cut", code="cut", sent=True)
    booked(world, world.service(world.staff()))
    settle(world)
    post.after = lambda message: None
    return newest_mail(world)
