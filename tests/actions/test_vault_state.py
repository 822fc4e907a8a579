from __future__ import annotations

from hub.actions.rotate import Keys, rotate
from hub.actions.vault_state import note_root_copies, vault_state
from hub.store.recovery import RESTORED, put_note
from hub.vault.roots import Root
from tests.world import World


def test_the_state_tells_versions_ages_and_rotations_and_no_key(world: World) -> None:
    hub = world.hub
    before = vault_state(hub)
    assert [(one.kind, one.count, one.versions) for one in before.keys] == [("business", 2, 2), ("connection", 0, 0)]
    assert before.keys[0].oldest_at == world.clock.now
    assert [(one.root, one.mode, one.generation, one.copied) for one in before.roots] == [
        (Root.CREDENTIAL, "0600", 1, False),
        (Root.DATA, "0600", 1, False),
    ]
    assert (before.rotations, before.backup, before.restore, before.drill, before.sealed_since) == ((), *[None] * 4)
    world.clock.now += 1
    rotate(hub, Keys.BUSINESS)
    after = vault_state(hub)
    assert after.keys[0].versions == 4
    assert [(one.kind, one.phase, one.ended_at) for one in after.rotations] == [("business", "settle", None)]
    secret = hub.settings.data_root_file.read_text().split()[-1]
    assert secret not in repr(after)


def test_copies_of_roots_are_noted_by_a_mark_that_is_not_the_key(world: World) -> None:
    marks = note_root_copies(world.hub)
    state = vault_state(world.hub)
    assert {one.mark for one in state.roots} == set(marks)
    assert all(one.copied for one in state.roots)


def test_a_sealed_hub_says_since_when(world: World) -> None:
    with world.hub.keystore.writing() as keys:
        put_note(keys, RESTORED, 7)
    assert vault_state(world.hub).sealed_since == 7
