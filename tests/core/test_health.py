"""The health of a connection, as a machine: never well while the last look failed, and no mail twice."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from hub.core.health import (
    AGAIN,
    PATIENCE,
    SETTLED,
    Condition,
    Health,
    News,
    Step,
    connected,
    ended,
    failed,
    passed,
    warned,
    worked,
)

ILL = (Health.FAILING, Health.NEEDS_RECONNECT)
FAIL, LOSE, WORK, CONNECT, END, PASS = "fail", "lose", "work", "connect", "end", "pass"


def step(before: Condition, what: str, now: int) -> Step:
    if what in (FAIL, LOSE):
        return failed(before, "revoked" if what == LOSE else "unreachable", now, lost=what == LOSE)
    if what == WORK:
        return worked(before, now)
    if what == CONNECT:
        return connected(before, now)
    return ended(before, "owner", now) if what == END else passed(before, now)


def play(*steps: tuple[str, int]) -> tuple[Condition, list[News]]:
    """Go through steps, each so many seconds after the one before."""
    condition, told, now = Condition(), [], 1_000_000
    for what, after in steps:
        now += after
        condition, news = step(condition, what, now)
        told += [one for one in news if one is not News.CHANGED]
    return condition, told


@given(
    st.lists(
        st.tuples(st.sampled_from([FAIL, LOSE, WORK, CONNECT, END, PASS]), st.sampled_from([0, 1, 60, 900, 86_400])),
        max_size=40,
    )
)
def test_whatever_happens_it_is_as_it_is_said_to_be(steps: list[tuple[str, int]]) -> None:
    condition, now, last_look = Condition(), 1_000_000, WORK
    for what, after in steps:
        now += after
        before = condition
        condition, news = step(before, what, now)
        if what in (FAIL, LOSE, WORK):
            last_look = what
        elif what == CONNECT:
            last_look = WORK
        # Never well while the last look failed.
        assert not (condition.health is Health.OK and last_look in (FAIL, LOSE))
        # What only its owner can mend ends by connecting again, or by its end.
        if before.health is Health.NEEDS_RECONNECT and what not in (CONNECT, END):  # LOSE is for "revoked"
            assert condition.health is Health.NEEDS_RECONNECT
        if before.health is Health.DISCONNECTED and what != CONNECT:
            assert condition.health is Health.DISCONNECTED
        # Plugins are told of each change and of nothing else.
        assert (News.CHANGED in news) == (condition.health is not before.health)
        # People are told of trouble only while there is one, and that it is over only if they were told of it.
        if set(news) & {News.LOST, News.LASTING, News.REMINDER}:
            assert condition.health in ILL
            assert condition.told_at == now
        if News.MENDED in news:
            assert condition.health is Health.OK
            assert before.told_at is not None
            assert condition.trouble_at is None
        if condition.health is Health.NEEDS_RECONNECT:
            assert condition.told_at is not None
        assert (condition.trouble_at is None) <= (condition.told_at is None)


@given(st.lists(st.tuples(st.sampled_from([FAIL, WORK, PASS]), st.integers(0, 600)), max_size=60))
def test_one_that_comes_and_goes_is_told_of_at_most_twice_in_the_time_of_one_trouble(
    steps: list[tuple[str, int]],
) -> None:
    """That it fails, and that it is over: not once for each turn."""
    condition, now, told = Condition(), 0, []
    for what, after in steps:
        now += after
        condition, news = step(condition, what, now)
        told += [(now, one) for one in news if one is not News.CHANGED]
    for (first, one), (second, other) in pairwise(told):
        assert second - first >= (min(PATIENCE, SETTLED) if one is not other else AGAIN)


def test_a_short_failure_is_nobodys_news() -> None:
    assert play((FAIL, 0), (PASS, PATIENCE - 1), (WORK, 0), (PASS, SETTLED)) == (
        Condition(since=1_000_000 + PATIENCE - 1),
        [],
    )


def test_a_long_failure_is_told_once_and_again_after_a_day_and_its_end_when_it_has_settled() -> None:
    long = ((FAIL, 0), (PASS, PATIENCE), (FAIL, 60), (PASS, 60), (PASS, AGAIN), (WORK, 0), (PASS, 60))
    assert play(*long)[1] == [News.LASTING, News.REMINDER]
    assert play(*long, (PASS, SETTLED))[1] == [News.LASTING, News.REMINDER, News.MENDED]


def test_a_relapse_before_it_has_settled_is_the_same_trouble() -> None:
    found, told = play((FAIL, 0), (PASS, PATIENCE), (WORK, 0), (PASS, 60), (FAIL, 60), (PASS, PATIENCE))
    assert told == [News.LASTING]
    assert (found.health, found.trouble_at) == (Health.FAILING, 1_000_000)


def test_a_loss_is_told_at_once_though_it_failed_before_and_its_end_as_soon_as_it_was_looked_at() -> None:
    lost = ((FAIL, 0), (PASS, PATIENCE), (LOSE, 60), (WORK, 60), (PASS, 60))
    found, told = play(*lost)
    assert (found.health, found.reason, told) == (Health.NEEDS_RECONNECT, "revoked", [News.LASTING, News.LOST])
    again, _ = connected(found, 2_000_000)
    assert passed(again, 2_000_000, is_read=False) == (again, ())
    assert passed(again, 2_000_060)[1] == (News.MENDED,)


def test_one_that_was_lost_before_people_were_told_of_such_things_is_told_now() -> None:
    old = Condition(Health.NEEDS_RECONNECT, "refresh_refused", 5)
    assert passed(old, 2_000_000) == (
        Condition(Health.NEEDS_RECONNECT, "refresh_refused", 5, trouble_at=5, told_at=2_000_000),
        (News.LASTING,),
    )


def test_a_password_that_is_taken_again_proves_itself_and_a_permission_that_was_taken_back_does_not() -> None:
    now = 1_000_000
    for reason, after in (("needs_reconnect", Health.OK), ("account_wanted", Health.OK), ("revoked", ILL[1])):
        lost, _ = failed(Condition(), reason, now, lost=True)
        assert worked(lost, now + 60)[0].health is after


def test_a_warning_takes_the_place_of_what_was_known_and_is_told() -> None:
    lost, _ = failed(Condition(), "revoked", 1_000_000, lost=True)
    found, news = warned(lost, "danger", 1_000_060)
    assert (found.health, found.reason, news) == (Health.NEEDS_RECONNECT, "danger", (News.LOST,))
    assert warned(found, "danger", 1_000_120) == (found, ())
