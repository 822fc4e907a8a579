"""What every call does with what it is sent: nothing is guessed, nothing is a mistake of ours, nothing is repeated."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from tests.web.api.conftest import Program, Programs
from tests.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
STAFF = {"name": "Ada"}


def test_a_problem_names_each_field_the_rule_and_the_way_out(program: Program) -> None:
    answer = program.post("staff", {"nmae": "Ada", "email": 5})
    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    problem = answer.json
    assert problem is not None
    assert problem["type"] == "about:blank"
    assert problem["status"] == 422
    assert problem["code"] == "invalid"
    assert problem["field"] == "name"
    assert {one["field"] for one in problem["errors"]} == {"name", "nmae", "email"}
    assert "leave it out" in problem["errors"][-1]["message"]


@pytest.mark.parametrize("name", ["business_id", "tenant_id", "id", "version", "kind", "active", "role", "made_at"])
def test_a_field_that_is_not_the_programs_to_set_is_refused_and_changes_nothing(program: Program, name: str) -> None:
    assert program.post("staff", STAFF | {name: "x"}).status_code == 422
    assert program.ask("POST", "staff", STAFF, query_string={name: "x"}).status_code == 422
    assert program.get("staff").json == {"items": [], "next": None}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"7",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"name":' * 5_000,
        b'{"name": NaN}',
        b'{"name": 1e999}',
        b'{"name": ' + b"9" * 5_000 + b"}",
        b'{"name": "\\ud800"}',
        b'{"name": "a\\u0000b"}',
        b'{"name": ["Ada"]}',
        b'{"name": null}',
        b'{"name": true}',
    ],
)
def test_a_body_that_is_none_is_refused_and_never_an_error_of_ours(program: Program, body: bytes) -> None:
    answer = program.ask("POST", "staff", data=body, content_type="application/json")
    assert answer.status_code == 422, answer.text
    assert program.get("staff").json == {"items": [], "next": None}


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_body_of_another_type_is_refused(program: Program, kind: str) -> None:
    answer = program.ask("POST", "staff", data=b'{"name": "Ada"}', content_type=kind)
    assert answer.status_code == 415
    assert answer.json is not None
    assert "application/json" in answer.json["detail"]


def test_a_body_that_is_too_large_is_refused_before_it_is_read(program: Program) -> None:
    answer = program.ask("POST", "staff", data=b" " * (512 * 1024 + 1), content_type="application/json")
    assert answer.status_code == 413


def test_a_call_without_a_body_takes_none(program: Program, things: Mapping[str, str]) -> None:
    path = f"connections/{things['connection_id']}/test"
    assert program.post(path, {}).status_code == 200
    assert program.post(path, {"force": True}).status_code == 422


def test_a_parameter_is_given_once(program: Program) -> None:
    assert program.ask("GET", "staff?limit=1&limit=2").status_code == 422
    assert program.ask("GET", "staff?limit=0").status_code == 422
    assert program.ask("GET", "staff?limit=201").status_code == 422
    assert program.ask("GET", "staff?after=nonsense").status_code == 422


@pytest.mark.parametrize("key", ["with space", "x" * 201, "ümlaut".encode().decode("latin-1")])
def test_an_idempotency_key_that_is_none_is_refused(program: Program, key: str) -> None:
    assert program.post("staff", STAFF, key=key).status_code == 422


def test_without_a_working_key_nothing_is_told(world: World, program: Program) -> None:
    for token in ("", "fd_wrong", program.token[:-1], "x" * 10_000):
        answer = Program(program.client, token, world.business).get("staff")
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert answer.json is not None
        assert answer.json["code"] == "unauthorized"


def test_another_method_says_which_there_are(program: Program) -> None:
    for method in ("DELETE", "TRACE", "OPTIONS"):
        answer = program.ask(method, "staff")
        assert answer.status_code == 405
        assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))


def test_too_many_requests_are_told_when_to_come_again(programs: Programs, things: Mapping[str, str]) -> None:
    program = programs()
    path = f"connections/{things['connection_id']}/test"
    answers = [program.post(path) for _ in range(21)]
    assert {one.status_code for one in answers[:20]} == {200}
    assert answers[20].status_code == 429
    assert int(answers[20].headers["Retry-After"]) > 0
    assert answers[20].mimetype == "application/problem+json"


def test_every_answer_says_how_often_the_key_may_come(program: Program) -> None:
    first, second = program.get("services"), program.get("services/" + "x" * 26)
    assert first.headers["RateLimit-Policy"] == second.headers["RateLimit-Policy"] == '"api";q=1200;w=60'
    left = [int(re.fullmatch(r'"api";r=(\d+);t=\d+', one.headers["RateLimit"])[1]) for one in (first, second)]  # type: ignore[index]
    assert left == [1199, 1198]
    assert second.status_code == 404


def test_who_came_too_often_has_nothing_left(program: Program, things: Mapping[str, str]) -> None:
    path = f"connections/{things['connection_id']}/test"
    answers = [program.post(path) for _ in range(21)]
    assert answers[0].headers["RateLimit-Policy"] == '"outward";q=20;w=60'
    assert answers[-1].status_code == 429
    assert answers[-1].headers["RateLimit"].startswith('"outward";r=0;t=')
    assert answers[-1].headers["Retry-After"]


def test_strangers_are_told_nothing_of_rates(program: Program) -> None:
    program.token = "fd_nobody"
    answer = program.get("services")
    assert answer.status_code == 401
    assert "RateLimit" not in answer.headers


@pytest.mark.parametrize(("open_", "close"), [("[", "]"), ('{"a":', "}")])
def test_nesting_without_end_is_refused_and_no_error_of_ours(program: Program, open_: str, close: str) -> None:
    deep = 400_000 // len(open_ + close)
    body = f'{{"name": {open_ * deep}1{close * deep}}}'
    for headers in ({}, {"If-Match": '"1"'}):
        answer = program.ask("PATCH", "staff/" + "0" * 26, data=body, content_type="application/json", headers=headers)
        assert answer.status_code in (404, 422), answer.text
    assert program.ask("POST", "staff", data=body, content_type="application/json").status_code == 422
