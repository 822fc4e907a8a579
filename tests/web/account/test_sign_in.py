from __future__ import annotations

import json
import re
import statistics
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask

from hub.actions.passkey import add_options, add_passkey
from hub.actions.sessions import find_session
from hub.parts import Hub
from hub.web.account.sign_in import TRIES
from hub.web.app import create_app
from hub.web.current import SESSION
from hub.web.door import SAFE, Who
from hub.web.limits import Limiter
from hub.web.table import TABLE
from tests.accounts import ADA, BEN, OTHER_PASSWORD, PASSWORD, VISIT, at_localhost, join, own, turn_on_totp, written
from tests.accounts import enter as enter_by_action
from tests.authenticator import Authenticator
from tests.web.account.conftest import enter, from_network, token_in
from tests.web.conftest import Browser
from tests.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
MANY = int(TRIES.partition("/")[0])
Open = Callable[[], Browser]


def test_signing_in_leads_to_where_one_wanted_to_go(hub: Hub, browser: Open) -> None:
    visitor = browser()
    wanted = visitor.get("/account?x=1")
    assert wanted.headers["Location"] == "/sign-in?next=/account?x%3D1"
    assert enter(visitor, following="/account?x=1").headers["Location"] == "/account?x=1"
    assert visitor.get("/account").status_code == 200


@pytest.mark.parametrize("evil", ["//evil.example", "/\\evil.example", "https:evil.example", "/\t/evil.example", "//["])
def test_signing_in_never_leads_off_the_hub(hub: Hub, browser: Open, evil: str) -> None:
    visitor = browser()
    assert enter(visitor, following=evil).headers["Location"] == "/console"
    assert visitor.get("/sign-in", query_string={"next": evil}).headers["Location"] == "/"


def test_a_wrong_password_shows_the_form_again_with_the_address_and_without_the_password(
    hub: Hub, browser: Open
) -> None:
    visitor = browser()
    with written(hub, ("sign_in", "failed")):
        answer = enter(visitor, password=OTHER_PASSWORD)
    assert answer.status_code == 422
    assert ADA in answer.text
    assert "do not belong together" in answer.text
    assert "is-invalid" not in answer.text  # which of the two is wrong is not said
    assert OTHER_PASSWORD not in answer.text
    assert token_in(visitor) == ""


@pytest.mark.parametrize("data", [{}, {"email": ADA}, {"password": PASSWORD}])
def test_a_form_without_a_field_is_shown_again(hub: Hub, browser: Open, data: dict[str, object]) -> None:
    visitor = browser()
    visitor.get("/sign-in")
    answer = visitor.post("/sign-in", data)
    assert answer.status_code == 422
    assert "Give your" in answer.text


def test_who_has_an_account_is_told_by_neither_answer_nor_rows(hub: Hub, browser: Open) -> None:
    texts = []
    for number, email in enumerate((ADA, "nobody@example.com")):
        with written(hub, ("sign_in", "failed")):
            answer = enter(browser(), email, OTHER_PASSWORD, **from_network(number))
        plain = answer.text.replace(email, "").replace(re.findall(r'name="token" value="([^"]+)', answer.text)[0], "")
        texts.append((answer.status_code, re.sub(r'nonce="[^"]+"', "", plain), sorted(answer.headers.keys())))
    assert texts[0] == texts[1]


def test_who_has_an_account_is_not_told_by_the_time_of_the_answer(world: World) -> None:
    settings = world.hub.settings.model_copy(update={"password_memory": 16_384})  # a hash left out would be seen
    slow = replace(world.hub, settings=settings)
    own(slow)
    app = create_app(slow, Limiter(""))
    took: dict[str, list[float]] = {ADA: [], "nobody@example.com": []}
    for number in range(12):
        for email, times in took.items():
            visitor = Browser(app.test_client())
            visitor.get("/sign-in", **from_network(number))
            began = time.perf_counter()
            visitor.post("/sign-in", {"email": email, "password": OTHER_PASSWORD}, **from_network(number))
            times.append(time.perf_counter() - began)
    known, unknown = (statistics.median(times) for times in took.values())
    assert 0.6 < known / unknown < 1.6


