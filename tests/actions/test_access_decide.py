"""Who may agree to a look, who may not, and how a grant ends."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from hub.actions.access_decide import approve_access, end_access, end_overdue, refuse_access, tell_now
from hub.actions.access_list import get_access
from hub.actions.access_view import view_object
from hub.actions.staff_links import make_staff_link
from hub.core.access import WAITS, AccessState
from hub.core.errors import HubError, StateError, UnknownId
from hub.core.ledger import EntryKind
from hub.core.security import Visit
from hub.store.connection import set_user
from tests.accounts import join, written
from tests.actions.looking import Scene, scene, stuck_mail
from tests.actions.test_calendars import account
from tests.post import settle, text, with_post
from tests.tables import nothing_changed
from tests.world import HOUR, World

NOTED = ("security_event",)


def approve(here: Scene, grant: str, visit: Visit, **more: str) -> None:
    approve_access(here.world.hub, visit, here.world.business, grant, **more)


def state(here: Scene, grant: str) -> AccessState:
    return get_access(here.world.hub, here.world.business, grant).state


def test_for_support_the_person_agrees_and_nobody_for_them(world: World) -> None:
    here = scene(world)
    grant = here.ask(hours=2)
    other = world.staff(connected=False)
    for visit in (here.by(here.ada), here.by(here.adam), Visit("staff", other), Visit("key", "k" * 26), Visit()):
        with nothing_changed(world.hub, but=NOTED), written(world.hub, ("access", "refused")):
            with pytest.raises(StateError) as caught:
                approve(here, grant, visit)
            assert caught.value.code == "not_allowed"
    approve(here, grant, here.staff)
    found = get_access(world.hub, world.business, grant)
    assert (found.state, found.until, found.decided_by) == (
        AccessState.APPROVED,
        world.clock.now + 2 * HOUR,
        "the staff member",
    )
    (entry,) = here.entries(EntryKind.ACCESS_APPROVED)
    assert entry.content is not None
    assert (entry.user_id, entry.holder_id, entry.content["by_id"]) == (here.ben, here.grace, here.grace)


def test_who_asks_never_agrees_also_not_by_a_link_that_they_made(world: World) -> None:
    here = scene(world)
    for reason in ("support", "security", "legal"):
        grant = here.ask(reason)
        for action in (approve_access, refuse_access):
            with nothing_changed(world.hub, but=NOTED), pytest.raises(StateError) as caught:
                action(world.hub, here.by(here.ben), world.business, grant)
            assert caught.value.code == "self_approval"
    grant = here.ask()
    for maker in (here.by(here.ben), Visit("key", "k" * 26)):
        link, _ = make_staff_link(world.hub, maker, world.business, here.grace)
        with nothing_changed(world.hub, but=NOTED), pytest.raises(StateError) as caught:
            approve(here, grant, here.staff, link_id=link.id)
        assert caught.value.code == "self_approval"
    link, _ = make_staff_link(world.hub, here.by(here.ada), world.business, here.grace)
    approve(here, grant, here.staff, link_id=link.id)
    assert state(here, grant) is AccessState.APPROVED


@pytest.mark.parametrize("reason", ["security", "legal"])
def test_for_security_and_law_a_second_person_who_may_agrees(world: World, reason: str) -> None:
    here = scene(world)
    grant = here.ask(reason, delay="investigation")
    agnes = join(world.hub, "agnes@example.com", "agent", name="Agnes")
    otto = join(world.hub, "otto@example.com", "auditor", name="Otto")
    for visit in (here.by(agnes), here.by(otto), here.staff):
        with nothing_changed(world.hub, but=NOTED), pytest.raises(StateError):
            approve(here, grant, visit)
    approve(here, grant, here.by(here.adam))
    assert get_access(world.hub, world.business, grant).decided_by == "Adam Smith"


def test_somebody_of_another_business_decides_nothing(world: World, strangers: dict[str, str]) -> None:
    here = scene(world)
    ida = join(world.hub, "ida@example.com", "admin", strangers["ben"], name="Ida")
    grant = here.ask("security")
    with nothing_changed(world.hub), pytest.raises(UnknownId):
        approve(here, grant, here.by(ida))
    for action in (approve_access, refuse_access, end_access, tell_now):
        with nothing_changed(world.hub), pytest.raises(UnknownId):
            action(world.hub, here.by(here.ada), strangers["ben"], grant)


def test_the_user_who_connected_an_account_agrees_in_the_console(world: World) -> None:
    post, here = with_post(world), scene(world)
    ours = here.object.__class__(here.object.kind, account(world, "team@example.com"))
    with world.hub.database.writing() as conn:
        set_user(conn, world.business, ours.id, here.adam)
    grant = here.ask("support", ours)
    settle(world)
    (mail,) = post.to("adam@example.com")
    assert f"/console/{world.business}/access/{grant}" in text(mail)
    with pytest.raises(StateError):
        approve(here, grant, here.by(here.ada))
    approve(here, grant, here.by(here.adam))
    assert view_object(world.hub, here.by(here.ben), world.business, grant, ours).facts[0][1] == "team@example.com"


def test_a_customer_agrees_as_the_person_of_the_mail_and_not_as_who_has_the_link_to_a_booking(world: World) -> None:
    post, here = with_post(world), scene(world)
    mail = stuck_mail(world, post)
    grant = here.ask("support", mail)
    with world.hub.database.reading() as conn:
        from hub.store.mail import find_mail

        row = find_mail(conn, world.business, mail.id)
    with pytest.raises(StateError):
        approve(here, grant, Visit("customer", row.booking_id))
    approve(here, grant, Visit("customer", row.person_id))
    assert "Confirmed" in dict(view_object(world.hub, here.by(here.ben), world.business, grant, mail).facts)["Subject"]


def test_a_request_is_answered_once_also_when_two_answer_at_once(world: World) -> None:
    here = scene(world)
    grant = here.ask("security")

    def answer(action: object) -> str:
        try:
            action(world.hub, here.by(here.ada), world.business, grant)  # type: ignore[operator]
        except StateError as error:
            return error.code
        return "done"

    with ThreadPoolExecutor(6) as pool:
        codes = sorted(pool.map(answer, [approve_access, refuse_access] * 3))
    assert codes == ["answered"] * 5 + ["done"]
    assert len(here.entries(EntryKind.ACCESS_APPROVED, EntryKind.ACCESS_REFUSED)) == 1


def test_what_nobody_answers_and_what_is_over_ends_by_itself_once(world: World) -> None:
    here = scene(world)
    asked, given = here.ask("security"), here.ask("legal")
    approve(here, given, here.by(here.ada))
    world.clock.now += HOUR
    assert (state(here, asked), state(here, given)) == (AccessState.ASKED, AccessState.EXPIRED)
    end_overdue(world.hub)
    world.clock.now += WAITS
    with pytest.raises(StateError, match="too old"):
        approve(here, asked, here.by(here.ada))
    end_overdue(world.hub)
    end_overdue(world.hub)
    assert (state(here, asked), state(here, given)) == (AccessState.EXPIRED, AccessState.EXPIRED)
    said = [entry.content["why"] for entry in here.entries(EntryKind.ACCESS_ENDED) if entry.content]
    assert said == ["expired", "expired"]


def test_it_is_ended_by_who_asked_by_the_person_and_by_owners(world: World) -> None:
    here = scene(world)
    for visit in (here.by(here.ben), here.staff, here.by(here.adam)):
        grant = here.ask()
        approve(here, grant, here.staff)
        end_access(world.hub, visit, world.business, grant)
        end_access(world.hub, visit, world.business, grant)
        with pytest.raises(StateError) as caught:
            view_object(world.hub, here.by(here.ben), world.business, grant, here.object)
        assert caught.value.code == "expired"
    grant = here.ask()
    for visit in (Visit("staff", world.staff(connected=False)), Visit(), Visit("key", "k" * 26)):
        with nothing_changed(world.hub), pytest.raises(HubError):
            end_access(world.hub, visit, world.business, grant)
    assert len(here.entries(EntryKind.ACCESS_ENDED)) == 3


def test_what_was_kept_back_is_told_when_somebody_says_so_and_only_once(world: World) -> None:
    post, here = with_post(world), scene(world)
    grant = here.ask("security", delay="investigation")
    approve(here, grant, here.by(here.ada))
    view_object(world.hub, here.by(here.ben), world.business, grant, here.object)
    settle(world)
    assert post.to("grace@example.com") == []
    (entry,) = here.entries(EntryKind.ACCESS_VIEWED)
    assert entry.content is not None
    assert entry.content["told_later"] == "investigation"
    with pytest.raises(StateError):
        tell_now(world.hub, here.by(here.ben), world.business, grant)
    for _ in range(2):
        tell_now(world.hub, here.by(here.adam), world.business, grant)
        settle(world)
        assert len(post.to("grace@example.com")) == 1
    world.clock.now += 60
    view_object(world.hub, here.by(here.ben), world.business, grant, here.object)
    settle(world)
    assert len(post.to("grace@example.com")) == 2
