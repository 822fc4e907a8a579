"""Access to what is masked, in the console: asked, decided on by somebody else, used, told."""

from __future__ import annotations

import re

import pytest

from hub.actions.access_decide import approve_access
from hub.actions.holders import add_staff
from hub.actions.hours import every_weekday
from hub.core.security import Visit
from tests.actions.test_calendars import account
from tests.tables import nothing_changed
from tests.web.conftest import Browser
from tests.world import HOUR, World


@pytest.fixture
def grace(world: World) -> str:
    return add_staff(world.hub, world.business, "Grace", every_weekday("Europe/Berlin", (9 * 60, 17 * 60)))


@pytest.fixture
def path(world: World) -> str:
    return f"/console/{world.business}/access"


def ask(visitor: Browser, path: str, connection: str, **values: str) -> str:
    """Ask by the form, and return the address of the request."""
    visitor.get(f"{path}/new?object=connection:{connection}")
    given = {"object": f"connection:{connection}", "reason": "support", "reference": "", "hours": "1", "delay": ""}
    answer = visitor.post(f"{path}/new", {**given, **values})
    assert answer.status_code == 303, re.findall(r'class="fault"[^>]*>([^<]*)', answer.text)
    return str(answer.headers["Location"]).partition("?")[0]


def test_from_the_masked_name_to_the_look_and_its_end(world: World, signed_in, grace: str, path: str) -> None:  # type: ignore[no-untyped-def]
    connection = account(world, "grace@gmail.com", "Choir", owner=grace)
    agnes = signed_in("agent")
    page = agnes.get(f"/console/{world.business}/connections/{connection}").text
    assert "g•••@g•••" in page
    assert "Calendar 1" in page
    assert f"/access/new?object=connection:{connection}" in page
    one = ask(agnes, path, connection)
    page = agnes.get(one).text
    assert "Grace decides" in page
    assert "Show it" not in page
    look = {"object": f"connection:{connection}"}
    assert agnes.post(f"{one}/look", look).status_code == 409
    approve_access(world.hub, Visit("staff", grace), world.business, one.rpartition("/")[2])
    agnes.get(one)
    answer = agnes.post(f"{one}/look", look)
    assert "grace@gmail.com" in answer.text
    assert "Choir" in answer.text
    assert "no-store" in answer.headers["Cache-Control"]
    for visitor in (agnes, signed_in("owner")):
        again = visitor.get(one).text
        assert "gmail" not in again
        assert "Choir" not in again
    ada = signed_in("owner")
    ada.get(one)
    assert ada.post(f"{one}/look", look).status_code == 409
    world.clock.now += HOUR
    agnes.get(one)
    answer = agnes.post(f"{one}/look", look)
    assert answer.status_code == 409
    assert "over" in answer.text


def test_for_security_a_second_person_agrees_and_the_delay_is_lifted_by_hand(
    world: World,
    signed_in,
    grace: str,
    path: str,  # type: ignore[no-untyped-def]
) -> None:
    connection = account(world, "grace@gmail.com", owner=grace)
    adam, ada = signed_in("admin"), signed_in("owner")
    one = ask(adam, path, connection, reason="security", reference="INC-7", delay="investigation")
    page = adam.get(one).text
    assert 'value="approve"' not in page
    assert adam.post(f"{one}/answer", {"answer": "approve"}).status_code == 409
    assert 'value="approve"' in ada.get(one).text
    assert ada.post(f"{one}/answer", {"answer": "approve"}).status_code == 303
    adam.get(one)
    assert "grace@gmail.com" in adam.post(f"{one}/look", {"object": f"connection:{connection}"}).text
    assert "not told yet" in ada.get(one).text
    assert ada.post(f"{one}/tell").status_code == 303
    assert "not told yet" not in ada.get(one).text
    assert "INC-7" in ada.get(path).text


def test_what_is_asked_wrongly_stands_beside_its_field_and_changes_nothing(
    world: World,
    signed_in,
    grace: str,
    path: str,  # type: ignore[no-untyped-def]
) -> None:
    connection = account(world, "grace@gmail.com", owner=grace)
    agnes = signed_in("agent")
    form = f"{path}/new?object=connection:{connection}"
    for values, text in (
        ({"reason": "security"}, "Give the number of the incident"),
        ({"delay": "order"}, "told at once"),
        ({"hours": "9"}, "Not a valid choice"),
        ({"reason": ""}, "Choose a reason"),
    ):
        agnes.get(form)
        given = {"object": f"connection:{connection}", "reason": "support", "reference": "", "hours": "1", "delay": ""}
        with nothing_changed(world.hub):
            answer = agnes.post(f"{path}/new", {**given, **values})
        assert answer.status_code == 422
        assert text in answer.text
    for wrong in ("", "connection:x", "planet:1", f"mail:{connection}"):
        assert agnes.get(f"{path}/new?object={wrong}").status_code == 404


def test_those_who_may_only_look_see_the_history_and_cannot_ask(
    world: World,
    signed_in,
    grace: str,
    path: str,  # type: ignore[no-untyped-def]
) -> None:
    connection = account(world, "grace@gmail.com", owner=grace)
    one = ask(signed_in("agent"), path, connection)
    for role in ("viewer", "auditor"):
        visitor = signed_in(role)
        assert "support" in visitor.get(path).text
        page = visitor.get(one).text
        assert "Show it" not in page
        assert "Take it back" not in page
        assert visitor.get(f"{path}/new?object=connection:{connection}").status_code == 403
        visitor.get(path)
        assert visitor.post(f"{one}/answer", {"answer": "approve"}).status_code == 409


def test_figures_are_shown_for_five_people_and_more(world: World, signed_in, path: str) -> None:  # type: ignore[no-untyped-def]
    for number in range(5):
        assert "no group that large" in signed_in("auditor").get(path).text
        account(world, f"{number}@example.com", owner=world.staff(connected=False))
    assert "5 people" in signed_in("auditor").get(path).text
