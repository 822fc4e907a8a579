"""Messages of the stand-in: real requests with the documented headers, lost and repeated ones included.

Numbers grow and are not sequential ("Get push notifications").
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from hub.core.push import Incoming
from hub.testing.lab.google.app import GoogleLab
from hub.testing.lab.switches import Fault
from hub.testing.receiver import Receiver, receiving
from tests.testing.lab.google.conftest import NOW, Call, Clock, event

EVENTS = "calendars/primary/events"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving(lambda _request: ()) as made:
        yield made


def watch(call: Call, receiver: Receiver, name: str, **more: Any) -> dict[str, Any]:
    body = {"id": name, "type": "web_hook", "address": receiver.url, "token": "secret", **more}
    made: dict[str, Any] = call("POST", f"{EVENTS}/watch", json=body).json()
    return made


def heard(lab: GoogleLab, receiver: Receiver) -> list[Incoming]:
    lab.pushes.settle()
    found = list(receiver.requests)
    receiver.requests.clear()
    return found


def test_the_first_message_says_sync_and_the_next_one_that_something_is_new(
    lab: GoogleLab, call: Call, receiver: Receiver
) -> None:
    made = watch(call, receiver, "p1")
    call("POST", EVENTS, json=event())
    first, second = heard(lab, receiver)
    assert (first.method, first.body) == ("POST", b"")
    for name, value in {
        "x-goog-channel-id": "p1",
        "x-goog-channel-token": "secret",
        "x-goog-resource-id": made["resourceId"],
        "x-goog-resource-state": "sync",
        "x-goog-message-number": "1",
        "content-type": "application/json; utf-8",
        "content-length": "0",
    }.items():
        assert first.headers[name] == value
    assert first.headers["x-goog-channel-expiration"].endswith("GMT")
    assert first.headers["x-goog-resource-uri"] == made["resourceUri"]
    assert (second.headers["x-goog-resource-state"], second.headers["x-goog-message-number"]) == ("exists", "4")


def test_a_channel_is_silent_after_its_end(lab: GoogleLab, call: Call, receiver: Receiver, clock: Clock) -> None:
    watch(call, receiver, "p2", expiration=str((NOW + 60) * 1000))
    heard(lab, receiver)
    clock.now += 61
    call("POST", EVENTS, json=event())
    assert heard(lab, receiver) == []
    watch(call, receiver, "p2")
    assert len(heard(lab, receiver)) == 1


def test_messages_can_be_lost_and_come_twice(lab: GoogleLab, call: Call, receiver: Receiver) -> None:
    watch(call, receiver, "p3")
    heard(lab, receiver)
    with lab.state.switches.on(Fault.PUSH_DROPPED):
        call("POST", EVENTS, json=event())
    assert heard(lab, receiver) == []
    assert lab.pushes.sent[-1].outcome == "dropped"
    with lab.state.switches.on(Fault.PUSH_TWICE):
        call("POST", EVENTS, json=event())
    assert [one.headers["x-goog-message-number"] for one in heard(lab, receiver)] == ["7", "7"]
    lab.pushes.resend(next(one.id for one in lab.pushes.sent if one.outcome == "dropped"))
    assert [one.headers["x-goog-message-number"] for one in heard(lab, receiver)] == ["4"]
