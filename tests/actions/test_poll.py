"""Polling: each calendar in time, none twice, none that is disconnected."""

from __future__ import annotations

from sqlalchemy import select

from hub.actions.effects import EFFECTS
from hub.actions.poll import poll_calendars
from hub.core.purpose import Purpose
from hub.jobs.perform import drain
from hub.jobs.periodic import forget_past_claims
from hub.plugin import Busy
from hub.store.booking import Claim, Occurrence
from hub.store.calendar import BusyTime
from hub.store.claim import claim
from tests.actions.test_book import TEN, booked
from tests.world import DAY, HOUR, MINUTE, World, down


def test_a_calendar_is_looked_at_before_it_is_no_longer_fresh(world: World) -> None:
    ada = world.staff()
    world.calendars.busy[ada].append(Busy(TEN, TEN + HOUR))
    assert poll_calendars(world.hub) == 1
    assert poll_calendars(world.hub) == 0  # one look waits already
    drain(world.hub, EFFECTS)
    with world.hub.database.reading() as conn:
        assert (
            len(
                conn.execute(
                    select(BusyTime.item)
                    .where(BusyTime.business_id == world.business)
                    .execution_options(purpose=Purpose.PROTECT)
                ).all()
            )
            == 1
        )
    assert poll_calendars(world.hub) == 0
    world.clock.now += 151
    assert poll_calendars(world.hub) == 1


def test_a_calendar_that_failed_is_tried_again_after_a_pause(world: World) -> None:
    world.staff()
    world.calendars.fail = down()
    poll_calendars(world.hub)
    drain(world.hub, EFFECTS)
    assert poll_calendars(world.hub) == 0
    world.clock.now += MINUTE
    assert poll_calendars(world.hub) == 1


def test_past_cells_are_forgotten_and_coming_ones_and_the_occurrences_stay(world: World) -> None:
    ada = world.staff()
    done = booked(world, world.service(ada))
    with world.hub.database.writing() as conn:
        assert claim(conn, world.business, done.booking_id, ada, TEN - 3 * DAY, TEN - 3 * DAY + HOUR, None)
    forget_past_claims(world.hub)
    with world.hub.database.reading() as conn:
        cells = conn.execute(select(Claim.cell).where(Claim.business_id == world.business)).scalars().all()
        occurrences = conn.execute(select(Occurrence.id).where(Occurrence.business_id == world.business)).all()
    assert sorted(cells) == list(range(TEN // 300, TEN // 300 + 6))
    assert len(occurrences) == 2
