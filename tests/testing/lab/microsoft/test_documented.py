"""Microsoft's documented requests, replayed over HTTP: the stand-in answers as the pages say, or this fails."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
import requests

from hub.core.push import Echo, Incoming, Notice
from hub.testing.lab.microsoft import limits, schema
from hub.testing.lab.microsoft.application import Microsoft
from hub.testing.lab.microsoft.people import Person
from hub.testing.lab.microsoft.visitor import agree, agree_for_all, decline
from hub.testing.lab.switches import Fault
from hub.testing.receiver import Receiver, receiving
from tests.testing.lab.microsoft import documented_service, documented_signin
from tests.testing.lab.microsoft.conftest import BACK, Asking, Clock
from tests.testing.lab.microsoft.documented import Send, Step, Story, hold, part, replay
from tests.testing.lab.microsoft.documented_events import EVENTS, STORIES, event

SHOWN = {
    "getSchedule": "scheduleInformation",
    "subscriptions": "subscription",
    "calendarView": "event",
    "/events": "event",
    "calendar": "calendar",
}
"""What is shown at an address that holds a word; the first one counts."""


def named(one: object) -> str:
    return f"{one.page}: {one.name}" if isinstance(one, Story) else ""


def validated(request: Incoming) -> Echo | list[Notice]:
    """Send a validation token back, as a subscriber must."""
    token = request.query.get("validationToken")
    return [] if token is None else Echo(token)


@pytest.fixture(scope="module")
def hook() -> Iterator[Receiver]:
    with receiving(validated) as made:
        yield made


@pytest.fixture
def words(ask: Asking, hook: Receiver) -> dict[str, str]:
    """What the steps begin with."""
    hook.requests.clear()
    return {"calendar": ask.calendar, "resource": f"{ask.calendar[1:]}/events", "hook": hook.url}


@pytest.fixture
def send(ask: Asking) -> Send:
    """Ask Graph, and hold what it shows against the description of its resources too."""

    def send(method: str, path: str, more: Mapping[str, Any]) -> requests.Response:
        answer = ask(method, path, **more)
        if answer.ok and answer.content:
            kind = next(kind for word, kind in SHOWN.items() if word in path)
            told = answer.json()
            for one in told.get("value", [told]):
                plain = {name: value for name, value in one.items() if name not in (schema.PROPERTIES, "@removed")}
                assert schema.problem(kind, plain) == "", path
        return answer

    return send


@pytest.mark.parametrize("story", [*STORIES, *documented_service.STORIES], ids=named)
def test_graph_answers_as_documented(story: Story, send: Send, words: dict[str, str], ada: Person) -> None:
    boxes = dict(ada.mailbox.boxes)
    try:
        replay(story, send, words)
    finally:
        ada.mailbox.boxes = {ref: box for ref, box in ada.mailbox.boxes.items() if ref in boxes}
        ada.mailbox.default().items.clear()


@pytest.mark.parametrize(("fault", "story"), documented_service.FAULTS, ids=named)
def test_graph_fails_as_documented(
    fault: Fault, story: Story, send: Send, words: dict[str, str], lab: Microsoft
) -> None:
    with lab.switches.on(fault):
        replay(story, send, words)


def test_a_mailbox_is_asked_no_more_than_so_often_in_ten_minutes(
    ask: Asking, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Page: throttling-limits, Outlook service limits: for each application and mailbox."""
    assert (limits.MOST, limits.SECONDS, limits.AT_ONCE) == (10_000, 600, 4)
    monkeypatch.setattr(limits, "MOST", 3)
    clock.now += 2 * limits.SECONDS
    assert [ask("GET", "/me/calendars").status_code for _time in range(4)] == [200, 200, 200, 429]
    clock.now += int(ask("GET", "/me/calendars").headers["Retry-After"])
    assert ask("GET", "/me/calendars").status_code == 200


def test_an_address_is_asked_whether_it_wants_to_be_told_and_then_told_as_documented(
    send: Send, words: dict[str, str], hook: Receiver, lab: Microsoft
) -> None:
    """Page: change-notifications-delivery-webhooks, with the query of the address kept."""
    subscribe = Step("POST /subscriptions", 201, body=documented_service.SUBSCRIPTION)
    replay(Story("", "", (subscribe, Step(EVENTS, 201, body=event()))), send, words)
    changed = _heard(hook, "value/0/changeType", "created")
    hold(changed, documented_service.CHANGE, "change notification")
    for what in ("reauthorizationRequired", "missed", "subscriptionRemoved"):
        lab.subscriptions.lifecycle(next(iter(lab.subscriptions.there)), what)
        hold(_heard(hook, "value/0/lifecycleEvent", what), documented_service.LIFECYCLE, what)
    asked, both = hook.requests[0], [one for one in hook.requests if "validationToken" in one.query]
    assert (asked.method, asked.query["from"], asked.headers["content-type"], asked.body) == (
        "POST",
        "graph",
        "text/plain; charset=utf-8",
        b"",
    )
    assert len(both) == 2


@pytest.mark.parametrize("story", documented_signin.STORIES, ids=named)
def test_sign_in_answers_as_documented(story: Story, lab: Microsoft, ada: Person) -> None:
    def send(method: str, path: str, more: Mapping[str, Any]) -> requests.Response:
        with requests.Session() as http:
            http.trust_env = False
            return http.request(method, lab.signin.pages + path, timeout=10, allow_redirects=False, **more)

    scopes = "&".join(f"{name}={value}" for name, value in documented_signin.ASKED.items())
    address = f"{lab.signin.pages}/common/oauth2/v2.0/authorize?{scopes}&redirect_uri={BACK}"
    replay(story, send, {"back": BACK, "code": agree(address, ada)["code"], "tenant": ada.tenant.id})


@pytest.mark.parametrize(("answer", "said"), [(agree_for_all, "agreed"), (decline, "declined")])
def test_an_administrators_answer_is_sent_back_as_documented(
    lab: Microsoft, ada: Person, answer: Callable[[str, Person], dict[str, str]], said: str
) -> None:
    asked = urlencode(documented_signin.ADMIN | {"redirect_uri": BACK})
    back = answer(f"{lab.signin.pages}/organizations/v2.0/adminconsent?{asked}", ada)
    ada.tenant.agreed.clear()
    hold(back, documented_signin.ADMIN_ANSWERS[said], f"v2-admin-consent: {said}")


def _heard(hook: Receiver, place: str, value: str) -> Any:
    """Wait for a notification that says this, and return its body."""
    for _wait in range(500):
        for body in [json.loads(one.body) for one in list(hook.requests) if one.body]:
            if part(body, place) == value:
                return body
        hook.wait(lambda _notice: False, 0.01)
    raise AssertionError("the notification did not come")
