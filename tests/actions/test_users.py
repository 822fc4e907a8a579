from __future__ import annotations

import threading

import pytest
from sqlalchemy import select

from hub.actions.account import OPERATOR_USER
from hub.actions.api_keys import find_key, make_key
from hub.actions.businesses import create_business
from hub.actions.passkey import list_passkeys
from hub.actions.sessions import Stage, find_session
from hub.actions.sign_in import sign_in
from hub.actions.users import (
    change_own,
    change_user,
    dismiss_user,
    find_user,
    find_user_id,
    list_users,
    remove_second_factor,
)
from hub.core.errors import HubError, InputError, StateError, UnknownId
from hub.core.role import Role
from hub.core.security import OPERATOR
from hub.parts import Hub
from hub.store.user import ConsoleUser
from tests.accounts import ADA, BEN, CYD, PASSWORD, VISIT, enter, join, own, turn_on_totp, written
from tests.world import World


@pytest.fixture
def hub(world: World) -> Hub:
    own(world.hub)
    return world.hub


def test_users_are_listed_with_what_their_managers_need(hub: Hub, world: World) -> None:
    ben = join(hub, BEN, "agent", world.business)
    turn_on_totp(hub, enter(hub, BEN))
    ada, found = list_users(hub, enter(hub).user)
    assert (ada.email, ada.role, ada.everywhere, ada.second_factor) == (ADA, Role.OWNER, True, False)
    assert (found.id, found.email, found.role, found.businesses) == (ben, BEN, Role.AGENT, {world.business})
    assert found.second_factor
    assert found.seen_at == world.clock()


def test_who_is_limited_sees_and_changes_those_within_their_own_businesses_alone(hub: Hub, world: World) -> None:
    other = create_business(hub, "Garage", "UTC")
    ada = enter(hub).user
    ben = join(hub, BEN, "admin", world.business)
    inside = join(hub, "in@example.com", "viewer", world.business)
    outside = [join(hub, f"{name}@example.com", "viewer", *where) for name, where in
               {"out": (other,), "both": (world.business, other), "all": ()}.items()]  # fmt: skip
    by = enter(hub, BEN).user
    assert {one.id for one in list_users(hub, by)} == {ben, inside}
    for user_id in [*outside, ada.id, "x" * 26]:
        for forbidden in (
            lambda user_id=user_id: find_user(hub, by, user_id),
            lambda user_id=user_id: dismiss_user(hub, VISIT, by, user_id),
            lambda user_id=user_id: change_user(
                hub, VISIT, by, user_id, version=1, role="viewer", everywhere=False, businesses=[world.business]
            ),
        ):
            with written(hub), pytest.raises(UnknownId):
                forbidden()
    with pytest.raises(UnknownId):
        change_user(hub, VISIT, by, inside, version=1, role="viewer", everywhere=False, businesses=[other])
    with pytest.raises(StateError):
        change_user(hub, VISIT, by, inside, version=1, role="viewer", everywhere=True)
    change_user(hub, VISIT, by, inside, version=1, role="admin", everywhere=False, businesses=[world.business])


def test_a_change_of_rights_counts_once_for_one_version(hub: Hub) -> None:
    ben = join(hub, BEN)
    ada = enter(hub).user
    with written(hub, "user_changed"):
        change_user(hub, VISIT, ada, ben, version=1, role="viewer", everywhere=True)
    with pytest.raises(StateError) as caught:
        change_user(hub, VISIT, ada, ben, version=1, role="admin", everywhere=True)
    assert caught.value.code == "changed"
    assert find_user(hub, ada, ben).role is Role.VIEWER


def test_nobody_raises_lowers_or_dismisses_themselves(hub: Hub) -> None:
    join(hub, BEN, "admin")
    for email in (ADA, BEN):
        me = enter(hub, email).user
        for forbidden in (
            lambda me=me: change_user(hub, VISIT, me, me.id, version=1, role="admin", everywhere=True),
            lambda me=me: dismiss_user(hub, VISIT, me, me.id),
        ):
            with pytest.raises(StateError) as caught:
                forbidden()
            assert caught.value.code == "not_allowed"


def test_an_admin_neither_makes_nor_touches_an_owner(hub: Hub) -> None:
    join(hub, BEN, "admin")
    cyd = join(hub, CYD, "viewer")
    ben, ada = enter(hub, BEN).user, enter(hub).user
    with pytest.raises(StateError):
        change_user(hub, VISIT, ben, cyd, version=1, role="owner", everywhere=True)
    with pytest.raises(StateError):
        change_user(hub, VISIT, ben, ada.id, version=1, role="viewer", everywhere=True)
    with pytest.raises(StateError):
        dismiss_user(hub, VISIT, ben, ada.id)


@pytest.mark.parametrize("role", ["agent", "viewer", "auditor"])
def test_who_does_not_manage_users_sees_themselves_alone(hub: Hub, role: str) -> None:
    ben = join(hub, BEN, role)
    me, ada = enter(hub, BEN).user, enter(hub).user
    with pytest.raises(StateError):
        list_users(hub, me)
    with pytest.raises(StateError):
        dismiss_user(hub, VISIT, me, ada.id)
    with pytest.raises(UnknownId):
        find_user(hub, me, ada.id)
    assert find_user(hub, me, ben).email == BEN


