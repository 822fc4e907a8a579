"""Coming back from a provider's pages: whoever else comes, however, connects nothing, and the code is not exchanged."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from hub.actions.connections import list_connections
from hub.actions.off_site import SECONDS
from hub.actions.staff_links import end_staff_link, make_staff_link
from hub.core.security import OPERATOR, Kind
from hub.store.security import SecurityEvent
from hub.web.app import create_app
from hub.web.limits import Limiter
from tests.elsewhere import Elsewhere, elsewhere
from tests.tables import nothing_changed
from tests.web.conftest import Browser
from tests.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SignedIn = Callable[[str], Browser]
RETURN = "/connect/return"


@pytest.fixture
def _both(world: World) -> Iterator[tuple[World, Elsewhere]]:
    with elsewhere(world) as server:
        yield world, server


@pytest.fixture
def server(_both: tuple[World, Elsewhere]) -> Elsewhere:
    return _both[1]


@pytest.fixture
def app(_both: tuple[World, Elsewhere]) -> Flask:
    return create_app(_both[0].hub, Limiter(""))


def new_path(world: World) -> str:
    return f"/console/{world.business}/connections/new/fake"


def sent_off(browser: Browser, path: str, **values: str) -> str:
    """Agree on our page, and return the provider's address to which that leads at once."""
    browser.get(path)
    text = re.search(r'name="text" value="([0-9a-f ]+)"', browser.page)
    assert text
    led = browser.post(path, {"text": text[1], "answer": "agree", **values})
    assert led.status_code == 303, led.status_code
    return str(led.headers["Location"])


def path_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


def accounts(world: World) -> list[str]:
    return [one.account_name for one in list_connections(world.hub, world.business)]


def events(world: World) -> list[tuple[str, str]]:
    with world.hub.database.reading() as conn:
        rows = conn.execute(sa.select(SecurityEvent.kind, SecurityEvent.detail).order_by(SecurityEvent.id))
        return [(row.kind, row.detail) for row in rows]


def body(answer: TestResponse) -> str:
    return re.sub(r'nonce="[^"]*"', "", answer.text)


def test_two_clicks_lead_to_the_provider_and_back_to_the_account(
    world: World, server: Elsewhere, signed_in: SignedIn
) -> None:
    ada = signed_in("owner")
    back = ada.get(path_of(server.visit(sent_off(ada, new_path(world)))))
    assert back.status_code == 303
    (account,) = list_connections(world.hub, world.business)
    assert back.headers["Location"] == f"/console/{world.business}/connections/{account.id}?done=connected"
    assert "ada@example.com" in ada.follow(back).text
    assert len(server.asked) == 1


def test_every_return_that_is_not_one_gets_the_same_answer_and_exchanges_nothing(
    world: World, server: Elsewhere, signed_in: SignedIn, browser: Callable[[], Browser]
) -> None:
    """A10, A11, A12."""
    ada, mallory, stranger = signed_in("owner"), signed_in("admin"), browser()
    good = path_of(server.visit(sent_off(ada, new_path(world))))
    given = {name: one for name, (one,) in parse_qs(urlsplit(good).query).items()}
    without = {name: one for name, one in given.items() if name != "state"}
    tries: list[tuple[Browser, str]] = [
        (ada, RETURN),
        (ada, f"{RETURN}?{urlencode(without)}"),
        (ada, f"{RETURN}?{urlencode({**without, 'state': ''})}"),
        (ada, f"{RETURN}?{urlencode({**given, 'state': given['state'][:-1]})}"),
        (ada, f"{good}&code=another"),
        (ada, f"{good}&state={given['state']}"),
        (ada, f"{good}&x={'x' * 17_000}"),
        (stranger, good),
        (mallory, good),
    ]
    before, answers = len(events(world)), [who.get(path) for who, path in tries]
    assert {one.status_code for one in answers} == {400}
    assert len({body(one) for one in answers}) == 1
    assert 'href="/"' in answers[0].text
    assert events(world)[before:] == [("bad_link", "return")] * len(tries)
    assert server.asked == []
    assert ada.client.head(good).status_code == 400
    assert ada.client.post(good).status_code == 405
    assert ada.get(good).status_code == 303  # none of it took the real one away
    assert ada.get(good).status_code == 400
    assert ada.client.get(good).status_code == 400
    assert len(server.asked) == 1


def test_a_cookie_that_was_brought_into_another_browser_is_not_enough(
    world: World, server: Elsewhere, signed_in: SignedIn
) -> None:
    """A12: the victim agreed at the provider, and Mallory's own sign-in is not theirs."""
    mallory, victim = signed_in("admin"), signed_in("owner")
    good = path_of(server.visit(sent_off(mallory, new_path(world))))
    (cookie,) = [one for one in mallory.client._cookies.values() if one.key.startswith("hub_connect_")]
    victim.client.set_cookie(cookie.key, cookie.value, path=RETURN)
    assert victim.get(good).status_code == 400
    assert accounts(world) == []


