"""Channels and what their messages say (A56); a message is a hint and nothing more."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hub.core.errors import InputError, NotFound, Refused
from hub.plugin import Account, Calendar, Channel, Incoming, Notice, NoticeKind, Watching
from hub.testing.lab.google.app import ADA, GoogleLab
from hub.testing.lab.switches import Fault
from hub.testing.receiver import Receiver, receiving
from hub_google import plugin

MAIN = Calendar(ADA.email, "main", "Europe/Berlin")
HEADERS = {
    "x-goog-channel-id": "c1",
    "x-goog-channel-token": "s1",
    "x-goog-resource-id": "r1",
    "x-goog-resource-state": "exists",
    "x-goog-message-number": "7",
}


def incoming(**changed: str | None) -> Incoming:
    headers = {name: value for name, value in {**HEADERS, **changed}.items() if value is not None}
    return Incoming("POST", {}, headers, b"")


def channel(receiver: Receiver, until: int, name: str = "c-1") -> Channel:
    return Channel(name, receiver.url, "a-secret", until)


def test_a_message_says_what_it_is_about_and_no_more() -> None:
    assert plugin.hub_receive(incoming()) == (Notice(NoticeKind.CHANGED, "r1", "s1", 7),)
    [first] = plugin.hub_receive(incoming(**{"x-goog-resource-state": "sync", "x-goog-message-number": "1"}))
    assert first.kind is NoticeKind.OPENED


@pytest.mark.parametrize(
    "changed",
    [
        {"x-goog-resource-state": None},
        {"x-goog-resource-state": "something"},
        {"x-goog-resource-id": None},
        {"x-goog-channel-token": ""},
        {"x-goog-message-number": None},
        {"x-goog-message-number": "-1"},
        {"x-goog-message-number": "٧"},
        {"x-goog-message-number": "9" * 40},
    ],
)
def test_what_is_no_message_of_googles_is_refused(changed: dict[str, str | None]) -> None:
    with pytest.raises(InputError):
        plugin.hub_receive(incoming(**changed))


def test_a_get_is_no_message() -> None:
    with pytest.raises(InputError):
        plugin.hub_receive(Incoming("GET", {}, HEADERS, b""))


def test_a_channel_begins_with_sync_and_ends_when_google_says(lab: GoogleLab, account: Callable[..., Account]) -> None:
    mine, now = account("standard"), lab.state.clock()
    with receiving(plugin.hub_receive) as receiver:
        made = plugin.hub_watch(mine, MAIN, channel(receiver, now + 86_400 * 90), None)
        assert receiver.wait(lambda notice: notice.kind is NoticeKind.OPENED)
        assert made.channel == "c-1"
        assert now < made.until < now + 86_400 * 32
        with pytest.raises(Refused):
            plugin.hub_watch(mine, MAIN, channel(receiver, now + 3_600), made)  # its id is taken
        plugin.hub_unwatch(mine, MAIN, made)
        plugin.hub_unwatch(mine, MAIN, made)


def test_an_end_is_read_as_the_guide_and_as_the_description_show_it(
    lab: GoogleLab, account: Callable[..., Account]
) -> None:
    mine = account("standard")
    with receiving(plugin.hub_receive) as receiver:
        for name, end in (("c-5", 1_900_000_000_000), ("c-6", "1900000000000")):
            lab.state.lie = lambda _name, found, end=end: {**found, "expiration": end}  # type: ignore[misc]
            with lab.state.switches.on(Fault.LYING):
                made = plugin.hub_watch(mine, MAIN, channel(receiver, lab.state.clock() + 3_600, name), None)
            assert made.until == 1_900_000_000


def test_a_channel_of_somebody_else_is_not_closed(lab: GoogleLab, account: Callable[..., Account]) -> None:
    mine = account("standard")
    with receiving(plugin.hub_receive) as receiver:
        made = plugin.hub_watch(mine, MAIN, channel(receiver, lab.state.clock() + 3_600, "c-2"), None)
        plugin.hub_unwatch(mine, MAIN, Watching(made.channel, "another", made.until))
        assert "c-2" in lab.pushes.channels
        plugin.hub_unwatch(mine, MAIN, made)
        assert "c-2" not in lab.pushes.channels


def test_an_address_without_https_is_refused_by_google(lab: GoogleLab, account: Callable[..., Account]) -> None:
    mine = account("standard")
    with pytest.raises(Refused):
        plugin.hub_watch(mine, MAIN, Channel("c-3", "http://hub.example/push/x", "s", lab.state.clock() + 60), None)


def test_a_calendar_that_is_gone_cannot_be_watched(lab: GoogleLab, account: Callable[..., Account]) -> None:
    mine, there = account("standard"), Channel("c-4", "https://hub.example/p", "s", lab.state.clock() + 60)
    with pytest.raises(NotFound):
        plugin.hub_watch(mine, Calendar("gone@example.com", ""), there, None)
