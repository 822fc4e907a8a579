"""Staff and resources in the console: listed, added, changed, switched off with a word about what is booked."""

from __future__ import annotations

from collections.abc import Callable

from hub.actions.book import book
from hub.actions.hold import hold
from hub.actions.holders import HolderKind, add_resource, change_holder, get_holder, list_holders
from hub.actions.hours import add_time_off
from tests.tables import nothing_changed
from tests.web.conftest import Browser, looked_at, once
from tests.world import ADA, DAY, HOUR, MONDAY, World

SignedIn = Callable[[str], Browser]
SEEN = ("console_session",)


def test_the_list_shows_state_absence_and_calendars(world: World, signed_in: SignedIn) -> None:
    staff, room = world.staff(), add_resource(world.hub, world.business, "Room 1")
    add_time_off(world.hub, world.business, staff, MONDAY + DAY, MONDAY + 2 * DAY)
    change_holder(world.hub, world.business, room, 1, {"active": False})
    page = signed_in("viewer").get(f"/console/{world.business}/holders").text
    assert "Tue 16 Mar 2027, 08:00" in page
    assert "switched off" in page
    assert staff in page  # the world names calendars like their holders
    only = signed_in("viewer").get(f"/console/{world.business}/holders?kind=resource").text
    assert "Room 1" in only
    assert "Staff 1" not in only


def test_an_empty_list_says_what_to_do_next(world: World, signed_in: SignedIn) -> None:
    path = f"/console/{world.business}/holders"
    assert "Nobody can be booked yet" in signed_in("owner").get(path).text
    assert "holders/new" not in signed_in("viewer").get(path).text


def test_a_staff_member_is_added_with_usual_hours(world: World, signed_in: SignedIn) -> None:
    ada, path = signed_in("owner"), f"/console/{world.business}/holders/new"
    assert 'selected value="Europe/Berlin"' in ada.get(f"{path}?kind=staff").text
    given = {"kind": "staff", "name": "Dora", "email": "Dora@Example.com", "zone": "Europe/Berlin"}
    page = ada.follow(ada.post(path, {**once(ada), **given, "start": "09:00", "end": "00:00"})).text
    assert "Dora" in page
    assert "09:00\N{EN DASH}24:00" in page
    assert "dora@example.com" in page


def test_a_resource_may_be_open_at_any_time(world: World, signed_in: SignedIn) -> None:
    ada, path = signed_in("owner"), f"/console/{world.business}/holders/new?kind=resource"
    ada.get(path)
    given = {"kind": "resource", "name": "Chair", "zone": "Europe/Berlin", "always_open": "y"}
    assert ada.post(path, {**once(ada), **given}).status_code == 303
    (found,) = list_holders(world.hub, world.business, kind=HolderKind.RESOURCE).items
    assert (found.name, found.always_open) == ("Chair", True)


def test_hours_that_end_before_they_begin_are_refused_beside_their_field(world: World, signed_in: SignedIn) -> None:
    ada, path = signed_in("owner"), f"/console/{world.business}/holders/new"
    ada.get(path)
    given = {"kind": "staff", "name": "Dora", "zone": "Europe/Berlin", "start": "17:00", "end": "09:00"}
    with nothing_changed(world.hub, but=SEEN):
        answer = ada.post(path, {**once(ada), **given})
    assert answer.status_code == 422
    assert 'id="end-fault"' in answer.text
    assert 'value="Dora"' in answer.text


def test_two_who_change_one_staff_member_do_not_write_over_each_other(world: World, signed_in: SignedIn) -> None:
    staff = world.staff(connected=False)
    ada, path = signed_in("owner"), f"/console/{world.business}/holders/{staff}/edit"
    ada.get(path)
    seen = looked_at(ada)
    change_holder(world.hub, world.business, staff, 1, {"name": "Renamed"})
    given = {"name": "Mine", "email": "", "zone": "Europe/Berlin"}
    with nothing_changed(world.hub, but=SEEN):
        answer = ada.post(path, {**seen, **given})
    assert answer.status_code == 422
    assert '<td class="lines">Renamed</td><td class="lines">Mine</td>' in answer.text
    assert ada.post(path, {**looked_at(ada), **given}).status_code == 303
    assert get_holder(world.hub, world.business, staff).name == "Mine"


def test_switching_off_says_how_many_bookings_stay_and_they_do(world: World, signed_in: SignedIn) -> None:
    staff = world.staff()
    held = hold(world.hub, world.business, world.service(staff), MONDAY + 3 * HOUR, zone="Europe/Berlin")
    book(world.hub, world.business, held.booking_id, ADA)
    ada, path = signed_in("owner"), f"/console/{world.business}/holders/{staff}"
    assert "The 1 coming booking stays." in ada.get(path).text
    page = ada.follow(ada.post(f"{path}/switch", {"active": "no", **looked_at(ada)})).text
    assert "1 that is booked already stays." in page
    assert get_holder(world.hub, world.business, staff).coming_bookings == 1
    assert ada.post(f"{path}/switch", {"active": "yes", "version": "1"}).status_code == 409


def test_a_viewer_sees_no_address_and_no_button(world: World, signed_in: SignedIn) -> None:
    staff = world.staff(connected=False)
    change_holder(world.hub, world.business, staff, 1, {"email": "private@example.com"})
    path = f"/console/{world.business}/holders/{staff}"
    page = signed_in("viewer").get(path).text
    assert "private@example.com" not in page
    assert "/edit" not in page
    assert signed_in("agent").get(f"{path}/edit").status_code == 403


def test_a_name_with_markup_is_text_everywhere(world: World, signed_in: SignedIn) -> None:
    staff = world.staff(connected=False)
    evil = "<script>alert(1)</script>{{7*7}}"
    change_holder(world.hub, world.business, staff, 1, {"name": evil})
    world.service(staff)
    ada = signed_in("owner")
    for path in ("/holders", f"/holders/{staff}", f"/holders/{staff}/hours", f"/holders/{staff}/edit", "/services"):
        page = ada.get(f"/console/{world.business}{path}").text
        assert "<script>alert" not in page, path
        assert "{{7*7}}" in page, path


def test_what_is_not_of_this_business_is_not_there(world: World, signed_in: SignedIn, other_business: str) -> None:
    staff = world.staff(connected=False)
    ada = signed_in("owner")
    for path in ("", "/edit", "/hours", "/days", "/time-off"):
        assert ada.get(f"/console/{other_business}/holders/{staff}{path}").status_code == 404
    ada.get("/console")
    with nothing_changed(world.hub, but=(*SEEN, "security_event")):
        assert ada.post(f"/console/{other_business}/holders/{staff}/switch", {"version": "1"}).status_code == 404
