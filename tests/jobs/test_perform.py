from __future__ import annotations

import logging
import time

import pytest

from hub.actions.effect import Effect, OutcomeUnknown, Repeat, Work
from hub.core.errors import HubError, Retry, Unavailable
from hub.jobs import perform as room
from hub.jobs.perform import ATTEMPTS, LEASE, MISTAKES, drain, perform
from hub.parts import Hub
from hub.store import outbox
from hub.store.outbox import Entry
from tests.crash.outbox import EFFECTS, add, happened
from tests.jobs.conftest import Clock


def entry_of(hub: Hub, identifier: str) -> Entry:
    states = (outbox.WAITING, outbox.RUNNING, outbox.DONE, outbox.DEAD, outbox.UNKNOWN)
    with hub.database.reading() as conn:
        return next(entry for entry in outbox.entries(conn, states) if entry.id == identifier)


def raising(name: str, repeat: Repeat, *errors: Exception) -> dict[str, Effect]:
    """An effect that raises each error in turn and then succeeds."""
    left = list(errors)

    def do(hub: Hub, work: Work) -> None:
        if left:
            raise left.pop(0)

    return {name: Effect(name, repeat, do, ask=(lambda hub, work: False) if repeat is Repeat.ASK else None)}


def test_what_is_due_happens_and_is_done(hub: Hub) -> None:
    rows = [add(hub, "safe", n=n) for n in range(3)]
    assert drain(hub, EFFECTS) == 3
    assert happened(hub) == rows
    assert {entry_of(hub, row).state for row in rows} == {outbox.DONE}


def test_an_effect_is_told_its_business_key_payload_and_attempt(hub: Hub) -> None:
    told = []
    row = add(hub, "note", key="booking:7", booking="7")
    drain(hub, {"note": Effect("note", Repeat.SAFE, lambda hub, work: told.append(work))})
    assert told == [Work(row, "b" * 26, "booking:7", {"booking": "7"}, 1)]


def test_no_transaction_is_open_while_an_effect_happens(hub: Hub) -> None:
    add(hub, "look")

    def write_elsewhere(hub: Hub, work: Work) -> None:
        add(hub, "safe", key="other")  # would wait for ever on SQLite

    assert drain(hub, {**EFFECTS, "look": Effect("look", Repeat.SAFE, write_elsewhere)}) == 2


@pytest.mark.parametrize("repeat", [Repeat.ASK, Repeat.NEVER])
def test_an_effect_that_says_that_nobody_knows_ends_as_unknown(hub: Hub, repeat: Repeat) -> None:
    row = add(hub, "lost")
    drain(hub, raising("lost", repeat, OutcomeUnknown()))
    assert (entry_of(hub, row).state, entry_of(hub, row).problem) == (outbox.UNKNOWN, "outcome_unknown")


def test_a_provider_that_wants_a_pause_gets_it(hub: Hub, clock: Clock) -> None:
    row = add(hub, "busy")
    drain(hub, EFFECTS)
    entry = entry_of(hub, row)
    assert (entry.state, entry.problem) == (outbox.WAITING, "Retry: retry")
    assert 700 <= entry.due_at - clock.now <= 875


def test_it_is_given_up_after_the_last_attempt(hub: Hub, clock: Clock) -> None:
    row = add(hub, "busy")
    for _ in range(ATTEMPTS):
        assert entry_of(hub, row).state == outbox.WAITING
        drain(hub, EFFECTS)
        clock.now += 7200
    assert entry_of(hub, row).state == outbox.DEAD


def test_a_part_of_the_hub_that_is_down_is_waited_for(hub: Hub, clock: Clock) -> None:
    row = add(hub, "call")
    effects = raising("call", Repeat.NEVER, Unavailable("The broker is down."))
    drain(hub, effects)
    assert entry_of(hub, row).state == outbox.WAITING
    clock.now += 60
    drain(hub, effects)
    assert entry_of(hub, row).state == outbox.DONE


def test_a_refusal_is_told_and_the_row_is_dead_with_the_reason_but_no_message(hub: Hub) -> None:
    row = add(hub, "refused")
    drain(hub, EFFECTS)
    assert happened(hub) == [row]  # gave_up was called
    assert (entry_of(hub, row).state, entry_of(hub, row).problem) == (outbox.DEAD, "Refused: no_such_number")


