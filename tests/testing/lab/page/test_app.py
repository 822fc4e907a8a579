"""The lab's page: what it shows of the other side, and what its forms do there."""

from __future__ import annotations

import pytest
from werkzeug.test import Client, TestResponse

from hub.testing.lab.page.app import Page, page_application
from hub.testing.lab.side import Answer, Shown
from hub.testing.lab.switches import Fault
from tests.testing.lab.sides import ADA, HOUR, NOW, WORK, Memory, memory_side

BACK = {"account": ADA, "calendar": WORK, "back": "/memory/"}


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture
def client(memory: Memory) -> Client:
    page = Page({"memory": memory_side(memory)}, lambda: NOW, {"memory": ("hub provider set memory",)})
    return Client(page_application(page))


def get(client: Client, path: str, **more: str) -> TestResponse:
    return client.get(path, base_url="http://127.0.0.1:4000", **more)  # type: ignore[arg-type]


def post(client: Client, path: str, form: dict[str, str], **headers: str) -> TestResponse:
    return client.post(path, data=form, headers=headers, base_url="http://127.0.0.1:4000")


def test_the_overview_names_providers_accounts_and_settings(client: Client) -> None:
    text = get(client, "/").text
    assert "Memory" in text
    assert "ada@example.com (work)" in text
    assert "hub provider set memory" in text
    assert "Anybody may sign in." in text


def test_a_provider_shows_grants_and_notifications(client: Client) -> None:
    text = get(client, "/memory/").text
    assert "calendar.events" in text
    assert "a change in Work" in text
    assert "Down (503)" in text
    assert "Answers with nonsense" not in text  # a fault that this provider does not know


def test_a_calendar_shows_its_events_escaped_and_in_its_zone(client: Client) -> None:
    text = get(client, "/memory/calendar?account=a1&calendar=cal/1+%26").text
    assert "&lt;Dentist&gt;" in text
    assert "<Dentist>" not in text
    assert "10:00 to 11:00" in text  # 1_800_000_000 is nine o'clock in Berlin
    assert "not answered" in text
    assert get(client, "/memory/calendar?account=a1&from=2199-01-01").status_code == 200


def test_an_event_is_added_in_the_calendars_time(client: Client, memory: Memory) -> None:
    form = {**BACK, "title": "Dentist", "start": "2027-01-15T12:00", "end": "2027-01-15T13:00", "shown": "tentative"}
    answer = post(client, "/memory/put", {**form, "invitation": "on"})
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/memory/?said=")
    new = memory.kept["new"]
    assert (new.start, new.end) == (NOW + 3 * HOUR, NOW + 4 * HOUR)
    assert (new.shown, new.answer) == (Shown.TENTATIVE, Answer.OPEN)


def test_a_whole_day_goes_from_midnight_to_midnight(client: Client, memory: Memory) -> None:
    form = {**BACK, "title": "Off", "start": "2027-01-15T12:00", "end": "2027-01-15T13:00", "shown": "busy"}
    post(client, "/memory/put", {**form, "all_day": "on"})
    new = memory.kept["new"]
    assert (new.start, new.end) == (NOW - 9 * HOUR, NOW + 15 * HOUR)
    assert new.all_day


def test_an_event_is_moved_answered_and_deleted(client: Client, memory: Memory) -> None:
    at = {**BACK, "at": str(NOW)}
    times = {"start": "2027-01-15T18:00", "end": "2027-01-15T19:00", "shown": "free"}
    assert post(client, "/memory/move", {**at, "event": "own", **times}).status_code == 303
    assert memory.kept["own"].start == NOW + 9 * HOUR
    assert post(client, "/memory/answer", {**at, "event": "asked", "answer": "declined"}).status_code == 303
    assert memory.kept["asked"].answer is Answer.DECLINED
    assert post(client, "/memory/delete", {**at, "event": "asked"}).status_code == 303
    assert "asked" not in memory.kept
    assert post(client, "/memory/delete", {**at, "event": "asked"}).status_code == 409


@pytest.mark.parametrize(
    ("change", "form"),
    [
        ("put", {"start": "yesterday", "end": "2027-01-15T13:00", "shown": "busy"}),
        ("put", {"start": "2027-01-15T13:00", "end": "2027-01-15T12:00", "shown": "busy"}),
        ("put", {"start": "9999-01-15T13:00", "end": "9999-12-31T12:00", "shown": "busy"}),
        ("put", {"start": "2027-01-15T12:00", "end": "2027-01-15T13:00", "shown": "odd"}),
        ("answer", {"event": "own", "at": str(NOW), "answer": "accepted"}),
        ("fault", {"fault": "lying"}),
    ],
)
def test_what_makes_no_sense_is_said_and_changes_nothing(
    client: Client, memory: Memory, change: str, form: dict[str, str]
) -> None:
    before = dict(memory.kept)
    answer = post(client, f"/memory/{change}", {**BACK, **form})
    assert answer.status_code == 400
    assert "Back" in answer.text
    assert memory.kept == before
    assert memory.switches.fault is None


def test_a_grant_is_revoked_a_notification_sent_again_and_a_fault_switched(client: Client, memory: Memory) -> None:
    post(client, "/memory/revoke", {"grant": "g1"})
    assert memory.granted == []
    post(client, "/memory/resend", {"push": "p1"})
    assert memory.again == ["p1"]
    post(client, "/memory/fault", {"fault": "down", "once": "on"})
    assert (memory.switches.fault, memory.switches.times) == (Fault.DOWN, 1)
    assert "on purpose" in get(client, "/memory/").text
    post(client, "/memory/fault", {"fault": ""})
    assert memory.switches.fault is None


def test_other_pages_can_neither_see_it_nor_send_forms(client: Client, memory: Memory) -> None:
    assert client.get("/", base_url="http://evil.example:4000").status_code == 403
    assert post(client, "/memory/revoke", {"grant": "g1"}, Origin="http://evil.example").status_code == 403
    assert post(client, "/memory/revoke", {"grant": "g1"}, Origin="null").status_code == 403
    assert memory.granted
    policy = get(client, "/").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy


def test_the_way_back_never_leads_elsewhere(client: Client) -> None:
    for back in ("https://evil.example/", "//evil.example/", "/\\evil.example"):
        answer = post(client, "/memory/revoke", {"grant": "g1", "back": back})
        assert answer.headers["Location"].startswith("/?said=")


def test_unknown_places_are_said(client: Client) -> None:
    assert get(client, "/nobody/").status_code == 404
    assert get(client, "/memory/calendar?account=cyd").status_code == 409
    assert client.post("/memory/", base_url="http://127.0.0.1:4000").status_code == 405