def test_wrong_tries_are_refused_from_that_network_and_the_owner_comes_in_from_another(hub: Hub, browser: Open) -> None:
    stranger = browser()
    spelled = [ADA, ADA.upper(), f" {ADA} "]
    for number in range(MANY):
        assert enter(stranger, spelled[number % 3], OTHER_PASSWORD, **from_network(1)).status_code == 422
    with written(hub, ("too_many", "refused")):
        assert enter(stranger, password=PASSWORD, **from_network(1)).status_code == 429
    join(hub, BEN)
    assert enter(browser(), BEN, **from_network(1)).status_code == 303
    assert enter(browser(), **from_network(2)).status_code == 303


def test_signing_in_rightly_forgets_the_slips_before_it(hub: Hub, browser: Open) -> None:
    visitor = browser()
    visitor.get("/sign-in")
    slips = [OTHER_PASSWORD] * (MANY - 1)
    answers = [
        visitor.post("/sign-in", {"email": ADA, "password": password}).status_code
        for password in (*slips, PASSWORD, *slips[:5], PASSWORD)
    ]
    assert answers.count(303) == 2
    assert answers.count(422) == MANY - 1 + 5


def test_each_step_makes_a_new_token_and_the_old_one_is_dead(hub: Hub, browser: Open, world: World) -> None:
    app, _ = turn_on_totp(hub, enter_by_action(hub))
    world.clock.now += 60
    visitor = browser()
    visitor.client.set_cookie(SESSION, "chosen by somebody else")
    answer = enter(visitor, following="/account")
    assert answer.headers["Location"] == "/sign-in/second?next=/account"
    half = token_in(visitor)
    assert half not in ("", "chosen by somebody else")
    page = visitor.follow(answer)
    assert "six digits" in page.text
    assert "passkey" not in page.text  # there is none
    answer = visitor.post("/sign-in/second", {"code": app.at(hub.clock()), "next": "/account"})
    assert answer.headers["Location"] == "/account"
    assert token_in(visitor) != half
    assert find_session(hub, half) is None
    assert visitor.follow(answer).status_code == 200


def test_half_a_sign_in_opens_nothing_but_the_second_step(hub: Hub, browser: Open, app: Flask, world: World) -> None:
    turn_on_totp(hub, enter_by_action(hub))
    visitor = browser()
    enter(visitor)
    doors = {door.endpoint: door for door in TABLE if door.who is Who.USER}
    for rule in app.url_map.iter_rules():
        if rule.endpoint not in doors:
            continue
        values = dict.fromkeys(rule.arguments, world.business)
        with app.test_request_context():
            built = rule.build(values)
        assert built is not None
        for method in sorted(doors[rule.endpoint].methods):
            data = {} if method in SAFE else {"data": {"token": "x"}}
            answer = visitor.client.open(built[1], method=method, **data)  # type: ignore[arg-type]
            assert answer.status_code == 303, rule
            assert answer.headers["Location"].startswith("/sign-in"), rule
    assert visitor.get("/sign-in/second").status_code == 200


def test_a_full_sign_in_does_not_open_the_second_step_again(ada: Browser) -> None:
    assert ada.get("/sign-in/second").headers["Location"] == "/sign-in"


def test_signing_in_again_ends_what_the_browser_had_before(hub: Hub, ada: Browser, browser: Open) -> None:
    first = token_in(ada)
    form = browser()
    form.get("/sign-in")  # left open in another window, before
    form.client.set_cookie(SESSION, first)
    with written(hub, "sign_in", "sign_out"):
        answer = form.post("/sign-in", {"email": ADA, "password": PASSWORD})
    assert answer.status_code == 303
    assert find_session(hub, first) is None
    assert find_session(hub, token_in(form)) is not None


