"""Connections over the API: step by step, tested, disconnected, connected again."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

import pytest

from hub.actions.consents import list_consents
from tests import pushing
from tests.web.api.conftest import Program
from tests.world import World, down

pytestmark = [
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
    pytest.mark.usefixtures("fake_keys"),
]
ACCOUNT = {"provider": "fake", "level": "all"}
NOBODYS = {"holder_id": None, "checked": False, "written": False}
RIGHT = {"user": "ada", "password": "right"}


def test_an_account_is_connected_in_steps_and_its_password_is_never_answered(program: Program) -> None:
    form = program.post("connections", ACCOUNT)
    assert form.status_code == 200
    assert form.json is not None
    assert form.json["step"] == "form"
    assert [(one["name"], one["secret"]) for one in form.json["fields"]] == [("user", False), ("password", True)]
    wrong = program.post("connections", {**ACCOUNT, "answer": {"user": "ada", "password": "wrong horse"}})
    assert wrong.status_code == 200
    assert wrong.json is not None
    assert "does not know" in wrong.json["problem"]
    made = program.post("connections", {**ACCOUNT, "answer": RIGHT})
    assert made.status_code == 201
    assert made.json is not None
    assert made.json["health"] == "ok"
    assert [one["name"] for one in made.json["calendars"]] == ["Calendar 1"]  # programs are people too
    for answer in (wrong, made, program.get("connections"), program.get(f"connections/{made.json['id']}")):
        assert "wrong horse" not in answer.text
        assert '"right"' not in answer.text


def test_a_program_gets_the_text_to_show_and_says_which_one_was_agreed_to(world: World, program: Program) -> None:
    form = program.post("connections", ACCOUNT).json
    assert form is not None
    asked = form["consent"]
    assert sha256(asked["text"].encode()).hexdigest() == asked["hash"]
    old = program.post("connections", {**ACCOUNT, "answer": RIGHT, "agreed": "0" * 64})
    assert (old.status_code, old.json and old.json["code"]) == (409, "changed")
    assert list_consents(world.hub, world.business) == ()
    made = program.post("connections", {**ACCOUNT, "answer": RIGHT, "agreed": asked["hash"]})
    assert made.status_code == 201
    (found,) = list_consents(world.hub, world.business)
    assert (str(found.state), found.text_hash, found.states[0].channel) == ("given", asked["hash"], "api")


def test_a_step_that_connected_nothing_leaves_its_idempotency_key_free(program: Program) -> None:
    assert program.post("connections", ACCOUNT, key="k").status_code == 200
    made = program.post("connections", {**ACCOUNT, "answer": RIGHT}, key="k")
    again = program.post("connections", {**ACCOUNT, "answer": RIGHT}, key="k")
    assert (made.status_code, again.status_code) == (201, 201)
    assert made.json == again.json
    assert again.headers["Idempotency-Replayed"] == "true"
    answer = program.get("connections").json
    assert answer is not None
    assert len(answer["items"]) == 1


def test_a_provider_or_level_that_there_is_not_is_refused_under_its_field(program: Program) -> None:
    for given, field in (({**ACCOUNT, "provider": "nobody"}, "provider"), ({**ACCOUNT, "level": "some"}, "level")):
        answer = program.post("connections", given)
        assert answer.status_code == 422
        assert answer.json is not None
        assert answer.json["field"] == field


def test_a_test_says_how_it_went_and_a_disconnect_what_is_at_risk(
    world: World, program: Program, things: Mapping[str, str]
) -> None:
    path = f"connections/{things['connection_id']}"
    assert program.post(f"{path}/test").json == {
        "ok": True,
        "reason": "",
        "sentence": "It works: the account shows 1 calendar.",
        "calendars": 1,
    }
    world.calendars.fail = down()
    failed = program.post(f"{path}/test").json
    assert failed is not None
    assert failed["ok"] is False
    assert failed["reason"] == "unreachable"
    ended = program.post(f"{path}/disconnect").json
    assert ended is not None
    assert [one["booking_id"] for one in ended["at_risk"]] == [things["booking_id"]]
    shown = program.get(path).json
    assert shown is not None
    assert shown["health"] == "disconnected"


def test_a_calendar_says_how_it_is_kept_in_step(world: World, program: Program, things: Mapping[str, str]) -> None:
    path = f"connections/{things['connection_id']}"

    def in_step() -> object:
        shown = program.get(path).json
        assert shown is not None
        assert program.get(f"{path}/calendars").json["items"] == shown["calendars"]  # type: ignore[index]
        return shown["calendars"][0]["in_step"]

    asked = {"way": "polled", "every": 150, "fresh_for": 300, "fresh": True, "watch_until": None}
    said = "It could tell of changes at once, if this hub had an address over https."
    assert in_step() == {**asked, "problem": "no_address", "sentence": said}
    pushing.reachable(world)
    pushing.settle(world)
    told = {"way": "pushed", "every": 900, "fresh_for": 1200, "fresh": True, "watch_until": "2027-03-16T07:00:00Z"}
    assert in_step() == {**told, "problem": "", "sentence": ""}
    program.put(f"{path}/calendars", {"choices": [{"calendar_id": things["calendar_id"], **NOBODYS}]})
    assert in_step() is None


def test_an_account_is_connected_again_at_its_place(world: World, program: Program, things: Mapping[str, str]) -> None:
    path = f"connections/{things['connection_id']}"
    program.post(f"{path}/disconnect")
    form = program.post(f"{path}/connect", {})
    assert form.status_code == 200
    again = program.post(f"{path}/connect", {"answer": RIGHT})
    assert again.status_code == 201
    assert again.json is not None
    assert again.json["id"] == things["connection_id"]
    assert again.json["health"] == "ok"


def test_a_program_says_until_when_and_agrees_again_without_connecting_anew(world: World, program: Program) -> None:
    made = program.post("connections", {**ACCOUNT, "answer": RIGHT, "until": "2027-04-30T22:00:00Z"}).json
    assert made is not None
    assert made["consent_until"] == "2027-04-30T22:00:00Z"
    path = f"connections/{made['id']}/consent"
    asked = program.get(path).json
    assert asked is not None
    assert sha256(asked["text"].encode()).hexdigest() == asked["hash"]
    past = program.post(path, {"agreed": asked["hash"], "until": "2027-03-01T00:00:00Z"})
    assert (past.status_code, past.json and past.json["field"]) == (422, "until")
    assert program.post(path, {"agreed": "0" * 64}).status_code == 409
    again = program.post(path, {"agreed": asked["hash"]})
    assert (again.status_code, again.json and again.json["consent_until"]) == (200, None)
    assert [str(one.state) for one in list_consents(world.hub, world.business)] == ["given", "invalidated"]
