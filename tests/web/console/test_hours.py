"""The week, days that differ and time off in the console: typed as people say it, refused in words, never lost."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import date

from hub.actions.holders import get_holder
from hub.actions.hours import list_overrides, list_time_off, set_hours, set_override
from hub.core.hours import WeeklyHours
from tests.tables import nothing_changed
from tests.web.conftest import Browser, looked_at, once
from tests.world import DAY, HOUR, MONDAY, World

SignedIn = Callable[[str], Browser]
SEEN = ("console_session",)
ZONE = "Europe/Berlin"


def week_of(world: World, holder: str) -> list[list[tuple[int, int]]]:
    return get_holder(world.hub, world.business, holder).hours.by_weekday()


def test_a_week_is_replaced_by_what_was_typed(world: World, signed_in: SignedIn) -> None:
    staff = world.staff(connected=False)
    ada, path = signed_in("owner"), f"/console/{world.business}/holders/{staff}/hours"
    ada.get(path)
    typed = {
        "monday-0-start": "13:00",
        "monday-0-end": "17:30",
        "monday-1-start": "08:00",
        "monday-1-end": "12:00",
        "tuesday-0-start": "",
        "tuesday-0-end": "",
        "sunday-0-start": "22:00",
        "sunday-0-end": "00:00",
    }
    page = ada.follow(ada.post(path, {**looked_at(ada), **typed})).text
    assert "Saved." in page
    assert "22:00\N{EN DASH}24:00" in page
    assert week_of(world, staff) == [[(480, 720), (780, 1050)], [], [], [], [], [], [(1320, 1440)]]


def test_hours_that_make_no_sense_are_marked_in_their_row(world: World, signed_in: SignedIn) -> None:
    staff = world.staff(connected=False)
    ada, path = signed_in("owner"), f"/console/{world.business}/holders/{staff}/hours"
    ada.get(path)
    faults = {
        ("09:00", "08:00", "", ""): ("monday-0-end", "ends before it begins"),
        ("09:00", "", "", ""): ("monday-0-end", "Give both times"),
        ("09:00", "12:00", "11:00", "13:00"): ("monday-1-start", "join or part"),
        ("25:00", "26:00", "", ""): ("monday-0-start", "time of the day"),
        ("nine", "ten", "", ""): ("monday-0-start", "such as 09:00"),
    }
    for (start, end, other, until), (field, words) in faults.items():
        typed = {"monday-0-start": start, "monday-0-end": end, "monday-1-start": other, "monday-1-end": until}
        with nothing_changed(world.hub, but=SEEN):
            answer = ada.post(path, {"version": "1", **typed, "friday-0-start": "07:07", "friday-0-end": "08:08"})
        assert answer.status_code == 422
        assert f'id="{field}-fault"' in answer.text, (start, end)
        assert words in answer.text
        assert 'value="07:07"' in answer.text


def test_rows_are_added_and_monday_is_copied_without_a_script(world: World, signed_in: SignedIn) -> None:
    staff = world.staff(connected=False)
    ada, path = signed_in("owner"), f"/console/{world.business}/holders/{staff}/hours"
    ada.get(path)
    with nothing_changed(world.hub, but=SEEN):
        typed = {"version": "1", "monday-0-start": "06:06", "monday-0-end": "07:07"}
        page = ada.post(path, {**typed, "more": "saturday"}).text
        assert 'name="saturday-1-start"' in page
        page = ada.post(path, {**typed, "copy": "monday"}).text
    assert page.count('value="06:06"') == 5
    assert looked_at(ada) == {"version": "1"}


def test_two_who_change_one_week_do_not_write_over_each_other(world: World, signed_in: SignedIn) -> None:
    staff = world.staff(connected=False)
    ada, path = signed_in("owner"), f"/console/{world.business}/holders/{staff}/hours"
    ada.get(path)
    seen = looked_at(ada)
    set_hours(world.hub, world.business, staff, WeeklyHours(ZONE))
    typed = {"monday-0-start": "10:00", "monday-0-end": "11:00"}
    with nothing_changed(world.hub, but=SEEN):
        answer = ada.post(path, {**seen, **typed})
    assert answer.status_code == 422
    assert "Somebody else changed this meanwhile" in answer.text
    assert '<td class="lines">nothing</td><td class="lines">10:00, 11:00</td>' in answer.text
    assert ada.post(path, {**looked_at(ada), **typed}).status_code == 303


def test_a_day_may_differ_and_be_as_usual_again(world: World, signed_in: SignedIn) -> None:
    staff = world.staff(connected=False)
    ada, path = signed_in("owner"), f"/console/{world.business}/holders/{staff}"
    ada.get(f"{path}/days")
    typed = {"day": "2027-03-20", "kind": "open", "windows-0-start": "10:00", "windows-0-end": "12:00"}
    page = ada.follow(ada.post(f"{path}/days", typed)).text
    assert "10:00\N{EN DASH}12:00" in page
    assert "other hours" in page
    assert 'value="10:00"' in ada.get(f"{path}/days?day=2027-03-20").text
    ada.post(f"{path}/days", {**seen_of(ada), "day": "2027-03-20", "kind": "closed"})
    assert [(one.day, one.windows) for one in list_overrides(world.hub, world.business, staff)] == [
        (date(2027, 3, 20), ())
    ]
    ada.get(path)
    ada.post(f"{path}/days/2027-03-20/usual")
    assert list_overrides(world.hub, world.business, staff) == ()


def seen_of(browser: Browser) -> dict[str, object]:
    """The fields that say which day the form was opened for, and how it was."""
    return {name: re.search(rf'name="{name}"[^>]*value="([^"]*)"', browser.page)[1] for name in ("was", "version")}  # type: ignore[index]


def test_of_two_who_change_one_day_the_second_sees_what_the_first_did(world: World, signed_in: SignedIn) -> None:
    staff = world.staff(connected=False)
    ada, ben = signed_in("owner"), signed_in("admin")
    path = f"/console/{world.business}/holders/{staff}"
    for one in (ada, ben):
        one.get(f"{path}/days?day=2027-03-20")
    closed = {"day": "2027-03-20", "kind": "closed"}
    longer = {"day": "2027-03-20", "kind": "open", "windows-0-start": "10:00", "windows-0-end": "12:00"}
    assert ada.post(f"{path}/days", {**seen_of(ada), **longer}).status_code == 303
    answer = ben.post(f"{path}/days", {**seen_of(ben), **closed})
    assert answer.status_code == 422
    assert "Somebody else changed this meanwhile" in answer.text
    assert "10:00, 12:00" in answer.text
    assert ben.post(f"{path}/days", {**seen_of(ben), **closed}).status_code == 303
    assert [one.windows for one in list_overrides(world.hub, world.business, staff)] == [()]


def test_a_day_that_differs_already_is_not_written_over_by_who_adds_one(world: World, signed_in: SignedIn) -> None:
    staff = world.staff(connected=False)
    ada, path = signed_in("owner"), f"/console/{world.business}/holders/{staff}"
    set_override(world.hub, world.business, staff, date(2027, 3, 20), [(600, 720)])
    ada.get(f"{path}/days")
    answer = ada.post(f"{path}/days", {**seen_of(ada), "day": "2027-03-20", "kind": "closed"})
    assert (answer.status_code, "10:00, 12:00" in answer.text) == (422, True)
    old = re.search(r'action="([^"]+/usual[^"]*)"', ada.get(path).text)[1]  # type: ignore[index]
    set_override(world.hub, world.business, staff, date(2027, 3, 20), [])
    assert ada.post(html.unescape(old)).status_code == 409
    assert [one.windows for one in list_overrides(world.hub, world.business, staff)] == [()]


def test_a_day_that_is_open_at_no_time_is_asked_about(world: World, signed_in: SignedIn) -> None:
    staff = world.staff(connected=False)
    ada, path = signed_in("owner"), f"/console/{world.business}/holders/{staff}/days"
    ada.get(path)
    for typed, field in (({"day": "2027-03-20", "kind": "open"}, "windows-0-start"), ({"kind": "closed"}, "day")):
        with nothing_changed(world.hub, but=SEEN):
            answer = ada.post(path, typed)
        assert answer.status_code == 422
        assert f'id="{field}-fault"' in answer.text
    assert ada.get(f"{path}?day=nonsense").status_code == 404


def test_time_off_is_typed_in_the_zone_of_whom_it_is(world: World, signed_in: SignedIn) -> None:
    staff = world.staff(connected=False)
    ada, path = signed_in("owner"), f"/console/{world.business}/holders/{staff}"
    ada.get(f"{path}/time-off")
    typed = {"first": "2027-03-15", "start": "12:00", "last": "2027-03-16", "end": ""}
    page = ada.follow(ada.post(f"{path}/time-off", {**once(ada), **typed})).text
    assert "time off" in page
    (found,) = list_time_off(world.hub, world.business, staff).items
    assert (found.start, found.end) == (MONDAY + 4 * HOUR, MONDAY + DAY + 16 * HOUR)
    ada.post(f"{path}/time-off/{found.id}/remove")
    assert list_time_off(world.hub, world.business, staff).items == ()


def test_a_time_that_the_clock_skips_is_refused_in_words(world: World, signed_in: SignedIn) -> None:
    staff = world.staff(connected=False)
    ada, path = signed_in("owner"), f"/console/{world.business}/holders/{staff}/time-off"
    ada.get(path)
    typed = {"first": "2027-03-28", "start": "02:30", "last": "2027-03-28", "end": "12:00"}
    with nothing_changed(world.hub, but=SEEN):
        answer = ada.post(path, {**once(ada), **typed})
    assert answer.status_code == 422
    assert "The clock skips 2027-03-28 02:30" in answer.text
    assert 'id="start-fault"' in answer.text
    with nothing_changed(world.hub, but=SEEN):
        back = ada.post(path, {**once(ada), **typed, "start": "04:00", "end": "03:30"})
    assert "must come after the start" in back.text


def test_time_off_that_is_sent_twice_is_added_once(world: World, signed_in: SignedIn) -> None:
    staff = world.staff(connected=False)
    ada, path = signed_in("owner"), f"/console/{world.business}/holders/{staff}/time-off"
    ada.get(path)
    typed = {**once(ada), "first": "2027-03-20", "last": "2027-03-21"}
    assert [ada.post(path, typed).status_code for _ in range(2)] == [303, 422]
    assert len(list_time_off(world.hub, world.business, staff).items) == 1