def test_five_wrong_codes_lead_back_to_the_beginning_and_the_cookie_is_gone(hub: Hub, browser: Open) -> None:
    turn_on_totp(hub, enter_by_action(hub))
    visitor = browser()
    visitor.follow(enter(visitor))
    assert visitor.post("/sign-in/second", {}).status_code == 422
    for _ in range(4):
        assert visitor.post("/sign-in/second", {"code": "000000"}).status_code == 422
    answer = visitor.post("/sign-in/second", {"code": "000000"})
    assert answer.headers["Location"] == "/sign-in?done=over"
    assert token_in(visitor) == ""
    assert "Sign in again" in visitor.follow(answer).text


def test_a_recovery_code_lets_in_once(hub: Hub, browser: Open) -> None:
    _, codes = turn_on_totp(hub, enter_by_action(hub))
    for expected in (303, 422):
        visitor = browser()
        visitor.follow(enter(visitor))
        assert visitor.post("/sign-in/second", {"code": codes[0].upper()}).status_code == expected


def test_after_signing_out_the_old_cookie_opens_nothing(hub: Hub, ada: Browser, browser: Open) -> None:
    token = token_in(ada)
    ada.get("/account")
    with written(hub, "sign_out"):
        answer = ada.post("/sign-out")
    assert answer.headers["Location"] == "/sign-in?done=signed_out"
    assert token_in(ada) == ""
    thief = browser()
    thief.client.set_cookie(SESSION, token)
    assert thief.get("/account").status_code == 303


def test_looking_at_signing_out_signs_nobody_out(ada: Browser) -> None:
    assert ada.get("/sign-out").status_code == 405
    assert ada.get("/account").status_code == 200


def test_somebody_else_cannot_be_signed_in_by_a_form_of_another_site(hub: Hub, browser: Open) -> None:
    attacker, victim = browser(), browser()
    attacker.get("/sign-in")
    victim.page = attacker.page  # the attacker's form, sent by the victim's browser
    with written(hub, ("cross_site", "refused")):
        assert victim.post("/sign-in", {"email": ADA, "password": PASSWORD}).status_code == 403
    assert token_in(victim) == ""


def test_a_passkey_alone_signs_in(hub: Hub) -> None:
    local = at_localhost(hub)
    device, session = Authenticator(counts=False), enter_by_action(local)
    add_passkey(local, VISIT, session, device.create(add_options(local, session)), "Laptop")
    visitor = Browser(create_app(local, Limiter("")).test_client())
    token = visitor.get("/sign-in").text.partition('data-token="')[2].partition('"')[0]
    headers = {"X-Form-Token": token}
    assert visitor.client.post("/sign-in/passkey/begin", json={}).status_code == 403
    begun = visitor.client.post("/sign-in/passkey/begin", json={}, headers=headers).get_json()
    answer = json.loads(device.get(json.dumps(begun["options"])))
    path, sent = "/sign-in/passkey?next=//evil.example", {"answer": answer, "ticket": begun["ticket"]}
    entered = visitor.client.post(path, json=sent, headers=headers)
    assert entered.get_json() == {"next": "/console"}
    assert visitor.get("/account").status_code == 200
    again = visitor.client.post(path, json=sent, headers=headers)
    assert (again.status_code, again.mimetype) == (409, "application/problem+json")


@pytest.mark.parametrize("body", ["[" * 100_000, "[]", "null", "{", '{"answer": {"rawId": 5}, "ticket": "\\ud800"}'])
def test_what_no_passkey_sends_is_refused(hub: Hub, body: str) -> None:
    visitor = Browser(create_app(at_localhost(hub), Limiter("")).test_client())
    token = visitor.get("/sign-in").text.partition('data-token="')[2].partition('"')[0]
    headers = {"X-Form-Token": token, "Content-Type": "application/json"}
    answer = visitor.client.post("/sign-in/passkey", data=body, headers=headers)
    assert answer.status_code in (409, 422)
    assert answer.mimetype == "application/problem+json"
