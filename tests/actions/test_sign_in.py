from __future__ import annotations

import statistics
import time
from dataclasses import replace

import pytest
from argon2 import extract_parameters
from sqlalchemy import select

from hub.actions.invite import accept_invitation, invite
from hub.actions.sessions import CONFIRMED_SECONDS, Stage, find_session
from hub.actions.sign_in import confirm, sign_in
from hub.actions.users import dismiss_user
from hub.core.errors import InputError, StateError
from hub.store.security import SecurityEvent
from hub.store.sign_in import ConsoleSession
from hub.store.user import ConsoleUser
from tests.accounts import ADA, BEN, OTHER_PASSWORD, PASSWORD, VISIT, enter, join, own, turn_on_totp, written
from tests.world import World


def test_the_right_password_opens_a_full_session(world: World) -> None:
    user_id = own(world.hub)
    with written(world.hub, "sign_in"):
        made = sign_in(world.hub, VISIT, ADA, PASSWORD)
    session = find_session(world.hub, made.token)
    assert session is not None
    assert (session.id, session.user.id, session.stage) == (made.session_id, user_id, Stage.FULL)
    assert (session.address, session.device) == ("203.0.113.7", "Firefox on Linux")
    assert session.is_confirmed(world.clock())


def test_an_address_is_found_however_it_is_written(world: World) -> None:
    own(world.hub)
    assert sign_in(world.hub, VISIT, "  Ada@EXAMPLE.com ", PASSWORD).stage is Stage.FULL


def test_each_sign_in_has_a_token_of_its_own_and_only_its_hash_is_kept(world: World) -> None:
    own(world.hub)
    tokens = {sign_in(world.hub, VISIT, ADA, PASSWORD).token for _ in range(3)}
    assert len(tokens) == 3
    with world.hub.database.reading() as conn:
        stored = set(conn.scalars(select(ConsoleSession.token_hash)))
    assert not tokens & stored
    assert not any(token in repr(sign_in(world.hub, VISIT, ADA, PASSWORD)) for token in tokens)


WRONG = {
    "a wrong password": (ADA, OTHER_PASSWORD),
    "no password": (ADA, ""),
    "a password in other case": (ADA, PASSWORD.upper()),
    "a password far too long": (ADA, PASSWORD * 1000),
    "a password that is no text": (ADA, "\ud800"),
    "an address that nobody has": ("nobody@example.com", PASSWORD),
    "no address": ("", PASSWORD),
    "something that is no address": ("ada'; --\0", PASSWORD),
}


@pytest.mark.parametrize(("email", "password"), WRONG.values(), ids=WRONG)
def test_whatever_is_wrong_the_answer_is_the_same(world: World, email: str, password: str) -> None:
    own(world.hub)
    with written(world.hub, ("sign_in", "failed")), pytest.raises(InputError) as caught:
        sign_in(world.hub, VISIT, email, password)
    assert caught.value.code == "sign_in"
    assert caught.value.message == (
        "password: address and password do not belong together; try again, or set a new password."
    )


def test_a_failed_try_is_written_down_with_whose_account_it_was_and_no_word_of_what_was_typed(world: World) -> None:
    user_id = own(world.hub)
    for email in (ADA, "nobody@example.com"):
        with pytest.raises(InputError):
            sign_in(world.hub, VISIT, email, "a wrong password here")
    with world.hub.database.reading() as conn:
        found = select(SecurityEvent.__table__).where(SecurityEvent.outcome == "failed").order_by(SecurityEvent.id)
        known, unknown = conn.execute(found).all()
    assert (known.about, known.detail, known.actor) == (user_id, "wrong_password", "")
    assert (unknown.about, unknown.detail, unknown.actor) == ("", "unknown", "")
    assert "nobody" not in str(unknown)
    assert "a wrong password" not in f"{known}{unknown}"