def test_the_last_owner_can_neither_be_lowered_nor_dismissed(hub: Hub) -> None:
    ada = find_user_id(hub, ADA)
    for forbidden in (
        lambda: dismiss_user(hub, OPERATOR, OPERATOR_USER, ada),
        lambda: change_user(hub, OPERATOR, OPERATOR_USER, ada, version=1, role="admin", everywhere=True),
    ):
        with pytest.raises(StateError) as caught:
            forbidden()
        assert caught.value.code == "last_owner"
    join(hub, BEN, "owner")
    dismiss_user(hub, VISIT, enter(hub, BEN).user, ada)
    with pytest.raises(StateError):
        dismiss_user(hub, OPERATOR, OPERATOR_USER, find_user_id(hub, BEN))


def test_two_owners_who_dismiss_each_other_at_once_leave_one(hub: Hub) -> None:
    join(hub, BEN, "owner")
    ada, ben = enter(hub).user, enter(hub, BEN).user
    gate, results = threading.Barrier(2), []

    def dismiss(by: object, other: str) -> None:
        gate.wait()
        try:
            dismiss_user(hub, VISIT, by, other)  # type: ignore[arg-type]
            results.append("done")
        except HubError as error:
            results.append(error.code)

    threads = [threading.Thread(target=dismiss, args=pair) for pair in ((ada, ben.id), (ben, ada.id))]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(results) == ["done", "last_owner"]


def test_dismissing_ends_every_way_in_at_once(hub: Hub) -> None:
    ben = join(hub, BEN, "admin")
    session = enter(hub, BEN)
    turn_on_totp(hub, session)
    token = make_key(hub, VISIT, session.user, "Website", ["view"], everywhere=True).token
    half = sign_in(hub, VISIT, BEN, PASSWORD)
    with written(hub, "sign_in", "user_dismissed", "session_ended", "session_ended", "key_ended"):
        dismiss_user(hub, VISIT, enter(hub).user, ben)
    assert find_key(hub, token) is None
    assert find_session(hub, half.token) is None
    with pytest.raises(InputError):
        enter(hub, BEN)
    assert list_passkeys(hub, session) == []
    with hub.database.reading() as conn:
        row = conn.execute(select(ConsoleUser.__table__).where(ConsoleUser.id == ben)).one()
    assert (row.password_hash, row.totp) == (None, None)
    assert [one.email for one in list_users(hub, OPERATOR_USER)] == [ADA]
    assert [one.email for one in list_users(hub, OPERATOR_USER, dismissed=True)] == [ADA, BEN]
    with pytest.raises(UnknownId):
        dismiss_user(hub, VISIT, enter(hub).user, ben)
    with pytest.raises(InputError):
        find_user_id(hub, BEN)


def test_everybody_changes_their_own_name_and_zone_and_nothing_else(hub: Hub) -> None:
    session = enter(hub)
    with written(hub, "user_changed"):
        change_own(hub, VISIT, session, version=session.user.version, name=" Ada  King ", zone="Europe/Paris")
    user = enter(hub).user
    assert (user.name, user.zone, user.role, user.version) == ("Ada King", "Europe/Paris", Role.OWNER, 2)
    with pytest.raises(StateError):
        change_own(hub, VISIT, session, version=1, name="Ada", zone="UTC")
    for name, zone, field in (("", "UTC", "name"), ("Google Security", "UTC", "name"), ("Ada", "Mars", "zone")):
        with pytest.raises(InputError) as caught:
            change_own(hub, VISIT, session, version=2, name=name, zone=zone)
        assert caught.value.field == field


def test_the_operator_turns_a_lost_second_factor_off(hub: Hub) -> None:
    session = enter(hub)
    turn_on_totp(hub, session)
    with written(hub, "totp_off", "session_ended"):
        remove_second_factor(hub, OPERATOR, session.user.id)
    assert enter(hub).stage is Stage.FULL
    with pytest.raises(UnknownId):
        remove_second_factor(hub, OPERATOR, "x" * 26)


def test_who_manages_users_helps_those_whom_they_may_manage_and_nobody_else(hub: Hub, world: World) -> None:
    ben, admin = join(hub, BEN), join(hub, CYD, "admin", name="Cyd")
    turn_on_totp(hub, enter(hub, BEN))
    by = enter(hub, CYD).user
    with written(hub, "totp_off", "session_ended"):
        remove_second_factor(hub, VISIT, ben, by)
    assert not find_user(hub, by, ben).second_factor
    owner = enter(hub).user.id
    for user_id, error in ((owner, StateError), (admin, StateError), ("x" * 26, UnknownId), ("\0", UnknownId)):
        with pytest.raises(error):
            remove_second_factor(hub, VISIT, user_id, by)
    with pytest.raises(StateError):
        remove_second_factor(hub, VISIT, admin, enter(hub, BEN).user)
