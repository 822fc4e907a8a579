from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from hub.actions import password
from hub.actions.account_mail import LinkKind, find_link
from hub.actions.password import AT_ONCE, change_password, hash_password, matches
from hub.actions.reset import make_reset_link
from hub.actions.sessions import find_session
from hub.actions.sign_in import sign_in
from hub.core.errors import InputError, StateError, TooMany
from hub.parts import Hub
from hub.store.user import ConsoleUser
from tests.accounts import ADA, OTHER_PASSWORD, PASSWORD, VISIT, enter, opened, own, written
from tests.world import World


@pytest.fixture
def hub(world: World) -> Hub:
    own(world.hub)
    return world.hub


def test_a_password_is_kept_as_argon2id_with_a_salt_of_its_own(hub: Hub) -> None:
    first, second = (hash_password(hub, OTHER_PASSWORD, ()) for _ in range(2))
    assert first != second
    assert first.startswith("$argon2id$v=19$m=1024,t=3,p=4$")
    assert matches(hub, first, OTHER_PASSWORD)
    assert not matches(hub, first, PASSWORD)
    with hub.database.reading() as conn:
        assert PASSWORD not in (conn.scalar(select(ConsoleUser.password_hash)) or "")


@pytest.mark.parametrize("stored", [None, "", "$argon2id$v=19$broken", "plain text"])
def test_without_a_usable_hash_no_password_is_right(hub: Hub, stored: str | None) -> None:
    assert not matches(hub, stored, PASSWORD)


def test_a_password_is_the_same_however_its_characters_are_composed(hub: Hub) -> None:
    stored = hash_password(hub, "Zürich liegt am schönen See", ())
    assert matches(hub, stored, "Zu\u0308rich liegt am scho\u0308nen See")


def test_a_new_password_ends_the_other_sessions_and_gives_this_one_a_new_token(hub: Hub) -> None:
    other, made = (sign_in(hub, VISIT, ADA, PASSWORD) for _ in range(2))
    link = make_reset_link(hub, made.user.id)
    with written(hub, "password_changed", "session_ended"):
        renewed = change_password(hub, VISIT, opened(hub, made), PASSWORD, OTHER_PASSWORD)
    assert find_session(hub, other.token) is None
    assert find_session(hub, made.token) is None
    assert opened(hub, renewed).id == made.session_id
    assert find_link(hub, link, LinkKind.RESET) is None
    assert enter(hub, password=OTHER_PASSWORD)
    with pytest.raises(InputError):
        enter(hub)


@pytest.mark.parametrize("new", ["short", PASSWORD, "AdaLovelace1815", "ada@example.com!", "Engine-Agency-1"])
def test_a_new_password_follows_the_rules_and_is_new(hub: Hub, new: str) -> None:
    made = sign_in(hub, VISIT, ADA, PASSWORD)
    with pytest.raises(InputError) as caught:
        change_password(hub, VISIT, opened(hub, made), PASSWORD, new)
    assert caught.value.field == "password"
    assert find_session(hub, made.token) is not None
    assert enter(hub)


def test_the_present_password_is_asked_for_and_cannot_be_guessed(hub: Hub) -> None:
    made = sign_in(hub, VISIT, ADA, PASSWORD)
    session = opened(hub, made)
    for _ in range(4):
        with written(hub, ("password_changed", "failed")), pytest.raises(InputError) as caught:
            change_password(hub, VISIT, session, OTHER_PASSWORD, OTHER_PASSWORD)
        assert caught.value.field == "current"
    with pytest.raises(StateError):
        change_password(hub, VISIT, session, OTHER_PASSWORD, OTHER_PASSWORD)
    assert find_session(hub, made.token) is None


def test_a_session_that_ended_changes_no_password(hub: Hub) -> None:
    made = sign_in(hub, VISIT, ADA, PASSWORD)
    session = opened(hub, made)
    change_password(hub, VISIT, enter(hub), PASSWORD, OTHER_PASSWORD)
    with written(hub), pytest.raises(StateError):
        change_password(hub, VISIT, session, OTHER_PASSWORD, PASSWORD)
    assert enter(hub, password=OTHER_PASSWORD)


def test_a_burst_makes_so_many_hashes_at_once_and_no_more(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    at_work, most, lock = 0, 0, threading.Lock()
    verify = PasswordHasher.verify

    def counted(self: PasswordHasher, *given: str) -> bool:
        nonlocal at_work, most
        with lock:
            at_work += 1
            most = max(most, at_work)
        time.sleep(0.02)
        try:
            return verify(self, *given)
        finally:
            with lock:
                at_work -= 1

    stored = hash_password(hub, OTHER_PASSWORD, ())
    monkeypatch.setattr(PasswordHasher, "verify", counted)
    with ThreadPoolExecutor(4 * AT_ONCE) as pool:
        answers = list(pool.map(lambda _: matches(hub, stored, OTHER_PASSWORD), range(4 * AT_ONCE)))
    assert answers == [True] * 4 * AT_ONCE
    assert most == AT_ONCE


def test_who_waits_too_long_for_a_hash_is_told_to_come_again(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(password, "WAIT", 0.01)
    with ExitStack() as taken:
        for _ in range(AT_ONCE):
            taken.enter_context(password._turn())
        with pytest.raises(TooMany, match="Wait"):
            enter(hub)
    assert enter(hub)
