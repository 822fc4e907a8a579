"""Asking to see what is masked: what a request names, who may ask, and who can be asked."""

from __future__ import annotations

import pytest

from hub.actions.access_ask import ask_access
from hub.actions.access_list import get_access
from hub.core.access import AccessState, Named, ObjectKind
from hub.core.errors import InputError, StateError, UnknownId
from hub.core.ledger import EntryKind
from hub.core.security import Visit
from hub.store.connection import set_user
from tests.accounts import join
from tests.actions.looking import newest_mail, scene, stuck_mail
from tests.actions.test_calendars import account
from tests.post import booked, settle, states, text, with_post
from tests.tables import nothing_changed
from tests.world import World


def test_a_request_names_its_objects_shows_nothing_and_is_in_the_ledger(world: World) -> None:
    here = scene(world)
    grant = here.ask(hours=4)
    found = get_access(world.hub, world.business, grant)
    assert (found.state, found.user, found.seconds, found.decided_by) == (AccessState.ASKED, "Ben Barnes", 14_400, "")
    assert [(one.object, one.name, one.owner) for one in found.objects] == [(here.object, "g•••@g•••", "Grace")]
    (entry,) = here.entries()
    assert (entry.kind, entry.user_id, entry.holder_id) == (EntryKind.ACCESS_ASKED, here.ben, here.grace)
    assert entry.content is not None
    assert entry.content["objects"] == [f"connection:{here.connection}"]
    assert "gmail" not in repr(entry)


def test_only_people_of_the_console_ask_and_only_where_they_may(world: World, strangers: dict[str, str]) -> None:
    here = scene(world)
    vera, ida = (
        join(world.hub, "vera@example.com", "viewer"),
        join(world.hub, "ida@example.com", "agent", strangers["ben"]),
    )
    for visit in (here.by(vera), Visit("key", "k" * 26), Visit(), here.staff, here.by("x" * 26)):
        with nothing_changed(world.hub), pytest.raises(StateError):
            ask_access(world.hub, visit, world.business, [here.object], "support")
    with nothing_changed(world.hub), pytest.raises(UnknownId):
        ask_access(world.hub, here.by(ida), world.business, [here.object], "support")
    with nothing_changed(world.hub), pytest.raises(UnknownId):
        ask_access(world.hub, here.by(here.ben), strangers["ben"], [here.object], "support")


def test_what_is_asked_must_be_whole_and_of_one_person(world: World) -> None:
    here = scene(world)
    other = Named(ObjectKind.CONNECTION, account(world, "team@example.com", owner=world.staff(connected=False)))
    nobodys = Named(ObjectKind.CONNECTION, account(world, "old@example.com"))
    for wrong, rules in (
        ("hours", {"hours": 5}),
        ("reference", {"reason": "security", "reference": ""}),
        ("reason", {"reason": "curiosity"}),
        ("delay", {"delay": "order"}),
    ):
        with nothing_changed(world.hub), pytest.raises(InputError) as caught:
            here.ask(**rules)  # type: ignore[arg-type]
        assert caught.value.field == wrong
    with nothing_changed(world.hub):
        with pytest.raises(InputError, match="one person"):
            here.ask("support", here.object, other)
        with pytest.raises(StateError, match="nobody can approve"):
            here.ask("support", nobodys)
        with pytest.raises(UnknownId):
            here.ask("support", Named(ObjectKind.MAIL, "x" * 26))
        with pytest.raises(InputError, match="1 to 20"):
            ask_access(world.hub, here.by(here.ben), world.business, [], "support")
    assert here.ask("security", here.object, other, nobodys)


def test_who_sees_an_account_in_full_need_not_ask(world: World) -> None:
    here = scene(world)
    mine = account(world, "ben@example.com")
    with world.hub.database.writing() as conn:
        set_user(conn, world.business, mine, here.ben)
    with nothing_changed(world.hub), pytest.raises(StateError, match="in full already"):
        here.ask("support", Named(ObjectKind.CONNECTION, mine))


def test_a_staff_member_with_an_address_gets_the_link_and_nobody_else_can_read_it(world: World) -> None:
    post, here = with_post(world), scene(world)
    grant = here.ask()
    settle(world)
    (mail,) = post.to("grace@example.com")
    assert f"/access/{world.business}.{grant}." in text(mail)
    assert "gmail" not in text(mail)
    assert states(world)[-1] == ("staff_access_asked", "sent")


def test_a_customer_is_asked_by_mail_alone(world: World) -> None:
    post, here = with_post(world), scene(world)
    mail = stuck_mail(world, post)
    grant = here.ask("support", mail)
    settle(world)
    assert f"/access/{world.business}.{grant}." in text(post.to("ada@example.com")[-1])


def test_without_a_mail_server_a_customer_cannot_be_asked_and_what_is_kept_is_read_without_asking(world: World) -> None:
    here = scene(world)
    booked(world, world.service(world.staff()))
    settle(world)
    kept = newest_mail(world)
    with nothing_changed(world.hub), pytest.raises(StateError, match="can be read already"):
        here.ask("support", kept)