def test_an_unknown_address_takes_as_long_as_a_wrong_password(world: World) -> None:
    # With hashing at its real price beside it, what remains of a difference must drown.
    own(world.hub)
    settings = world.hub.settings.model_copy(update={"password_memory": 16_384})
    hub = replace(world.hub, settings=settings)
    ben = invite(hub, VISIT, enter(hub).user, BEN, "agent", everywhere=True)
    accept_invitation(hub, VISIT, ben.token, "Ben", PASSWORD)
    times: dict[str, list[float]] = {BEN: [], "nobody@example.com": []}
    for _ in range(15):
        for email, found in times.items():
            start = time.perf_counter()
            with pytest.raises(InputError):
                sign_in(hub, VISIT, email, OTHER_PASSWORD)
            found.append(time.perf_counter() - start)
    known, unknown = (statistics.median(found) for found in times.values())
    assert 0.5 < unknown / known < 2


def test_no_number_of_failed_tries_locks_the_owner_out(world: World) -> None:
    own(world.hub)
    for _ in range(50):
        with pytest.raises(InputError):
            sign_in(world.hub, VISIT, ADA, OTHER_PASSWORD)
    assert enter(world.hub).stage is Stage.FULL


def test_with_a_second_factor_the_password_opens_half_a_session(world: World) -> None:
    own(world.hub)
    turn_on_totp(world.hub, enter(world.hub))
    with written(world.hub, "sign_in"):
        made = sign_in(world.hub, VISIT, ADA, PASSWORD)
    session = find_session(world.hub, made.token)
    assert session is not None
    assert session.stage is made.stage is Stage.HALF
    assert not session.is_confirmed(world.clock())
    world.clock.now += 600
    assert find_session(world.hub, made.token) is None


def test_a_dismissed_user_cannot_sign_in(world: World) -> None:
    own(world.hub)
    ben = join(world.hub, BEN)
    dismiss_user(world.hub, VISIT, enter(world.hub).user, ben)
    with pytest.raises(InputError) as caught:
        sign_in(world.hub, VISIT, BEN, PASSWORD)
    assert caught.value.code == "sign_in"


def test_a_hash_with_older_parameters_is_renewed_at_the_next_sign_in(world: World) -> None:
    own(world.hub)
    hub = replace(world.hub, settings=world.hub.settings.model_copy(update={"password_memory": 2048}))
    for _ in range(2):
        assert enter(hub).stage is Stage.FULL
    with hub.database.reading() as conn:
        stored = conn.scalar(select(ConsoleUser.password_hash))
    assert stored is not None
    assert extract_parameters(stored).memory_cost == 2048


def test_the_password_given_again_lets_sensitive_things_be_done_for_ten_minutes(world: World) -> None:
    own(world.hub)
    made = sign_in(world.hub, VISIT, ADA, PASSWORD)
    world.clock.now += CONFIRMED_SECONDS
    session = find_session(world.hub, made.token)
    assert session is not None
    assert not session.is_confirmed(world.clock())
    with written(world.hub, "confirmed"):
        confirm(world.hub, VISIT, session, PASSWORD)
    session = find_session(world.hub, made.token)
    assert session is not None
    assert session.is_confirmed(world.clock() + CONFIRMED_SECONDS - 1)


def test_a_stolen_session_cannot_try_passwords_for_long(world: World) -> None:
    own(world.hub)
    made = sign_in(world.hub, VISIT, ADA, PASSWORD)
    session = find_session(world.hub, made.token)
    assert session is not None
    for _ in range(4):
        with written(world.hub, ("confirmed", "failed")), pytest.raises(InputError):
            confirm(world.hub, VISIT, session, OTHER_PASSWORD)
    ended = (("confirmed", "failed"), ("session_ended", "refused"))
    with written(world.hub, *ended), pytest.raises(StateError) as caught:
        confirm(world.hub, VISIT, session, OTHER_PASSWORD)
    assert caught.value.code == "sign_in_again"
    assert find_session(world.hub, made.token) is None
    with pytest.raises(StateError):
        confirm(world.hub, VISIT, session, PASSWORD)
