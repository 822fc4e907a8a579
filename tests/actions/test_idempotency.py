"""Make a thing once: repeats, refusals, and a process that dies in between."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hub.actions.api_keys import make_key
from hub.actions.forget import forget_answers
from hub.actions.idempotency import Asking, again, once
from hub.actions.sessions import find_session
from hub.core.errors import InputError, StateError, Taken
from hub.core.role import Right
from hub.core.security import OPERATOR
from tests.visitors import token_of
from tests.world import DAY, World

THING = "0" * 26


@pytest.fixture
def asking(world: World) -> Asking:
    session = find_session(world.hub, token_of(world.hub, "owner"))
    assert session is not None
    made = make_key(world.hub, OPERATOR, session.user, "Program", [Right.SET_UP], everywhere=True)
    return Asking(world.business, made.key.id, "k", "api.add_staff", "f" * 64)


class Killed(BaseException):
    """The process dies here."""


def die() -> str:
    raise Killed


def refuse() -> str:
    raise Taken("not now")


def must_not() -> str:
    raise AssertionError("it was made again")


def test_a_repeat_returns_what_was_made(world: World, asking: Asking) -> None:
    assert once(world.hub, asking, lambda: THING) == (THING, False)
    assert once(world.hub, asking, must_not) == (THING, True)
    with pytest.raises(InputError, match="another request"):
        once(world.hub, replace(asking, fingerprint="0" * 64), must_not)
    assert once(world.hub, replace(asking, key="other"), lambda: "1" * 26) == ("1" * 26, False)


def test_without_a_key_it_is_simply_made(world: World) -> None:
    assert once(world.hub, None, lambda: THING) == (THING, False)


def test_what_was_refused_can_be_asked_for_again(world: World, asking: Asking) -> None:
    with pytest.raises(Taken):
        once(world.hub, asking, refuse)
    assert once(world.hub, replace(asking, fingerprint="0" * 64), lambda: THING) == (THING, False)


def test_after_a_death_in_between_nothing_is_made_again_and_the_program_is_told(world: World, asking: Asking) -> None:
    with pytest.raises(Killed):
        once(world.hub, asking, die)
    world.clock.now += 60
    with pytest.raises(StateError) as told:
        once(world.hub, asking, must_not)
    assert told.value.code == "unknown_outcome"


def test_while_the_first_runs_a_second_waits_and_is_told_in_the_end(
    world: World, asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.actions.idempotency._PATIENCE", 0.1)
    with pytest.raises(Killed):
        once(world.hub, asking, die)
    with pytest.raises(StateError) as told:
        once(world.hub, asking, must_not)
    assert told.value.code == "in_progress"


def test_work_that_may_be_repeated_is_done_again_after_a_death(world: World, asking: Asking) -> None:
    done: list[int] = []
    with pytest.raises(Killed):
        again(world.hub, asking, THING, die)
    assert again(world.hub, asking, THING, lambda: done.append(1)) is True
    assert done == [1]
    with pytest.raises(InputError):
        again(world.hub, replace(asking, fingerprint="0" * 64), THING, must_not)


def test_a_key_is_free_again_after_two_days(world: World, asking: Asking) -> None:
    once(world.hub, asking, lambda: THING)
    world.clock.now += 2 * DAY
    forget_answers(world.hub)
    assert once(world.hub, asking, must_not) == (THING, True)
    world.clock.now += 1
    forget_answers(world.hub)
    assert once(world.hub, asking, lambda: "1" * 26) == ("1" * 26, False)
