"""The owner at a CalDAV calendar: what the page of the lab shows and changes is what is on the server."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.core.errors import NotFound, Refused
from hub.testing import foreign
from hub.testing.lab.caldav.objects import changed_object, events_of, new_object, without
from hub.testing.lab.caldav.side import open_side
from hub.testing.lab.side import Answer, LabEvent, Shown, Side, Site
from hub.testing.lab.switches import Fault

DAY = 86_400
START = 1_800_000_000 // DAY * DAY
ADA = "ada@example.com"
EVENT = LabEvent("", START + 9 * 3600, START + 10 * 3600, "Dentist")


@pytest.fixture(scope="module")
def side(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Side]:
    folder = tmp_path_factory.mktemp("caldav")
    with open_side(Site(folder, (), Path(), Path())) as side:
        yield side


def test_an_event_is_added_moved_and_deleted(side: Side) -> None:
    owner = side.provider
    (calendar,) = owner.calendars("ada")
    identifier = owner.put("ada", calendar.ref, EVENT)
    (there,) = owner.events("ada", calendar.ref, START, START + DAY)
    assert there == dataclasses.replace(EVENT, id=identifier)
    later = dataclasses.replace(there, start=there.start + 7200, end=there.end + 7200, shown=Shown.TENTATIVE)
    owner.put("ada", calendar.ref, later)
    assert list(owner.events("ada", calendar.ref, START, START + DAY)) == [later]
    owner.delete("ada", calendar.ref, identifier)
    assert list(owner.events("ada", calendar.ref, START, START + DAY)) == []
    with pytest.raises(NotFound):
        owner.delete("ada", calendar.ref, identifier)


def test_what_makes_no_sense_is_refused(side: Side) -> None:
    (calendar,) = side.provider.calendars("ada")
    with pytest.raises(Refused):
        side.provider.put("ada", calendar.ref, dataclasses.replace(EVENT, end=EVENT.start))
    with pytest.raises(NotFound):
        side.provider.calendars("cyd")


def test_a_fault_does_not_lock_the_owner_out(side: Side) -> None:
    with side.provider.switches.on(Fault.DOWN):
        assert len(side.provider.calendars("ada")) == 1


def of(text: str) -> list[LabEvent]:
    return sorted(events_of(text, START, START + 5 * DAY, "Europe/Berlin", ADA), key=lambda one: one.start)


def series() -> str:
    times = (f"DTSTART:{foreign.utc(EVENT.start)}", f"DTEND:{foreign.utc(EVENT.end)}")
    return foreign.calendar(foreign.component("series", *times, "RRULE:FREQ=DAILY;COUNT=3"))


def test_one_date_of_a_series_is_moved_and_another_deleted() -> None:
    first, second, third = of(series())
    moved = dataclasses.replace(second, start=second.start + 3600, end=second.end + 3600)
    text = changed_object(series(), moved, "Europe/Berlin", ADA)
    assert [one.start for one in of(text)] == [first.start, moved.start, third.start]
    again = dataclasses.replace(of(text)[1], start=moved.start + 3600, end=moved.end + 3600)
    text = changed_object(text, again, "Europe/Berlin", ADA)
    assert [one.start for one in of(text)] == [first.start, again.start, third.start]
    text = without(text, third.id)
    assert [one.start for one in of(text)] == [first.start, again.start]
    assert [one.start for one in of(without(text, again.id))] == [first.start]


def test_an_invitation_is_answered() -> None:
    _uid, text = new_object(dataclasses.replace(EVENT, answer=Answer.OPEN), "Europe/Berlin", ADA)
    (there,) = of(text)
    assert there.answer is Answer.OPEN
    (declined,) = of(changed_object(text, dataclasses.replace(there, answer=Answer.DECLINED), "Europe/Berlin", ADA))
    assert declined.answer is Answer.DECLINED


def test_a_whole_day_is_one() -> None:
    day = LabEvent("", START - 3600, START + DAY - 3600, "Off", all_day=True)  # midnight in Berlin
    _uid, text = new_object(day, "Europe/Berlin", ADA)
    (there,) = list(events_of(text, START - DAY, START + DAY, "Europe/Berlin", ADA))
    assert (there.start, there.end, there.all_day) == (day.start, day.end, True)


def test_an_event_that_the_hub_wrote_names_it() -> None:
    ours = series().replace("-//Another program//EN", "-//Frontdesk//Integration hub//EN")
    assert {one.by for one in of(ours)} == {"Frontdesk"}
