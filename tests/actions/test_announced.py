"""What a provider tells: believed only if it fits, answered by one look for a burst, never lost while things fail."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from sqlalchemy import event

from hub.actions.announced import PAUSE, is_open, take_notices
from hub.actions.effects import EFFECTS
from hub.actions.offer import offer
from hub.actions.poll import poll_calendars
from hub.core.errors import Unavailable
from hub.core.push import Notice, NoticeKind
from hub.jobs.perform import drain
from hub.plugin import Busy, Window
from hub.store.outbox import Outbox
from tests.pushing import announce, calendar_row, settle, watched, watches
from tests.world import DAY, HOUR, MINUTE, MONDAY, World, down

TEN = MONDAY + 2 * HOUR


def looks(world: World) -> int:
    return world.calendars.calls.count("hub_changes")


def sent(world: World) -> tuple[str, Notice]:
    """Return the channel of the world's one watch, and what comes by it."""
    (found,) = world.calendars.notices(calendar_row(world).ref)
    return found


FORGED: dict[str, Callable[[str, Notice], tuple[str, str, Notice]]] = {
    "a channel that there is not": lambda channel, notice: ("fake", channel[:-4] + "zzzz", notice),
    "what is no id": lambda channel, notice: ("fake", "a\x00b", notice),
    "another provider": lambda channel, notice: ("caldav", channel, notice),
    "a wrong secret": lambda channel, notice: ("fake", channel, replace(notice, secret="guess")),
    "no secret": lambda channel, notice: ("fake", channel, replace(notice, secret="")),
    "a wrong reference": lambda channel, notice: ("fake", channel, replace(notice, ref="watch 0")),
    "an old number": lambda channel, notice: ("fake", channel, replace(notice, number=6)),
    "a number that came already": lambda channel, notice: ("fake", channel, replace(notice, number=7)),
}


def test_what_does_not_fit_is_not_believed(world: World) -> None:
    """A56."""
    ada = watched(world)
    world.clock.now += PAUSE
    announce(world, ada, number=7)
    drain(world.hub, EFFECTS)
    before = calendar_row(world), watches(world)
    channel, notice = sent(world)
    for why, forged in FORGED.items():
        for kind in (NoticeKind.CHANGED, NoticeKind.MISSED, NoticeKind.EXPIRING, NoticeKind.ENDED):
            provider, address, changed = forged(channel, replace(notice, kind=kind, number=8))
            take_notices(world.hub, provider, address, [changed])
            assert (calendar_row(world), watches(world)) == before, why
    take_notices(world.hub, "fake", channel, [replace(notice, number=8)])
    assert calendar_row(world).announced == before[0].announced + 1


def test_the_secret_of_another_channel_opens_nothing(world: World) -> None:
    """A56."""
    watched(world)
    channel, notice = sent(world)
    staff = world.staff()
    settle(world)
    ((_, foreign),) = world.calendars.notices(staff)
    for wrong in (foreign, replace(foreign, ref=notice.ref), replace(notice, secret=foreign.secret)):
        take_notices(world.hub, "fake", channel, [wrong])
    world.clock.now += PAUSE
    assert drain(world.hub, EFFECTS) == 0
    take_notices(world.hub, "fake", channel, [notice])
    assert drain(world.hub, EFFECTS) == 1


def test_a_channel_is_open_to_its_provider_until_it_has_run_out(world: World) -> None:
    """A56."""
    ada = watched(world)
    channel, _ = sent(world)
    before = calendar_row(world).announced
    assert is_open(world.hub, "fake", channel)
    assert not is_open(world.hub, "caldav", channel)
    assert not is_open(world.hub, "fake", "0" * 26)
    world.clock.now += DAY
    assert not is_open(world.hub, "fake", channel)
    announce(world, ada)
    assert calendar_row(world).announced == before


def test_that_a_watch_begins_changes_nothing(world: World) -> None:
    ada = watched(world)
    before = calendar_row(world)
    announce(world, ada, NoticeKind.OPENED)
    assert calendar_row(world) == before


