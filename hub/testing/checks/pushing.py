"""Checks of notifications: they arrive, go on when renewed, end, cannot be forged, and may be lost or come twice."""

from __future__ import annotations

import dataclasses
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from hub.core.errors import InputError, NotFound
from hub.core.push import Channel, Echo, Incoming, Notice, NoticeKind, Watching
from hub.testing import foreign
from hub.testing.checks.changing import holds, merged
from hub.testing.checks.check import Check, Failed, Need, expect
from hub.testing.checks.repeating import fault
from hub.testing.lab.switches import Fault
from hub.testing.receiver import Receiver, receiving
from hub.testing.subject import DAY, Subject

HOUR = 3600
SILENCE = 0.4
"""Seconds in which nothing may arrive after a watch has ended."""

_GARBAGE = (
    Incoming("POST", {}, {}, b""),
    Incoming("POST", {}, {"content-type": "application/json"}, b'{"value": ['),
    Incoming("POST", {}, {"content-type": "application/json"}, b'{"value": [7, null, {"resource": []}]}'),
    Incoming("POST", {}, {"content-type": "application/json"}, b"\xff\xfe\x00"),
    Incoming("GET", {"a": "b"}, {"x-anything": "\x00" * 5000}, b"[]"),
)


@dataclass(slots=True)
class _Watch:
    """A watch under way: where its notifications arrive, and what they must bring."""

    subject: Subject
    receiver: Receiver
    channel: Channel
    watching: Watching

    def hears(self, change: Callable[[], object]) -> Notice | None:
        """Make a change and return the notification that tells of it."""
        self.receiver.notices.clear()
        change()
        return self.receiver.wait(self.fits)

    def fits(self, notice: Notice) -> bool:
        """Tell whether the hub would believe this notification of a change."""
        brought = (notice.kind, notice.ref, notice.secret)
        return brought == (NoticeKind.CHANGED, self.watching.ref, self.channel.secret)

    def renew(self) -> None:
        """Renew it as the hub does: the old one ends where the provider made a new one."""
        channel, before = _channel(self.receiver), self.watching
        after = _watch(self.subject, channel, before)
        if after.ref != before.ref:
            _unwatch(self.subject, before)
        if after.channel == channel.id:
            self.channel = channel
        expect(after.channel in (channel.id, self.channel.id), "the renewed watch belongs to no channel of the hub")
        self.watching = after


def tells_of_a_change(subject: Subject) -> None:
    """A new, a moved and a deleted event are each told, with the reference and the secret of the watch."""
    with _watched(subject) as watch:
        expect(watch.watching.until > time.time(), "the watch is over as soon as it begins")
        hour, uids = subject.day() + 9 * HOUR, list[str]()
        changes: dict[str, Callable[[], object]] = {
            "a new": lambda: uids.append(subject.foreign(lambda uid: foreign.event(uid, hour, hour + HOUR))),
            "a moved": lambda: subject.stranger.write(
                subject.calendar.ref, uids[0], foreign.event(uids[0], hour + HOUR, hour + 2 * HOUR)
            ),
            "a deleted": lambda: subject.stranger.remove(subject.calendar.ref, uids[0]),
        }
        for what, change in changes.items():
            expect(
                watch.hears(change) is not None, f"no notification of {what} event arrives that the hub would believe"
            )


def goes_on_when_renewed(subject: Subject) -> None:
    """A renewed watch tells of changes as before, also once the hub has ended the old one."""
    with _watched(subject) as watch:
        watch.renew()
        expect(watch.watching.until > time.time(), "the renewed watch is over as soon as it begins")
        expect(watch.hears(lambda: _new_event(subject)) is not None, "the renewed watch tells nothing")


def is_silent_once_ended(subject: Subject) -> None:
    """An ended watch tells nothing more, and ending it again is a success."""
    with _watched(subject) as watch:
        expect(watch.hears(lambda: _new_event(subject)) is not None, "the watch tells nothing")
        _unwatch(subject, watch.watching)
        _unwatch(subject, watch.watching)
        for _ in range(3):  # what was on its way when the watch ended may still come
            watch.receiver.notices.clear()
            if watch.receiver.wait(watch.fits, SILENCE) is None:
                break
        _new_event(subject)
        expect(watch.receiver.wait(watch.fits, SILENCE) is None, "an ended watch still tells of changes")


