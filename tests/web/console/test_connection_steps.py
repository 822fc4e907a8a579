"""The steps of connecting in the console: nothing goes on without a yes, and a look changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape

import pytest

from hub.actions.connections import list_connections
from hub.actions.consents import list_consents
from hub.actions.disconnect import disconnect
from hub.core.security import OPERATOR
from tests.tables import nothing_changed
from tests.web.conftest import Browser
from tests.web.connect import SECRET, agree, with_form
from tests.world import World

SignedIn = Callable[[str], Browser]
SEEN = ("console_session",)
CONSENT = ("consent", "consent_text", "ledger_entry", "ledger_content")
TYPED: dict[str, object] = {"answer-server": "dav.example.com", "answer-password": SECRET}


@pytest.fixture
def world(world: World) -> World:
    return with_form(world)


def path_of(world: World, rest: str = "") -> str:
    return f"/console/{world.business}/connections{rest}"


def test_what_is_asked_is_shown_word_for_word_before_anything_else(world: World, signed_in: SignedIn) -> None:
    ada = signed_in("owner")
    with nothing_changed(world.hub, but=SEEN):
        page = unescape(ada.get(path_of(world, "/new/fake")).text)
    assert 'type="password"' not in page
    agree(ada, path_of(world, "/new/fake"))
    (found,) = list_consents(world.hub, world.business)
    for line in found.text.splitlines():
        assert line.removeprefix("- ") in page, line


def test_a_yes_leads_to_the_form_and_connects_under_it(world: World, signed_in: SignedIn) -> None:
    ada = signed_in("owner")
    with nothing_changed(world.hub, but=(*SEEN, *CONSENT)):
        form = agree(ada, path_of(world, "/new/fake"))
    assert 'type="password"' in ada.get(form).text
    assert ada.post(form, TYPED).status_code == 303
    (found,) = list_consents(world.hub, world.business)
    assert found.connection_id == list_connections(world.hub, world.business)[0].id
    assert found.by  # the user's name


def test_a_no_is_noted_and_leads_back(world: World, signed_in: SignedIn) -> None:
    ada = signed_in("owner")
    with nothing_changed(world.hub, but=(*SEEN, *CONSENT)):
        led = agree(ada, path_of(world, "/new/fake"), "no")
    assert led == path_of(world)
    (found,) = list_consents(world.hub, world.business)
    assert str(found.state) == "refused"
    assert ada.get(path_of(world, f"/new/fake/{found.id}")).status_code == 303  # asked anew
    assert ada.post(path_of(world, f"/new/fake/{found.id}"), TYPED).status_code == 303
    assert list_connections(world.hub, world.business) == ()


@pytest.mark.parametrize("answer", ["", "yes", "Agree", "refuse"])
def test_anything_but_a_plain_yes_is_a_no(world: World, signed_in: SignedIn, answer: str) -> None:
    ada = signed_in("owner")
    agree(ada, path_of(world, "/new/fake"), answer)
    assert str(list_consents(world.hub, world.business)[0].state) == "refused"


def test_an_answer_to_another_text_is_asked_again(world: World, signed_in: SignedIn) -> None:
    ada = signed_in("owner")
    ada.get(path_of(world, "/new/fake"))
    with nothing_changed(world.hub, but=SEEN):
        for text in ("0" * 64, "", "\u00e9"):
            answer = ada.post(path_of(world, "/new/fake"), {"answer": "agree", "text": text})
            assert answer.status_code == 409
            assert "read it again" in answer.text


def test_the_yes_of_another_user_is_not_there(world: World, signed_in: SignedIn) -> None:
    form = agree(signed_in("owner"), path_of(world, "/new/fake"))
    adam = signed_in("admin")
    with nothing_changed(world.hub, but=SEEN):
        assert adam.get(form).status_code == 404
        for one in (form, path_of(world, f"/new/fake/{'0' * 26}")):
            adam.get(path_of(world, "/new/fake"))
            assert adam.post(one, TYPED).status_code == 404


def test_whose_account_it_is_can_be_staff_of_this_business_only(
    world: World, signed_in: SignedIn, other_business: str
) -> None:
    ada = signed_in("owner")
    page = ada.get(path_of(world, "/new/fake")).text
    text = page.partition('name="text" value="')[2][:64]
    with nothing_changed(world.hub, but=SEEN):
        for holder in (other_business, "0" * 26, "x"):
            given: dict[str, object] = {"answer": "agree", "text": text, "holder": holder}
            ada.get(path_of(world, "/new/fake"))
            assert ada.post(path_of(world, "/new/fake"), given).status_code == 404, holder


def test_an_account_that_was_disconnected_is_asked_for_anew(world: World, signed_in: SignedIn) -> None:
    ada = signed_in("owner")
    form = agree(ada, path_of(world, "/new/fake"))
    ada.get(form)
    ada.post(form, TYPED)
    (account,) = list_connections(world.hub, world.business)
    disconnect(world.hub, OPERATOR, world.business, account.id)
    again = path_of(world, f"/{account.id}/again")
    assert "Agree and connect" in ada.get(again).text
    assert agree(ada, again, "no") == path_of(world, f"/{account.id}")
    form = agree(ada, again)
    ada.get(form)
    assert ada.post(form, TYPED).status_code == 303
    assert list_connections(world.hub, world.business)[0].health == "ok"


def test_who_may_not_connect_is_not_asked(world: World, signed_in: SignedIn) -> None:
    vera = signed_in("viewer")
    assert vera.get(path_of(world, "/new/fake")).status_code == 403
    assert vera.post(path_of(world, "/new/fake"), {"answer": "agree"}).status_code == 403