def test_a_burst_makes_one_write_and_one_look_and_more_only_for_what_comes_during_a_look(world: World) -> None:
    """A56, a storm."""
    ada = watched(world)
    world.clock.now += PAUSE
    before, writes = looks(world), written(world)
    for _ in range(300):
        announce(world, ada)
    assert len(writes) == 1

    def more(hook: str) -> None:
        if hook == "hub_changes" and looks(world) <= before + 2:
            for _ in range(300):
                announce(world, ada)

    world.calendars.fail = more
    drain(world.hub, EFFECTS)
    assert looks(world) == before + 2  # the third one, for what came during the second, is not due yet
    world.clock.now += PAUSE
    drain(world.hub, EFFECTS)
    assert looks(world) == before + 3
    row = calendar_row(world)
    assert (row.announced, row.begun, row.known) == (4, 4, 4)
    poll_calendars(world.hub)
    drain(world.hub, EFFECTS)
    assert looks(world) == before + 3


def test_notifications_that_come_at_once_are_one_announcement(world: World) -> None:
    watched(world)
    channel, notice = sent(world)
    before = calendar_row(world).announced
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: take_notices(world.hub, "fake", channel, [notice]), range(80)))
    assert calendar_row(world).announced == before + 1
    world.clock.now += PAUSE
    assert drain(world.hub, EFFECTS) == 1


def written(world: World) -> list[str]:
    """Collect the statements that change a calendar."""
    found: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, *more: Any) -> None:
        if statement.startswith("UPDATE calendar"):
            found.append(statement)

    event.listen(world.hub.database.engine, "before_cursor_execute", note)
    return found


def test_what_was_announced_is_not_fresh_until_it_is_read_and_a_search_reads_it_at_once(world: World) -> None:
    """One call, for what changed; none for the searches before and after it."""
    ada = watched(world)
    service, window = world.service(ada), Window(MONDAY, MONDAY + DAY)
    assert TEN in offer(world.hub, world.business, service, window).starts
    before = looks(world)
    world.calendars.busy[ada].append(Busy(TEN, TEN + HOUR))
    announce(world, ada)
    assert TEN not in offer(world.hub, world.business, service, window).starts
    assert looks(world) == before + 1
    offer(world.hub, world.business, service, window)
    world.clock.now += PAUSE
    drain(world.hub, EFFECTS)
    assert looks(world) == before + 1


def test_what_was_announced_and_cannot_be_read_is_withheld(world: World) -> None:
    ada = watched(world)
    service = world.service(ada)
    world.calendars.fail = down("hub_changes")
    announce(world, ada)
    assert not offer(world.hub, world.business, service, Window(MONDAY, MONDAY + DAY)).starts


def test_a_lost_notification_is_healed_by_the_safety_poll(world: World) -> None:
    ada = watched(world)
    service, window = world.service(ada), Window(MONDAY, MONDAY + DAY)
    world.calendars.busy[ada].append(Busy(TEN, TEN + HOUR))  # and nobody tells
    world.clock.now += 14 * MINUTE
    assert poll_calendars(world.hub) == 0
    world.clock.now += MINUTE
    assert poll_calendars(world.hub) == 1
    drain(world.hub, EFFECTS)
    before = looks(world)
    assert TEN not in offer(world.hub, world.business, service, window).starts
    assert looks(world) == before


def test_a_look_whose_worker_and_queue_are_gone_is_found_by_the_next_poll(world: World) -> None:
    """Whatever happens to the row of the outbox: the calendar itself says that something is unread."""
    ada = watched(world)
    announce(world, ada)
    with world.hub.database.writing() as conn:
        conn.execute(Outbox.__table__.delete().where(Outbox.business_id == world.business))  # type: ignore[attr-defined]
    assert poll_calendars(world.hub) == 1
    drain(world.hub, EFFECTS)
    assert calendar_row(world).known == calendar_row(world).announced


def test_when_notifications_were_missed_everything_is_read(world: World) -> None:
    ada = watched(world)
    world.clock.now += PAUSE
    announce(world, ada, NoticeKind.MISSED)
    assert (calendar_row(world).cursor, calendar_row(world).announced) == (None, 2)
    before = written(world)
    announce(world, ada, NoticeKind.MISSED)
    assert before == []
    drain(world.hub, EFFECTS)
    row = calendar_row(world)
    assert (row.cursor is None, row.known) == (False, 2)


def test_while_the_broker_is_away_what_was_announced_waits_and_is_read_when_it_is_back(world: World) -> None:
    ada = watched(world)
    world.clock.now += PAUSE
    world.calendars.fail = lambda hook: Unavailable("The broker cannot be reached now.")
    announce(world, ada)
    drain(world.hub, EFFECTS)
    assert calendar_row(world).known < calendar_row(world).announced
    world.calendars.fail = lambda hook: None
    world.clock.now += PAUSE
    drain(world.hub, EFFECTS)
    assert calendar_row(world).known == calendar_row(world).announced
