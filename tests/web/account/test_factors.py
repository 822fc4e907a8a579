from __future__ import annotations

import json
import re
from collections.abc import Callable

import pyotp
import pytest

from hub.actions.sessions import find_session
from hub.actions.sign_in import sign_in
from hub.parts import Hub
from hub.web.app import create_app
from hub.web.limits import Limiter
from tests.accounts import ADA, PASSWORD, VISIT, at_localhost, written
from tests.authenticator import Authenticator
from tests.web.account.conftest import enter, token_in
from tests.web.conftest import Browser
from tests.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Open = Callable[[], Browser]
CODE = re.compile(r"<li><code>([0-9a-z-]{19})</code></li>")


def begin(browser: Browser) -> pyotp.TOTP:
    browser.get("/account")
    page = browser.post("/account/app")
    assert page.text.count("<svg") >= 1
    found = re.search(r"<code>([A-Z2-7]{32})</code>", page.text)
    assert found
    return pyotp.TOTP(found[1])


def test_an_app_is_set_up_by_its_first_code_and_recovery_codes_are_shown_once(hub: Hub, ada: Browser) -> None:
    other = sign_in(hub, VISIT, ADA, PASSWORD).token
    app = begin(ada)
    wrong = ada.post("/account/app/finish", {"code": "000000"})
    assert wrong.status_code == 422
    assert app.secret not in wrong.text
    with written(hub, "totp_on", "recovery_codes_made", "session_ended"):
        done = ada.post("/account/app/finish", {"code": app.at(hub.clock())})
    assert len(CODE.findall(done.text)) == 10
    assert "no-store" in done.headers["Cache-Control"]
    assert find_session(hub, other) is None
    assert CODE.findall(ada.get("/account").text) == []


def test_new_recovery_codes_end_the_old_ones(hub: Hub, ada: Browser, browser: Open) -> None:
    app = begin(ada)
    old = CODE.findall(ada.post("/account/app/finish", {"code": app.at(hub.clock())}).text)
    new = CODE.findall(ada.post("/account/codes").text)
    assert len(new) == 10
    visitor = browser()
    visitor.follow(enter(visitor))
    assert visitor.post("/sign-in/second", {"code": old[0]}).status_code == 422
    assert visitor.post("/sign-in/second", {"code": new[0]}).status_code == 303


def test_an_app_that_was_turned_off_is_not_asked_for(hub: Hub, ada: Browser, browser: Open) -> None:
    app = begin(ada)
    ada.post("/account/app/finish", {"code": app.at(hub.clock())})
    ada.get("/account")
    assert ada.post("/account/app/off").headers["Location"] == "/account?done=removed"
    again = ada.post("/account/app/off")
    assert again.status_code == 409
    assert "off already" in again.text
    assert enter(browser()).headers["Location"] == "/console"


@pytest.mark.parametrize(
    "path", ["/account/app", "/account/app/finish", "/account/app/off", "/account/codes", "/account/passkeys/x/remove"]
)
def test_nothing_of_the_second_step_is_changed_without_the_password(
    hub: Hub, ada: Browser, world: World, path: str
) -> None:
    world.clock.now += 600
    ada.get("/account")
    with written(hub):
        assert ada.post(path, {"code": "1"}).headers["Location"] == "/account/confirm?next=/account"


def test_a_passkey_is_added_used_as_the_second_step_and_removed(hub: Hub) -> None:
    local, device = at_localhost(hub), Authenticator()
    app = create_app(local, Limiter(""))
    ada = Browser(app.test_client())
    enter(ada)
    headers = {"X-Form-Token": token_on(ada, "/account")}
    client = ada.client
    options = client.post("/account/passkeys/begin", json={}, headers=headers).get_json()["options"]
    made = json.loads(device.create(json.dumps(options)))
    long = client.post("/account/passkeys", json={"answer": made, "name": "x" * 500}, headers=headers)
    assert (long.status_code, long.get_json()["field"]) == (422, "name")
    added = client.post("/account/passkeys", json={"answer": made, "name": "Laptop"}, headers=headers).get_json()
    assert len(added["codes"]) == 10
    assert "Laptop" in ada.get("/account").text

    other = Browser(app.test_client())
    assert enter(other).headers["Location"] == "/sign-in/second?next=/"
    half, headers = token_in(other), {"X-Form-Token": token_on(other, "/sign-in/second")}
    options = other.client.post("/sign-in/second/passkey/begin", json={}, headers=headers).get_json()["options"]
    answer = {"answer": json.loads(device.get(json.dumps(options)))}
    assert other.client.post("/sign-in/second/passkey", json=answer, headers=headers).get_json() == {"next": "/console"}
    assert find_session(local, half) is None

    (remove,) = re.findall(r'action="(/account/passkeys/[^"]+/remove)"', ada.get("/account").text)
    assert ada.post(remove).headers["Location"] == "/account?done=removed"
    assert ada.post(remove).headers["Location"] == "/account"
    assert enter(Browser(app.test_client())).headers["Location"] == "/console"


def token_on(browser: Browser, path: str) -> str:
    found = re.search(r'data-token="([^"]+)"', browser.get(path).text)
    assert found
    return found[1]
