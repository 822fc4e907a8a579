"""Checks of what a plugin sees, keeps and lets out: only declared requests, no titles, no credential anywhere."""

from __future__ import annotations

import logging
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import unquote

from hub.core.calendar import Event, Window, Written
from hub.core.declared import Declared, parse_target
from hub.core.errors import HubError, Refused
from hub.testing import foreign
from hub.testing.checks.check import Check, Failed, Need, expect
from hub.testing.checks.repeating import fault, later
from hub.testing.lab.switches import Fault
from hub.testing.subject import PURPOSES, Subject

HOUR = 3600
CANARY = "Wagtail-Kestrel-9417"
"""Stands in the title, text, place and guests of planted events, and may come out nowhere."""


def asks_only_what_is_declared(subject: Subject) -> None:
    """Each request of each hook is a declared operation, and declared for what the hub asks that hook for."""
    assert subject.provider is not None and subject.traffic is not None, "the check says that it needs both"  # noqa: PT018
    declared = Declared(subject.provider.operations)
    for hook, ask in _hooks(subject, subject.event(subject.day() + 9 * HOUR)):
        before = len(subject.traffic)
        ask()
        for one in subject.traffic.since(before):
            try:
                declared.find(one.method, parse_target(one.url), PURPOSES[hook])
            except Refused as error:
                raise Failed(f"{hook} makes a {one.method} that the broker refuses ({error.reason})") from error


def goes_only_through_the_session(subject: Subject) -> None:
    """What arrives at the server from the plugin is what went through the account's session, and nothing else."""
    assert subject.traffic is not None and subject.seen is not None, "the check says that it needs both"  # noqa: PT018
    event = subject.event(subject.day() + 9 * HOUR)
    asked, arrived = len(subject.traffic), len(subject.seen())
    for _hook, ask in _hooks(subject, event):
        ask()
    through = Counter((one.method, unquote(one.path)) for one in subject.traffic.since(asked))
    seen = Counter((method, unquote(path.partition("?")[0])) for method, path in subject.seen()[arrived:])
    expect(not seen - through, f"{(seen - through).total()} requests arrive at the server past the account's session")


def asks_for_no_titles(subject: Subject) -> None:
    """No answer that the plugin asks for holds the title, text, place or guests of somebody's event."""
    assert subject.traffic is not None, "the check says that it needs traffic"
    hour = _planted(subject)
    before = len(subject.traffic)
    subject.busy(hour, hour + HOUR)
    subject.changes(None)
    leaking = [one for one in subject.traffic.since(before) if CANARY.encode() in one.answered]
    methods = sorted({one.method for one in leaking})
    expect(not leaking, f"{len(leaking)} answers ({', '.join(methods)}) hold what an event is about")


def lets_no_title_out(subject: Subject) -> None:
    """What an event is about is in nothing that the plugin returns, raises or logs, also when the provider fails."""
    hour = _planted(subject)
    event = subject.event(subject.day() + 9 * HOUR, summary=CANARY, description=CANARY, location=CANARY)
    for where, text in _everything(subject, hour, event, Fault.DOWN, Fault.LYING):
        expect(CANARY not in text, f"{where} holds what an event is about")


def lets_no_credential_out(subject: Subject) -> None:
    """The credential is in nothing that the plugin returns, raises or logs, also when the provider fails."""
    hour = _planted(subject)
    event = subject.event(subject.day() + 9 * HOUR)
    for where, text in _everything(subject, hour, event, Fault.UNAUTHORIZED, Fault.FORBIDDEN):
        expect(not any(secret in text for secret in subject.secrets), f"{where} holds the credential")


def _planted(subject: Subject) -> int:
    """Let the stranger write an event full of canaries; return when it begins."""
    hour = subject.day() + 9 * HOUR
    lines = (f"DESCRIPTION:{CANARY}", f"LOCATION:{CANARY}", f"ATTENDEE;CN={CANARY}:mailto:{CANARY}@example.com")
    plain = "SUMMARY:Something of another program"
    subject.foreign(
        lambda uid: foreign.event(uid, hour, hour + HOUR, *lines, "ORGANIZER:mailto:office@example.com").replace(
            plain, f"SUMMARY:{CANARY}"
        )
    )
    return hour


def _everything(subject: Subject, hour: int, event: Event, *faults: Fault) -> list[tuple[str, str]]:
    """Run each hook, in peace and under those of the faults that the server has; return what came out, as text."""
    there = subject.faults.known if subject.faults is not None else frozenset()
    with _logs() as lines:
        found = [_outcome(hook, ask) for hook, ask in _hooks(subject, event, hour)]
        for kind in (one for one in faults if one in there):
            with fault(subject, kind):
                found += [_outcome(f"{hook} under {kind}", ask) for hook, ask in _hooks(subject, event, hour)]
        subject.cancel(Written(event.uid, ""))
    return [*found, ("the log", "\n".join(lines))]


def _outcome(hook: str, ask: Callable[[], object]) -> tuple[str, str]:
    try:
        return f"what {hook} returns", repr(ask())
    except Exception as error:
        more = error.message if isinstance(error, HubError) else ""
        return f"what {hook} raises", "".join(traceback.format_exception(error)) + repr(error) + more


def _hooks(subject: Subject, event: Event, hour: int = 0) -> Iterator[tuple[str, Callable[[], object]]]:
    """Give each hook with a way to call it, in an order in which an event comes to be and goes again."""
    at = hour or event.start
    written = [Written(event.uid, "")]
    window = Window(at - HOUR, at + HOUR)
    yield "hub_list_calendars", lambda: subject.ask("hub_list_calendars")
    yield "hub_free_busy", lambda: subject.ask("hub_free_busy", calendars=[subject.calendar], window=window)
    yield "hub_create_event", lambda: written.append(subject.create(event))
    yield "hub_read_event", lambda: subject.read(written[-1])
    yield "hub_update_event", lambda: written.append(subject.update(written[-1], later(event)))
    yield "hub_changes", lambda: subject.changes(subject.changes(None).cursor)
    yield "hub_cancel_event", lambda: subject.cancel(written[-1])


@contextmanager
def _logs() -> Iterator[list[str]]:
    """Collect every line that anything logs meanwhile, down to the finest."""
    lines: list[str] = []

    class Listening(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    root, handler = logging.getLogger(), Listening(logging.DEBUG)
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        root.setLevel(before)
        root.removeHandler(handler)


def _check(run: Callable[[Subject], None], title: str, why: str, *needs: Need, needed: bool = True) -> Check:
    return Check(run.__name__, title, why, run, needed, frozenset(needs))


PRIVACY = (
    _check(
        asks_only_what_is_declared,
        "Asks only what is declared",
        "The broker would refuse it.",
        Need.DECLARATION,
        Need.TRAFFIC,
    ),
    _check(
        goes_only_through_the_session,
        "Goes only through the account's session",
        "Requests would pass by consent, ledger and vault.",
        Need.TRAFFIC,
        Need.SERVER,
    ),
    _check(
        asks_for_no_titles,
        "Asks for no titles",
        "More is read than the hub needs to know.",
        Need.TRAFFIC,
        needed=False,
    ),
    _check(lets_no_title_out, "Lets no title out", "What staff do in private would be kept or shown."),
    _check(lets_no_credential_out, "Lets no credential out", "Whoever reads a log could sign in.", Need.SECRETS),
)
