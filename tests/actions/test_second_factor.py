from __future__ import annotations

import pyotp
import pytest
from sqlalchemy import select

from hub.actions.recovery import CODES
from hub.actions.reset import make_reset_link, reset
from hub.actions.second_factor import WRONG_AN_HOUR, begin_totp, finish_totp, give_code, turn_off_totp
from hub.actions.sessions import Session, Stage, find_session
from hub.actions.sign_in import sign_in
from hub.core.errors import InputError, StateError
from hub.parts import Hub
from hub.store.sign_in import ConsoleSession
from hub.store.user import ConsoleUser
from tests.accounts import ADA, OTHER_PASSWORD, PASSWORD, VISIT, enter, opened, own, turn_on_totp, written
from tests.world import World


@pytest.fixture
def hub(world: World) -> Hub:
    own(world.hub)
    return world.hub


def later(world: World, seconds: int = 60) -> None:
    """Let the codes that were used be of the past."""
    world.clock.now += seconds


def test_the_app_is_on_after_a_first_code_and_ten_recovery_codes_are_shown(hub: Hub) -> None:
    other, session = sign_in(hub, VISIT, ADA, PASSWORD), enter(hub)
    offer = begin_totp(hub, session)
    assert offer.uri.startswith("otpauth://totp/Engine%20Agency:ada%40example.com?secret=" + offer.secret)
    assert offer.secret not in repr(offer)
    assert enter(hub).stage is Stage.FULL
    with written(hub, "totp_on", "recovery_codes_made", "session_ended", "session_ended"):
        codes = finish_totp(hub, VISIT, session, pyotp.TOTP(offer.secret).at(hub.clock()))
    assert len(set(codes)) == CODES
    assert find_session(hub, other.token) is None
    assert enter(hub).stage is Stage.HALF


def test_the_secret_is_nowhere_in_the_clear(hub: Hub) -> None:
    session = enter(hub)
    secret = begin_totp(hub, session).secret
    with hub.database.reading() as conn:
        assert secret not in str(conn.execute(select(ConsoleSession.__table__)).all())
    finish_totp(hub, VISIT, session, pyotp.TOTP(secret).at(hub.clock()))
    with hub.database.reading() as conn:
        assert secret.encode() not in (conn.scalar(select(ConsoleUser.totp)) or b"")


def test_setting_up_and_turning_off_need_a_confirmed_session(hub: Hub, world: World) -> None:
    session = enter(hub)
    turn_on_totp(hub, session)
    later(world, 600)
    for forbidden in (
        lambda: begin_totp(hub, session),
        lambda: finish_totp(hub, VISIT, session, "000000"),
        lambda: turn_off_totp(hub, VISIT, session),
    ):
        with pytest.raises(StateError) as caught:
            forbidden()
        assert caught.value.code == "confirm"
    half = enter(hub)
    with pytest.raises(StateError):
        turn_off_totp(hub, VISIT, half)


def test_an_app_is_not_replaced_before_it_is_off(hub: Hub) -> None:
    session = enter(hub)
    turn_on_totp(hub, session)
    with pytest.raises(StateError, match="on already"):
        begin_totp(hub, session)


def test_a_wrong_first_code_turns_nothing_on_and_five_end_the_session(hub: Hub) -> None:
    made = sign_in(hub, VISIT, ADA, PASSWORD)
    session = opened(hub, made)
    begin_totp(hub, session)
    for _ in range(4):
        with written(hub, ("totp_on", "failed")), pytest.raises(InputError):
            finish_totp(hub, VISIT, session, "12345")
    with pytest.raises(StateError):
        finish_totp(hub, VISIT, session, "12345")
    assert find_session(hub, made.token) is None
    assert enter(hub).stage is Stage.FULL


def test_a_code_makes_a_half_session_full_under_a_new_token(hub: Hub, world: World) -> None:
    app, _ = turn_on_totp(hub, enter(hub))
    later(world)
    made = sign_in(hub, VISIT, ADA, PASSWORD)
    half = opened(hub, made)
    with written(hub, "second_factor"):
        full = give_code(hub, VISIT, half, f" {app.at(hub.clock())[:3]} {app.at(hub.clock())[3:]} ")
    assert full.stage is Stage.FULL
    assert full.token != made.token
    assert find_session(hub, made.token) is None
    session = opened(hub, full)
    assert session.until == hub.clock() + 14 * 86_400
    with pytest.raises(StateError):
        give_code(hub, VISIT, half, app.at(hub.clock() + 30))


