"""The outbox in the console: what failed says why, is tried again, and belongs to those who may enter its business."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hub.actions.dead_letters import STATES, list_effects
from hub.store.outbox import DEAD, UNKNOWN, WAITING, add_effect, bury, claim
from tests.tables import nothing_changed
from tests.web.conftest import Browser
from tests.world import World

SignedIn = Callable[[str], Browser]
SEEN = ("console_session",)


def failed(world: World, business_id: str, state: str = DEAD, key: str = "k") -> str:
    now = world.clock.now
    with world.hub.database.writing() as conn:
        identifier = add_effect(
            conn, business_id=business_id, kind="write_event", key=key, payload={}, due_at=now, now=now
        )
        entry = claim(conn, identifier, 0, now=now, lease_until=now + 60)
        assert entry is not None
        bury(conn, entry, state=state, problem="Retry: timeout", now=now)
    return identifier


def states(world: World) -> dict[str, str]:
    found = list_effects(world.hub, None, STATES).items
    return {one.id: one.state for one in found if one.kind == "write_event"}


def test_what_was_given_up_says_why_and_is_tried_again(world: World, signed_in: SignedIn) -> None:
    effect = failed(world, world.business)
    ada = signed_in("owner")
    page = ada.get("/console/outbox").text
    assert "Show a booking in a calendar as it is." in page
    assert "answers too slowly" in page
    assert "goes on trying" not in page
    assert "It will be tried again" in ada.follow(ada.post(f"/console/outbox/{effect}/replay")).text
    assert states(world) == {effect: WAITING}
    assert ada.post(f"/console/outbox/{effect}/replay").status_code == 409


def test_that_it_may_happen_twice_is_said_before_and_all_at_once_spares_those(
    world: World, signed_in: SignedIn
) -> None:
    dead = [failed(world, world.business, key=key) for key in ("a", "b")]
    unknown = failed(world, world.business, UNKNOWN, "c")
    ada = signed_in("owner")
    assert "It may happen twice" in ada.get("/console/outbox").text
    ada.post("/console/outbox/replay")
    assert states(world) == {**dict.fromkeys(dead, WAITING), unknown: UNKNOWN}


def test_who_is_limited_sees_and_replays_their_own_businesses_alone(
    world: World, signed_in: SignedIn, other_business: str
) -> None:
    ours, theirs = failed(world, other_business, key="a"), failed(world, world.business, key="b")
    ida = signed_in("ida")
    page = ida.get("/console/outbox").text
    assert f"/console/outbox/{ours}/replay" in page
    assert theirs not in page
    with nothing_changed(world.hub, but=SEEN):
        assert ida.post(f"/console/outbox/{theirs}/replay").status_code == 404
    ida.get("/console/outbox")
    ida.post("/console/outbox/replay")
    assert states(world) == {ours: WAITING, theirs: DEAD}


@pytest.mark.parametrize("view", ["waiting", "running", "done", "nonsense"])
def test_every_view_answers(world: World, signed_in: SignedIn, view: str) -> None:
    assert signed_in("owner").get(f"/console/outbox?view={view}").status_code == 200


def test_a_place_that_is_none_leads_to_the_beginning(signed_in: SignedIn) -> None:
    answer = signed_in("owner").get("/console/outbox?view=done&after=nonsense")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/console/outbox?view=done")
