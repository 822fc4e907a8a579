"""The stand-in's other side: what its page shows and changes is what the API shows, and is pushed."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from hub.core.errors import NotFound, Refused
from hub.testing.lab.google.app import ADA, CLIENT, GoogleLab
from hub.testing.lab.google.side import GoogleSide, open_side
from hub.testing.lab.google.state import StoredGrant
from hub.testing.lab.side import Answer, LabEvent, LabProvider, Shown, Site
from tests.testing.lab.google.conftest import NOW, Call, event

HOUR = 3600
START = NOW // 86_400 * 86_400 + 9 * HOUR
EVENTS = "calendars/primary/events"


@pytest.fixture
def side(lab: GoogleLab) -> LabProvider:
    return GoogleSide(lab)


def around(side: LabProvider) -> list[LabEvent]:
    return list(side.events(ADA.sub, ADA.email, START - 20 * HOUR, START + 60 * HOUR))


def test_what_the_owner_writes_is_what_the_api_shows(side: LabProvider, call: Call) -> None:
    ref = side.put(ADA.sub, ADA.email, LabEvent("", START, START + HOUR, "Dentist"))
    assert call("GET", f"{EVENTS}/{ref}").json()["summary"] == "Dentist"
    side.put(ADA.sub, ADA.email, LabEvent(ref, START + HOUR, START + 2 * HOUR, "Later", shown=Shown.FREE))
    assert [(one.start, one.title, one.shown) for one in around(side)] == [(START + HOUR, "Later", Shown.FREE)]
    side.delete(ADA.sub, ADA.email, ref)
    assert around(side) == []
    assert call("GET", f"{EVENTS}/{ref}").json()["status"] == "cancelled"


@pytest.mark.parametrize("answer", [Answer.OPEN, Answer.ACCEPTED, Answer.TENTATIVE, Answer.DECLINED])
def test_an_invitation_is_answered(side: LabProvider, call: Call, answer: Answer) -> None:
    ref = side.put(ADA.sub, ADA.email, LabEvent("", START, START + HOUR, "Meeting", answer=answer))
    [shown] = around(side)
    assert shown.answer is answer
    asked = call("GET", f"{EVENTS}/{ref}").json()
    assert asked["organizer"]["email"] != ADA.email
    other = dataclasses.replace(shown, answer=Answer.ACCEPTED)
    side.put(ADA.sub, ADA.email, other)
    assert around(side)[0].answer is Answer.ACCEPTED


def test_whole_days_series_and_writers_are_shown(side: LabProvider, call: Call) -> None:
    side.put(ADA.sub, ADA.email, LabEvent("", START - 10 * HOUR, START + 14 * HOUR, "Off", all_day=True))
    written = call(
        "POST", EVENTS, json=event(start=at(START), end=at(START + HOUR), recurrence=["RRULE:FREQ=DAILY;COUNT=2"])
    )
    assert written.status_code == 200
    shown = around(side)
    assert [one.all_day for one in shown] == [True, False, False]
    assert all(one.repeats for one in shown[1:])
    side.delete(ADA.sub, ADA.email, shown[2].id)
    assert len(around(side)) == 2
    call("POST", EVENTS, json=event(start=at(START), end=at(START + HOUR), id="abcde"))
    assert [one.by for one in around(side) if one.id == "abcde"] == [CLIENT.name]


def test_a_grant_is_shown_and_ended(lab: GoogleLab, side: LabProvider) -> None:
    grant = StoredGrant("g1", ADA.sub, CLIENT.id, ("openid",), NOW, ["1//x"])
    lab.state.grants[(ADA.sub, CLIENT.id)] = grant
    [shown] = side.grants()
    assert (shown.account, shown.tokens) == (ADA.sub, 1)
    side.revoke("g1")
    assert side.grants() == []
    with pytest.raises(NotFound):
        side.revoke("g1")


def test_what_is_not_there_says_so(side: LabProvider) -> None:
    with pytest.raises(NotFound):
        side.calendars("nobody")
    with pytest.raises(NotFound):
        side.events(ADA.sub, "nothing@example.com", 0, 1)
    with pytest.raises(NotFound):
        side.delete(ADA.sub, ADA.email, "nothing")
    with pytest.raises(Refused):
        side.put(ADA.sub, ADA.email, LabEvent("", START, START - HOUR, "Backwards"))
    with pytest.raises(NotFound):
        side.resend("no such message")


def test_it_runs_with_the_application_that_is_registered_there(tmp_path: Path) -> None:
    site = Site(tmp_path, ("http://127.0.0.1:1/connect/return",), tmp_path, tmp_path, client_id="c", client_secret="s")
    with open_side(site) as side:
        assert side.plugin == "google"
        assert side.settings["client_id"] == "c"
        assert set(side.origins) == {side.settings["api_url"]}
        assert len(side.provider.accounts()) == 2
        assert len(side.provider.calendars(ADA.sub)) == 2


def at(moment: int) -> dict[str, str]:
    from hub.testing.lab.google.state import rfc3339

    return {"dateTime": rfc3339(moment), "timeZone": "Europe/Berlin"}
