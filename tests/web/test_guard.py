"""The guard, asked about every door of the table: who gets in, who does not, and what is written down of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from hub.actions.api_keys import make_key
from hub.actions.sessions import User, find_session
from hub.core.role import API_RIGHTS, Right, Role
from hub.core.security import OPERATOR, Kind
from hub.store.recovery import RESTORED, put_note
from hub.store.security import SecurityEvent
from hub.web.current import SESSION
from hub.web.door import SAFE, Door, Proof, Who
from hub.web.table import TABLE
from tests.visitors import token_of
from tests.web.conftest import Browser
from tests.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
UNKNOWN = "0" * 26


def doors(app: Flask, *who: Who) -> Iterator[tuple[Door, Rule, str]]:
    """Every door for these visitors, with its rule and each of its methods."""
    table = {door.endpoint: door for door in TABLE}
    for rule in app.url_map.iter_rules():
        door = table[rule.endpoint]
        if door.who in who:
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield door, rule, method


def address(app: Flask, rule: Rule, **values: str) -> str:
    with app.test_request_context():
        filled = {name: values.get(name, UNKNOWN) for name in rule.arguments}
        found = rule.build(filled, append_unknown=False)
    assert found is not None
    return str(found[1])


def events(world: World) -> list[str]:
    with world.hub.database.reading() as conn:
        return [str(row.kind) for row in conn.execute(sa.select(SecurityEvent.kind).order_by(SecurityEvent.id))]


def one_event(world: World, before: int, kind: Kind) -> bool:
    return events(world)[before:] == [kind]


def client_of(app: Flask, world: World, who: str, *businesses: str) -> FlaskClient:
    client = app.test_client()
    client.set_cookie(SESSION, token_of(world.hub, who, businesses=businesses))
    return client


def ask(client: FlaskClient, method: str, path: str, **options: object) -> TestResponse:
    if method not in SAFE:
        options.setdefault("data", {"x": "1"})
    return client.open(path, method=method, **options)  # type: ignore[arg-type]


def test_without_a_sign_in_no_door_for_users_opens(app: Flask, world: World) -> None:
    for door, rule, method in doors(app, Who.USER, Who.HALF):
        answer = ask(app.test_client(), method, address(app, rule, business_id=world.business))
        assert answer.status_code == 303, rule
        assert answer.headers["Location"].startswith("/sign-in"), door.endpoint


def test_a_dismissed_user_is_out_at_once(app: Flask, world: World) -> None:
    client = app.test_client()
    token = token_of(world.hub, "cyd")
    assert find_session(world.hub, token) is None
    client.set_cookie(SESSION, token)
    for _, rule, method in doors(app, Who.USER):
        assert ask(client, method, address(app, rule, business_id=world.business)).status_code == 303, rule


@pytest.mark.parametrize("role", list(Role))
def test_a_role_opens_what_the_table_says_and_nothing_else(app: Flask, world: World, role: Role) -> None:
    client = client_of(app, world, role)
    for door, rule, method in doors(app, Who.USER):
        before = len(events(world))
        path = address(app, rule, business_id=world.business)
        if door.right is not None and door.right not in role.rights:
            answer = ask(client, method, path)
            assert answer.status_code == 403, rule
            assert one_event(world, before, Kind.NOT_ALLOWED), rule
        elif method == "GET":
            assert client.get(path).status_code in (200, 303, 404, 409, 422), rule


def test_another_business_answers_like_one_that_does_not_exist(app: Flask, world: World, other_business: str) -> None:
    ben, ada = client_of(app, world, "ben", other_business), client_of(app, world, "owner")
    for door, rule, method in doors(app, Who.USER):
        if "business_id" not in rule.arguments or door.right not in Role.AGENT.rights | {None} or method != "GET":
            continue
        before = len(events(world))
        foreign = ben.get(address(app, rule, business_id=world.business))
        assert one_event(world, before, Kind.NOT_ALLOWED), rule
        missing = ada.get(address(app, rule, business_id=UNKNOWN))
        assert (foreign.status_code, missing.status_code) == (404, 404), rule
        assert visible(foreign.text) == visible(missing.text), rule


def visible(text: str) -> str:
    return text.partition("<body")[2]


def test_a_change_without_the_forms_token_is_refused(app: Flask, world: World) -> None:
    client = client_of(app, world, "owner")
    for door, rule, method in doors(app, Who.USER):
        if method in SAFE or door.proof is not Proof.FORM:
            continue
        before = len(events(world))
        answer = ask(client, method, address(app, rule, business_id=world.business))
        assert answer.status_code == 403, rule
        assert one_event(world, before, Kind.CROSS_SITE), rule


FOREIGN: list[dict[str, str]] = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost.evil.example"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_what_another_site_sends_is_refused_before_anything_else(
    app: Flask, world: World, headers: dict[str, str]
) -> None:
    client = client_of(app, world, "owner")
    for door, rule, method in doors(app, *(who for who in Who if who is not Who.KEY)):
        if method in SAFE:
            continue
        before = len(events(world))
        answer = ask(client, method, address(app, rule, business_id=world.business), headers=headers)
        assert answer.status_code == 403, door.endpoint
        assert one_event(world, before, Kind.CROSS_SITE), door.endpoint


def test_json_as_text_multipart_tricks_and_overridden_methods_change_nothing(app: Flask, world: World) -> None:
    client = client_of(app, world, "owner")
    assert client.post("/account", data='{"name": "x"}', content_type="text/plain").status_code == 415
    assert client.post("/account", json={"name": "x"}).status_code == 415
    answer = client.get("/sign-out", headers={"X-HTTP-Method-Override": "POST"})
    assert answer.status_code == 405
    assert client.post("/account?_method=GET", data={"name": "x"}).status_code == 403


def test_without_a_key_and_with_a_wrong_one_the_api_says_401(app: Flask, world: World) -> None:
    for _, rule, method in doors(app, Who.KEY):
        path = address(app, rule, business_id=world.business)
        for headers in ({}, {"Authorization": "Bearer fd_" + "x" * 40}, {"Authorization": "Basic YTpi"}):
            before = len(events(world))
            answer = app.test_client().open(path, method=method, json={}, headers=headers)
            if answer.status_code == 429:  # so many guesses from one network are refused as such
                continue
            assert answer.status_code == 401, rule
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
            assert one_event(world, before, Kind.KEY_USED), rule


@pytest.mark.parametrize("scope", sorted(API_RIGHTS))
def test_a_key_opens_what_its_scopes_say_and_nothing_else(app: Flask, world: World, scope: Right) -> None:
    made = make_key(world.hub, OPERATOR, owner(world), "one scope", {scope}, everywhere=True)
    headers = {"Authorization": f"Bearer {made.token}"}
    for door, rule, method in doors(app, Who.KEY):
        path = address(app, rule, business_id=world.business)
        answer = app.test_client().open(path, method=method, json={}, headers=headers)
        refused = door.right is not None and door.right != scope
        assert (answer.status_code == 403) == refused, rule


def test_a_key_for_one_business_does_not_see_another(app: Flask, world: World, other_business: str) -> None:
    made = make_key(
        world.hub, OPERATOR, owner(world), "one", set(API_RIGHTS), everywhere=False, businesses=[other_business]
    )
    headers = {"Authorization": f"Bearer {made.token}"}
    for _, rule, method in doors(app, Who.KEY):
        if "business_id" not in rule.arguments:
            continue
        foreign = app.test_client().open(
            address(app, rule, business_id=world.business), method=method, json={}, headers=headers
        )
        missing = app.test_client().open(
            address(app, rule, business_id=UNKNOWN), method=method, json={}, headers=headers
        )
        assert (foreign.status_code, missing.status_code) == (404, 404), rule
        assert foreign.get_json() == missing.get_json(), rule


def test_a_link_that_does_not_exist_opens_nothing(app: Flask, world: World) -> None:
    for _, rule, method in doors(app, Who.STAFF, Who.CUSTOMER, Who.APPROVER):
        before = len(events(world))
        answer = ask(app.test_client(), method, address(app, rule, token="made-up"))
        if answer.status_code == 429:
            continue
        assert answer.status_code == 404, rule
        assert one_event(world, before, Kind.BAD_LINK), rule


def test_every_door_answers_no_method_that_is_not_in_the_table(app: Flask, world: World) -> None:
    client = client_of(app, world, "owner")
    for number, door in enumerate(TABLE):
        rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint == door.endpoint]
        path = address(app, rules[0], business_id=world.business)
        network = {"REMOTE_ADDR": f"192.0.2.{number // 50}"}  # there are more doors than one network may try
        assert client.open(path, method="TRACE", environ_base=network).status_code == 405, door.endpoint


def test_a_host_that_is_not_ours_is_refused(app: Flask, world: World) -> None:
    for host in ("evil.example", "127.0.0.1.evil.example", "localhost:80@evil.example", "[::ffff:1.2.3.4]"):
        before = len(events(world))
        answer = app.test_client().get("/sign-in", headers={"Host": host})
        assert answer.status_code == 400, host
        assert one_event(world, before, Kind.BAD_HOST), host
    forged = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    answer = app.test_client().get("/console", headers=forged)
    assert "evil.example" not in answer.headers.get("Location", "")


def test_too_many_tries_are_refused_and_said_so_once_each(
    app: Flask, world: World, browser: Callable[[], Browser]
) -> None:
    token_of(world.hub, "owner")
    visitor = browser()
    answers = [visitor.get("/sign-in").status_code for _ in range(25)]
    assert answers.count(200) == 20
    refused = visitor.get("/sign-in")
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0


def test_a_forged_forwarding_header_does_not_make_another_network(app: Flask) -> None:
    client = app.test_client()
    answers = [
        client.get("/sign-in", headers={"X-Forwarded-For": f"203.0.113.{number}"}).status_code for number in range(25)
    ]
    assert answers.count(429) == 5


def test_every_answer_protects_itself(app: Flask, world: World) -> None:
    client = client_of(app, world, "owner")
    for path in ("/account", "/sign-in", "/nowhere", "/api/v1/businesses", "/health/live"):
        answer = client.get(path)
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"], path
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Server" not in answer.headers
        assert answer.headers["Referrer-Policy"] == "same-origin"


def test_a_nonce_is_new_on_each_answer_and_the_one_in_the_page(app: Flask) -> None:
    first, second = (app.test_client().get("/sign-in") for _ in range(2))
    policies = [answer.headers["Content-Security-Policy"] for answer in (first, second)]
    assert policies[0] != policies[1]
    nonce = policies[0].partition("'nonce-")[2].partition("'")[0]
    assert first.text.count("<script") == first.text.count(f'<script nonce="{nonce}"')
    assert " style=" not in first.text
    assert " onclick" not in first.text


def owner(world: World) -> User:
    found = find_session(world.hub, token_of(world.hub, "owner"))
    assert found is not None
    return found.user


def test_after_a_restore_every_door_is_shut_and_says_why_until_the_data_are_in_order(app: Flask, world: World) -> None:
    with world.hub.keystore.writing() as keys:
        put_note(keys, RESTORED, 1)
    client = app.test_client()
    for path in ("/", "/console", "/b/anybody", "/api/v1/businesses", "/nowhere"):
        answer = client.get(path)
        assert answer.status_code == 503, path
        assert "hub restore --replay" in answer.get_data(as_text=True)
    assert client.get("/health/live").status_code == 200
