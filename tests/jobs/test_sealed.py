from __future__ import annotations

from hub.jobs.sealed import wait_for_replay
from hub.store.recovery import RESTORED, delete_note, put_note
from tests.world import World


def test_a_process_waits_while_the_hub_is_sealed_and_says_that_it_is_ready(world: World) -> None:
    told: list[str] = []
    with world.hub.keystore.writing() as keys:
        put_note(keys, RESTORED, 1)

    def stopped() -> bool:
        if told:
            with world.hub.keystore.writing() as keys:
                delete_note(keys, RESTORED)
        return False

    assert wait_for_replay(world.hub, stopped, ready=lambda: told.append("ready"))
    assert told == ["ready"]


def test_a_process_that_is_told_to_end_does_not_begin_its_work(world: World) -> None:
    assert not wait_for_replay(world.hub, lambda: True)


def test_without_a_restore_nothing_is_waited_for(world: World) -> None:
    told: list[str] = []
    assert wait_for_replay(world.hub, lambda: False, ready=lambda: told.append("ready"))
    assert told == []