def a_lost_notification_loses_nothing(subject: Subject) -> None:
    """A change of which nothing was told is found by asking, and the next one is told again."""
    with _watched(subject) as watch:
        first = subject.changes(None)
        watch.receiver.notices.clear()
        with fault(subject, Fault.PUSH_DROPPED):
            hour = _new_event(subject)
            told = watch.receiver.wait(watch.fits, SILENCE)
        expect(told is None, "the server tells of a change while its notifications are lost: the fault does nothing")
        found = merged(merged({}, first), subject.changes(first.cursor))
        holds(found, hour // DAY * DAY, [(hour, hour + HOUR)], "an event of which nothing was told")
        expect(watch.hears(lambda: _new_event(subject)) is not None, "after a lost notification nothing is told")


def one_that_comes_twice_reads_the_same(subject: Subject) -> None:
    """A notification that arrives a second time is read as it was the first time."""
    with _watched(subject) as watch:
        watch.receiver.notices.clear()
        with fault(subject, Fault.PUSH_TWICE):
            _new_event(subject)
            second = watch.receiver.wait(watch.fits, times=2)
        expect(second is not None, "a notification that the server sends twice does not arrive twice")
        first = watch.receiver.wait(watch.fits)
        expect(first == second, f"a repeat reads as another notification: number {getattr(second, 'number', 0)}")


def a_forged_notification_is_told_apart(subject: Subject) -> None:
    """A notification with another secret or another reference does not come out as a true one."""
    with _watched(subject) as watch:
        expect(watch.hears(lambda: _new_event(subject)) is not None, "the watch tells nothing")
        true = [one for one in watch.receiver.requests if _believed(subject, watch, one)]
        expect(bool(true), "a notification that arrived cannot be read a second time")
        for part, what in ((watch.channel.secret, "secret"), (watch.watching.ref, "reference")):
            forged = _replaced(true[-1], part, "x" * len(part))
            expect(not _believed(subject, watch, forged), f"a notification with another {what} would be believed")


def refuses_what_is_no_notification(subject: Subject) -> None:
    """Whatever else arrives at the address raises InputError, and asks nobody."""
    for number, garbage in enumerate(_GARBAGE):
        try:
            read = _receive(subject, garbage)
        except InputError:
            continue
        except Exception as error:
            raise Failed(f"garbage number {number} raises {type(error).__name__} and not InputError") from error
        what = "echoed" if isinstance(read, Echo) else f"read as {len(read)} notifications"
        raise Failed(f"garbage number {number} is {what}")


@contextmanager
def _watched(subject: Subject) -> Iterator[_Watch]:
    with receiving(lambda request: _receive(subject, request)) as receiver:
        channel = _channel(receiver)
        watch = _Watch(subject, receiver, channel, _watch(subject, channel, None))
        expect(watch.watching.channel == channel.id, "the watch does not say that it sends to the hub's channel")
        try:
            yield watch
        finally:
            _unwatch(subject, watch.watching)


def _channel(receiver: Receiver) -> Channel:
    name = secrets.token_hex(8)
    return Channel(f"check-{name}", f"{receiver.url}/{name}", secrets.token_urlsafe(24), int(time.time()) + 2 * HOUR)


def _watch(subject: Subject, channel: Channel, watching: Watching | None) -> Watching:
    made: Watching = subject.ask("hub_watch", calendar=subject.calendar, channel=channel, watching=watching)
    return made


def _unwatch(subject: Subject, watching: Watching) -> None:
    try:
        subject.ask("hub_unwatch", calendar=subject.calendar, watching=watching)
    except NotFound as error:
        raise Failed("ending a watch that is gone already is not a success") from error


def _receive(subject: Subject, request: Incoming) -> Echo | list[Notice]:
    assert subject.receive is not None, "the check says that it needs notifications"
    read = subject.receive(request)
    return read if isinstance(read, Echo) else list(read)


def _believed(subject: Subject, watch: _Watch, request: Incoming) -> bool:
    try:
        read = _receive(subject, request)
    except InputError:
        return False
    return not isinstance(read, Echo) and any(watch.fits(one) for one in read)


def _replaced(request: Incoming, old: str, new: str) -> Incoming:
    return dataclasses.replace(
        request,
        query={name: value.replace(old, new) for name, value in request.query.items()},
        headers={name: value.replace(old, new) for name, value in request.headers.items()},
        body=request.body.replace(old.encode(), new.encode()),
    )


def _new_event(subject: Subject) -> int:
    """Let the stranger write an event on a new day, and return when it begins."""
    hour = subject.day() + 9 * HOUR
    subject.foreign(lambda uid: foreign.event(uid, hour, hour + HOUR))
    return hour


def _check(run: Callable[[Subject], None], title: str, why: str, *faults: Fault) -> Check:
    return Check(run.__name__, title, why, run, False, frozenset({Need.PUSH}), frozenset(faults))


PUSHING = (
    _check(tells_of_a_change, "Is told of changes", "Changes would only be seen at the next look."),
    _check(goes_on_when_renewed, "Goes on being told", "Changes would only be seen at the next look."),
    _check(is_silent_once_ended, "Ends what it began", "Calendars that were let go would go on being told about."),
    _check(
        a_lost_notification_loses_nothing,
        "Finds what it was not told",
        "A change would never be seen.",
        Fault.PUSH_DROPPED,
    ),
    _check(
        one_that_comes_twice_reads_the_same,
        "Knows a notification that comes twice",
        "The provider would be asked more often than anything changes.",
        Fault.PUSH_TWICE,
    ),
    _check(
        a_forged_notification_is_told_apart,
        "Tells true notifications from forged ones",
        "Anybody could make the hub ask the provider.",
    ),
    _check(
        refuses_what_is_no_notification,
        "Refuses what is no notification",
        "Anybody could put the hub's logs and time to use.",
    ),
)