def test_after_signing_out_or_losing_the_right_nothing_comes_back(
    world: World, server: Elsewhere, signed_in: SignedIn
) -> None:
    ada = signed_in("owner")
    good = path_of(server.visit(sent_off(ada, new_path(world))))
    ada.get("/console")
    ada.post("/sign-out")
    assert ada.get(good).status_code == 400
    other = signed_in("owner")
    for one in ada.client._cookies.values():
        if one.key.startswith("hub_connect_"):
            other.client.set_cookie(one.key, one.value, path="/connect")
    assert other.get(good).status_code == 400  # a new sign-in of the same user is another one
    assert server.asked == []


def test_ten_minutes_later_nothing_comes_back(world: World, server: Elsewhere, signed_in: SignedIn) -> None:
    ada = signed_in("owner")
    good = path_of(server.visit(sent_off(ada, new_path(world))))
    world.clock.now += SECONDS
    assert ada.get(good).status_code == 400
    assert server.asked == []


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-Host": "evil.example"},
        {"X-Forwarded-Proto": "https"},
        {"X-Forwarded-For": "evil.example", "Forwarded": "host=evil.example;proto=https"},
        {"Host": "localhost:9999"},
        {"Host": "LOCALHOST"},
        {"Host": "127.0.0.1."},
        {"X-Original-URL": "/connect/elsewhere", "X-Rewrite-URL": "/x"},
    ],
    ids=str,
)
def test_where_the_provider_sends_back_to_is_what_the_settings_say_whatever_a_request_says(
    headers: dict[str, str], world: World, server: Elsewhere, signed_in: SignedIn
) -> None:
    """A15."""
    ada = signed_in("owner")
    page = ada.get(new_path(world)).text
    text = page.partition('name="text" value="')[2][:64]
    led = ada.post(new_path(world), {"text": text, "answer": "agree"}, headers=headers)
    if led.status_code == 303 and not led.headers["Location"].startswith("/sign-in"):
        (found,) = parse_qs(urlsplit(led.headers["Location"]).query)["redirect_uri"]
        assert found == "http://127.0.0.1:8000/connect/return"
    else:
        assert led.status_code in (303, 400, 403)  # the guard knows no such name, or the browser sends it no cookie


@pytest.mark.parametrize(
    "path",
    ["/connect/return/", "/connect/return/..;/", "/connect/../connect/return", "/connect//return", "/Connect/return"],
)
def test_no_other_path_is_the_return(path: str, world: World, server: Elsewhere, signed_in: SignedIn) -> None:
    """A15."""
    ada = signed_in("owner")
    good = path_of(server.visit(sent_off(ada, new_path(world))))
    assert ada.get(f"{path}?{urlsplit(good).query}").status_code in (308, 404)
    assert server.asked == []
    assert accounts(world) == []


def test_a_staff_member_goes_off_and_comes_back_to_their_own_link(
    world: World, server: Elsewhere, browser: Callable[[], Browser]
) -> None:
    staff = world.staff(connected=False)
    _, token = make_staff_link(world.hub, OPERATOR, world.business, staff)
    ben, path = browser(), f"/staff/{token}/connect/fake"
    back = ben.get(path_of(server.visit(sent_off(ben, path))))
    (account,) = list_connections(world.hub, world.business)
    assert back.headers["Location"] == f"/staff/{token}/accounts/{account.id}?done=connected"
    assert account.holder_id == staff
    assert "ada@example.com" in ben.follow(back).text
    again = f"/staff/{token}/accounts/{account.id}/again"
    form = ben.get(again).headers["Location"]
    assert "Go on to Elsewhere" in ben.get(form).text  # it stands, so it is not asked a second time
    away = ben.post(form, {"answer": "go"}).headers["Location"]
    back = ben.get(path_of(server.visit(away)))
    assert back.headers["Location"].endswith("?done=renewed")
    assert accounts(world) == [account.account_name]


def test_a_staff_link_that_ended_meanwhile_brings_nothing_back(
    world: World, server: Elsewhere, browser: Callable[[], Browser]
) -> None:
    link, token = make_staff_link(world.hub, OPERATOR, world.business, world.staff(connected=False))
    ben = browser()
    good = path_of(server.visit(sent_off(ben, f"/staff/{token}/connect/fake")))
    end_staff_link(world.hub, OPERATOR, world.business, link.id)
    assert ben.get(good).status_code == 400
    assert server.asked == []


def test_who_declines_is_told_so_and_can_try_again(world: World, server: Elsewhere, signed_in: SignedIn) -> None:
    ada = signed_in("owner")
    server.error = "access_denied"
    page = ada.get(path_of(server.visit(sent_off(ada, new_path(world)))))
    assert page.status_code == 200
    assert "You did not agree at Elsewhere" in page.text
    again = re.search(r'href="([^"]+)">Try again', page.text)
    assert again
    server.error = ""
    assert ada.get(again[1].replace("&amp;", "&")).status_code == 200
    assert ada.get(path_of(server.visit(sent_off(ada, new_path(world))))).status_code == 303
    assert (Kind.CONNECTED, "declined") in events(world)


