"""Services in the console: added with sensible rules, changed by version, switched off, never half."""

from __future__ import annotations

from collections.abc import Callable

from hub.actions.holders import add_resource, change_holder
from hub.actions.services import change_service, get_service, list_services
from tests.tables import nothing_changed
from tests.web.conftest import Browser, looked_at, once
from tests.world import DAY, HOUR, MINUTE, World

SignedIn = Callable[[str], Browser]
SEEN = ("console_session",)
TYPED: dict[str, object] = {
    "name": "Repair",
    "description": "We come\r\nand mend it.",
    "duration": "90",
    "duration-unit": "minutes",
    "before": "15",
    "before-unit": "minutes",
    "notice": "1",
    "notice-unit": "days",
    "horizon": "30",
    "horizon-unit": "days",
    "step": "30",
    "step-unit": "minutes",
    "anchor": "gap",
    "staff_rule": "round_robin",
    "active": "y",
}


def test_an_empty_list_says_what_comes_first(world: World, signed_in: SignedIn) -> None:
    ada, path = signed_in("owner"), f"/console/{world.business}/services"
    assert "Add a staff member first" in ada.get(path).text
    world.staff(connected=False)
    assert "Add a service" in ada.get(path).text


def test_a_new_service_has_defaults_and_everybody_gives_it(world: World, signed_in: SignedIn) -> None:
    staff = world.staff(connected=False)
    page = signed_in("owner").get(f"/console/{world.business}/services/new").text
    assert f'value="{staff}" checked' in page
    assert 'value="30"' in page


def test_a_service_is_added_with_its_people_rooms_and_questions(world: World, signed_in: SignedIn) -> None:
    first, second = world.staff(connected=False), world.staff(connected=False)
    rooms = [add_resource(world.hub, world.business, name) for name in ("Room A", "Room B")]
    ada, path = signed_in("owner"), f"/console/{world.business}/services/new"
    ada.get(path)
    more = {
        "staff": [first, second],
        f"staff-{first}": "2",
        f"staff-{second}": "1",
        "resources-0": rooms,
        "questions-0-label": "What is broken?",
        "questions-0-required": "y",
        "questions-1-label": "Which floor?",
        "questions-1-choices": "Ground\r\nUpper\r\n",
        "questions-2-label": "",
    }
    page = ada.follow(ada.post(path, {**once(ada), **TYPED, **more})).text
    assert "See it as customers do" in page
    assert "/b/adas-practice/repair" in page
    assert "Ground · Upper" in page
    (found,) = list_services(world.hub, world.business).items
    assert found.rules.staff == (second, first)
    assert [set(group) for group in found.rules.resources] == [set(rooms)]
    assert (found.rules.duration, found.rules.before, found.rules.notice) == (90 * MINUTE, 15 * MINUTE, DAY)
    assert [one.required for one in found.questions] == [True, False]


def test_a_change_keeps_what_was_not_touched(world: World, signed_in: SignedIn) -> None:
    staff, room = world.staff(connected=False), add_resource(world.hub, world.business, "Room")
    service = world.service(staff, resources=((room,),), notice=61)
    ada, path = signed_in("owner"), f"/console/{world.business}/services/{service}"
    page = ada.get(f"{path}/edit").text
    assert "<option selected>seconds</option>" in page
    same = {
        **TYPED, "name": "Check-up", "slug": "check-up", "description": "", "duration": "30", "before": "",
        "notice": "61", "notice-unit": "seconds", "horizon": "60", "step": "15", "anchor": "clock",
        "staff_rule": "any", "staff": staff, f"staff-{staff}": "1", "resources-0": room,
    }  # fmt: skip
    with nothing_changed(world.hub, but=SEEN):
        assert ada.post(f"{path}/edit", {**looked_at(ada), **same}).status_code == 303
    ada.get(f"{path}/edit")
    assert ada.post(f"{path}/edit", {**looked_at(ada), **same, "name": "Check"}).status_code == 303
    assert get_service(world.hub, world.business, service).name == "Check"


