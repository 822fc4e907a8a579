from __future__ import annotations

import statistics
import time
from collections import Counter

import pytest
from sqlalchemy import func, select

from hub.actions.account_mail import LinkKind, find_link, link_token
from hub.actions.reset import MAILS_AT_ONCE, ask_reset, make_reset_link, reset
from hub.actions.sessions import find_session
from hub.actions.sign_in import sign_in
from hub.actions.users import dismiss_user
from hub.core.errors import InputError, StateError, UnknownId
from hub.parts import Hub
from hub.store.outbox import Outbox
from hub.store.sign_in import OneTimeLink
from tests.accounts import ADA, BEN, OTHER_PASSWORD, PASSWORD, VISIT, enter, join, own, written
from tests.world import HOUR, World


@pytest.fixture
def hub(world: World) -> Hub:
    own(world.hub)
    return world.hub


def mailed(hub: Hub) -> list[str]:
    """Return the ids of the links that were given to the outbox, oldest first."""
    with hub.database.reading() as conn:
        query = select(OneTimeLink.id).where(OneTimeLink.kind == LinkKind.RESET).order_by(OneTimeLink.id)
        return list(conn.scalars(query))


def rows(hub: Hub) -> Counter[str]:
    from hub.store.annotate import Base
    from hub.store.guard import Across

    with hub.database.reading() as conn:
        conn = conn.execution_options(across=Across.OPERATOR)
        tables = Base.metadata.sorted_tables
        return Counter({one.name: conn.scalar(select(func.count()).select_from(one)) or 0 for one in tables})


def test_a_mailed_link_sets_a_new_password_and_ends_every_session(hub: Hub) -> None:
    made = sign_in(hub, VISIT, ADA, PASSWORD)
    with written(hub, "reset_asked"):
        ask_reset(hub, VISIT, " ADA@example.com ")
    token = link_token(hub, mailed(hub)[0])
    link = find_link(hub, token, LinkKind.RESET)
    assert link is not None
    assert link.email == ADA
    with written(hub, "reset_done", "session_ended"):
        reset(hub, VISIT, token, OTHER_PASSWORD)
    assert find_session(hub, made.token) is None
    assert enter(hub, password=OTHER_PASSWORD)
    with pytest.raises(InputError):
        enter(hub)


@pytest.mark.parametrize("email", [ADA, "nobody@example.com"])
def test_known_or_not_the_same_rows_are_written(hub: Hub, email: str) -> None:
    before = rows(hub)
    with written(hub, "reset_asked"):
        assert ask_reset(hub, VISIT, email) is None  # type: ignore[func-returns-value]
    assert rows(hub) - before == Counter({"one_time_link": 1, "outbox": 1, "security_event": 1})


def test_known_or_not_it_takes_as_long(hub: Hub, world: World) -> None:
    times: dict[str, list[float]] = {ADA: [], "nobody@example.com": []}
    for _ in range(30):
        world.clock.now += HOUR
        for email, found in times.items():
            start = time.perf_counter()
            ask_reset(hub, VISIT, email)
            found.append(time.perf_counter() - start)
    known, unknown = (statistics.median(found) for found in times.values())
    assert 0.4 < unknown / known < 2.5


def test_a_link_of_nobody_is_mailed_to_nobody_and_opens_nothing(hub: Hub) -> None:
    ask_reset(hub, VISIT, "nobody@example.com")
    token = link_token(hub, mailed(hub)[0])
    assert find_link(hub, token, LinkKind.RESET) is None
    with pytest.raises(StateError):
        reset(hub, VISIT, token, OTHER_PASSWORD)


def test_nobody_is_flooded_with_mails(hub: Hub, world: World) -> None:
    for email in (ADA, "nobody@example.com"):
        for _ in range(MAILS_AT_ONCE):
            with written(hub, "reset_asked"):
                ask_reset(hub, VISIT, email)
        for _ in range(3):
            with written(hub, ("reset_asked", "refused")):
                ask_reset(hub, VISIT, email)
    assert len(mailed(hub)) == 2 * MAILS_AT_ONCE
    world.clock.now += HOUR
    ask_reset(hub, VISIT, ADA)
    assert len(mailed(hub)) == 2 * MAILS_AT_ONCE + 1


def test_what_is_no_address_is_answered_alike(hub: Hub) -> None:
    for text in ("", "ada", "\0", "\ud800", "ada@example.com\r\nBcc: x@example.com"):
        ask_reset(hub, VISIT, text)
    with hub.database.reading() as conn:
        assert not conn.scalars(select(OneTimeLink.user_id).where(OneTimeLink.user_id.is_not(None))).all()


def test_a_link_works_once_and_takes_the_others_with_it(hub: Hub) -> None:
    ask_reset(hub, VISIT, ADA)
    ask_reset(hub, VISIT, ADA)
    first, second = (link_token(hub, one) for one in mailed(hub))
    reset(hub, VISIT, second, OTHER_PASSWORD)
    for token in (first, second):
        with written(hub, ("bad_link", "refused")), pytest.raises(StateError) as caught:
            reset(hub, VISIT, token, PASSWORD)
        assert caught.value.code == "bad_link"


def test_a_link_works_for_an_hour(hub: Hub, world: World) -> None:
    ask_reset(hub, VISIT, ADA)
    token = link_token(hub, mailed(hub)[0])
    world.clock.now += HOUR
    assert find_link(hub, token, LinkKind.RESET) is None
    with pytest.raises(StateError):
        reset(hub, VISIT, token, OTHER_PASSWORD)


@pytest.mark.parametrize("password", ["short", "password1234", "AdaLovelace1815", "x" * 201])
def test_the_rules_hold_for_a_reset_and_the_link_stays(hub: Hub, password: str) -> None:
    token = make_reset_link(hub, enter(hub).user.id)
    with pytest.raises(InputError):
        reset(hub, VISIT, token, password)
    assert enter(hub)
    reset(hub, VISIT, token, OTHER_PASSWORD)


def test_a_dismissed_user_gets_no_link_and_an_older_one_ends(hub: Hub) -> None:
    ben = join(hub, BEN)
    token = make_reset_link(hub, ben)
    dismiss_user(hub, VISIT, enter(hub).user, ben)
    assert find_link(hub, token, LinkKind.RESET) is None
    with pytest.raises(StateError):
        reset(hub, VISIT, token, OTHER_PASSWORD)
    ask_reset(hub, VISIT, BEN)
    assert find_link(hub, link_token(hub, mailed(hub)[-1]), LinkKind.RESET) is None
    for user_id in (ben, "x" * 26):
        with pytest.raises(UnknownId):
            make_reset_link(hub, user_id)


def test_the_outbox_holds_the_id_and_never_the_secret(hub: Hub) -> None:
    from hub.store.guard import Across

    ask_reset(hub, VISIT, ADA)
    (link_id,) = mailed(hub)
    with hub.database.reading() as conn:
        query = select(Outbox.payload, Outbox.key).execution_options(across=Across.OPERATOR)
        stored = str(conn.execute(query).all())
    assert link_id in stored
    assert link_token(hub, link_id) not in stored
    assert ADA not in stored
