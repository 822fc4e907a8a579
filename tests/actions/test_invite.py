from __future__ import annotations

import threading

import pytest
from sqlalchemy import select

from hub.actions.account_mail import LinkKind, find_link
from hub.actions.businesses import create_business
from hub.actions.invite import accept_invitation, invite, list_invitations, withdraw_invitation
from hub.actions.recovery import codes_left
from hub.actions.sessions import Stage
from hub.actions.users import change_user, dismiss_user
from hub.core.errors import HubError, InputError, StateError, UnknownId
from hub.core.role import Role
from hub.parts import Hub
from hub.store.business import AGENCY
from hub.store.outbox import WAITING, entries
from hub.store.sign_in import OneTimeLink
from tests.accounts import ADA, BEN, CYD, PASSWORD, VISIT, enter, join, own, turn_on_totp, written
from tests.world import DAY, World


@pytest.fixture
def hub(world: World) -> Hub:
    own(world.hub)
    return world.hub


def test_an_invitation_is_mailed_and_makes_the_account_that_it_says(hub: Hub, world: World) -> None:
    ada = enter(hub)
    with written(hub, "invited"):
        made = invite(hub, VISIT, ada.user, " Ben@Example.com", "agent", businesses=[world.business])
    assert made.email == BEN
    assert made.token not in repr(made)
    with hub.database.reading() as conn:
        (mail,) = entries(conn, (WAITING,))
    assert (mail.kind, mail.business_id, mail.payload) == ("account_mail", AGENCY, {"link_id": made.id})
    with written(hub, "invitation_accepted"):
        user_id = accept_invitation(hub, VISIT, made.token, "Ben Barnes", PASSWORD, "Europe/Berlin")
    user = enter(hub, BEN).user
    assert (user.id, user.name, user.role, user.zone) == (user_id, "Ben Barnes", Role.AGENT, "Europe/Berlin")
    assert (user.everywhere, user.businesses) == (False, {world.business})


def test_looking_at_an_invitation_changes_nothing(hub: Hub) -> None:
    made = invite(hub, VISIT, enter(hub).user, BEN, "viewer", everywhere=True)
    for _ in range(3):
        link = find_link(hub, made.token, LinkKind.INVITATION)
        assert link is not None
        assert (link.email, link.role, link.everywhere) == (BEN, Role.VIEWER, True)
    assert find_link(hub, made.token, LinkKind.RESET) is None
    accept_invitation(hub, VISIT, made.token, "Ben", PASSWORD)


def test_an_invitation_works_once(hub: Hub) -> None:
    made = invite(hub, VISIT, enter(hub).user, BEN, "viewer", everywhere=True)
    accept_invitation(hub, VISIT, made.token, "Ben", PASSWORD)
    with written(hub, ("bad_link", "refused")), pytest.raises(StateError) as caught:
        accept_invitation(hub, VISIT, made.token, "Cyd", PASSWORD)
    assert caught.value.code == "bad_link"
    assert made.token not in caught.value.message


