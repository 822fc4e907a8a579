"""Consents in the console: listed, read, kept as a receipt, withdrawn in part."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from hub.actions.connections import list_connections
from hub.actions.consent import consent_about, consent_question, renew_consent
from hub.actions.consents import list_consents
from hub.actions.disconnect import disconnect
from hub.core.security import OPERATOR, Visit
from tests.tables import nothing_changed
from tests.web.conftest import Browser
from tests.web.connect import agree
from tests.world import DAY, World

SignedIn = Callable[[str], Browser]
SEEN = ("console_session",)


def path_of(world: World, rest: str = "") -> str:
    return f"/console/{world.business}/consents{rest}"


@pytest.fixture
def consent(world: World) -> str:
    """The consent of a staff member's account."""
    world.staff()
    return list_consents(world.hub, world.business)[0].id


def test_an_empty_list_says_what_will_stand_there(world: World, signed_in: SignedIn) -> None:
    assert "Nobody was asked yet" in signed_in("viewer").get(path_of(world)).text


def test_a_consent_is_shown_with_its_text_and_what_became_of_it(
    world: World, signed_in: SignedIn, consent: str
) -> None:
    vera = signed_in("viewer")
    with nothing_changed(world.hub, but=SEEN):
        assert f"/consents/{consent}" in vera.get(path_of(world)).text
        page = vera.get(path_of(world, f"/{consent}")).text
    for text in ("May an account at Fake be used?", "SHA-256 of the text", "by the operator", "given"):
        assert text in page, text
    assert "Stop writing" not in page
    (account,) = list_connections(world.hub, world.business)
    assert consent in vera.get(f"{path_of(world)}?connection={account.id}").text
    assert consent not in vera.get(f"{path_of(world)}?connection={'0' * 26}").text
    assert f"consents?connection={account.id}" in vera.get(f"/console/{world.business}/connections/{account.id}").text


def test_a_receipt_is_a_file_of_facts(world: World, signed_in: SignedIn, consent: str) -> None:
    answer = signed_in("auditor").get(path_of(world, f"/{consent}/receipt"))
    assert answer.mimetype == "application/json"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="consent-')
    assert answer.json is not None
    assert answer.json["dpv:hasRecordOfActivity"]["dct:identifier"] == consent


def test_writing_is_withdrawn_with_one_button_and_its_question(world: World, signed_in: SignedIn, consent: str) -> None:
    agnes = signed_in("agent")
    page = agnes.get(path_of(world, f"/{consent}")).text
    assert "Stop writing appointments" in page
    assert "Withdraw all and disconnect" in page
    answer = agnes.follow(agnes.post(path_of(world, f"/{consent}/stop")))
    assert "No appointment is written into this account any more" in answer.text
    assert "Withdrawn in part" in answer.text
    (account,) = list_connections(world.hub, world.business)
    assert [one.written for one in account.calendars] == [False]
    with nothing_changed(world.hub, but=SEEN):
        assert agnes.post(path_of(world, f"/{consent}/stop")).status_code == 303


def test_who_may_not_withdraw_and_other_businesses_get_nothing(
    world: World, signed_in: SignedIn, consent: str, other_business: str
) -> None:
    vera, ada, ben = signed_in("viewer"), signed_in("owner"), signed_in("ben")
    vera.get(path_of(world))
    ada.get(path_of(world))
    with nothing_changed(world.hub, but=(*SEEN, "security_event")):
        assert vera.post(path_of(world, f"/{consent}/stop")).status_code == 403
        for one in (consent, "0" * 26):
            for rest in ("", "/receipt"):
                assert ada.get(f"/console/{other_business}/consents/{one}{rest}").status_code == 404
            ada.get(path_of(world))
            assert ada.post(f"/console/{other_business}/consents/{one}/stop").status_code == 404
        assert ben.get(path_of(world, f"/{consent}")).status_code == 404


def test_a_consent_with_an_end_is_agreed_to_again_by_who_may_connect(
    world: World, signed_in: SignedIn, consent: str
) -> None:
    (account,) = list_connections(world.hub, world.business)
    again = f"/console/{world.business}/connections/{account.id}/agree"
    agnes = signed_in("admin")
    page = f"/console/{world.business}/connections/{account.id}"
    assert agree(agnes, again, ends="until", until="2027-04-30") == page
    (new, old) = list_consents(world.hub, world.business)
    assert (old.id, str(old.state), str(new.state)) == (consent, "invalidated", "given")
    assert new.expires_at == list_connections(world.hub, world.business)[0].consent_until
    for path in (page, path_of(world, f"/{new.id}")):
        assert again in agnes.get(path).text
    vera = signed_in("viewer")
    assert again not in vera.get(path_of(world, f"/{new.id}")).text
    assert vera.get(again).status_code == 403


def test_a_consent_that_does_not_stand_any_more_is_asked_for_with_the_account(
    world: World, signed_in: SignedIn, consent: str
) -> None:
    (account,) = list_connections(world.hub, world.business)
    again, agnes = f"/console/{world.business}/connections/{account.id}/agree", signed_in("admin")
    shown = re.findall(r'name="text" value="([0-9a-f]{64})"', agnes.get(again).text)
    disconnect(world.hub, OPERATOR, world.business, account.id)
    led = agnes.post(again, {"text": shown[0], "answer": "agree"})
    assert led.headers["Location"] == f"/console/{world.business}/connections/{account.id}/again"


def test_what_a_staff_member_agreed_to_is_left_to_them(world: World, signed_in: SignedIn, consent: str) -> None:
    (account,) = list_connections(world.hub, world.business)
    (staff,) = (one.holder_id for one in account.calendars)
    about = consent_about(world.hub, world.business, "fake", "all", staff)
    shown = consent_question(world.hub, about).hash
    renew_consent(
        world.hub, Visit("staff", str(staff)), about, account.id, shown, agreed=True, until=world.clock() + 90 * DAY
    )
    agnes, page = signed_in("admin"), f"/console/{world.business}/connections/{account.id}"
    led = agnes.get(f"{page}/agree")
    assert (led.status_code, led.headers["Location"].partition("?")[0]) == (303, page)
    assert "only they can agree again" in agnes.follow(led).text
    (new, _) = list_consents(world.hub, world.business)
    assert "/agree" not in agnes.get(path_of(world, f"/{new.id}")).text