def test_who_needs_an_administrator_gets_a_text_to_send_them(
    world: World, server: Elsewhere, signed_in: SignedIn
) -> None:
    ada = signed_in("owner")
    server.error = "consent_required"
    page = ada.get(path_of(server.visit(sent_off(ada, new_path(world))))).text
    assert "application&#39;s id is app-1" in page
    assert "read, write" in page
    assert "canary" not in page


def test_before_anything_is_used_the_page_says_which_account_of_whom_and_for_what(
    world: World, server: Elsewhere, browser: Callable[[], Browser], signed_in: SignedIn
) -> None:
    """A11."""
    staff = world.staff(connected=False)
    _, token = make_staff_link(world.hub, OPERATOR, world.business, staff)
    for who, path in ((browser(), f"/staff/{token}/connect/fake"), (signed_in("owner"), new_path(world))):
        page = unescape(who.follow(who.get(path_of(server.visit(sent_off(who, path))))).text)
        for part in ("Is this the right account?", "ada@example.com", "Ada's Practice", "when you are busy"):
            assert part in page
        assert "Nothing is read or written until you choose" in page
    assert all(not one.checked and not one.written for each in list_connections(world.hub, world.business)
               for one in each.calendars)  # fmt: skip


@pytest.mark.parametrize(
    ("granted", "said"),
    [
        ("read", "Without the permission 'write' less can be done."),
        ("read write admin", "allowed more than was asked for (admin). The hub does not use it."),
    ],
)
def test_less_or_more_than_was_asked_for_is_said(
    granted: str, said: str, world: World, server: Elsewhere, signed_in: SignedIn
) -> None:
    ada = signed_in("owner")
    server.scopes = granted
    page = unescape(ada.follow(ada.get(path_of(server.visit(sent_off(ada, new_path(world)))))).text)
    assert said in page
    assert ("Connect again to allow more" in page) is (granted == "read")
    (account,) = list_connections(world.hub, world.business)
    again = f"/console/{world.business}/connections/{account.id}/again?ask=1"
    assert 'type="radio"' in ada.get(again).text
    server.scopes = ""
    back = ada.get(path_of(server.visit(sent_off(ada, again, level="busy"))))
    assert back.headers["Location"].endswith("?done=renewed")
    (account,) = list_connections(world.hub, world.business)
    assert (account.level, account.limits, account.extra) == ("busy", (), ())


def test_an_administrator_who_allowed_the_application_is_thanked_and_nothing_follows(
    world: World, server: Elsewhere, browser: Callable[[], Browser]
) -> None:
    """Microsoft sends them to the registered address, without a state."""
    with nothing_changed(world.hub):
        page = browser().get(f"{RETURN}?admin_consent=True&tenant=<script>")
    assert page.status_code == 200
    assert "There is nothing more to do here" in page.text
    assert "tenant" not in page.text
    for more in ("code=x", "state=x", "error=consent_required&state=x"):
        assert browser().get(f"{RETURN}?admin_consent=True&{more}").status_code == 400


def test_an_administrator_who_declined_reads_that_nothing_changed(
    world: World, server: Elsewhere, browser: Callable[[], Browser]
) -> None:
    """Microsoft's page on admin consent: the same address with an error."""
    with nothing_changed(world.hub):
        page = browser().get(f"{RETURN}?admin_consent=True&error=consent_required&error_description=AADSTS65004<b>")
    assert page.status_code == 200
    assert "nothing changed" in page.text
    assert "Thank you" not in page.text
    assert "AADSTS" not in page.text


def test_a_calendar_is_added_by_its_id_where_they_may_not_be_listed(
    world: World, server: Elsewhere, browser: Callable[[], Browser], signed_in: SignedIn
) -> None:
    _, token = make_staff_link(world.hub, OPERATOR, world.business, world.staff(connected=False))
    for who, path in ((browser(), f"/staff/{token}/connect/fake"), (signed_in("owner"), new_path(world))):
        led = who.get(path_of(server.visit(sent_off(who, path, level="busy")))).headers["Location"].partition("?")[0]
        who.get(led)
        add = f"{led}/calendars/add"
        assert f'action="{add}"' in who.page
        refused = who.post(add, {"ref": "unknown@example.com"})
        assert refused.status_code == 422
        assert "knows no calendar with this id" in refused.text
        assert who.post(add, {"ref": "team@example.com"}).headers["Location"] == f"{led}?done=made"
        assert "team@example.com" in who.get(led).text


def test_two_tabs_do_not_disturb_each_other(world: World, server: Elsewhere, signed_in: SignedIn) -> None:
    ada = signed_in("owner")
    first, second = sent_off(ada, new_path(world)), sent_off(ada, new_path(world), level="busy")
    for away in (first, second):
        assert ada.get(path_of(server.visit(away))).status_code == 303
    assert [one.level for one in list_connections(world.hub, world.business)] == ["all", "busy"]
