from __future__ import annotations

import pytest
from sqlalchemy import event, select

from hub.actions.sessions import (
    IDLE,
    LONGEST,
    end_all_sessions,
    end_session,
    find_session,
    list_sessions,
    sign_out,
)
from hub.actions.sign_in import sign_in
from hub.actions.users import change_user, dismiss_user
from hub.core.errors import UnknownId
from hub.core.role import Right, Role
from hub.core.security import Visit
from hub.parts import Hub
from hub.store.business import AGENCY
from hub.store.sign_in import ConsoleSession
from tests.accounts import ADA, BEN, PASSWORD, VISIT, enter, join, opened, own, turn_on_totp, written
from tests.world import DAY, World


@pytest.fixture
def hub(world: World) -> Hub:
    own(world.hub)
    return world.hub


def test_a_session_brings_its_user_and_what_they_may(hub: Hub, world: World) -> None:
    join(hub, BEN, "agent", world.business)
    user = enter(hub, BEN).user
    assert (user.role, user.everywhere, user.businesses) == (Role.AGENT, False, {world.business})
    assert Right.BOOK in user.rights
    assert Right.MANAGE_USERS not in user.rights
    assert user.may_enter(world.business)
    assert not user.may_enter("x" * 26)
    ada = enter(hub).user
    assert ada.may_enter(world.business)
    assert not ada.may_enter(AGENCY)


def test_a_session_is_found_by_one_query_however_many_businesses(hub: Hub, world: World) -> None:
    from hub.actions.businesses import create_business

    businesses = [create_business(hub, f"Shop {number}", "UTC") for number in range(5)]
    join(hub, BEN, "agent", *businesses)
    made = sign_in(hub, VISIT, BEN, PASSWORD)
    statements: list[str] = []
    event.listen(hub.database.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    session = find_session(hub, made.token)
    assert session is not None
    assert session.user.businesses == set(businesses)
    assert sum(one.startswith("SELECT") for one in statements) == 1


@pytest.mark.parametrize("token", ["", "x" * 43, "%", "\0", "\ud800", "x" * 100_000])
def test_a_token_that_is_none_finds_nobody(hub: Hub, token: str) -> None:
    enter(hub)
    assert find_session(hub, token) is None


def test_the_stored_hash_is_no_token(hub: Hub) -> None:
    enter(hub)
    with hub.database.reading() as conn:
        stored = conn.scalar(select(ConsoleSession.token_hash))
    assert stored
    assert find_session(hub, stored) is None


def test_a_session_ends_when_nobody_came_for_twelve_hours(hub: Hub, world: World) -> None:
    made = sign_in(hub, VISIT, ADA, PASSWORD)
    for _ in range(3):
        world.clock.now += IDLE - 1
        assert find_session(hub, made.token) is not None
    world.clock.now += IDLE
    assert find_session(hub, made.token) is None


def test_a_session_ends_after_fourteen_days_however_busy(hub: Hub, world: World) -> None:
    made = sign_in(hub, VISIT, ADA, PASSWORD)
    for _ in range(2 * LONGEST // DAY):
        world.clock.now += DAY // 2 - 1
        assert find_session(hub, made.token) is not None
    world.clock.now += 2 * LONGEST // DAY
    assert find_session(hub, made.token) is None


def test_a_visit_is_written_down_once_a_minute(hub: Hub, world: World) -> None:
    made = sign_in(hub, VISIT, ADA, PASSWORD)
    seen = []
    for _ in range(4):
        world.clock.now += 31
        find_session(hub, made.token)
        with hub.database.reading() as conn:
            seen.append(conn.scalar(select(ConsoleSession.seen_at)))
    start = world.clock.now - 4 * 31
    assert seen == [start, start + 62, start + 62, start + 124]


def test_after_signing_out_the_cookie_is_worth_nothing(hub: Hub) -> None:
    made = sign_in(hub, VISIT, ADA, PASSWORD)
    session = opened(hub, made)
    with written(hub, "sign_out"):
        sign_out(hub, VISIT, session)
        sign_out(hub, VISIT, session)
    assert find_session(hub, made.token) is None


def test_a_user_sees_where_they_are_signed_in_and_ends_one(hub: Hub, world: World) -> None:
    phone = sign_in(hub, Visit(address="2001:db8::7", device="Safari\r\n" + "x" * 500), ADA, PASSWORD)
    world.clock.now += 61
    session = enter(hub)
    here, there = list_sessions(hub, session)
    assert (here.current, there.current) == (True, False)
    assert (there.address, len(there.device), "\n" in there.device) == ("2001:db8::7", 200, False)
    with written(hub, "session_ended"):
        end_session(hub, VISIT, session, there.id)
    assert find_session(hub, phone.token) is None
    assert [one.id for one in list_sessions(hub, session)] == [session.id]
    with pytest.raises(UnknownId):
        end_session(hub, VISIT, session, there.id)


def test_nobody_ends_or_sees_the_session_of_another(hub: Hub) -> None:
    join(hub, BEN)
    ada, ben = enter(hub), enter(hub, BEN)
    assert [one.id for one in list_sessions(hub, ben)] == [ben.id]
    for session_id in (ada.id, "x" * 26, ""):
        with pytest.raises(UnknownId):
            end_session(hub, VISIT, ben, session_id)
    assert end_all_sessions(hub, VISIT, ben) == 0
    assert [one.id for one in list_sessions(hub, ada)] == [ada.id]


def test_all_other_sessions_end_at_once_each_with_its_event(hub: Hub) -> None:
    others = [sign_in(hub, VISIT, ADA, PASSWORD) for _ in range(3)]
    made = sign_in(hub, VISIT, ADA, PASSWORD)
    with written(hub, *["session_ended"] * 3):
        assert end_all_sessions(hub, VISIT, opened(hub, made)) == 3
    assert [find_session(hub, one.token) for one in others] == [None] * 3
    assert find_session(hub, made.token) is not None


def test_half_sessions_are_not_in_the_list(hub: Hub) -> None:
    session = enter(hub)
    turn_on_totp(hub, session)
    enter(hub)
    assert [one.id for one in list_sessions(hub, session)] == [session.id]


def test_a_dismissed_users_sessions_are_dead_at_once(hub: Hub) -> None:
    ben = join(hub, BEN)
    made = sign_in(hub, VISIT, BEN, PASSWORD)
    with written(hub, "sign_in", "user_dismissed", "session_ended"):
        dismiss_user(hub, VISIT, enter(hub).user, ben)
    assert find_session(hub, made.token) is None


def test_a_change_of_role_ends_the_sessions_and_the_next_one_has_the_new_rights(hub: Hub) -> None:
    ben = join(hub, BEN, "admin")
    made = sign_in(hub, VISIT, BEN, PASSWORD)
    change_user(hub, VISIT, enter(hub).user, ben, version=1, role="viewer", everywhere=True)
    assert find_session(hub, made.token) is None
    assert enter(hub, BEN).user.role is Role.VIEWER


def test_no_token_is_in_a_representation(hub: Hub) -> None:
    made = sign_in(hub, VISIT, ADA, PASSWORD)
    assert made.token not in f"{made!r}{opened(hub, made)!r}"
