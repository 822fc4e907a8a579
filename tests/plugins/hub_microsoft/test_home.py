"""A personal account, and one that may only see busy times: what is different there, and what is not."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from hub.plugin import Channel, Refused
from hub.testing.checks.catalogue import CHECKS
from hub.testing.checks.check import Check
from hub.testing.lab.microsoft.application import Microsoft
from hub.testing.subject import Subject

AT_HOME = (
    "lists_the_calendar",
    "sees_an_event",
    "sees_a_series",
    "keeps_a_whole_day_in_the_calendars_zone",
    "tells_an_unanswered_invitation",
    "a_transparent_event_is_free",
    "writes_an_event",
    "writing_twice_makes_one_event",
    "moves_an_event",
    "cancels_an_event",
    "reports_what_changed",
    "tells_of_a_change",
    "asks_for_no_titles",
)
BUSY_ONLY = (
    "lists_the_calendar",
    "sees_an_event",
    "a_declined_invitation_is_free",
    "reports_what_changed",
    "asks_for_no_titles",
)

Connected = Callable[..., AbstractContextManager[Subject]]


def named(names: tuple[str, ...]) -> list[Check]:
    found = [one for one in CHECKS if one.name in names]
    assert len(found) == len(names)
    return found


@pytest.mark.parametrize("check", named(AT_HOME), ids=lambda one: one.name)
def test_a_personal_account_keeps_the_contract(check: Check, connected: Connected) -> None:
    with connected("personal") as subject:
        assert not check.missing(subject)
        check.run(subject)


@pytest.mark.parametrize("check", named(BUSY_ONLY), ids=lambda one: one.name)
def test_the_basic_permission_is_enough_to_see_busy_times(check: Check, connected: Connected) -> None:
    with connected("work", "Calendars.ReadBasic", "openid", "profile", "offline_access") as subject:
        assert not check.missing(subject)
        check.run(subject)


def test_what_the_basic_permission_does_not_reach_is_refused_and_loses_no_connection(connected: Connected) -> None:
    channel = Channel("c", "https://hub.example/push/c", "s" * 24, 2_000_000_000)
    with connected("work", "Calendars.ReadBasic") as subject:
        with pytest.raises(Refused) as refused:
            subject.ask("hub_watch", calendar=subject.calendar, channel=channel, watching=None)
        assert refused.value.code == "scopes"
        with pytest.raises(Refused):
            subject.create(subject.event(subject.day()))


def test_no_schedule_is_asked_for(connected: Connected, lab: Microsoft) -> None:
    """Personal accounts refuse it, so one way serves both."""
    with connected("personal") as subject:
        before = len(lab.seen)
        subject.busy(subject.start, subject.start + 3600)
        (asked,) = lab.seen[before:]
    assert "calendarView" in asked[1]
    assert "subject" not in asked[1]
