"""Users in the console: invited, changed by version, dismissed; never above one's own rights, never the last owner."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from hub.actions.account import OPERATOR_USER
from hub.actions.invite import list_invitations
from hub.actions.sessions import CONFIRMED_SECONDS
from hub.actions.users import change_user, find_user, find_user_id, list_users
from hub.core.role import Role
from hub.core.security import OPERATOR
from tests.accounts import enter, turn_on_totp
from tests.tables import nothing_changed
from tests.visitors import PASSWORD
from tests.web.conftest import Browser, looked_at, once
from tests.world import World

SignedIn = Callable[[str], Browser]
SEEN = ("console_session", "security_event")
LINK = re.compile(r"http://127\.0\.0\.1:8765(/invitation/[\w-]+)")


def invited(browser: Browser, **given: object) -> Browser:
    browser.get("/console/users/invite")
    typed = {"email": "new@example.com", "role": "agent", "reach": "all", **given}
    browser.post("/console/users/invite", {**once(browser), **typed})
    return browser


def test_without_a_mail_server_the_link_is_shown_once_and_works(world: World, signed_in: SignedIn) -> None:
    ada = signed_in("owner")
    page = invited(ada, role="viewer", reach="some", businesses=[world.business]).page
    found = LINK.search(page)
    assert found
    assert "shown once" in page
    (open_one,) = list_invitations(world.hub, OPERATOR_USER)
    assert (open_one.email, open_one.role, open_one.businesses) == ("new@example.com", Role.VIEWER, {world.business})
    assert found[1] not in ada.get("/console/users").text
    assert signed_in("viewer").get(found[1]).status_code in (200, 303)


def test_a_page_sent_twice_invites_once(world: World, signed_in: SignedIn) -> None:
    ada = signed_in("owner")
    ada.get("/console/users/invite")
    given = {**once(ada), "email": "new@example.com", "role": "agent", "reach": "all"}
    ada.post("/console/users/invite", given)
    (first,) = list_invitations(world.hub, OPERATOR_USER)
    ada.get("/console/users/invite")
    assert "was sent before" in ada.post("/console/users/invite", given).text
    assert list_invitations(world.hub, OPERATOR_USER) == [first]


def test_an_invitation_is_withdrawn(world: World, signed_in: SignedIn) -> None:
    ada = invited(signed_in("owner"))
    (found,) = list_invitations(world.hub, OPERATOR_USER)
    ada.get("/console/users")
    assert "Withdrawn" in ada.follow(ada.post(f"/console/users/invitations/{found.id}/withdraw")).text
    assert list_invitations(world.hub, OPERATOR_USER) == []


@pytest.mark.parametrize(
    ("who", "given"),
    [
        ("admin", {"role": "owner"}),
        ("owner", {"role": "owner", "reach": "some"}),
        ("owner", {"role": "emperor"}),
        ("owner", {"email": "nobody"}),
        ("owner", {"reach": "some", "businesses": ["x" * 26]}),
        ("owner", {"reach": "some"}),
        ("owner", {"made_by": "x"}),
        ("ida", {"reach": "all"}),
    ],
)
def test_nobody_invites_above_their_own_rights_or_with_nonsense(
    world: World, signed_in: SignedIn, who: str, given: dict[str, object]
) -> None:
    visitor = signed_in(who)
    signed_in("owner")
    with nothing_changed(world.hub, but=SEEN):
        invited(visitor, **given)
    assert not LINK.search(visitor.page)


def test_role_and_businesses_are_changed_and_they_are_signed_out(world: World, signed_in: SignedIn) -> None:
    vera, ada = signed_in("viewer"), signed_in("owner")
    path = f"/console/users/{find_user_id(world.hub, 'viewer@example.com')}"
    ada.get(path)
    given = {**looked_at(ada), "role": "agent", "reach": "some", "businesses": [world.business]}
    assert "Saved" in ada.follow(ada.post(path, given)).text
    found = find_user(world.hub, OPERATOR_USER, path.rpartition("/")[2])
    assert (found.role, found.everywhere, found.businesses) == (Role.AGENT, False, {world.business})
    assert vera.get("/console").status_code == 303


def test_two_who_change_one_user_do_not_write_over_each_other(world: World, signed_in: SignedIn) -> None:
    signed_in("viewer")
    ada, user = signed_in("owner"), find_user_id(world.hub, "viewer@example.com")
    ada.get(f"/console/users/{user}")
    given = {**looked_at(ada), "role": "agent", "reach": "all"}
    change_user(world.hub, OPERATOR, OPERATOR_USER, user, version=1, role="auditor", everywhere=True)
    answer = ada.post(f"/console/users/{user}", given)
    assert answer.status_code == 422
    assert "Somebody else changed this meanwhile" in answer.text
    assert find_user(world.hub, OPERATOR_USER, user).role is Role.AUDITOR


def test_dismissing_ends_every_way_in(world: World, signed_in: SignedIn) -> None:
    vera, ada, user = signed_in("viewer"), signed_in("owner"), find_user_id(world.hub, "viewer@example.com")
    ada.get(f"/console/users/{user}")
    assert "Every way in" in ada.follow(ada.post(f"/console/users/{user}/dismiss")).text
    assert vera.get("/console").status_code == 303
    assert "Vera" not in [one.name for one in list_users(world.hub, OPERATOR_USER)]
    assert "dismissed" in ada.get("/console/users?dismissed=1").text
    assert "They were dismissed" in ada.get(f"/console/users/{user}").text


def test_a_lost_second_step_is_removed(world: World, signed_in: SignedIn) -> None:
    signed_in("viewer")
    turn_on_totp(world.hub, enter(world.hub, "viewer@example.com", PASSWORD))
    ada, user = signed_in("owner"), find_user_id(world.hub, "viewer@example.com")
    assert "Remove the second step" in ada.get(f"/console/users/{user}").text
    ada.post(f"/console/users/{user}/factor")
    assert not find_user(world.hub, OPERATOR_USER, user).second_factor


def test_nobody_changes_themselves_and_the_last_owner_is_told_why(world: World, signed_in: SignedIn) -> None:
    ada, user = signed_in("owner"), find_user_id(world.hub, "owner@example.com")
    page = ada.get(f"/console/users/{user}").text
    assert "You are the last owner" in page
    assert f"{user}/dismiss" not in page
    with nothing_changed(world.hub, but=SEEN):
        for what in ("dismiss", "factor"):
            ada.get("/console/users")
            assert "Nobody changes their own rights" in ada.post(f"/console/users/{user}/{what}").text


def test_an_admin_touches_no_owner_and_the_limited_nobody_beyond_their_own(world: World, signed_in: SignedIn) -> None:
    signed_in("owner")
    user = find_user_id(world.hub, "owner@example.com")
    admin, ida = signed_in("admin"), signed_in("ida")
    assert "Only an owner" in admin.get(f"/console/users/{user}").text
    assert ida.get(f"/console/users/{user}").status_code == 404
    assert "owner@example.com" not in ida.get("/console/users").text
    with nothing_changed(world.hub, but=SEEN):
        given = {"version": 1, "role": "viewer", "reach": "all"}
        for visitor in (admin, ida):
            for path in ("", "/dismiss", "/factor"):
                visitor.get("/console/users")
                assert visitor.post(f"/console/users/{user}{path}", given if not path else None).status_code >= 400


def test_what_is_sensitive_asks_for_the_password_after_a_while(world: World, signed_in: SignedIn) -> None:
    ada = signed_in("owner")
    world.clock.now += CONFIRMED_SECONDS + 1
    for path in ("/console/users/invite", f"/console/users/{'x' * 26}", "/console/keys/new"):
        answer = ada.get(path)
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith("/account/confirm?next=")
    assert ada.get("/console/users").status_code == 200
