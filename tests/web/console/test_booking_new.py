"""Booking for a customer in the console: among what is offered, by the same rules, once."""

from __future__ import annotations

from collections.abc import Callable

from hub.actions.book_for import book_for
from hub.actions.bookings import list_bookings
from hub.actions.services import change_service, get_service
from hub.core.question import Question
from hub.core.security import OPERATOR
from tests.web.conftest import Browser, once
from tests.world import ADA, BEN, DAY, HOUR, MONDAY, World

SignedIn = Callable[[str], Browser]
TEN = MONDAY + 2 * HOUR


def asked(world: World) -> str:
    """Add a service that two give and that asks a question; return its id."""
    service = world.service(world.staff(), world.staff())
    questions = (Question("What is it about?", required=True),)
    change_service(world.hub, world.business, service, 1, {"questions": [one.as_json() for one in questions]})
    return service


def path_of(world: World, rest: str = "") -> str:
    return f"/console/{world.business}/bookings/new{rest}"


def given(browser: Browser, start: int = TEN, **values: str) -> dict[str, object]:
    """Return what is sent with the page that was seen last."""
    typed = {"name": "Ada Lovelace", "email": "ada@example.com", "q0": "A tooth", "zone": "Europe/Berlin", "staff": ""}
    return {**once(browser), "start": str(start), **typed, **values}


def test_a_service_a_time_and_a_customer_make_a_booking(world: World, signed_in: SignedIn) -> None:
    service, agnes = asked(world), signed_in("agent")
    assert f"/bookings/new/{service}" in agnes.get(path_of(world)).text
    page = agnes.get(path_of(world, f"/{service}?day=2027-03-15")).text
    assert f"/who?start={TEN}" in page
    agnes.get(path_of(world, f"/{service}/who?start={TEN}"))
    page = agnes.follow(agnes.post(path_of(world, f"/{service}/who"), given(agnes))).text
    assert "Booked." in page
    assert "A tooth" in page
    (row,) = list_bookings(world.hub, world.business).items
    assert (row.start, row.source, row.state) == (TEN, "console", "confirmed")


def test_who_was_asked_for_is_who_it_is_with(world: World, signed_in: SignedIn) -> None:
    service, agnes = asked(world), signed_in("agent")
    second = get_service(world.hub, world.business, service).rules.staff[1]
    page = agnes.get(path_of(world, f"/{service}?staff={second}&day=2027-03-15")).text
    assert f"staff={second}&amp;start={TEN}" in page or f"staff={second}&start={TEN}" in page
    assert "with Staff 2" in agnes.get(path_of(world, f"/{service}/who?start={TEN}&staff={second}")).text
    agnes.post(path_of(world, f"/{service}/who"), given(agnes, staff=second))
    (row,) = list_bookings(world.hub, world.business).items
    assert [one.name for one in row.staff] == ["Staff 2"]


def test_what_lacks_is_said_beside_its_field_and_holds_no_time(world: World, signed_in: SignedIn) -> None:
    service, agnes = asked(world), signed_in("agent")
    agnes.get(path_of(world, f"/{service}/who?start={TEN}"))
    for wrong, field in (({"name": ""}, "name"), ({"email": "nonsense"}, "email"), ({"q0": ""}, "q0")):
        answer = agnes.post(path_of(world, f"/{service}/who"), given(agnes, **wrong))
        assert answer.status_code == 422, wrong
        assert f'id="{field}-fault"' in answer.text, wrong
    answer = agnes.post(path_of(world, f"/{service}/who"), given(agnes, email=""))
    assert "so that you can be reached" in answer.text
    assert agnes.post(path_of(world, f"/{service}/who"), given(agnes)).status_code == 303
    assert len(list_bookings(world.hub, world.business).items) == 1


def test_a_page_that_is_sent_twice_makes_one_booking(world: World, signed_in: SignedIn) -> None:
    service, agnes = asked(world), signed_in("agent")
    agnes.get(path_of(world, f"/{service}/who?start={TEN}"))
    data = given(agnes)
    first = agnes.post(path_of(world, f"/{service}/who"), data)
    second = agnes.post(path_of(world, f"/{service}/who"), data)
    assert first.headers["Location"] == second.headers["Location"]
    assert len(list_bookings(world.hub, world.business).items) == 1


def test_a_time_that_was_taken_meanwhile_leads_back_to_the_times(world: World, signed_in: SignedIn) -> None:
    service, agnes = world.service(world.staff()), signed_in("agent")
    agnes.get(path_of(world, f"/{service}/who?start={TEN}"))
    book_for(world.hub, OPERATOR, world.business, service, TEN, BEN, zone="Europe/Berlin")
    data = {name: value for name, value in given(agnes).items() if name != "q0"}
    answer = agnes.post(path_of(world, f"/{service}/who"), data)
    assert answer.status_code == 409
    assert "has just been taken" in answer.text
    assert "Monday, 15 March" in answer.text
    agnes.get(path_of(world, f"/{service}/who?start={TEN}"))
    night = {**data, **once(agnes), "start": str(MONDAY + DAY - 4 * HOUR)}
    assert agnes.post(path_of(world, f"/{service}/who"), night).status_code == 422
    assert len(list_bookings(world.hub, world.business).items) == 1


def test_no_start_leads_to_the_times_and_strange_services_are_not_there(
    world: World, signed_in: SignedIn, other_business: str
) -> None:
    service, ada = world.service(world.staff()), signed_in("owner")
    for start in ("", "soon", "9" * 20, "-1"):
        assert ada.get(path_of(world, f"/{service}/who?start={start}")).status_code == 303, start
    for rest in ("", f"/who?start={TEN}"):
        assert ada.get(f"/console/{other_business}/bookings/new/{service}{rest}").status_code == 404, rest
    assert signed_in("viewer").get(path_of(world)).status_code == 403
    assert ADA.name not in ada.get(path_of(world)).text


def test_a_business_without_services_says_what_to_do_first(world: World, signed_in: SignedIn) -> None:
    assert "Add a service first" in signed_in("agent").get(path_of(world)).text
