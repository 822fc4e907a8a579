"""Checks of a provider that fails: the error says what the hub must do, and no failure is ever an empty calendar."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from functools import partial
from typing import Any

import requests

from hub.core.calendar import Window
from hub.core.errors import Conflict, Gone, NeedsReconnect, ProviderError, Refused, Retry
from hub.testing import foreign
from hub.testing.checks.changing import holds, merged
from hub.testing.checks.check import Check, Failed, Need, expect
from hub.testing.checks.repeating import fault, later
from hub.testing.lab.switches import Fault
from hub.testing.subject import DAY, Subject

HOUR = 3600
PATIENCE = 7
"""Seconds that a fault's Retry-After asks for, at least (`Switches.after`)."""

OTHER_VERSION = "0 "
"""What a cursor of another version of a plugin begins with."""

HURRY = 0.1
"""Seconds after which the session gives up on a slow provider; the broker waits longer."""

_UNANSWERED = (Retry, requests.RequestException)  # what requests raises passes: the hub judges it by its own record
_UNREADABLE = (ProviderError, requests.RequestException)
_ERRORS: Mapping[Fault, tuple[type[Exception], ...]] = {
    Fault.UNAUTHORIZED: (NeedsReconnect,),
    Fault.CLAIMS: (NeedsReconnect,),
    Fault.FORBIDDEN: (NeedsReconnect, Refused),
    Fault.QUOTA: (Retry,),
    Fault.TOO_MANY: (Retry,),
    Fault.DOWN: (Retry,),
    Fault.BROKEN: _UNANSWERED,
    Fault.SLOW: _UNANSWERED,
    Fault.ELSEWHERE: _UNREADABLE,
    Fault.HTML: _UNREADABLE,
    Fault.HUGE: _UNREADABLE,
}
_CODES = {Fault.CLAIMS: {"claims"}, Fault.QUOTA: {"quota"}}
_TITLES = {
    Fault.UNAUTHORIZED: "Asks for a new connection when it is signed out",
    Fault.CLAIMS: "Asks for a new connection when the provider wants one",
    Fault.FORBIDDEN: "Says when a permission does not reach",
    Fault.QUOTA: "Waits when the quota is used up",
    Fault.TOO_MANY: "Waits as long as it is asked to",
    Fault.DOWN: "Tries again when the server is down",
    Fault.BROKEN: "Tries again when the connection breaks",
    Fault.ELSEWHERE: "Is not led to another host",
    Fault.HTML: "Takes a web page for an error",
    Fault.HUGE: "Refuses an answer without end",
}


def _fails_rightly(kind: Fault, subject: Subject) -> None:
    """Each hook that reads or writes raises the right error, and nothing was answered or written half."""
    hour = _busy_hour(subject)
    event = subject.event(hour + 4 * HOUR)
    with fault(subject, kind):
        for name, ask in _asking(subject, hour):
            _expect_error(kind, name, ask)
        _expect_error(kind, "hub_create_event", lambda: subject.create(event))
    expect(len(subject.busy(hour, hour + HOUR)) == 1, "after the failure the event is not seen again")


def fails_rightly_when_slow(subject: Subject) -> None:
    """Each hook that reads raises the right error once the session has given up waiting."""
    assert subject.traffic is not None, "the check says that it needs traffic"
    hour = _busy_hour(subject)
    with fault(subject, Fault.SLOW), subject.traffic.limited(HURRY):
        for name, ask in _asking(subject, hour):
            _expect_error(Fault.SLOW, name, ask)
    expect(len(subject.busy(hour, hour + HOUR)) == 1, "after the failure the event is not seen again")


