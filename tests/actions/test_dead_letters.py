"""The outbox as people see it: what failed and why, another try, and nobody else's."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from hub.actions.dead_letters import STATES, list_effects, outbox_health, replay_dead, replay_effect
from hub.actions.effects import EFFECTS
from hub.core.errors import InputError, StateError, UnknownId
from hub.plugin import Refused
from hub.store.outbox import DEAD, DONE, RUNNING, UNKNOWN, WAITING, add_effect, bury, claim
from tests.actions.test_book import booked, row, settle
from tests.tables import nothing_changed
from tests.world import HOUR, MINUTE, MONDAY, World, down

TEN = MONDAY + 2 * HOUR


def effect(world: World, kind: str = "write_event", business: str = "", **payload: str) -> str:
    with world.hub.database.writing() as conn:
        now = world.clock.now
        return add_effect(
            conn, business_id=business or world.business, kind=kind, key="k", payload=payload, due_at=now, now=now
        )


def failed(world: World, problem: str, state: str = DEAD, business: str = "") -> str:
    """Make an effect that ended badly for a reason."""
    identifier = effect(world, business=business)
    now = world.clock.now
    with world.hub.database.writing() as conn:
        entry = claim(conn, identifier, 0, now=now, lease_until=now + 60)
        assert entry is not None
        bury(conn, entry, state=state, problem=problem, now=now)
    return identifier


def test_what_could_not_be_done_says_what_it_was_why_and_for_which_booking_and_works_when_tried_again(
    world: World,
) -> None:
    ada = world.staff()
    world.calendars.fail = lambda hook: Refused("forbidden") if hook == "hub_create_event" else None
    done = booked(world, world.service(ada))
    settle(world)
    (shown,) = list_effects(world.hub, [world.business]).items
    assert (shown.kind, shown.state, shown.problem) == ("write_event", DEAD, "Refused: forbidden")
    assert (shown.sentence, shown.why) == (
        "Show a booking in a calendar as it is.",
        "The hub could not use the account (forbidden).",
    )
    assert shown.about["booking"] == done.booking_id
    assert (shown.may_replay, shown.attempts, shown.ended_at) == (True, 1, MONDAY)
    world.calendars.fail = lambda hook: None
    again = replay_effect(world.hub, [world.business], shown.id)
    assert (again.state, again.may_replay, again.ended_at) == (WAITING, False, None)
    settle(world)
    assert list_effects(world.hub, [world.business]).items == ()
    assert row(world, done.booking_id).calendar_state == "written"


@pytest.mark.parametrize(
    ("problem", "why"),
    [
        ("Retry: unreachable", "The provider's server cannot be reached. The hub goes on trying."),
        ("Retry: not_revoked", "The provider has not ended the permission yet."),
        ("worker_died", "The worker died in the middle of it."),
        ("no_such_effect", "This version of the hub does not know how to do this."),
        ("KeyError", "The hub made a mistake there (KeyError)."),
        ("", ""),
    ],
)
def test_every_problem_has_a_sentence(world: World, problem: str, why: str) -> None:
    failed(world, problem)
    (shown,) = list_effects(world.hub, [world.business]).items
    assert shown.why == why


@pytest.mark.parametrize("kind", sorted(EFFECTS))
def test_every_kind_of_effect_has_a_sentence(world: World, kind: str) -> None:
    effect(world, kind)
    (shown,) = list_effects(world.hub, [world.business], [WAITING]).items
    assert shown.sentence != f"Work of the kind {kind}."


def test_a_kind_that_is_not_known_is_named(world: World) -> None:
    effect(world, "pigeon")
    (shown,) = list_effects(world.hub, [world.business], [WAITING]).items
    assert shown.sentence == "Work of the kind pigeon."


def test_only_what_ended_badly_is_tried_again(world: World) -> None:
    waiting = effect(world)
    dead, unknown = failed_elsewhere(world)
    with nothing_changed(world.hub), pytest.raises(StateError, match="waiting"):
        replay_effect(world.hub, None, waiting)
    for identifier in (dead, unknown):
        assert replay_effect(world.hub, None, identifier).state == WAITING
        with nothing_changed(world.hub), pytest.raises(StateError):
            replay_effect(world.hub, None, identifier)


def failed_elsewhere(world: World) -> tuple[str, str]:
    """Effects of other businesses that ended in both bad ways."""
    return failed(world, "x", DEAD, "b" * 26), failed(world, "x", UNKNOWN, "c" * 26)


def test_the_effects_of_other_businesses_are_seen_by_those_who_see_all(world: World) -> None:
    mine, theirs = failed(world, "x"), failed(world, "x", DEAD, "b" * 26)
    assert [one.id for one in list_effects(world.hub, [world.business]).items] == [mine]
    assert [one.id for one in list_effects(world.hub, None).items] == [theirs, mine]
    assert list_effects(world.hub, []).items == ()
    assert outbox_health(world.hub, [world.business]).counts[DEAD] == 1
    assert outbox_health(world.hub, None).counts[DEAD] == 2
    with nothing_changed(world.hub):
        for identifier in (theirs, "x" * 26, "\x00"):
            with pytest.raises(UnknownId, match="no effect"):
                replay_effect(world.hub, [world.business], identifier)


def test_pages_follow_each_other_the_newest_first(world: World) -> None:
    made = [failed(world, "x") for _ in range(5)]
    seen: list[str] = []
    after = ""
    while True:
        page = list_effects(world.hub, [world.business], after=after, limit=2)
        seen += [one.id for one in page.items]
        after = page.next
        if not after:
            break
    assert seen == made[::-1]
    for given in ({"limit": 0}, {"after": "x"}, {"states": ["lost"]}):
        with pytest.raises(InputError):
            list_effects(world.hub, [world.business], **given)  # type: ignore[arg-type]


def test_the_health_counts_each_state_and_tells_for_how_long_the_oldest_has_waited(world: World) -> None:
    assert outbox_health(world.hub, None).overdue == 0
    world.calendars.fail = down("hub_create_event")
    booked(world, world.service(world.staff()))
    settle(world)
    failed(world, "x")
    world.clock.now += HOUR
    health = outbox_health(world.hub, [world.business])
    assert set(health.counts) == set(STATES)
    assert (health.counts[WAITING], health.counts[RUNNING], health.counts[DEAD]) == (1, 0, 1)
    assert health.counts[DONE] >= 1
    assert HOUR - MINUTE < health.overdue < HOUR  # it waited for its second attempt first
    sent: list[str] = []
    event.listen(world.hub.database.engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
    outbox_health(world.hub, None)
    assert len([one for one in sent if one.startswith("SELECT")]) == 2


def test_all_that_was_given_up_waits_again_but_nothing_that_may_have_happened_and_nothing_of_others(
    world: World,
) -> None:
    dead, unknown = failed(world, "Refused: forbidden"), failed(world, "worker_died", UNKNOWN)
    other = failed(world, "Refused: forbidden", business="b" * 26)
    assert replay_dead(world.hub, [world.business]) == 1
    found = {one.id: one.state for one in list_effects(world.hub, None, STATES).items}
    assert found == {dead: WAITING, unknown: UNKNOWN, other: DEAD}
    assert replay_dead(world.hub, None) == 1
    assert replay_dead(world.hub, []) == 0