def test_what_breaks_a_rule_is_marked_and_nothing_is_lost(world: World, signed_in: SignedIn) -> None:
    staff = world.staff(connected=False)
    ada, path = signed_in("owner"), f"/console/{world.business}/services/new"
    ada.get(path)
    faults: dict[str, dict[str, object]] = {
        "duration": {"duration": "7"},
        "duration-long": {"duration": "30", "duration-unit": "days"},
        "horizon": {"notice": "40"},
        "slug": {"slug": "No Slug"},
        "questions-1-label": {"questions-1-label": "", "questions-1-choices": "Yes"},
        "questions-1-choices": {"questions-1-label": "Well?", "questions-1-choices": "Yes\r\nyes"},
        "anchor": {"anchor": "moon"},
        "name": {"name": ""},
    }
    for field, wrong in faults.items():
        given = {**once(ada), **TYPED, "staff": staff, "questions-0-label": "Kept?", **wrong}
        with nothing_changed(world.hub, but=SEEN):
            answer = ada.post(path, given)
        assert answer.status_code == 422, field
        assert f'id="{field.removesuffix("-long")}-fault"' in answer.text, field
        assert 'value="Kept?"' in answer.text
        assert f'value="{staff}" checked' in answer.text


def test_staff_of_another_business_cannot_be_named(world: World, signed_in: SignedIn, other_business: str) -> None:
    world.staff(connected=False)
    mine, world.business = world.business, other_business
    stranger = world.staff(connected=False)
    world.business = mine
    ada, path = signed_in("owner"), f"/console/{mine}/services/new"
    ada.get(path)
    for given in ({"staff": stranger}, {"resources-0": stranger}, {"staff": "\N{SNOWMAN}"}):
        with nothing_changed(world.hub, but=SEEN):
            assert ada.post(path, {**once(ada), **TYPED, **given}).status_code == 422
        assert "Repair" in ada.page


def test_two_who_change_one_service_see_what_differs(world: World, signed_in: SignedIn) -> None:
    staff = world.staff(connected=False)
    service = world.service(staff)
    ada, path = signed_in("owner"), f"/console/{world.business}/services/{service}/edit"
    ada.get(path)
    seen = looked_at(ada)
    change_service(world.hub, world.business, service, 1, {"duration": HOUR})
    with nothing_changed(world.hub, but=SEEN):
        answer = ada.post(path, {**seen, **TYPED, "staff": staff})
    assert answer.status_code == 422
    assert '<td class="lines">1 h</td><td class="lines">1 h 30 min</td>' in answer.text
    assert "Staff 1" in answer.text
    assert ada.post(path, {**looked_at(ada), **TYPED, "staff": staff}).status_code == 303


def test_rows_are_added_without_a_script(world: World, signed_in: SignedIn) -> None:
    staff = world.staff(connected=False)
    add_resource(world.hub, world.business, "Room")
    ada, path = signed_in("owner"), f"/console/{world.business}/services/new"
    ada.get(path)
    with nothing_changed(world.hub, but=SEEN):
        page = ada.post(path, {**once(ada), **TYPED, "staff": staff, "more": "questions"}).text
        assert 'name="questions-0-label"' in page
        page = ada.post(path, {**once(ada), **TYPED, "staff": staff, "more": "resources"}).text
    assert 'name="resources-1"' in page
    assert 'value="Repair"' in page


def test_a_service_is_switched_off_and_on(world: World, signed_in: SignedIn) -> None:
    staff = world.staff(connected=False)
    service = world.service(staff)
    change_holder(world.hub, world.business, staff, 1, {"active": False})
    ada, path = signed_in("admin"), f"/console/{world.business}/services/{service}"
    assert "switched off" in ada.get(path).text
    assert "cannot be booked" in ada.follow(ada.post(f"{path}/switch", {**looked_at(ada), "active": "no"})).text
    ada.post(f"{path}/switch", {**looked_at(ada), "active": "yes"})
    assert get_service(world.hub, world.business, service).active


def test_a_viewer_looks_and_changes_nothing(world: World, signed_in: SignedIn) -> None:
    service = world.service(world.staff(connected=False))
    path = f"/console/{world.business}/services"
    viewer = signed_in("viewer")
    assert "/edit" not in viewer.get(f"{path}/{service}").text
    assert viewer.get(f"{path}/new").status_code == 403
