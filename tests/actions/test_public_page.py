from __future__ import annotations

import pytest

from hub.actions.public_page import find_page, page_of, service_of
from hub.core.errors import UnknownId
from hub.store.business import AGENCY
from tests.front import make_front
from tests.world import World


def test_a_stranger_sees_the_services_that_have_a_page_and_are_on(world: World) -> None:
    front = make_front(world, staff=2)
    page = find_page(world.hub, "adas-practice")
    (service,) = page.services
    assert (page.name, page.phone, service.name, service.duration) == (
        "Ada's Practice",
        "+4930901820",
        "Check-up",
        1800,
    )
    assert service.questions[0].label == "Is it your first visit?"
    assert [name for _, name in service.staff] == ["Staff 1", "Staff 2"]
    front.change_service(active=False)
    assert find_page(world.hub, "adas-practice").services == ()
    assert not service_of(world.hub, world.business, front.service).active


def test_who_is_alone_or_always_together_is_no_choice(world: World) -> None:
    front = make_front(world, staff=1)
    assert service_of(world.hub, world.business, front.service).staff == ()
    team = world.service(world.staff(), world.staff(), staff_rule="all")
    assert service_of(world.hub, world.business, team).staff == ()


def test_no_page_is_found_without_its_address(world: World) -> None:
    front = make_front(world)
    for slug in ("nowhere", "", "x" * 5000, "adas-practice'--"):
        with pytest.raises(UnknownId):
            find_page(world.hub, slug)
    front.change(slug=None)
    with pytest.raises(UnknownId):
        find_page(world.hub, "adas-practice")
    assert page_of(world.hub, world.business).slug == ""


def test_neither_the_agency_nor_another_business_is_shown(world: World, strangers: dict[str, str]) -> None:
    front = make_front(world)
    with pytest.raises(UnknownId):
        page_of(world.hub, AGENCY)
    with pytest.raises(UnknownId):
        service_of(world.hub, strangers["ben"], front.service)
    assert page_of(world.hub, strangers["ben"]).services == ()


def test_a_service_without_a_page_is_on_no_list(world: World) -> None:
    front = make_front(world)
    service = service_of(world.hub, world.business, front.service)
    assert service.slug == "check-up"
    front.change_service(slug=None)
    assert find_page(world.hub, "adas-practice").services == ()
