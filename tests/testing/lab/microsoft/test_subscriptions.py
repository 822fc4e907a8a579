"""Subscriptions as their pages describe them: the handshake, what is sent, renewal, the end, and lifecycle events."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from hub.core.errors import InputError
from hub.core.push import Echo, Incoming, Notice
from hub.testing.lab.microsoft import moments
from hub.testing.lab.microsoft.application import Microsoft
from hub.testing.lab.microsoft.people import Person
from hub.testing.lab.microsoft.subscriptions import LONGEST
from hub.testing.lab.switches import Fault
from hub.testing.receiver import Receiver, receiving
from tests.testing.lab.microsoft.conftest import NOW, Asking


def echo(request: Incoming) -> Echo | list[Notice]:
    token = request.query.get("validationToken")
    return Echo(token) if token else []


def deaf(request: Incoming) -> Echo | list[Notice]:
    raise InputError("validationToken", "never heard of it")


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving(echo) as made:
        yield made


@pytest.fixture(autouse=True)
def nothing_yet(receiver: Receiver) -> None:
    receiver.requests.clear()


def body(ask: Asking, url: str, **more: object) -> dict[str, object]:
    return {
        "changeType": "created,updated,deleted",
        "notificationUrl": url,
        "lifecycleNotificationUrl": url,
        "resource": f"{ask.calendar.removeprefix('/')}/events",
        "expirationDateTime": moments.stamp(NOW + 3600),
        "clientState": "SecretClientState",
        **more,
    }


def subscribe(ask: Asking, url: str, **more: object) -> dict[str, Any]:
    made = ask("POST", "/subscriptions", json=body(ask, url, **more))
    assert made.status_code == 201, made.text
    return dict(made.json())


def heard(receiver: Receiver, number: int, path: str = "") -> list[dict[str, Any]]:
    """Wait for so many notifications and return them all."""
    wanted = lambda: [one for one in receiver.requests if "validationToken" not in one.query]  # noqa: E731
    for _wait in range(200):
        if len(wanted()) >= number:
            break
        receiver.wait(lambda _notice: False, 0.01)
    return [value for one in wanted() for value in json.loads(one.body)["value"]]


def test_both_addresses_are_asked_with_a_token_before_it_is_made(ask: Asking, receiver: Receiver) -> None:
    made = subscribe(ask, receiver.url)
    asked = [(one.method, "validationToken" in one.query) for one in receiver.requests]
    assert asked == [("POST", True), ("POST", True)]
    assert made["expirationDateTime"] == moments.stamp(NOW + 3600)
    assert made["id"]


def test_an_address_that_does_not_send_the_token_back_gets_none(ask: Asking, lab: Microsoft) -> None:
    with receiving(deaf) as other:
        assert ask.error("POST", "/subscriptions", json=body(ask, other.url)) == (400, "ValidationError")
    assert not lab.subscriptions.there


@pytest.mark.parametrize(
    "change",
    [
        {"expirationDateTime": moments.stamp(NOW + LONGEST + 60)},
        {"expirationDateTime": moments.stamp(NOW - 60)},
        {"changeType": "read"},
        {"clientState": "x" * 129},
        {"resource": "me/messages"},
        {"notificationUrl": None},
        {"lifecycleNotificationUrl": "http://hub.example/push"},
        {"id": "mine"},
    ],
    ids=lambda one: next(iter(one)),
)
def test_what_a_subscription_may_not_be_is_refused(ask: Asking, receiver: Receiver, change: dict[str, object]) -> None:
    assert ask("POST", "/subscriptions", json=body(ask, receiver.url, **change)).status_code == 400


def test_a_change_is_sent_without_saying_what_it_is_about(ask: Asking, receiver: Receiver) -> None:
    made = subscribe(ask, receiver.url)
    event = ask.create()
    (one,) = heard(receiver, 1)
    assert (one["subscriptionId"], one["clientState"], one["changeType"]) == (
        made["id"],
        "SecretClientState",
        "created",
    )
    assert one["resourceData"]["id"] == event["id"]
    assert "Kestrel" not in json.dumps(one)


def test_another_calendar_and_another_account_are_not_told_about(
    ask: Asking, receiver: Receiver, lab: Microsoft, home: Person
) -> None:
    subscribe(ask, receiver.url)
    Asking(lab, ask.who).create()
    Asking(lab, home).create()
    ask.create()
    assert len(heard(receiver, 1)) == 1


def test_it_is_renewed_by_its_end_alone_and_ended(
    ask: Asking, receiver: Receiver, lab: Microsoft, home: Person
) -> None:
    path = f"/subscriptions/{subscribe(ask, receiver.url)['id']}"
    until = moments.stamp(NOW + 7200)
    assert ask("PATCH", path, json={"expirationDateTime": until}).json()["expirationDateTime"] == until
    assert ask("PATCH", path, json={"notificationUrl": receiver.url}).status_code == 400
    assert Asking(lab, home)("DELETE", path).status_code == 404
    assert ask("DELETE", path).status_code == 204
    assert ask.error("PATCH", path, json={"expirationDateTime": until}) == (404, "ResourceNotFound")


@pytest.mark.parametrize("event", ["reauthorizationRequired", "subscriptionRemoved", "missed"])
def test_lifecycle_events_are_sent(ask: Asking, receiver: Receiver, lab: Microsoft, event: str) -> None:
    ref = subscribe(ask, receiver.url)["id"]
    lab.subscriptions.lifecycle(ref, event)
    (one,) = heard(receiver, 1)
    assert (one["lifecycleEvent"], one["subscriptionId"]) == (event, ref)
    assert "resourceData" not in one
    assert (ref in lab.subscriptions.there) == (event != "subscriptionRemoved")


def test_pushes_can_be_lost_doubled_and_sent_again(ask: Asking, receiver: Receiver, lab: Microsoft) -> None:
    subscribe(ask, receiver.url)
    with lab.switches.on(Fault.PUSH_DROPPED):
        ask.create()
    lost = next(reversed(lab.subscriptions.pushes.values()))
    assert lost.outcome == "dropped"
    lab.subscriptions.resend(lost.id)
    assert len(heard(receiver, 1)) == 1
    with lab.switches.on(Fault.PUSH_TWICE):
        ask.create()
    assert len(heard(receiver, 3)) == 3
