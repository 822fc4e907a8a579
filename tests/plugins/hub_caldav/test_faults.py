"""A server with something wrong: the right error for the connection, and nothing unread ever taken for free."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

import pytest

from hub.core.calendar import Window
from hub.plugin import BusyKind, Gone, NeedsReconnect, NotFound, ProviderError, Refused, Retry, Written
from hub.testing import foreign
from hub.testing.checks.changing import merged
from hub.testing.faulty import Fault, Front, faulty
from hub.testing.servers import Server, free_port
from hub.testing.subject import DAY, Subject

HOUR = 3600
ASKING = [
    lambda subject: subject.busy(subject.start, subject.start + DAY),
    lambda subject: subject.changes(None),
    lambda subject: subject.ask("hub_list_calendars"),
]
IDS = ["free_busy", "changes", "list_calendars"]


@pytest.fixture
def front(server: Server) -> Iterator[Front]:
    with faulty(server.origin) as front:
        yield front


@pytest.fixture
def subject(front: Front, server: Server, make: Callable[..., Subject]) -> Subject:
    return make(server, origin=front.url.rstrip("/"))


@pytest.fixture
def busy_hour(subject: Subject) -> tuple[int, int]:
    span = (subject.day() + 9 * HOUR, subject.start + 10 * HOUR)
    subject.foreign(lambda uid: foreign.event(uid, *span))
    return span


@pytest.mark.parametrize("ask", ASKING, ids=IDS)
@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        (Fault.DOWN, Retry, "unreachable"),
        (Fault.HTML, Retry, "unreadable"),
        (Fault.DTD, Retry, "unreadable"),
        (Fault.HUGE, Refused, "too_large"),
        (Fault.UNAUTHORIZED, NeedsReconnect, "needs_reconnect"),
        (Fault.TOO_MANY, Retry, "retry"),
        (Fault.ELSEWHERE, Retry, "retry"),
    ],
)
def test_a_broken_server_is_an_error_with_a_code_and_never_an_empty_answer(
    subject: Subject,
    front: Front,
    ask: Callable[[Subject], object],
    fault: Fault,
    error: type[ProviderError],
    code: str,
) -> None:
    front.break_with(fault)
    with pytest.raises(error) as caught:
        ask(subject)
    assert caught.value.code == code


def test_a_server_that_is_down_is_unreachable(subject: Subject) -> None:
    gone = f"http://127.0.0.1:{free_port()}/ada/scratch/"
    subject.calendar = dataclasses.replace(subject.calendar, ref=gone)
    with pytest.raises(Retry) as caught:
        subject.changes(None)
    assert caught.value.code == "unreachable"


def test_too_many_requests_wait_as_long_as_the_server_asks(subject: Subject, front: Front) -> None:
    front.break_with(Fault.TOO_MANY)
    with pytest.raises(Retry) as caught:
        subject.changes(None)
    assert caught.value.after == 7


def test_a_redirect_to_another_host_is_not_followed(subject: Subject, front: Front, server: Server) -> None:
    with faulty(server.origin) as other:
        front.elsewhere = other.url
        front.break_with(Fault.ELSEWHERE)
        with pytest.raises(Retry):
            subject.changes(None)
        assert other.seen == []


@pytest.mark.parametrize("fault", [Fault.GARBAGE, Fault.BOMB])
def test_events_that_cannot_be_understood_are_busy(
    subject: Subject, front: Front, busy_hour: tuple[int, int], fault: Fault
) -> None:
    front.break_with(fault)
    for busy in (subject.busy(*busy_hour), subject.changes(None).items[0].busy):
        assert busy
        assert {one.kind for one in busy} == {BusyKind.UNREADABLE}
        assert busy[0].start <= busy_hour[0]
        assert busy[-1].end >= busy_hour[1]


def test_names_without_content_are_read_one_by_one(subject: Subject, front: Front, busy_hour: tuple[int, int]) -> None:
    front.break_with(Fault.NO_DATA)
    assert [(one.start, one.end) for one in subject.busy(*busy_hour)] == [busy_hour]
    assert "GET" in {method for method, _path in front.seen}


def test_a_server_without_queries_is_asked_for_free_and_busy(
    subject: Subject, front: Front, busy_hour: tuple[int, int]
) -> None:
    front.break_with(Fault.NO_QUERY)
    assert [(one.start, one.end, one.uid) for one in subject.busy(*busy_hour)] == [(*busy_hour, "")]


def test_a_server_that_answers_no_question_is_read_whole(
    subject: Subject, front: Front, busy_hour: tuple[int, int]
) -> None:
    front.break_with(Fault.NO_REPORTS)
    assert [(one.start, one.end) for one in subject.busy(*busy_hour)] == [busy_hour]
    assert [(one.start, one.end) for item in subject.changes(None).items for one in item.busy or ()] == [busy_hour]


def test_free_busy_queries_are_not_needed(subject: Subject, front: Front, busy_hour: tuple[int, int]) -> None:
    front.break_with(Fault.NO_FREE_BUSY)
    assert [(one.start, one.end) for one in subject.busy(*busy_hour)] == [busy_hour]


def test_an_answer_cut_short_is_asked_for_in_halves(subject: Subject, front: Front, busy_hour: tuple[int, int]) -> None:
    front.break_with(Fault.CUT, "REPORT", times=2)
    assert [(one.start, one.end) for one in subject.busy(*busy_hour)] == [busy_hour]


def test_an_answer_that_is_always_cut_short_is_refused(subject: Subject, front: Front) -> None:
    front.break_with(Fault.CUT)
    with pytest.raises(Refused) as caught:
        subject.busy(subject.start, subject.start + DAY)
    assert caught.value.reason == "truncated"


@pytest.mark.parametrize("fault", [Fault.TOKEN_403, Fault.TOKEN_412])
def test_a_refused_sync_token_is_gone(subject: Subject, front: Front, fault: Fault) -> None:
    cursor = subject.changes(None).cursor
    front.break_with(fault)
    with pytest.raises(Gone):
        subject.changes(cursor)


def test_a_sync_token_answered_in_full_is_a_complete_answer(subject: Subject, front: Front) -> None:
    day = subject.day()
    uid = subject.foreign(lambda uid: foreign.event(uid, day + 9 * HOUR, day + 10 * HOUR))
    subject.foreign(lambda uid: foreign.event(uid, day + 11 * HOUR, day + 12 * HOUR))
    first = subject.changes(None)
    subject.stranger.remove(subject.calendar.ref, uid)
    front.break_with(Fault.TOKEN_FULL)
    known = merged(merged({}, first), subject.changes(first.cursor))
    assert [one.start for busy in known.values() for one in busy] == [day + 11 * HOUR]


@pytest.mark.parametrize("fault", [Fault.NO_SYNC_TOKEN, Fault.NO_TOKENS])
def test_without_sync_tokens_changes_are_still_seen(subject: Subject, front: Front, fault: Fault) -> None:
    front.break_with(fault)
    first = subject.changes(None)
    assert first.cursor.startswith({Fault.NO_SYNC_TOKEN: "ctag ", Fault.NO_TOKENS: "none "}[fault])
    day = subject.day()
    subject.foreign(lambda uid: foreign.event(uid, day + 9 * HOUR, day + 10 * HOUR))
    second = subject.changes(first.cursor)
    assert second.complete
    assert [one.start for item in second.items for one in item.busy or ()] == [day + 9 * HOUR]


@pytest.mark.parametrize("fault", [Fault.SYNC_SECONDS, Fault.CTAG_SECONDS])
def test_changes_in_the_very_second_that_a_token_names_are_seen(subject: Subject, front: Front, fault: Fault) -> None:
    front.break_with(fault)
    first = subject.changes(None)
    day = subject.day()
    subject.foreign(lambda uid: foreign.event(uid, day + 9 * HOUR, day + 10 * HOUR))
    known = merged(merged({}, first), subject.changes(first.cursor))
    assert [one.start for busy in known.values() for one in busy] == [day + 9 * HOUR]


def test_a_token_that_names_a_second_long_ago_is_kept(subject: Subject, front: Front) -> None:
    front.second = 1_000_000_000
    front.break_with(Fault.SYNC_SECONDS)
    first = subject.changes(None)
    assert first.cursor.endswith(" 1000000000")
    assert subject.changes(first.cursor).items == ()


def test_an_unchanged_ctag_costs_one_request(subject: Subject, front: Front) -> None:
    front.break_with(Fault.NO_SYNC_TOKEN)
    cursor = subject.changes(None).cursor
    before = len(front.seen)
    assert subject.changes(cursor).items == ()
    assert len(front.seen) == before + 1


def test_a_longer_window_than_was_read_leads_to_a_complete_answer(subject: Subject) -> None:
    cursor = subject.changes(None).cursor
    longer = Window(subject.window.start, subject.window.end + DAY)
    answer = subject.ask("hub_changes", calendar=subject.calendar, cursor=cursor, window=longer)
    assert answer.complete


@pytest.mark.parametrize("cursor", ["", "sync", "sync x y token", "google 1 2 token"])
def test_a_cursor_of_another_kind_is_gone(subject: Subject, cursor: str) -> None:
    with pytest.raises(Gone):
        subject.changes(cursor)


@pytest.mark.parametrize("fault", [Fault.WRITE_THEN_DOWN, Fault.WRITE_THEN_500])
def test_a_write_whose_answer_is_lost_is_repeated_into_one_event(subject: Subject, front: Front, fault: Fault) -> None:
    event = subject.event(subject.day() + 9 * HOUR)
    front.break_with(fault, "PUT", times=1)
    with pytest.raises(Retry):
        subject.create(event)
    written = subject.create(event)
    assert subject.read(written) is not None
    assert len(subject.busy(event.start - HOUR, event.end + HOUR)) == 1


def test_a_delete_whose_answer_is_lost_is_repeated_into_none(subject: Subject, front: Front) -> None:
    written = subject.create(subject.event(subject.day() + 9 * HOUR))
    front.break_with(Fault.WRITE_THEN_DOWN, "DELETE", times=1)
    with pytest.raises(Retry):
        subject.cancel(written)
    subject.cancel(written)
    assert subject.read(written) is None


def test_without_conditions_another_event_at_our_place_is_not_overwritten(subject: Subject, front: Front) -> None:
    front.break_with(Fault.CONDITIONS_IGNORED)
    event = subject.event(subject.day() + 9 * HOUR)
    theirs = foreign.event(event.uid, event.start + 5 * HOUR, event.end + 5 * HOUR)
    subject.stranger.write(subject.calendar.ref, event.uid, theirs)
    with pytest.raises(ProviderError):
        subject.create(event)
    assert subject.stranger.read(subject.calendar.ref, event.uid).count("DTSTART") == 1
    assert [one.start for one in subject.busy(event.start - HOUR, event.end + 6 * HOUR)] == [event.start + 5 * HOUR]


def test_a_write_answered_without_an_etag_is_read_back(subject: Subject, front: Front) -> None:
    front.break_with(Fault.NO_ETAG)
    written = subject.create(subject.event(subject.day() + 9 * HOUR))
    assert written.etag


def test_an_event_kept_under_another_name_is_found_again(subject: Subject, front: Front) -> None:
    front.break_with(Fault.RENAMED)
    event = subject.event(subject.day() + 9 * HOUR)
    written = subject.create(event)
    front.break_with(None)
    found = subject.read(Written(event.uid, written.ref))
    assert found is not None
    assert "/kept-" in found.written.ref
    subject.cancel(found.written)
    assert subject.read(Written(event.uid, "")) is None


def test_another_event_at_our_place_is_never_deleted(subject: Subject) -> None:
    event = subject.event(subject.day() + 9 * HOUR)
    subject.stranger.write(subject.calendar.ref, event.uid, foreign.event("theirs", event.start, event.end))
    with pytest.raises(Refused) as caught:
        subject.cancel(Written(event.uid, ""))
    assert caught.value.reason == "not_ours"
    assert "theirs" in subject.stranger.read(subject.calendar.ref, event.uid)


def test_a_deleted_calendar_is_not_found(subject: Subject) -> None:
    subject.calendar = dataclasses.replace(subject.calendar, ref=subject.calendar.ref.rstrip("/") + "-gone/")
    with pytest.raises((NotFound, NeedsReconnect, Refused)):
        subject.busy(subject.start, subject.start + DAY)


def test_no_error_says_what_is_in_a_calendar_or_who_signs_in(
    subject: Subject, front: Front, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    event = subject.event(subject.day() + 9 * HOUR, summary="Zahnarzt Meier")
    subject.create(event)
    texts = []
    for fault in Fault:
        if fault not in (Fault.SLOW, Fault.BOMB):
            front.break_with(fault)
            try:
                subject.busy(event.start, event.end)
                subject.changes(None)
            except ProviderError as error:
                texts.append(str(error))
    assert texts
    everything = "\n".join([*texts, caplog.text])
    assert "Zahnarzt" not in everything
    assert server.password not in everything
