"""Services: kept with every rule and its people in order; one that cannot be booked is never made."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event

from hub.actions.book import book
from hub.actions.booking_details import get_booking
from hub.actions.businesses import create_business
from hub.actions.hold import hold
from hub.actions.holders import add_resource
from hub.actions.offer import offer
from hub.actions.services import add_service, change_service, get_service, list_services
from hub.core.calendar import Window
from hub.core.errors import InputError, StateError, UnknownId
from hub.core.question import Question
from hub.core.service import Anchor, Service, StaffRule
from hub.store import service
from hub.store.service import ServiceHolder
from tests.tables import nothing_changed, rows_of
from tests.world import ADA, DAY, HOUR, MINUTE, MONDAY, World

PLAIN = Service("new", 30 * MINUTE, 15 * MINUTE, 60 * DAY)
TOO_LONG = "x" * 201


def test_a_service_is_kept_with_every_rule_and_its_people_in_their_order(world: World) -> None:
    staff = [world.staff(connected=False) for _ in range(3)][::-1]
    rooms = [add_resource(world.hub, world.business, f"Room {n}") for n in range(3)]
    rules = Service(
        "ignored",
        duration=HOUR,
        step=5 * MINUTE,
        horizon=DAY,
        before=5 * MINUTE,
        after=10 * MINUTE,
        notice=HOUR,
        anchor=Anchor.GAP,
        staff_rule=StaffRule.ROUND_ROBIN,
        staff=tuple(staff),
        resources=((rooms[0], rooms[1]), (rooms[2],)),
    )
    service_id = add_service(world.hub, world.business, "Check-up", rules)
    (found,) = rows_of(world.hub, world.business, service.Service)
    assert found.id == service_id != "ignored"
    for name in ("duration", "step", "horizon", "before", "after", "notice", "anchor", "staff_rule"):
        assert getattr(found, name) == getattr(rules, name)
    members = {(row.group_no, row.rank): row.holder_id for row in rows_of(world.hub, world.business, ServiceHolder)}
    assert [members[0, rank] for rank in range(3)] == staff
    assert [members[1, 0], members[1, 1], members[2, 0]] == rooms


def test_a_resource_may_be_in_two_groups_of_a_service(world: World) -> None:
    room, spare = (add_resource(world.hub, world.business, name) for name in ("Room", "Spare"))
    groups = ((room, spare), (spare, room))
    rules = Service("new", HOUR, HOUR, DAY, staff=(world.staff(connected=False),), resources=groups)
    add_service(world.hub, world.business, "Check-up", rules)
    assert len(rows_of(world.hub, world.business, ServiceHolder)) == 5


REFUSED: dict[str, tuple[Callable[[World, str], object], str]] = {
    "a service without a name": (lambda w, h: add_service(w.hub, w.business, " ", PLAIN), "service.name"),
    "a service with a name that no database takes": (
        lambda w, h: add_service(w.hub, w.business, "A\ud800", PLAIN),
        "service.name",
    ),
}


def test_what_breaks_a_rule_is_refused_under_its_name_and_nothing_is_different(world: World) -> None:
    ada = world.staff(connected=False)
    for case, (call, field) in REFUSED.items():
        with nothing_changed(world.hub), pytest.raises(InputError) as caught:
            call(world, ada)
        assert caught.value.field == field, case
        assert TOO_LONG not in caught.value.message, case


@pytest.mark.parametrize(
    "rules",
    [
        {"duration": 31 * MINUTE},
        {"step": 0},
        {"horizon": 0},
        {"notice": -1},
        {"notice": 61 * DAY},
        {"after": 25 * HOUR},
        {"staff": ("a", "a")},
        {"resources": ((),)},
        {"resources": (("a", "a"),)},
        {"staff": ("a",), "resources": (("a",),)},
    ],
    ids=str,
)
def test_a_service_that_cannot_be_booked_is_never_made(rules: dict[str, Any]) -> None:
    given = {"id": "new", "duration": HOUR, "step": HOUR, "horizon": 60 * DAY} | rules
    with pytest.raises(InputError, match="service"):
        Service(**given)


def change(world: World, service_id: str, **changes: Any) -> Any:
    version = get_service(world.hub, world.business, service_id).version
    return change_service(world.hub, world.business, service_id, version, changes)


def test_a_new_service_has_an_address_made_of_its_name_unless_it_shall_have_none(world: World) -> None:
    made = [add_service(world.hub, world.business, "Check-up", PLAIN) for _ in range(2)]
    assert [get_service(world.hub, world.business, one).slug for one in made] == ["check-up", "check-up-2"]
    hidden = add_service(
        world.hub,
        world.business,
        "Check-up",
        PLAIN,
        slug=None,
        description="A look\r\nat it.",
        place="Room 5",
        questions=[{"label": "Which car?", "required": True}],
        active=False,
    )
    found = get_service(world.hub, world.business, hidden)
    assert (found.slug, found.description, found.place, found.active) == (None, "A look\nat it.", "Room 5", False)
    assert found.questions == (Question("Which car?", required=True),)
    other = create_business(world.hub, "Ben's Garage", "UTC")
    assert get_service(world.hub, other, add_service(world.hub, other, "Check-up", PLAIN)).slug == "check-up"


def test_services_of_one_name_made_at_once_get_an_address_each(world: World) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: add_service(world.hub, world.business, "Check-up", PLAIN), range(4)))
    slugs = {one.slug for one in list_services(world.hub, world.business).items}
    assert slugs == {"check-up", "check-up-2", "check-up-3", "check-up-4"}


def test_every_field_is_changed_as_it_was_said_and_counted(world: World) -> None:
    ada, ben = world.staff(connected=False), world.staff(connected=False)
    rooms = [add_resource(world.hub, world.business, f"Room {n}") for n in range(3)]
    service_id = world.service(ada)
    changes = {
        "name": " New  name ",
        "slug": "new-name",
        "description": "What it is",
        "place": "Here",
        "questions": [{"label": "Fuel", "choices": ["Petrol", "Diesel"]}],
        "active": False,
        "duration": HOUR,
        "before": 5 * MINUTE,
        "after": 10 * MINUTE,
        "notice": HOUR,
        "horizon": 30 * DAY,
        "step": 30 * MINUTE,
        "anchor": "gap",
        "staff_rule": "round_robin",
        "staff": [ben, ada],
        "resources": [[rooms[2], rooms[0]], [rooms[1]]],
    }
    found = change(world, service_id, **changes)
    assert found == get_service(world.hub, world.business, service_id)
    assert (found.name, found.slug, found.description, found.place) == ("New name", "new-name", "What it is", "Here")
    assert (found.questions, found.active, found.version) == (
        (Question("Fuel", choices=("Petrol", "Diesel")),),
        False,
        2,
    )
    assert found.rules == Service(
        service_id, HOUR, 30 * MINUTE, 30 * DAY, 5 * MINUTE, 10 * MINUTE, HOUR, Anchor.GAP, StaffRule.ROUND_ROBIN,
        (ben, ada), ((rooms[2], rooms[0]), (rooms[1],)),
    )  # fmt: skip
    found = change(world, service_id, slug="", staff=[], resources=[])
    assert (found.slug, found.rules.staff, found.rules.resources) == (None, (), ())
    assert rows_of(world.hub, world.business, ServiceHolder) == []


def test_two_who_change_one_service_are_told_and_the_second_changes_nothing(world: World) -> None:
    service_id = world.service(world.staff(connected=False))
    change_service(world.hub, world.business, service_id, 1, {"duration": HOUR})
    for changes in ({"duration": 2 * HOUR}, {"name": "Other"}, {"staff": []}):
        with nothing_changed(world.hub), pytest.raises(StateError, match="changed this service") as caught:
            change_service(world.hub, world.business, service_id, 1, changes)
        assert caught.value.code == "changed"
    with nothing_changed(world.hub):
        assert change_service(world.hub, world.business, service_id, 1, {"duration": HOUR}).version == 2


def test_a_service_that_is_switched_off_is_not_offered_and_can_be_read(world: World) -> None:
    service_id = world.service(world.staff())
    change(world, service_id, active=False)
    with pytest.raises(UnknownId):
        offer(world.hub, world.business, service_id, Window(MONDAY, MONDAY + DAY))
    assert not get_service(world.hub, world.business, service_id).active
    change(world, service_id, active=True)
    assert offer(world.hub, world.business, service_id, Window(MONDAY, MONDAY + DAY)).starts


REFUSED_CHANGES: dict[str, tuple[dict[str, Any], str]] = {
    "no name": ({"name": " "}, "service.name"),
    "a word for a time": ({"duration": "1800"}, "service.duration"),
    "a flag for a time": ({"notice": True}, "service.notice"),
    "a time without end": ({"horizon": 2**40}, "service.horizon"),
    "a time off the grid": ({"step": 61}, "service.step"),
    "a notice beyond the horizon": ({"notice": 60 * DAY}, "service.horizon"),
    "no anchor": ({"anchor": "moon"}, "service.anchor"),
    "no rule": ({"staff_rule": None}, "service.staff_rule"),
    "an address of another service": ({"slug": "taken"}, "service.slug"),
    "an address that the hub uses": ({"slug": "embed"}, "service.slug"),
    "a description too long": ({"description": "x" * 2001}, "service.description"),
    "a question without a label": ({"questions": [{"required": True}]}, "questions.0.label"),
    "no flag": ({"active": "yes"}, "service.active"),
    "staff that is no list": ({"staff": "ada"}, "service.staff"),
    "staff that is no id": ({"staff": [5]}, "service.staff"),
    "too many staff": ({"staff": [f"{n:026}" for n in range(101)]}, "service.staff"),
    "too many groups": ({"resources": [[]] * 11}, "service.resources"),
    "an empty group": ({"resources": [[]]}, "service.resources"),
    "its business": ({"business_id": "x" * 26}, "service.other"),
    "its id": ({"id": "x" * 26}, "service.other"),
    "its version": ({"version": 7}, "service.other"),
}


@pytest.mark.parametrize(("changes", "field"), REFUSED_CHANGES.values(), ids=REFUSED_CHANGES)
def test_a_change_that_breaks_a_rule_is_refused_as_a_whole(world: World, changes: dict[str, Any], field: str) -> None:
    add_service(world.hub, world.business, "Taken", PLAIN)
    service_id = world.service(world.staff(connected=False))
    with nothing_changed(world.hub), pytest.raises(InputError) as caught:
        change(world, service_id, **{"place": "Also this", **changes})
    assert caught.value.field == field


def test_staff_and_resources_do_not_change_places(world: World) -> None:
    ada, room = world.staff(connected=False), add_resource(world.hub, world.business, "Room")
    service_id = world.service(ada)
    for changes, field in (
        ({"staff": [ada, room]}, "service.staff"),
        ({"staff": [], "resources": [[room], [ada]]}, "service.resources"),
    ):
        with nothing_changed(world.hub), pytest.raises(InputError) as caught:
            change(world, service_id, **changes)
        assert caught.value.field == field


def test_own_and_foreign_ids_together_are_refused_as_a_whole(world: World, strangers: dict[str, str]) -> None:
    ada = world.staff(connected=False)
    service_id = world.service(ada)
    his = add_service(world.hub, strangers["ben"], "His", PLAIN)
    said: dict[str, set[str]] = {"his": set(), "nobody": set()}
    for whose, messages in said.items():
        holder_id, foreign = strangers[whose], his if whose == "his" else "x" * 26
        calls: tuple[tuple[str, Callable[[], object]], ...] = (
            (holder_id, lambda one=holder_id: change(world, service_id, staff=[ada, one])),
            (holder_id, lambda one=holder_id: change(world, service_id, resources=[[one]])),
            (foreign, lambda one=foreign: get_service(world.hub, world.business, one)),
            (foreign, lambda one=foreign: change_service(world.hub, world.business, one, 1, {"name": "Mine"})),
        )
        for identifier, call in calls:
            with nothing_changed(world.hub), pytest.raises(UnknownId) as caught:
                call()
            messages.add(caught.value.message.replace(identifier, "…"))
    assert said["his"] == said["nobody"]


def test_lists_hold_the_services_of_one_business_by_name(world: World, strangers: dict[str, str]) -> None:
    add_service(world.hub, strangers["ben"], "Foreign", PLAIN)
    ada = world.staff(connected=False)
    for name in ("b", "A", "c"):
        add_service(world.hub, world.business, name, replace(PLAIN, staff=(ada,)))
    found = list_services(world.hub, world.business).items
    assert [one.name for one in found] == ["A", "b", "c"]
    assert {one.rules.staff for one in found} == {(ada,)}
    assert [one.name for one in list_services(world.hub, world.business, search="B").items] == ["b"]
    assert list_services(world.hub, world.business, search="foreign").items == ()


def test_long_lists_come_in_pages_and_cost_the_same_queries(world: World) -> None:
    ada = world.staff(connected=False)
    made = [add_service(world.hub, world.business, "Check-up", replace(PLAIN, staff=(ada,))) for _ in range(9)]
    sent = list[str]()
    event.listen(world.hub.database.engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
    seen, after, counts = list[str](), "", list[int]()
    while not counts or after:
        sent.clear()
        page = list_services(world.hub, world.business, after=after, limit=4)
        counts.append(len(sent))
        seen += [one.id for one in page.items]
        after = page.next
    assert (len(seen), set(seen), len(counts), len(set(counts))) == (9, set(made), 3, 1)


def test_questions_that_are_changed_do_not_change_what_was_answered(world: World) -> None:
    service_id = world.service(world.staff())
    change(world, service_id, questions=[{"label": "Which car?", "required": True}])
    booking_id = hold(world.hub, world.business, service_id, MONDAY + 2 * HOUR, zone="UTC").booking_id
    book(world.hub, world.business, booking_id, ADA, answers={"Which car?": "Golf"})
    change(world, service_id, questions=[])
    assert get_booking(world.hub, world.business, booking_id).answers == {"Which car?": "Golf"}