def test_a_code_works_once_and_so_does_every_earlier_one(hub: Hub, world: World) -> None:
    app, _ = turn_on_totp(hub, enter(hub))
    later(world)
    now = hub.clock()
    give_code(hub, VISIT, enter(hub), app.at(now))
    for instant in (now, now - 30):
        with pytest.raises(InputError):
            give_code(hub, VISIT, enter(hub), app.at(instant))
    give_code(hub, VISIT, enter(hub), app.at(now + 30))


def test_the_code_that_turned_the_app_on_does_not_sign_in(hub: Hub) -> None:
    app, _ = turn_on_totp(hub, enter(hub))
    with pytest.raises(InputError):
        give_code(hub, VISIT, enter(hub), app.at(hub.clock()))


@pytest.mark.parametrize(("steps", "works"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_one_step_off(hub: Hub, world: World, steps: int, works: bool) -> None:
    app, _ = turn_on_totp(hub, enter(hub))
    later(world, 300)
    half = enter(hub)
    if works:
        assert give_code(hub, VISIT, half, app.at(hub.clock() + 30 * steps)).stage is Stage.FULL
    else:
        with pytest.raises(InputError):
            give_code(hub, VISIT, half, app.at(hub.clock() + 30 * steps))


@pytest.mark.parametrize("code", ["", "000000000", "\uff11" * 6, "\ud800", "12345x", "x" * 10_000])
def test_what_is_no_code_is_a_wrong_one(hub: Hub, code: str) -> None:
    turn_on_totp(hub, enter(hub))
    with written(hub, "sign_in", ("second_factor", "failed")), pytest.raises(InputError):
        give_code(hub, VISIT, enter(hub), code)


def test_five_wrong_codes_end_the_half_session(hub: Hub, world: World) -> None:
    app, _ = turn_on_totp(hub, enter(hub))
    later(world)
    made = sign_in(hub, VISIT, ADA, PASSWORD)
    half = opened(hub, made)
    for _ in range(4):
        with pytest.raises(InputError):
            give_code(hub, VISIT, half, "12345")
    with written(hub, ("second_factor", "failed"), ("session_ended", "refused")), pytest.raises(StateError):
        give_code(hub, VISIT, half, "12345")
    assert find_session(hub, made.token) is None
    with pytest.raises(StateError):
        give_code(hub, VISIT, half, app.at(hub.clock()))


def test_many_half_sessions_do_not_make_many_guesses(hub: Hub, world: World) -> None:
    app, _ = turn_on_totp(hub, enter(hub))
    later(world)
    for _ in range(WRONG_AN_HOUR // 4):
        half = enter(hub)
        for _ in range(4):
            with pytest.raises(InputError):
                give_code(hub, VISIT, half, "12345")
    with pytest.raises(InputError):
        give_code(hub, VISIT, enter(hub), app.at(hub.clock()))
    later(world, 3600)
    assert give_code(hub, VISIT, enter(hub), app.at(hub.clock())).stage is Stage.FULL


def test_a_new_password_by_mail_neither_removes_nor_skips_the_second_factor(hub: Hub) -> None:
    session = enter(hub)
    turn_on_totp(hub, session)
    reset(hub, VISIT, make_reset_link(hub, session.user.id), OTHER_PASSWORD)
    assert enter(hub, password=OTHER_PASSWORD).stage is Stage.HALF


def test_turned_off_the_password_is_enough_again(hub: Hub, world: World) -> None:
    session = enter(hub)
    turn_on_totp(hub, session)
    with written(hub, "totp_off"):
        turn_off_totp(hub, VISIT, session)
    assert enter(hub).stage is Stage.FULL
    with pytest.raises(StateError):
        turn_off_totp(hub, VISIT, session)
    turn_on_totp(hub, session)


def test_a_full_session_takes_no_second_factor(hub: Hub) -> None:
    session: Session = enter(hub)
    with pytest.raises(StateError):
        give_code(hub, VISIT, session, "123456")
