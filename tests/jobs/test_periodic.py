from __future__ import annotations

from hub.jobs.perform import drain
from hub.jobs.periodic import DAY, KEPT_DAYS, PERIODIC, forget_done_effects
from hub.parts import Hub
from hub.store.outbox import DONE, entries
from tests.crash.outbox import EFFECTS, add
from tests.jobs.conftest import Clock


def test_done_effects_are_forgotten_after_thirty_days(hub: Hub, clock: Clock) -> None:
    add(hub, "safe")
    drain(hub, EFFECTS)
    for days, left in ((0, 1), (KEPT_DAYS, 1), (1, 0)):
        clock.now += days * DAY
        forget_done_effects(hub)
        with hub.database.reading() as conn:
            assert len(entries(conn, (DONE,))) == left


def test_every_task_has_a_name_of_its_own() -> None:
    assert len({task.name for task in PERIODIC}) == len(PERIODIC)


def test_what_the_retention_schedule_lets_go_of_accounts_goes_four_times_a_day() -> None:
    every = {task.name: task.every_seconds for task in PERIODIC}
    assert {every[name] for name in ("cut_addresses", "forget_events", "forget_sign_ins")} == {DAY // 4}
