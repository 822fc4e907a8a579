"""Calendar views and their changes, as the pages of List calendarView and of delta show them."""

from __future__ import annotations

from typing import Any

from hub.testing.lab.microsoft.people import Person
from hub.testing.lab.switches import Fault
from tests.testing.lab.microsoft.conftest import Asking, at

WINDOW = {"startDateTime": "2026-11-01T00:00:00Z", "endDateTime": "2026-12-01T00:00:00Z"}
DAILY = {
    "pattern": {"type": "daily", "interval": 1},
    "range": {"type": "numbered", "startDate": "2026-11-02", "numberOfOccurrences": 3},
}


def view(ask: Asking, **more: str) -> list[dict[str, Any]]:
    return list(ask("GET", f"{ask.calendar}/calendarView", params={**WINDOW, **more}).json()["value"])


def round_of(ask: Asking, link: str = "", size: int = 50) -> tuple[list[dict[str, Any]], str]:
    """Follow a round of changes to its end; return what it named and where the next one begins."""
    prefer, found = {"Prefer": f"odata.maxpagesize={size}"}, []
    first = {} if link else {"params": WINDOW}
    answer = ask("GET", link or f"{ask.calendar}/calendarView/delta", headers=prefer, **first).json()
    found += answer["value"]
    while "@odata.nextLink" in answer:
        answer = ask("GET", answer["@odata.nextLink"], headers=prefer).json()
        found += answer["value"]
    return found, str(answer["@odata.deltaLink"])


def test_a_new_a_changed_and_a_deleted_event_are_each_in_the_next_round(ask: Asking) -> None:
    kept, gone = ask.create(), ask.create()
    _all, link = round_of(ask)
    new = ask.create()
    ask("PATCH", f"/me/events/{kept['id']}", json={"showAs": "free"})
    ask("DELETE", f"/me/events/{gone['id']}")
    found, link = round_of(ask, link)
    by_id = {one["id"]: one for one in found}
    assert by_id.keys() == {new["id"], kept["id"], gone["id"]}
    assert by_id[kept["id"]]["showAs"] == "free"
    assert by_id[gone["id"]]["@removed"] == {"reason": "deleted"}
    assert round_of(ask, link)[0] == []


def test_an_event_that_leaves_the_view_is_named_as_removed(ask: Asking) -> None:
    """Page: event: delta, Response: events outside of the range that changed."""
    made = ask.create()
    _all, link = round_of(ask)
    later = {"start": at("2027-02-01T09:00:00"), "end": at("2027-02-01T10:00:00")}
    ask("PATCH", f"/me/events/{made['id']}", json=later)
    assert [one["@removed"] for one in round_of(ask, link)[0]] == [{"reason": "deleted"}]


def test_dates_of_a_series_are_bare_in_a_round_and_whole_in_a_view(ask: Asking) -> None:
    """Issue 22197 of microsoft-graph-docs: an occurrence has id, master, type and times, and no showAs."""
    ask.create(recurrence=DAILY)
    found, _link = round_of(ask)
    assert [one["type"] for one in found] == ["seriesMaster", "occurrence", "occurrence", "occurrence"]
    assert "showAs" not in found[1]
    whole = view(ask)
    assert [one["type"] for one in whole] == ["occurrence"] * 3
    assert {one["showAs"] for one in whole} == {"busy"}


def test_a_round_takes_no_selection(ask: Asking) -> None:
    assert ask.error("GET", f"{ask.calendar}/calendarView/delta", params={**WINDOW, "$select": "id"})[0] == 400


def test_a_token_that_is_not_known_or_too_old_is_410(ask: Asking, ada: Person) -> None:
    _all, link = round_of(ask)
    assert ask.error("GET", link + "x") == (410, "SyncStateNotFound")
    with ask.lab.switches.on(Fault.GONE):
        assert ask.error("GET", link) == (410, "SyncStateNotFound")
    assert ask("GET", link).status_code == 200


def test_a_view_gives_the_chosen_fields_in_order_and_by_pages(ask: Asking) -> None:
    for hour in (12, 10, 11):
        ask.create(start=at(f"2026-11-02T{hour}:00:00"), end=at(f"2026-11-02T{hour}:30:00"))
    page = ask("GET", f"{ask.calendar}/calendarView", params={**WINDOW, "$top": "2", "$select": "start"}).json()
    rest = ask("GET", page["@odata.nextLink"]).json()
    found = [*page["value"], *rest["value"]]
    assert [one["start"]["dateTime"][11:13] for one in found] == ["10", "11", "12"]
    assert {tuple(sorted(one)) for one in found} == {("@odata.etag", "id", "start")}
    assert "@odata.nextLink" not in rest


def test_a_whole_day_is_named_from_midnight_to_midnight_in_every_zone(ask: Asking) -> None:
    """Issue 1802 of microsoft-graph-docs: by design."""
    zone = "W. Europe Standard Time"
    day = {"start": at("2026-11-03T00:00:00", zone), "end": at("2026-11-04T00:00:00", zone), "isAllDay": True}
    ask.create(**day)
    prefer = {"Prefer": 'outlook.timezone="Pacific Standard Time"'}
    found = ask("GET", f"{ask.calendar}/calendarView", params=WINDOW, headers=prefer).json()["value"]
    for one in (*view(ask), *found):
        assert [one[name]["dateTime"][:19] for name in ("start", "end")] == [
            "2026-11-03T00:00:00",
            "2026-11-04T00:00:00",
        ]
        assert one["originalStartTimeZone"] == zone


def test_a_date_that_is_moved_or_deleted_is_an_exception_of_its_series(ask: Asking) -> None:
    made = ask.create(recurrence=DAILY)
    first, second, third = (one["id"] for one in view(ask))
    _all, link = round_of(ask)
    moved = {"start": at("2026-11-02T15:00:00"), "end": at("2026-11-02T16:00:00")}
    assert ask("PATCH", f"/me/events/{first}", json=moved).status_code == 200
    assert ask("DELETE", f"/me/events/{second}").status_code == 204
    seen = view(ask)
    assert [(one["id"], one["type"]) for one in seen] == [(first, "exception"), (third, "occurrence")]
    assert {one["seriesMasterId"] for one in seen} == {made["id"]}
    assert second in {one["id"] for one in round_of(ask, link)[0] if "@removed" in one}
    window = {"startDateTime": WINDOW["startDateTime"], "endDateTime": WINDOW["endDateTime"]}
    assert len(ask("GET", f"/me/events/{made['id']}/instances", params=window).json()["value"]) == 2
