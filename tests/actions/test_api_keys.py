from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import event, select

from hub.actions.api_keys import MadeKey, end_key, find_key, list_keys, make_key
from hub.actions.businesses import create_business
from hub.actions.sessions import User
from hub.actions.users import change_user, dismiss_user
from hub.core.errors import InputError, StateError, UnknownId
from hub.core.role import API_RIGHTS, Right
from hub.core.security import Visit
from hub.parts import Hub
from hub.store.business import AGENCY
from hub.store.security import SecurityEvent
from hub.store.sign_in import ApiKey
from tests.accounts import BEN, VISIT, enter, join, own, written
from tests.world import DAY, HOUR, MINUTE, World


@pytest.fixture
def hub(world: World) -> Hub:
    own(world.hub)
    return world.hub


@pytest.fixture
def ada(hub: Hub) -> User:
    return enter(hub).user


def key_for(hub: Hub, by: User, *scopes: str, **access: object) -> MadeKey:
    given = access or {"everywhere": True}
    return make_key(hub, VISIT, by, "Website", scopes or ("view",), **given)  # type: ignore[arg-type]


def test_a_key_brings_its_rights_and_businesses(hub: Hub, ada: User, world: World) -> None:
    with written(hub, "key_made"):
        made = key_for(hub, ada, "view", "book", businesses=[world.business])
    assert len(made.token) == 43
    assert made.token.startswith(made.key.prefix)
    assert made.key.prefix.startswith("fd_")
    assert made.token not in repr(made)
    found = find_key(hub, made.token)
    assert found is not None
    assert found.rights == {Right.VIEW, Right.BOOK}
    assert found.may_enter(world.business)
    assert not found.may_enter("x" * 26)
    everywhere = find_key(hub, key_for(hub, ada).token)
    assert everywhere is not None
    assert everywhere.may_enter(world.business)
    assert not everywhere.may_enter(AGENCY)


def test_only_the_hash_of_a_key_is_kept(hub: Hub, ada: User) -> None:
    made = key_for(hub, ada)
    with hub.database.reading() as conn:
        row = conn.execute(select(ApiKey.__table__)).one()
    assert made.token not in str(row)
    assert find_key(hub, row.token_hash) is None


@pytest.mark.parametrize("token", ["", "fd_", "fd_" + "x" * 40, "\0", "\ud800", "x" * 100_000])
def test_a_key_that_is_none_finds_nothing_and_writes_nothing(hub: Hub, ada: User, token: str) -> None:
    key_for(hub, ada)
    with written(hub):
        assert find_key(hub, token) is None