def test_a_mistake_of_ours_is_tried_a_few_times_and_leaves_its_type_only(
    hub: Hub, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    row = add(hub, "mistake")
    for _ in range(MISTAKES):
        assert drain(hub, EFFECTS) == 1
        clock.now += 7200
    assert drain(hub, EFFECTS) == 0
    assert (entry_of(hub, row).state, entry_of(hub, row).problem) == (outbox.DEAD, "KeyError")
    assert happened(hub) == [row]
    assert "23456789" not in caplog.text


def test_a_mistake_in_an_effect_that_must_not_be_repeated_ends_as_unknown_at_once(hub: Hub) -> None:
    row = add(hub, "never_mistake")
    drain(hub, EFFECTS)
    assert entry_of(hub, row).state == outbox.UNKNOWN


@pytest.mark.parametrize(
    ("repeat", "state"),
    [(Repeat.SAFE, outbox.WAITING), (Repeat.ASK, outbox.WAITING), (Repeat.NEVER, outbox.UNKNOWN)],
)
def test_an_outcome_that_the_provider_left_open_follows_the_repeat_rule(hub: Hub, repeat: Repeat, state: str) -> None:
    row = add(hub, "call")
    drain(hub, raising("call", repeat, Retry("The line went dead.", sent=True)))
    assert entry_of(hub, row).state == state


def test_the_provider_is_asked_before_a_repeat_and_not_before_the_first_attempt(hub: Hub, clock: Clock) -> None:
    said = []

    def ask(hub: Hub, work: Work) -> bool:
        said.append(f"asked {work.attempts}")
        return len(said) > 2

    def do(hub: Hub, work: Work) -> None:
        said.append(f"did {work.attempts}")
        raise ConnectionError

    row = add(hub, "call")
    for _ in range(3):
        drain(hub, {"call": Effect("call", Repeat.ASK, do, ask=ask)})
        clock.now += 7200
    assert said == ["did 1", "asked 2", "did 2", "asked 3"]
    assert entry_of(hub, row).state == outbox.DONE


def test_a_kind_that_this_version_does_not_know_is_dead_and_says_so(hub: Hub) -> None:
    row = add(hub, "of_the_future")
    drain(hub, EFFECTS)
    assert (entry_of(hub, row).state, entry_of(hub, row).problem) == (outbox.DEAD, "no_such_effect")


def test_giving_up_that_fails_leaves_a_dead_row_all_the_same(hub: Hub) -> None:
    def stumble(hub: Hub, work: Work) -> None:
        raise ValueError("what Ada typed")

    row = add(hub, "refused")
    refused = EFFECTS["refused"]
    drain(hub, {"refused": Effect("refused", Repeat.SAFE, refused.perform, gave_up=stumble)})
    assert entry_of(hub, row).state == outbox.DEAD
    assert entry_of(hub, row).problem == "Refused: no_such_number (ValueError while giving up)"


def test_a_row_that_is_taken_is_left_alone(hub: Hub, clock: Clock) -> None:
    row = add(hub, "safe")
    with hub.database.writing() as conn:
        outbox.claim(conn, row, 0, now=clock.now, lease_until=clock.now + LEASE)
    assert not perform(hub, EFFECTS, row, 0)
    assert not perform(hub, EFFECTS, row, 1)
    assert happened(hub) == []


def test_a_replayed_effect_that_happened_after_all_is_not_done_twice(hub: Hub, clock: Clock) -> None:
    row = add(hub, "ask")
    drain(hub, EFFECTS)
    with hub.database.writing() as conn:  # as if the answer had been lost each time, and the row given up
        conn.execute(outbox.Outbox.__table__.update().where(outbox.Outbox.business_id == "b" * 26).values(state="dead"))
        outbox.replay(conn, clock.now)
    drain(hub, EFFECTS)
    assert happened(hub) == [row]
    assert entry_of(hub, row).state == outbox.DONE


def test_a_long_effect_keeps_its_claim(hub: Hub, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "RENEW", 0.05)
    row = add(hub, "long")
    lapsed = []

    def do(hub: Hub, work: Work) -> None:
        for _ in range(4):
            clock.now += LEASE - 2
            _wait_for_renewal(hub, row, clock.now)
            with hub.database.reading() as conn:
                lapsed.append(outbox.any_lapsed(conn, clock.now + 2))

    drain(hub, {"long": Effect("long", Repeat.NEVER, do)})
    assert lapsed == [False] * 4
    assert entry_of(hub, row).state == outbox.DONE


def _wait_for_renewal(hub: Hub, row: str, now: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with hub.database.reading() as conn:
            if not outbox.any_lapsed(conn, now + LEASE - 1):
                return
        time.sleep(0.01)
    raise AssertionError("the claim was not renewed")


def test_an_attempt_that_ends_after_its_claim_lapsed_changes_nothing(
    hub: Hub, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    def do(hub: Hub, work: Work) -> None:
        with hub.database.writing() as conn:
            outbox.lapse(conn, clock.now + LEASE + 1, ())

    row = add(hub, "late")
    with caplog.at_level(logging.WARNING):
        perform(hub, {"late": Effect("late", Repeat.SAFE, do)}, row, 0)
    assert entry_of(hub, row).state == outbox.WAITING
    assert "had lapsed" in caplog.text


def test_an_effect_that_cannot_be_asked_does_not_say_ask() -> None:
    with pytest.raises(HubError, match="ask"):
        Effect("call", Repeat.ASK, lambda hub, work: None)
