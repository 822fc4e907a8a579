from __future__ import annotations

import pytest
from sqlalchemy import select

from hub.actions.recovery import CODES, codes_left, give_recovery_code, new_recovery_codes
from hub.actions.sessions import Stage, find_session
from hub.actions.sign_in import sign_in
from hub.core.errors import InputError, StateError
from hub.parts import Hub
from hub.store.user import RecoveryCode
from tests.accounts import ADA, BEN, PASSWORD, VISIT, enter, join, opened, own, turn_on_totp, written
from tests.world import World


@pytest.fixture
def hub(world: World) -> Hub:
    own(world.hub)
    return world.hub


def test_each_code_signs_in_once(hub: Hub) -> None:
    _, codes = turn_on_totp(hub, enter(hub))
    for left, code in enumerate(reversed(codes)):
        made = sign_in(hub, VISIT, ADA, PASSWORD)
        with written(hub, "recovery_code"):
            full = give_recovery_code(hub, VISIT, opened(hub, made), code)
        assert full.stage is Stage.FULL
        assert find_session(hub, made.token) is None
        assert codes_left(hub, opened(hub, full)) == CODES - 1 - left
    with written(hub, "sign_in", ("recovery_code", "failed")), pytest.raises(InputError):
        give_recovery_code(hub, VISIT, enter(hub), codes[0])


def test_a_code_may_be_typed_as_people_type(hub: Hub) -> None:
    _, codes = turn_on_totp(hub, enter(hub))
    typed = codes[0].upper().replace("-", " ").replace("0", "O").replace("1", "I")
    assert give_recovery_code(hub, VISIT, enter(hub), typed).stage is Stage.FULL


@pytest.mark.parametrize("code", ["", "0000-0000-0000-0000", "\ud800", "x" * 100_000])
def test_a_wrong_code_signs_nobody_in_and_five_end_the_session(hub: Hub, code: str) -> None:
    turn_on_totp(hub, enter(hub))
    made = sign_in(hub, VISIT, ADA, PASSWORD)
    half = opened(hub, made)
    for _ in range(4):
        with pytest.raises(InputError):
            give_recovery_code(hub, VISIT, half, code)
    with pytest.raises(StateError):
        give_recovery_code(hub, VISIT, half, code)
    assert find_session(hub, made.token) is None


def test_the_code_of_another_user_is_wrong(hub: Hub) -> None:
    turn_on_totp(hub, enter(hub))
    join(hub, BEN)
    _, his = turn_on_totp(hub, enter(hub, BEN))
    with pytest.raises(InputError):
        give_recovery_code(hub, VISIT, enter(hub), his[0])


def test_new_codes_end_the_old_ones(hub: Hub, world: World) -> None:
    session = enter(hub)
    with pytest.raises(InputError, match="set one up first"):
        new_recovery_codes(hub, VISIT, session)
    _, old = turn_on_totp(hub, session)
    with written(hub, "recovery_codes_made"):
        new = new_recovery_codes(hub, VISIT, session)
    assert not set(old) & set(new)
    with pytest.raises(InputError):
        give_recovery_code(hub, VISIT, enter(hub), old[0])
    give_recovery_code(hub, VISIT, enter(hub), new[0])
    world.clock.now += 600
    with pytest.raises(StateError):
        new_recovery_codes(hub, VISIT, session)


def test_no_code_is_kept(hub: Hub) -> None:
    _, codes = turn_on_totp(hub, enter(hub))
    with hub.database.reading() as conn:
        stored = str(conn.execute(select(RecoveryCode.__table__)).all())
    assert not any(code in stored or code.replace("-", "") in stored for code in codes)


def test_a_full_session_takes_no_recovery_code(hub: Hub) -> None:
    session = enter(hub)
    _, codes = turn_on_totp(hub, session)
    with pytest.raises(StateError):
        give_recovery_code(hub, VISIT, session, codes[0])
    assert codes_left(hub, session) == CODES