def test_of_two_who_accept_at_once_one_does(hub: Hub) -> None:
    made = invite(hub, VISIT, enter(hub).user, BEN, "viewer", everywhere=True)
    results: list[str] = []
    gate = threading.Barrier(4)

    def accept() -> None:
        gate.wait()
        try:
            accept_invitation(hub, VISIT, made.token, "Ben", PASSWORD)
            results.append("in")
        except HubError as error:
            results.append(error.code)

    threads = [threading.Thread(target=accept) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(results) == ["bad_link"] * 3 + ["in"]


def test_an_invitation_is_over_after_seven_days(hub: Hub, world: World) -> None:
    made = invite(hub, VISIT, enter(hub).user, BEN, "viewer", everywhere=True)
    world.clock.now += 7 * DAY
    assert find_link(hub, made.token, LinkKind.INVITATION) is None
    with pytest.raises(StateError):
        accept_invitation(hub, VISIT, made.token, "Ben", PASSWORD)
    assert list_invitations(hub, enter(hub).user) == []


@pytest.mark.parametrize("token", ["", "x" * 43, "\0", "\ud800", "%"])
def test_a_token_that_is_none_is_a_bad_link(hub: Hub, token: str) -> None:
    invite(hub, VISIT, enter(hub).user, BEN, "viewer", everywhere=True)
    assert find_link(hub, token, LinkKind.INVITATION) is None
    with pytest.raises(StateError):
        accept_invitation(hub, VISIT, token, "Ben", PASSWORD)


@pytest.mark.parametrize(
    ("name", "password", "zone", "field"),
    [
        ("", PASSWORD, "UTC", "name"), ("ada@example.com", PASSWORD, "UTC", "name"),
        ("Ben", "short", "UTC", "password"), ("Ben", "password1234", "UTC", "password"),
        ("Benjamin Barnes", "benjaminbarnes1", "UTC", "password"), ("Ben", PASSWORD, "Mars", "zone"),
    ],
)  # fmt: skip
def test_the_rules_hold_for_who_accepts_and_the_link_stays(
    hub: Hub, name: str, password: str, zone: str, field: str
) -> None:
    made = invite(hub, VISIT, enter(hub).user, BEN, "viewer", everywhere=True)
    with pytest.raises(InputError) as caught:
        accept_invitation(hub, VISIT, made.token, name, password, zone)
    assert caught.value.field == field
    accept_invitation(hub, VISIT, made.token, "Ben", PASSWORD)


def test_a_new_invitation_replaces_the_old_one(hub: Hub) -> None:
    ada = enter(hub).user
    first = invite(hub, VISIT, ada, BEN, "admin", everywhere=True)
    second = invite(hub, VISIT, ada, BEN.upper(), "viewer", everywhere=True)
    assert [one.id for one in list_invitations(hub, ada)] == [second.id]
    with pytest.raises(StateError):
        accept_invitation(hub, VISIT, first.token, "Ben", PASSWORD)
    accept_invitation(hub, VISIT, second.token, "Ben", PASSWORD)
    assert enter(hub, BEN).user.role is Role.VIEWER


def test_a_withdrawn_invitation_does_not_work(hub: Hub) -> None:
    ada = enter(hub).user
    made = invite(hub, VISIT, ada, BEN, "viewer", everywhere=True)
    withdraw_invitation(hub, VISIT, ada, made.id)
    assert list_invitations(hub, ada) == []
    with pytest.raises(StateError):
        accept_invitation(hub, VISIT, made.token, "Ben", PASSWORD)
    for gone in (made.id, "x" * 26):
        with pytest.raises(UnknownId):
            withdraw_invitation(hub, VISIT, ada, gone)


def test_only_owners_make_owners_and_owners_enter_everything(hub: Hub, world: World) -> None:
    join(hub, BEN, "admin")
    ben, ada = enter(hub, BEN).user, enter(hub).user
    with written(hub), pytest.raises(StateError) as caught:
        invite(hub, VISIT, ben, CYD, "owner", everywhere=True)
    assert caught.value.code == "not_allowed"
    with pytest.raises(InputError):
        invite(hub, VISIT, ada, CYD, "owner", businesses=[world.business])
    made = invite(hub, VISIT, ada, CYD, "owner", everywhere=True)
    assert [one.id for one in list_invitations(hub, ben)] == []
    with pytest.raises(UnknownId):
        withdraw_invitation(hub, VISIT, ben, made.id)
    with pytest.raises(StateError):
        invite(hub, VISIT, ben, CYD, "viewer", everywhere=True)
    accept_invitation(hub, VISIT, made.token, "Cyd", PASSWORD)


@pytest.mark.parametrize("role", ["agent", "viewer", "auditor"])
def test_who_does_not_manage_users_invites_nobody(hub: Hub, role: str) -> None:
    join(hub, BEN, role)
    ben = enter(hub, BEN).user
    for forbidden in (
        lambda: invite(hub, VISIT, ben, CYD, "viewer", everywhere=True),
        lambda: list_invitations(hub, ben),
        lambda: withdraw_invitation(hub, VISIT, ben, "x" * 26),
    ):
        with pytest.raises(StateError) as caught:
            forbidden()
        assert caught.value.code == "not_allowed"


def test_nobody_invites_into_a_business_that_they_may_not_enter(hub: Hub, world: World) -> None:
    other = create_business(hub, "Ben's Garage", "UTC")
    join(hub, BEN, "admin", world.business)
    ben = enter(hub, BEN).user
    with pytest.raises(StateError):
        invite(hub, VISIT, ben, CYD, "viewer", everywhere=True)
    messages = []
    for unknown in (other, "x" * 26, AGENCY, "\0", "\ud800"):
        with pytest.raises(UnknownId) as caught:
            invite(hub, VISIT, ben, CYD, "viewer", businesses=[world.business, unknown])
        messages.append(caught.value.message.replace(repr(unknown), "…"))
    assert len(set(messages)) == 1
    made = invite(hub, VISIT, ben, CYD, "viewer", businesses=[world.business])
    elsewhere = invite(hub, VISIT, enter(hub).user, "dan@example.com", "viewer", businesses=[other])
    assert [one.id for one in list_invitations(hub, ben)] == [made.id]
    with pytest.raises(UnknownId):
        withdraw_invitation(hub, VISIT, ben, elsewhere.id)


@pytest.mark.parametrize(
    ("email", "role", "field"),
    [("ben", "viewer", "email"), (BEN, "king", "role"), (BEN, "", "role"), (ADA, "viewer", "email"),
     ("ben@example.com\nBcc: x@example.com", "viewer", "email")],
)  # fmt: skip
def test_what_breaks_a_rule_is_named(hub: Hub, email: str, role: str, field: str) -> None:
    with written(hub, "sign_in"), pytest.raises(InputError) as caught:
        invite(hub, VISIT, enter(hub).user, email, role, everywhere=True)
    assert caught.value.field == field


def test_no_business_at_all_is_refused(hub: Hub) -> None:
    with pytest.raises(InputError, match="businesses"):
        invite(hub, VISIT, enter(hub).user, BEN, "viewer")


def test_invitations_of_who_is_dismissed_or_lowered_end(hub: Hub) -> None:
    ben = join(hub, BEN, "admin")
    ada = enter(hub).user
    first = invite(hub, VISIT, enter(hub, BEN).user, CYD, "admin", everywhere=True)
    change_user(hub, VISIT, ada, ben, version=1, role="viewer", everywhere=True)
    with pytest.raises(StateError):
        accept_invitation(hub, VISIT, first.token, "Cyd", PASSWORD)
    change_user(hub, VISIT, ada, ben, version=2, role="admin", everywhere=True)
    second = invite(hub, VISIT, enter(hub, BEN).user, CYD, "admin", everywhere=True)
    dismiss_user(hub, VISIT, ada, ben)
    with pytest.raises(StateError):
        accept_invitation(hub, VISIT, second.token, "Cyd", PASSWORD)


def test_who_was_dismissed_can_be_invited_again_and_begins_with_nothing(hub: Hub, world: World) -> None:
    ben = join(hub, BEN, "admin")
    turn_on_totp(hub, enter(hub, BEN))
    ada = enter(hub).user
    dismiss_user(hub, VISIT, ada, ben)
    assert join(hub, BEN, "viewer", world.business, name="Benjamin") == ben
    session = enter(hub, BEN)
    assert (session.stage, session.user.role, session.user.name) == (Stage.FULL, Role.VIEWER, "Benjamin")
    assert session.user.businesses == {world.business}
    assert codes_left(hub, session) == 0


def test_neither_token_nor_address_is_kept_in_the_clear(hub: Hub) -> None:
    made = invite(hub, VISIT, enter(hub).user, BEN, "viewer", everywhere=True)
    with hub.database.reading() as conn:
        stored = str(conn.execute(select(OneTimeLink.__table__)).all())
    assert made.token not in stored
    assert BEN not in stored
