"""The harness on the outbox itself: an effect whose process dies in the middle happens as its kind says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.parts import Hub
from hub.settings import load_settings
from hub.store.crash import CrashPoint
from hub.store.outbox import DONE, UNKNOWN, Entry, entries
from tests.crash.harness import recover, run_until_killed
from tests.crash.outbox import EFFECTS, add, happened, plain_hub

MODULE = "tests.crash.outbox"
pytestmark = pytest.mark.crash


@pytest.fixture
def hub(database_url: str, tmp_path: Path) -> Iterator[Hub]:
    hub = plain_hub(load_settings({}, data_dir=tmp_path, database_url=database_url))
    yield hub
    hub.database.close()
    hub.keystore.close()


def kill(hub: Hub, scenario: str, point: CrashPoint, count: int = 1) -> None:
    settings = hub.settings
    run_until_killed(
        scenario, point, count, data_dir=settings.data_dir, database_url=settings.database, module=MODULE, timeout=30
    )


def ended(hub: Hub, state: str) -> list[Entry]:
    with hub.database.reading() as conn:
        return entries(conn, (state,))


@pytest.mark.parametrize("kind", ["safe", "ask"])
@pytest.mark.parametrize("point", [CrashPoint.EFFECT_CLAIMED, CrashPoint.EFFECT_PERFORMED])
def test_an_effect_that_can_be_repeated_happens_once_whenever_its_process_dies(
    hub: Hub, kind: str, point: CrashPoint
) -> None:
    rows = [add(hub, kind) for _ in range(3)]
    kill(hub, "perform", point, count=2)
    recover(hub, EFFECTS)
    assert happened(hub) == rows
    assert [entry.id for entry in ended(hub, DONE)] == rows


@pytest.mark.parametrize("point", [CrashPoint.EFFECT_CLAIMED, CrashPoint.EFFECT_PERFORMED])
def test_an_effect_that_must_not_be_repeated_ends_as_unknown_and_the_next_goes_on(hub: Hub, point: CrashPoint) -> None:
    rows = [add(hub, "never") for _ in range(3)]
    kill(hub, "perform", point, count=2)
    recover(hub, EFFECTS)
    reached = [rows[0], rows[2]] if point == CrashPoint.EFFECT_CLAIMED else rows
    assert happened(hub) == reached
    assert [(entry.id, entry.problem) for entry in ended(hub, UNKNOWN)] == [(rows[1], "worker_died")]


def test_what_is_due_after_the_horizon_is_left_and_named(hub: Hub) -> None:
    add(hub, "safe")
    later = add(hub, "safe", key="later", due_at=hub.clock() + 90_000)
    kill(hub, "perform", CrashPoint.EFFECT_CLAIMED)
    assert [entry.id for entry in recover(hub, EFFECTS)] == [later]


def test_a_process_that_never_passes_the_point_is_no_crash(hub: Hub) -> None:
    with pytest.raises(AssertionError, match="ended with 0"):
        kill(hub, "nothing", CrashPoint.EFFECT_CLAIMED)


def test_a_process_that_passes_the_point_too_seldom_is_no_crash(hub: Hub) -> None:
    add(hub, "safe")
    with pytest.raises(AssertionError, match="ended with 0"):
        kill(hub, "perform", CrashPoint.EFFECT_CLAIMED, count=2)


def test_an_exception_is_no_crash(hub: Hub) -> None:
    with pytest.raises(AssertionError, match="broken on purpose"):
        kill(hub, "broken", CrashPoint.EFFECT_CLAIMED)


def test_another_kill_is_no_crash(hub: Hub) -> None:
    with pytest.raises(AssertionError, match="ended with -9"):
        kill(hub, "murdered", CrashPoint.EFFECT_CLAIMED)
