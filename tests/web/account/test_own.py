from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from werkzeug.test import TestResponse

from hub.actions.sessions import CONFIRMED_SECONDS, find_session
from hub.actions.sign_in import sign_in
from hub.parts import Hub
from hub.web.app import create_app
from hub.web.limits import Limiter
from tests.accounts import ADA, BEN, OTHER_PASSWORD, PASSWORD, VISIT, at_localhost, join, written
from tests.authenticator import Authenticator
from tests.web.account.conftest import enter, token_in
from tests.web.conftest import Browser, looked_at
from tests.world import World

Open = Callable[[], Browser]
PLAIN = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@PLAIN
def test_name_and_zone_are_changed_and_who_was_slower_is_told(ada: Browser) -> None:
    ada.get("/account")
    seen = looked_at(ada)
    form: dict[str, object] = {"name": "Ada King", "zone": "Europe/Berlin", **seen}
    assert ada.post("/account", form).headers["Location"] == "/account?done=saved"
    slower = ada.post("/account", form | {"name": "Ada Byron"})
    assert slower.status_code == 422
    assert "Ada Byron" in slower.text
    assert "Ada King" in ada.get("/account").text


@PLAIN
@pytest.mark.parametrize("more", [{"role": "owner"}, {"everywhere": "1"}, {"id": "x"}, {"password_hash": "x"}])
def test_nobody_sets_more_of_the_own_account_than_the_form_has(ada: Browser, more: dict[str, object]) -> None:
    ada.get("/account")
    form: dict[str, object] = {"name": "Ada King", "zone": "UTC", **looked_at(ada)}
    assert ada.post("/account", form | more).status_code == 422
    assert "Ada King" not in ada.get("/account").text


@PLAIN
def test_a_new_password_keeps_this_browser_under_a_new_token_and_ends_the_others(hub: Hub, ada: Browser) -> None:
    other, before = sign_in(hub, VISIT, ADA, PASSWORD).token, token_in(ada)
    ada.get("/account")
    wrong = ada.post("/account/password", {"current": OTHER_PASSWORD, "password": OTHER_PASSWORD})
    assert wrong.status_code == 422
    assert "not your password" in wrong.text
    form: dict[str, object] = {"current": PASSWORD, "password": OTHER_PASSWORD}
    assert ada.post("/account/password", form).headers["Location"] == "/account?done=changed"
    assert token_in(ada) != before
    assert find_session(hub, before) is None
    assert find_session(hub, other) is None
    assert ada.get("/account").status_code == 200


@PLAIN
def test_after_ten_minutes_the_password_is_asked_for_before_something_sensitive(
    ada: Browser, world: World, hub: Hub
) -> None:
    world.clock.now += CONFIRMED_SECONDS
    ada.get("/account")
    answer = ada.post("/account/app")
    assert answer.headers["Location"] == "/account/confirm?next=/account"
    ada.follow(answer)
    with written(hub, ("confirmed", "failed")):
        assert ada.post("/account/confirm", {"password": OTHER_PASSWORD}).status_code == 422
    with written(hub, "confirmed"):
        answer = ada.post("/account/confirm", {"password": PASSWORD, "next": "//evil.example"})
    assert answer.headers["Location"] == "/"
    assert "Set up an app" in ada.post("/account/app").text


@PLAIN
def test_five_wrong_passwords_end_the_sign_in_and_say_so(ada: Browser) -> None:
    ada.get("/account/confirm")
    answers = [ada.post("/account/confirm", {"password": OTHER_PASSWORD}) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [422] * 4 + [303]
    assert answers[-1].headers["Location"] == "/sign-in?done=over"
    assert token_in(ada) == ""


def test_one_ends_ones_own_sign_ins_and_nobody_elses(hub: Hub, ada: Browser) -> None:
    join(hub, BEN)
    other, bens = sign_in(hub, VISIT, ADA, PASSWORD), sign_in(hub, VISIT, BEN, PASSWORD)
    assert "A browser on Linux" in ada.get("/account").text
    with written(hub):
        for foreign in (bens.session_id, "0" * 26, "%ED%A0%80"):
            assert ada.post(f"/account/sign-ins/{foreign}/end").headers["Location"] == "/account"
        assert ada.post("/account/sign-ins/%00/end").status_code == 404
        ada.get("/account")
    assert find_session(hub, bens.token) is not None
    for expected in ("/account?done=ended", "/account"):  # a second click finds it ended, as was wanted
        assert ada.post(f"/account/sign-ins/{other.session_id}/end").headers["Location"] == expected
    assert find_session(hub, other.token) is None


@PLAIN
def test_all_others_are_ended_at_once(hub: Hub, ada: Browser) -> None:
    others = [sign_in(hub, VISIT, ADA, PASSWORD).token for _ in range(2)]
    ada.get("/account")
    with written(hub, "session_ended", "session_ended"):
        ada.post("/account/sign-ins/end")
    assert [find_session(hub, token) for token in others] == [None, None]
    assert ada.get("/account").status_code == 200


@PLAIN
def test_light_or_dark_is_remembered_and_nothing_else_is(ada: Browser) -> None:
    ada.get("/account")
    for chosen, expected in (("dark", 'data-bs-theme="dark"'), ("<script>", 'data-bs-theme="light" data-follow')):
        answer = ada.post("/account/theme", {"theme": chosen, "next": "/account"})
        assert answer.headers["Location"] == "/account"
        assert expected in ada.get("/account").text


@PLAIN
@pytest.mark.parametrize("role", ["admin", "agent", "viewer", "auditor"])
def test_everybody_sees_their_own_account(hub: Hub, browser: Open, role: str) -> None:
    join(hub, BEN, role)
    visitor = browser()
    enter(visitor, BEN)
    answer = visitor.get("/account")
    assert answer.status_code == 200
    assert BEN in answer.text


@PLAIN
def test_a_passkey_stands_in_for_the_password_and_a_strange_one_does_not(hub: Hub, world: World) -> None:
    local, device = at_localhost(hub), Authenticator()
    app = create_app(local, Limiter(""))
    ada = Browser(app.test_client())
    enter(ada)
    ada.get("/account")
    client, headers = ada.client, {"X-Form-Token": form_token_of(ada)}
    options = client.post("/account/passkeys/begin", json={}, headers=headers).get_json()["options"]
    made = {"answer": json.loads(device.create(json.dumps(options))), "name": "Laptop"}
    client.post("/account/passkeys", json=made, headers=headers)

    world.clock.now += 600
    assert ada.post("/account/codes").headers["Location"] == "/account/confirm?next=/account"
    assert "Use a passkey" in ada.get("/account/confirm?next=/account").text

    def confirm(by: Authenticator) -> TestResponse:
        begun = client.post("/account/confirm/passkey/begin", json={}, headers=headers).get_json()
        answer = {"answer": json.loads(by.get(json.dumps(begun["options"])))}
        return client.post("/account/confirm/passkey?next=/account", json=answer, headers=headers)

    strange = Authenticator(credential_id=device.credential_id, handle=device.handle, site=device.site)
    assert confirm(strange).status_code in (409, 422)
    assert ada.post("/account/codes").status_code == 303
    assert confirm(device).get_json() == {"next": "/account"}
    assert ada.post("/account/codes").status_code == 200


def form_token_of(browser: Browser) -> str:
    found = re.search(r'name="token" value="([^"]+)"', browser.page)
    assert found
    return found[1]