def test_a_key_is_found_by_one_query(hub: Hub, ada: User) -> None:
    token = key_for(hub, ada).token
    find_key(hub, token)
    statements: list[str] = []
    event.listen(hub.database.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    assert find_key(hub, token) is not None
    assert [one.split()[0] for one in statements if not one.startswith("BEGIN")] == ["SELECT"]


def test_the_first_use_in_an_hour_is_an_event_and_each_minute_is_noted(hub: Hub, ada: User, world: World) -> None:
    made = key_for(hub, ada)
    with written(hub, "key_used"):
        find_key(hub, made.token, Visit(address="198.51.100.9", route="api.bookings"))
        find_key(hub, made.token)
    (listed,) = list_keys(hub, ada)
    assert listed.used_at == world.clock()
    with written(hub):
        world.clock.now += 5 * MINUTE
        find_key(hub, made.token)
    (listed,) = list_keys(hub, ada)
    assert listed.used_at == world.clock()
    with written(hub, "key_used"):
        world.clock.now += HOUR
        find_key(hub, made.token)
    with hub.database.reading() as conn:
        first = conn.execute(select(SecurityEvent.__table__).where(SecurityEvent.kind == "key_used")).first()
    assert first is not None
    assert (first.actor, first.actor_id, first.address, first.route) == (
        "key", made.key.id, "198.51.100.9", "api.bookings",
    )  # fmt: skip


def test_a_key_is_over_at_its_time(hub: Hub, ada: User, world: World) -> None:
    made = key_for(hub, ada, until=world.clock() + DAY, everywhere=True)
    world.clock.now += DAY - 1
    assert find_key(hub, made.token) is not None
    world.clock.now += 1
    assert find_key(hub, made.token) is None
    assert list_keys(hub, ada) == []


def test_an_ended_key_is_dead_at_once(hub: Hub, ada: User) -> None:
    made = key_for(hub, ada)
    with written(hub, "key_ended"):
        end_key(hub, VISIT, ada, made.key.id)
    assert find_key(hub, made.token) is None
    for gone in (made.key.id, "x" * 26, ""):
        with pytest.raises(UnknownId):
            end_key(hub, VISIT, ada, gone)


def test_a_key_of_a_dismissed_maker_is_dead_at_once(hub: Hub, ada: User) -> None:
    ben = join(hub, BEN, "admin")
    token = key_for(hub, enter(hub, BEN).user).token
    assert find_key(hub, token) is not None
    dismiss_user(hub, VISIT, ada, ben)
    assert find_key(hub, token) is None


def test_a_key_never_does_more_than_its_maker_can_now(hub: Hub, ada: User, world: World) -> None:
    other = create_business(hub, "Garage", "UTC")
    ben = join(hub, BEN, "admin")
    by = enter(hub, BEN).user
    everywhere = key_for(hub, by, *API_RIGHTS)
    both = key_for(hub, by, "view", "set_up", businesses=[world.business, other])
    change_user(hub, VISIT, ada, ben, version=1, role="agent", everywhere=False, businesses=[world.business])
    for token in (everywhere.token, both.token):
        key = find_key(hub, token)
        assert key is not None
        assert not key.everywhere
        assert key.businesses == {world.business}
        assert Right.SET_UP not in key.rights
        assert not key.may_enter(other)


WRONG: dict[str, tuple[Callable[[Hub, User], object], str]] = {
    "no name": (lambda hub, by: make_key(hub, VISIT, by, " ", ["view"], everywhere=True), "name"),
    "no scope": (lambda hub, by: make_key(hub, VISIT, by, "A", [], everywhere=True), "scopes"),
    "an unknown scope": (lambda hub, by: key_for(hub, by, "view", "everything"), "scopes"),
    "a right that no key has": (lambda hub, by: key_for(hub, by, "manage_users"), "scopes"),
    "the right to read events": (lambda hub, by: key_for(hub, by, "audit"), "scopes"),
    "an end that is over": (lambda hub, by: key_for(hub, by, everywhere=True, until=1), "until"),
    "an end beyond all calendars": (lambda hub, by: key_for(hub, by, everywhere=True, until=2**70), "until"),
    "no business": (lambda hub, by: key_for(hub, by, businesses=[]), "businesses"),
}


@pytest.mark.parametrize(("make", "field"), WRONG.values(), ids=WRONG)
def test_what_breaks_a_rule_is_named_and_makes_no_key(
    hub: Hub, ada: User, make: Callable[[Hub, User], object], field: str
) -> None:
    with pytest.raises(InputError) as caught:
        make(hub, ada)
    assert caught.value.field == field
    assert list_keys(hub, ada) == []


@pytest.mark.parametrize("role", ["agent", "viewer", "auditor"])
def test_who_does_not_manage_keys_makes_sees_and_ends_none(hub: Hub, ada: User, role: str) -> None:
    made = key_for(hub, ada)
    join(hub, BEN, role)
    ben = enter(hub, BEN).user
    for forbidden in (
        lambda: key_for(hub, ben),
        lambda: list_keys(hub, ben),
        lambda: end_key(hub, VISIT, ben, made.key.id),
    ):
        with pytest.raises(StateError) as caught:
            forbidden()
        assert caught.value.code == "not_allowed"


def test_who_is_limited_makes_and_sees_keys_for_their_businesses_alone(hub: Hub, ada: User, world: World) -> None:
    other = create_business(hub, "Garage", "UTC")
    join(hub, BEN, "admin", world.business)
    ben = enter(hub, BEN).user
    beyond = [
        key_for(hub, ada),
        key_for(hub, ada, businesses=[other]),
        key_for(hub, ada, businesses=[world.business, other]),
    ]
    within = key_for(hub, ada, businesses=[world.business])
    with pytest.raises(StateError):
        key_for(hub, ben)
    for unknown in (other, "x" * 26, AGENCY):
        with pytest.raises(UnknownId):
            key_for(hub, ben, businesses=[unknown])
    mine = key_for(hub, ben, businesses=[world.business])
    assert {one.id for one in list_keys(hub, ben)} == {mine.key.id, within.key.id}
    for key in beyond:
        with pytest.raises(UnknownId):
            end_key(hub, VISIT, ben, key.key.id)
        assert find_key(hub, key.token) is not None
