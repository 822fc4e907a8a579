"""Watches: opened when a calendar is checked, renewed before they end, and never the reason why a time is offered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from hub.actions.connections import list_connections
from hub.actions.disconnect import disconnect
from hub.actions.watch import WANTED, is_reachable, keep_watches, renewal
from hub.core.errors import NeedsReconnect, Refused, Retry
from hub.core.push import NoticeKind
from hub.core.security import OPERATOR
from hub.store.connection import Connection
from tests.pushing import PUBLIC, announce, calendar_row, reachable, settle, states, watched, watches
from tests.world import DAY, HOUR, MINUTE, World, down


def watch_calls(world: World) -> int:
    return world.calendars.calls.count("hub_watch")


def test_a_checked_calendar_is_watched_and_read_once_the_watch_is_open(world: World) -> None:
    watched(world)
    (watch,) = watches(world)
    row = calendar_row(world)
    assert (watch.state, watch.ref, watch.provider) == ("live", f"watch by {watch.id}", "fake")
    assert (row.pushed_until, row.read_at, row.announced, row.known) == (watch.until, world.clock.now, 1, 1)
    (_, channel) = world.calendars.watches[watch.ref]
    assert channel.url == f"{PUBLIC}/webhooks/fake/{watch.id}"
    assert channel.secret not in str(watch)
    assert len(channel.secret) == 43
    assert keep_watches(world.hub) == 0


def test_a_calendar_that_nobody_checks_is_not_watched(world: World) -> None:
    reachable(world)
    settle(world)
    assert watch_calls(world) == 0


@pytest.mark.parametrize(
    ("base_url", "origins", "reachable"),
    [
        ("https://hub.example.com", ["https://api.example.com"], True),
        ("http://hub.example.com", ["https://api.example.com"], False),
        ("http://127.0.0.1:8765", ["http://127.0.0.1:4000"], True),
        ("http://127.0.0.1:8765", ["https://api.example.com"], False),
        ("https://localhost", ["http://localhost:4000", "https://api.example.com"], False),
        ("http://[::1]:8765", [], False),
    ],
)
def test_a_provider_reaches_the_hub_over_https_or_on_one_machine(
    base_url: str, origins: list[str], reachable: bool
) -> None:
    assert is_reachable(base_url, origins) is reachable


def test_without_an_address_that_the_provider_can_reach_nothing_is_asked(world: World) -> None:
    world.staff()
    settle(world)
    reachable(world, push=False)
    settle(world)
    assert watch_calls(world) == 0


def test_a_watch_is_renewed_when_a_third_of_its_time_is_left(world: World) -> None:
    watched(world)
    before = watches(world)[0]
    world.clock.now += DAY * 2 // 3 - 1
    settle(world)
    assert watch_calls(world) == 1
    world.clock.now += 1
    settle(world)
    (after,) = watches(world)
    assert (after.id, after.state, after.until) == (before.id, "live", world.clock.now + DAY)
    assert calendar_row(world).pushed_until == after.until


def test_what_cannot_be_renewed_is_made_anew_and_the_old_one_ended(world: World) -> None:
    world.calendars.renews = False
    watched(world)
    before = watches(world)[0]
    world.clock.now += DAY * 2 // 3
    settle(world)
    (after,) = watches(world)
    assert after.id != before.id
    assert list(world.calendars.watches) == [after.ref]


@given(lifetime=st.integers(2, WANTED), late=st.floats(0, 1))
def test_a_renewal_is_due_before_the_end_however_short_the_provider_makes_it(lifetime: int, late: float) -> None:
    due = renewal(1000, 1000 + lifetime)
    assert 1000 < due < 1000 + lifetime
    assert 1000 + lifetime - due >= lifetime // 3


def test_renewals_go_on_for_days_without_a_gap(world: World) -> None:
    watched(world)
    for _ in range(10):
        world.clock.now += 7 * HOUR
        assert calendar_row(world).pushed_until > world.clock.now
        settle(world)
    assert states(world) == ["live"]


def test_what_the_provider_refuses_is_tried_again_after_a_day_and_polled_meanwhile(world: World) -> None:
    world.calendars.fail = lambda hook: Refused("no") if hook == "hub_watch" else None
    watched(world)
    assert (states(world), calendar_row(world).pushed_until) == ([], 0)
    world.clock.now += DAY - 1
    settle(world)
    assert watch_calls(world) == 1
    world.clock.now += 1
    world.calendars.fail = lambda hook: None
    settle(world)
    assert states(world) == ["live"]


def test_a_provider_that_is_down_is_tried_again_soon(world: World) -> None:
    world.calendars.fail = down("hub_watch")
    watched(world)
    world.calendars.fail = lambda hook: None
    world.clock.now += MINUTE
    settle(world)
    assert states(world) == ["live"]


def test_an_attempt_whose_outcome_is_unknown_leaves_a_channel_that_nobody_believes(world: World) -> None:
    world.calendars.fail = lambda hook: Retry("cut", code="broken", sent=True) if hook == "after watch" else None
    ada = watched(world)
    assert states(world) == ["ended"]
    world.calendars.fail = lambda hook: None
    world.clock.now += MINUTE
    settle(world)
    assert states(world) == ["ended", "live"]
    announced = calendar_row(world).announced
    announce(world, ada)
    assert calendar_row(world).announced == announced + 1  # both channels sent, one was believed
    world.clock.now += WANTED
    settle(world)
    assert "ended" not in states(world)


def set_connection(world: World, **values: object) -> None:
    with world.hub.database.writing() as conn:
        conn.execute(update(Connection).where(Connection.business_id == world.business).values(**values))


def test_an_account_that_must_be_connected_again_is_not_asked_before(world: World) -> None:
    world.calendars.fail = lambda hook: NeedsReconnect("no") if hook == "hub_watch" else None
    watched(world)
    set_connection(world, health="needs_reconnect")
    world.clock.now += HOUR
    assert keep_watches(world.hub) == 0
    set_connection(world, health="ok")
    assert keep_watches(world.hub) == 1


def test_under_a_new_permission_the_watch_is_made_anew(world: World) -> None:
    watched(world)
    before = watches(world)[0]
    set_connection(world, epoch=Connection.epoch + 1)
    settle(world)
    (after,) = watches(world)
    assert (after.id != before.id, after.state, after.epoch) == (True, "live", before.epoch + 1)
    assert calendar_row(world).pushed_until == after.until


def test_a_watch_that_is_made_while_the_account_is_disconnected_is_not_believed(world: World) -> None:
    reachable(world)
    world.staff()
    (one,) = list_connections(world.hub, world.business)

    def disconnected(hook: str) -> None:
        if hook == "after watch":
            disconnect(world.hub, OPERATOR, world.business, one.id)

    world.calendars.fail = disconnected
    settle(world)
    assert states(world) == ["ended"]
    assert calendar_row(world).pushed_until == 0
    assert "hub_unwatch" not in world.calendars.calls


def test_a_watch_that_the_provider_ends_is_opened_anew_and_the_calendar_polled_meanwhile(world: World) -> None:
    ada = watched(world)
    announce(world, ada, NoticeKind.ENDED)
    assert (states(world), calendar_row(world).pushed_until) == (["ended"], 0)
    settle(world)
    assert states(world) == ["ended", "live"]
    assert calendar_row(world).pushed_until == watches(world)[1].until


def test_a_watch_that_is_about_to_end_is_renewed_at_once(world: World) -> None:
    ada = watched(world)
    world.clock.now += HOUR
    announce(world, ada, NoticeKind.EXPIRING)
    settle(world)
    (after,) = watches(world)
    assert (after.state, after.until) == ("live", world.clock.now + DAY)


def test_what_has_run_out_is_forgotten(world: World) -> None:
    watched(world)
    world.calendars.fail = down("hub_watch")
    world.clock.now += DAY
    keep_watches(world.hub)
    assert states(world) == []
