"""What a staff member agreed to, at their link: their own answers and receipts, and nobody else's."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from hub.actions.access_mask import CHOOSING
from hub.actions.connections import list_connections
from hub.actions.consents import list_consents
from hub.actions.holders import change_holder, get_holder
from hub.actions.staff_links import make_staff_link
from hub.core.security import OPERATOR
from hub.store.business import AGENCY
from tests.post import Post, connect_post
from tests.tables import nothing_changed
from tests.web.conftest import Browser
from tests.web.connect import SECRET, agree, with_form
from tests.world import World

SEEN = ("staff_link", "security_event")
Open = Callable[[], Browser]
TYPED: dict[str, object] = {"answer-server": "dav.example.com", "answer-password": SECRET}


@pytest.fixture
def world(world: World) -> World:
    return with_form(world, Post().candidate())


def link_of(world: World, holder_id: str) -> str:
    return f"/staff/{make_staff_link(world.hub, OPERATOR, world.business, holder_id)[1]}"


def connected(visitor: Browser, link: str) -> None:
    assert visitor.post(agree(visitor, f"{link}/connect/fake"), TYPED).status_code == 303


def test_a_yes_a_receipt_and_a_withdrawal_without_an_account_of_the_console(world: World, browser: Open) -> None:
    staff, visitor = world.staff(connected=False), browser()
    link = link_of(world, staff)
    assert "You were not asked yet" in visitor.get(f"{link}/consents").text
    connected(visitor, link)
    (found,) = list_consents(world.hub, world.business, holder_id=staff)
    assert (found.by, found.states[0].channel) == ("Staff 1", "staff_link")
    page = visitor.get(f"{link}/consents").text
    assert "May an account at Fake be used?" in page
    receipt = visitor.get(f"{link}/consents/{found.id}/receipt").json
    assert receipt is not None
    assert receipt["dpv:hasRecordOfActivity"]["dpv:hasDataSubject"] == {"@id": f"hub:staff:{staff}"}
    assert "are written stay" in visitor.follow(visitor.post(f"{link}/consents/{found.id}/stop")).text
    (found,) = list_consents(world.hub, world.business)
    assert found.states[0].withdrawn == ("create_event", "update_event", "cancel_event")


def test_withdrawing_takes_no_more_steps_than_agreeing(world: World, browser: Open) -> None:
    """Promise P46 (GDPR article 7(3)): agree and fill in to connect; ask and confirm to stop, from the same page."""
    visitor = browser()
    link = link_of(world, world.staff(connected=False))
    connected(visitor, link)
    (account,) = list_connections(world.hub, world.business)
    end = f"{link}/accounts/{account.id}/end"
    assert end in visitor.get(f"{link}/consents").text
    assert "is disconnected" in visitor.post(end).text
    assert str(list_consents(world.hub, world.business)[0].state) == "withdrawn"


def test_a_no_connects_nothing_and_is_noted_as_theirs(world: World, browser: Open) -> None:
    staff, visitor = world.staff(connected=False), browser()
    link = link_of(world, staff)
    assert agree(visitor, f"{link}/connect/fake", "no") == link
    assert list_connections(world.hub, world.business) == ()
    assert [str(one.state) for one in list_consents(world.hub, world.business, holder_id=staff)] == ["refused"]


def test_a_yes_until_a_day_stands_on_every_page_and_is_given_again_there(world: World, browser: Open) -> None:
    staff, visitor = world.staff(connected=False), browser()
    link = link_of(world, staff)
    ask, day = f"{link}/connect/fake", {"ends": "until", "until": "2027-04-30"}
    assert 'min="2027-03-15"' in visitor.get(ask).text
    assert visitor.post(agree(visitor, ask, **day), TYPED).status_code == 303
    (account,) = list_connections(world.hub, world.business, staff)
    page, again = f"{link}/accounts/{account.id}", f"{link}/accounts/{account.id}/agree"
    for text in (visitor.get(page).text, visitor.get(f"{link}/consents").text):
        assert "Fri 30 Apr 2027, 23:59" in text  # the end of the last day, in Berlin
        assert again in text
    assert "Agree again" in visitor.get(again).text
    assert agree(visitor, again, "no") == page
    assert list_connections(world.hub, world.business)[0].consent_until is not None
    assert agree(visitor, again) == page
    assert "You agreed to its use until" not in visitor.get(page).text
    assert [str(one.state) for one in list_consents(world.hub, world.business)] == ["given", "refused", "invalidated"]


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ({"ends": "until", "until": ""}, "Choose the last day"),
        ({"ends": "until", "until": "tomorrow"}, "Choose the last day"),
        ({"ends": "until", "until": "2027-03-14"}, "between today and ten years"),
        ({"ends": "", "until": "2027-04-30"}, "You chose a day"),
    ],
)
def test_an_end_that_cannot_be_is_told_beside_its_field_and_nothing_is_noted(
    world: World, browser: Open, typed: dict[str, object], why: str
) -> None:
    visitor = browser()
    ask = f"{link_of(world, world.staff(connected=False))}/connect/fake"
    shown = re.findall(r'name="text" value="([0-9a-f]{64})"', visitor.get(ask).text)
    with nothing_changed(world.hub, but=SEEN):
        answer = visitor.post(ask, {"text": shown[0], "answer": "agree", **typed})
    assert (answer.status_code, why in answer.text) == (422, True)
    assert visitor.post(ask, {"text": shown[0], "answer": "no", **typed}).status_code == 303  # a no needs no day


def test_at_a_link_that_somebody_saw_the_names_are_shown_to_who_connects_an_account_and_hidden_later(
    world: World, browser: Open
) -> None:
    staff, visitor = world.staff(connected=False), browser()
    connect_post(world, AGENCY)
    version = get_holder(world.hub, world.business, staff).version
    change_holder(world.hub, world.business, staff, version, {"email": "grace@example.com"})
    link = link_of(world, staff)
    connected(visitor, link)
    (account,) = list_connections(world.hub, world.business, staff)
    page = f"{link}/accounts/{account.id}"
    assert "dav.example.com" in visitor.get(page).text
    world.clock.now += CHOOSING + 1
    for path in (page, link, f"{page}/end", f"{link}/looks"):
        assert "dav.example.com" not in visitor.get(path).text, path
    assert "Mail me a link that shows them" in visitor.get(page).text
    assert "on its way" in visitor.follow(visitor.post(f"{link}/own-link")).text
    ended = visitor.post(f"{page}/end").text
    assert "dav.example.com" not in ended + visitor.get(f"{page}/receipt").text


def test_the_consents_of_others_are_not_there(world: World, browser: Open) -> None:
    other = browser()
    theirs = link_of(world, world.staff(connected=False))
    form = agree(other, f"{theirs}/connect/fake")
    (found,) = list_consents(world.hub, world.business)
    visitor, link = browser(), link_of(world, world.staff(connected=False))
    with nothing_changed(world.hub, but=SEEN):
        assert found.id not in visitor.get(f"{link}/consents").text
        assert visitor.get(f"{link}/consents/{found.id}/receipt").status_code == 404
        assert visitor.post(f"{link}/consents/{found.id}/stop").status_code == 404
        assert visitor.get(f"{link}/connect/fake/{found.id}").status_code == 404
        assert visitor.post(f"{link}/connect/fake/{found.id}", TYPED).status_code == 404
    assert other.get(form).status_code == 200