def says_that_a_cursor_is_too_old(subject: Subject) -> None:
    """A cursor that is not known any more is Gone, or leads to a complete answer; reading without one goes on.

    The provider forgot it; or, where the plugin makes its own, another version of the plugin made it.
    """
    hour = _busy_hour(subject)
    cursor = subject.changes(None).cursor
    with nullcontext() if subject.own_cursor else fault(subject, Fault.GONE):
        try:
            answer = subject.changes(f"{OTHER_VERSION}{cursor}" if subject.own_cursor else cursor)
        except Gone:
            return
    expect(answer.complete, "a cursor that the provider forgot is answered with a part")
    holds(merged({}, answer), hour // DAY * DAY, [(hour, hour + HOUR)], "an event, after the cursor was forgotten")


def a_failed_condition_is_a_conflict(subject: Subject) -> None:
    """Where the provider says that the event was changed meanwhile, the move is a Conflict and not done."""
    event = subject.event(_busy_hour(subject) + 4 * HOUR)
    written = subject.create(event)
    with fault(subject, Fault.CHANGED):
        try:
            subject.update(written, later(event))
        except Conflict:
            found = subject.read(written)
            expect(found is not None and found.start == event.start, "the event was moved all the same")
            return
    raise Failed("a failed condition did not come out as a conflict")


def never_takes_lies_for_free_time(subject: Subject) -> None:
    """An answer that is well formed and makes no sense is an error, or a busy time; what is there is never free."""
    hour = _busy_hour(subject)
    with fault(subject, Fault.LYING):
        try:
            seen = subject.busy(hour, hour + HOUR)
        except _UNREADABLE:
            seen = None
        expect(seen is None or bool(seen), "nonsense is taken for free time")
        try:
            answer = subject.changes(None)
        except _UNREADABLE:
            return
    busy = [one for change in answer.items for one in change.busy or ()]
    expect(any(one.start < hour + HOUR and one.end > hour for one in busy), "nonsense is taken for an empty calendar")


def _busy_hour(subject: Subject) -> int:
    """Let the stranger fill an hour of a new day, and return when it begins."""
    hour = subject.day() + 9 * HOUR
    subject.foreign(lambda uid: foreign.event(uid, hour, hour + HOUR))
    return hour


def _asking(subject: Subject, hour: int) -> list[tuple[str, Callable[[], Any]]]:
    window = Window(hour, hour + HOUR)
    return [
        ("hub_list_calendars", lambda: subject.ask("hub_list_calendars")),
        ("hub_free_busy", lambda: subject.ask("hub_free_busy", calendars=[subject.calendar], window=window)),
        ("hub_changes", lambda: subject.changes(None)),
    ]


def _expect_error(kind: Fault, hook: str, ask: Callable[[], Any]) -> None:
    try:
        ask()
    except _ERRORS[kind] as error:
        if kind in _CODES:
            code = getattr(error, "code", "")
            expect(code in _CODES[kind], f"{hook} raises {type(error).__name__} with the code {code!r}")
        if kind is Fault.TOO_MANY and isinstance(error, Retry):
            expect(error.after >= PATIENCE, f"{hook} comes again after {error.after:g} seconds, before it may")
        return
    except NotImplementedError:
        raise  # a hook that is not written yet says itself what is left to do
    except Exception as error:
        raise Failed(f"{hook} raises {type(error).__name__}, which tells the hub something else") from error
    raise Failed(f"{hook} answers although the provider failed")


def _check(run: Callable[[Subject], None], title: str, why: str, *faults: Fault) -> Check:
    return Check(run.__name__, title, why, run, faults=frozenset(faults))


FAILING = (
    *(
        Check(
            f"fails_rightly_when_{kind}",
            title,
            "A failure would look like free time, or would be repeated in vain.",
            partial(_fails_rightly, kind),
            faults=frozenset({kind}),
        )
        for kind, title in _TITLES.items()
    ),
    Check(
        "fails_rightly_when_slow",
        "Gives up on a slow server",
        "A server that does not answer would look like free time.",
        fails_rightly_when_slow,
        needs=frozenset({Need.TRAFFIC}),
        faults=frozenset({Fault.SLOW}),
    ),
    _check(
        says_that_a_cursor_is_too_old,
        "Says when a cursor is too old",
        "The hub would go on with what is missing.",
        Fault.GONE,
    ),
    _check(
        a_failed_condition_is_a_conflict,
        "Takes a failed condition for a conflict",
        "What staff change in their calendar would be lost.",
        Fault.CHANGED,
    ),
    _check(
        never_takes_lies_for_free_time,
        "Never takes nonsense for free time",
        "Booked times would be offered again.",
        Fault.LYING,
    ),
)
