"""How a calendar is read: by events or by free and busy times, within limits, and never freer than it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest.mock import ANY

import pytest

from hub.core.errors import Gone, NeedsReconnect, NotFound, Refused, Retry
from hub.plugin import Account, Busy, BusyKind, Calendar, Window
from hub.testing import foreign
from hub.testing.lab.google.app import ADA, BEN, GoogleLab
from hub.testing.lab.switches import Fault
from hub.testing.subject import DAY, Subject
from hub_google import plugin
from hub_google.levels import FREE_BUSY, OWNED

HOUR = 3600
MAIN = Calendar("primary", "main", "Europe/Berlin", writable=False, primary=True)


def calls(lab: GoogleLab, since: int) -> list[str]:
    return [f"{method} {path.rpartition('/')[2]}" for method, path in lab.state.seen[since:]]


def test_shield_sees_the_main_calendar_by_times_alone(lab: GoogleLab, subject: Callable[..., Subject]) -> None:
    made = subject("shield")
    hour = made.day() + 9 * HOUR
    made.stranger.write(ADA.email, "secret", foreign.event("secret", hour, hour + HOUR))
    before = len(lab.state.seen)
    answer = made.ask("hub_free_busy", calendars=[MAIN, made.calendar], window=Window(hour - HOUR, hour + 2 * HOUR))
    assert answer["primary"] == (Busy(hour, hour + HOUR),)
    assert answer[made.calendar.ref] == ()
    assert calls(lab, before) == ["GET events", "POST freeBusy"]
    listed = made.ask("hub_list_calendars")
    assert [(one.ref, one.writable) for one in listed] == [("primary", False), (made.calendar.ref, True)]
    made.stranger.remove(ADA.email, "secret")


def test_times_alone_are_compared_and_told_whole(lab: GoogleLab, subject: Callable[..., Subject]) -> None:
    made = subject("shield")
    hour = made.day() + 9 * HOUR

    def changes(cursor: str | None) -> Any:
        return made.ask("hub_changes", calendar=MAIN, cursor=cursor, window=made.window)

    first = changes(None)
    assert first.complete
    same = changes(first.cursor)
    assert (same.items, same.complete, same.cursor) == ((), False, first.cursor)
    made.stranger.write(ADA.email, "new", foreign.event("new", hour, hour + HOUR))
    after = changes(first.cursor)
    assert after.complete
    assert [Busy(hour, hour + HOUR)] == list(after.items[0].busy)
    made.stranger.remove(ADA.email, "new")
    assert changes(after.cursor).items[0].busy == ()


def test_a_long_window_is_asked_for_in_parts_and_joined(lab: GoogleLab, subject: Callable[..., Subject]) -> None:
    made = subject("shield")
    day = made.start + 59 * DAY
    made.stranger.write(ADA.email, "long", foreign.event("long", day, day + 3 * DAY))
    before = len(lab.state.seen)
    answer = made.ask("hub_free_busy", calendars=[MAIN], window=Window(made.start, made.start + 130 * DAY))
    assert answer["primary"] == (Busy(day, day + 3 * DAY),)
    assert calls(lab, before) == ["POST freeBusy"] * 3
    made.stranger.remove(ADA.email, "long")


def test_a_calendar_that_is_not_owned_is_seen_by_its_times(lab: GoogleLab, subject: Callable[..., Subject]) -> None:
    """At the level Standard events of a shared calendar are out of reach; free and busy times are not."""
    made = subject("standard")
    hour = made.day() + 9 * HOUR
    shared = lab.state.add_calendar("shared@group.calendar.google.com", BEN, "Shared", "Europe/Berlin")
    shared.roles[ADA.email] = "writer"
    made.stranger.write(shared.id, "theirs", foreign.event("theirs", hour, hour + HOUR))
    [listed] = [one for one in made.ask("hub_list_calendars") if one.ref == shared.id]
    assert not listed.writable
    window = Window(hour - HOUR, hour + 2 * HOUR)
    for calendar in (listed, Calendar(shared.id, "", writable=True)):
        assert made.ask("hub_free_busy", calendars=[calendar], window=window)[shared.id] == (Busy(hour, hour + HOUR),)
        assert made.ask("hub_changes", calendar=calendar, cursor=None, window=window).items[0].busy


def test_shared_writes_where_others_let_it(lab: GoogleLab, subject: Callable[..., Subject]) -> None:
    made = subject("shared")
    team = lab.state.add_calendar("team@group.calendar.google.com", BEN, "Team", "Europe/Berlin")
    team.roles[ADA.email] = "writer"
    [made.calendar] = [one for one in made.ask("hub_list_calendars") if one.ref == team.id]
    assert made.calendar.writable
    event = made.event(made.day() + 9 * HOUR)
    made.create(event)
    assert [one.uid for one in made.busy(event.start, event.end)] == [event.uid]
    team.roles[ADA.email] = "freeBusyReader"
    with pytest.raises((NeedsReconnect, Refused)):
        made.create(made.event(event.start))


def test_with_less_granted_less_is_done(lab: GoogleLab, account: Callable[..., Account]) -> None:
    mine = account("standard", scopes=[FREE_BUSY])
    assert [(one.ref, one.writable) for one in plugin.hub_list_calendars(mine)] == [("primary", False)]
    busy = plugin.hub_free_busy(mine, [MAIN], Window(0, HOUR))
    assert busy == {"primary": ()}
    with pytest.raises(Refused) as refused:
        plugin.hub_watch(mine, MAIN, _channel(), None)
    assert refused.value.reason == "no_push"


def test_without_free_and_busy_a_foreign_calendar_is_not_free(lab: GoogleLab, account: Callable[..., Account]) -> None:
    mine = account("standard", scopes=[OWNED])
    with pytest.raises(NeedsReconnect) as lost:
        plugin.hub_free_busy(mine, [Calendar(BEN.email, "Ben's", writable=False)], Window(0, HOUR))
    assert lost.value.code == "scopes"


def test_a_calendar_that_is_not_there_is_not_free(lab: GoogleLab, account: Callable[..., Account]) -> None:
    for level in ("shield", "standard"):
        mine = account(level)
        for writable in (True, False):
            with pytest.raises(NotFound):
                plugin.hub_free_busy(mine, [Calendar("gone@example.com", "", writable=writable)], Window(0, HOUR))


def test_pages_are_read_to_the_end(
    lab: GoogleLab, subject: Callable[..., Subject], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub_google.reading._PAGE", 2)
    made = subject()
    day = made.day()
    for n in range(5):
        made.foreign(lambda uid, n=n: foreign.event(uid, day + n * HOUR, day + n * HOUR + 600))  # type: ignore[misc]
    assert len(made.busy(day, day + DAY)) == 5
    first = made.changes(None)
    assert len(first.items) == 5
    made.foreign(lambda uid: foreign.event(uid, day + 9 * HOUR, day + 10 * HOUR))
    assert len(made.changes(first.cursor).items) == 1


@pytest.mark.parametrize(
    "lie",
    [
        {"nextPageToken": "again", "nextSyncToken": None},
        {"nextPageToken": 7},
        {"items": "none"},
        {"items": [7]},
        {"items": None},
        {"nextSyncToken": 7},
    ],
)
def test_lists_that_make_no_sense_are_errors(
    lab: GoogleLab, subject: Callable[..., Subject], monkeypatch: pytest.MonkeyPatch, lie: dict[str, Any]
) -> None:
    made = subject()
    day = made.day()
    lab.state.pages["again"] = ([], None, ANY)
    lab.state.lie = lambda _name, found: {name: value for name, value in {**found, **lie}.items() if value is not None}
    if lie == {"items": None}:
        lab.state.lie = lambda _name, _found: []
    with lab.state.switches.on(Fault.LYING):
        with pytest.raises(Retry) as unreadable:
            made.busy(day, day + DAY)
        assert unreadable.value.code == "unreadable"


@pytest.mark.parametrize(
    "lie", [{}, {"calendars": {}}, {"calendars": {"primary": {}}}, {"calendars": {"primary": {"busy": "no"}}}]
)
def test_times_that_are_missing_are_not_free(
    lab: GoogleLab, account: Callable[..., Account], lie: dict[str, Any]
) -> None:
    mine = account("shield")
    lab.state.lie = lambda _name, _found: lie
    with lab.state.switches.on(Fault.LYING), pytest.raises(Retry):
        plugin.hub_free_busy(mine, [MAIN], Window(0, HOUR))


def test_a_time_that_cannot_be_read_is_busy(lab: GoogleLab, account: Callable[..., Account]) -> None:
    mine = account("shield")
    with lab.state.switches.on(Fault.LYING):
        busy = plugin.hub_free_busy(mine, [MAIN], Window(0, HOUR))
    assert busy == {"primary": (Busy(0, HOUR, BusyKind.UNREADABLE),)}


def test_without_a_token_everything_is_read_each_time(lab: GoogleLab, subject: Callable[..., Subject]) -> None:
    made = subject()
    lab.state.lie = lambda _name, found: {name: value for name, value in found.items() if name != "nextSyncToken"}
    with lab.state.switches.on(Fault.LYING):
        first = made.changes(None)
        assert first.complete
        assert made.changes(first.cursor).complete


@pytest.mark.parametrize("cursor", ["", "sync 1 2 x", "events a b - c", "events 0 99999999999 - garbage", "busy 0 1"])
def test_a_cursor_that_is_not_ours_leads_to_a_whole_reading(subject: Callable[..., Subject], cursor: str) -> None:
    made = subject()
    try:
        answer = made.changes(cursor)
    except Gone:
        answer = made.changes(None)
    assert answer.complete


def test_a_calendar_that_moves_to_another_zone_is_read_again(lab: GoogleLab, subject: Callable[..., Subject]) -> None:
    made = subject()
    first = made.changes(None)
    lab.state.calendars[made.calendar.ref].zone = "America/New_York"
    with pytest.raises(Gone):
        made.changes(first.cursor)


def test_a_series_that_ends_earlier_takes_its_dates_with_it(subject: Callable[..., Subject]) -> None:
    made = subject()
    hour = made.day() + 9 * HOUR

    def series(uid: str, count: int) -> str:
        times = (f"DTSTART:{foreign.utc(hour)}", f"DTEND:{foreign.utc(hour + HOUR)}", f"RRULE:FREQ=DAILY;COUNT={count}")
        return foreign.calendar(foreign.component(uid, *times))

    uid = made.foreign(lambda uid: series(uid, 4))
    first = made.changes(None)
    made.stranger.write(made.calendar.ref, uid, series(uid, 2))
    after = made.changes(first.cursor)
    assert sorted(one.busy is None for one in after.items) == [False, False, True, True]
    made.stranger.remove(made.calendar.ref, uid)
    assert [one.busy for one in made.changes(after.cursor).items] == [None, None]


def test_long_tokens_stay_one_declared_get(lab: GoogleLab, account: Callable[..., Account]) -> None:
    """The library would make a POST with X-HTTP-Method-Override of an address over 2,048 characters."""
    mine = account("standard")
    main = Calendar(ADA.email, "main", "Europe/Berlin")
    before = len(lab.state.seen)
    with pytest.raises(Gone):
        plugin.hub_changes(mine, main, f"events 0 {HOUR} Europe/Berlin {'C' + 'x' * 3000}", Window(0, HOUR))
    assert calls(lab, before) == ["GET events"]


def _channel() -> Any:
    from hub.plugin import Channel

    return Channel("id", "http://127.0.0.1/push/x", "secret", 2_000_000_000)
