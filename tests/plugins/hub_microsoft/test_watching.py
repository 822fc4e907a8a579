"""What arrives at a channel's address: believed only in Microsoft's shape, and echoed only in a strict alphabet."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hub.plugin import Calendar, Channel, Echo, Incoming, InputError, NoticeKind, Retry, Watching
from hub_microsoft import watching
from tests.plugins.hub_microsoft.scripted import Scripted, refused

NOW = 1_793_520_000
CALENDAR = Calendar("x", "x")
CHANNEL = Channel("c", "https://hub.example/push/c", "s" * 24, NOW + 30 * 86_400)
REF = "7f105c7d-2dc5-4530-97cd-4e7ae6534c07"


def post(body: Any, **query: str) -> Incoming:
    return Incoming("POST", query, {}, body if isinstance(body, bytes) else json.dumps(body).encode())


def sent(**more: Any) -> dict[str, Any]:
    return {"subscriptionId": REF, "clientState": "secret", "changeType": "updated", **more}


@pytest.mark.parametrize(
    "token",
    [
        "Validation: Testing client application reachability for subscription Request-Id: 5cd3-a1",
        "o%p[a]q{u}e|!#$*?^\\",
    ],
)
def test_a_validation_token_is_sent_back_as_it_came(token: str) -> None:
    assert watching.receive(post(b"", validationToken=token)) == Echo(token)


@pytest.mark.parametrize("token", ["", "<script>", "a\nb", 'a"b', "a&b", "ü", "x" * 1025, "'", "`"])
def test_a_token_with_anything_else_in_it_is_refused(token: str) -> None:
    with pytest.raises(InputError):
        watching.receive(post(b"", validationToken=token))


def test_a_batch_is_read_as_what_each_says() -> None:
    events = [{}, *({"lifecycleEvent": one} for one in ("reauthorizationRequired", "subscriptionRemoved", "missed"))]
    found = watching.receive(post({"value": [sent(**one) for one in events]}))
    assert not isinstance(found, Echo)
    kinds = [NoticeKind.CHANGED, NoticeKind.EXPIRING, NoticeKind.ENDED, NoticeKind.MISSED]
    assert [one.kind for one in found] == kinds
    assert {(one.ref, one.secret) for one in found} == {(REF, "secret")}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        {"value": []},
        {"value": [sent(), 7]},
        {"value": [sent(clientState=None)]},
        {"value": [sent(subscriptionId="a b")]},
        {"value": [sent(clientState="x" * 129)]},
        {"value": [sent(lifecycleEvent="other")]},
        {"value": [sent(lifecycleEvent=["missed"])]},
        {"value": [sent()] * 1001},
        b"[" * 100_000,
        b" " * 1_000_001,
    ],
    ids=lambda one: str(one)[:40],
)
def test_what_is_no_notification_is_refused_as_a_whole(body: Any) -> None:
    with pytest.raises(InputError):
        watching.receive(post(body))


def test_a_notification_by_get_is_refused() -> None:
    with pytest.raises(InputError):
        watching.receive(Incoming("GET", {"validationToken": "x"}, {}, b""))


def test_a_watch_lasts_as_long_as_microsoft_says_and_sends_its_lifecycle_to_the_same_address() -> None:
    session = Scripted({"id": REF, "expirationDateTime": "2026-11-04T06:00:00.1234567Z"})
    made = watching.watch(session.client, CALENDAR, CHANNEL, None, now=NOW)
    assert made == Watching("c", REF, 1_793_772_000)
    body = session.asked[0][2]["json"]
    assert body["notificationUrl"] == body["lifecycleNotificationUrl"] == CHANNEL.url
    assert body["expirationDateTime"] == "2026-11-04T06:28:00Z"  # two minutes less than the most
    assert (body["resource"], body["clientState"]) == ("me/calendars/x/events", CHANNEL.secret)


def test_a_watch_that_ran_out_is_made_anew_for_the_new_channel() -> None:
    session = Scripted(refused(404, "ResourceNotFound"), {"id": "new", "expirationDateTime": "2026-11-02T06:00:00Z"})
    made = watching.watch(session.client, CALENDAR, CHANNEL, Watching("old", REF, NOW), now=NOW)
    assert (made.channel, made.ref) == ("c", "new")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"id": 7},
        {"id": REF},
        {"id": REF, "expirationDateTime": "soon"},
        {"id": REF, "expirationDateTime": "2026-11-04T06:00:00+05:00"},
    ],
)
def test_a_watch_without_a_name_or_an_end_is_none(body: dict[str, Any]) -> None:
    with pytest.raises(Retry):
        watching.watch(Scripted(body).client, CALENDAR, CHANNEL, None, now=NOW)
