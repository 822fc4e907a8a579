from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
from flask import Blueprint
from flask.testing import FlaskClient

from hub.core.errors import (
    HubError,
    InputError,
    PluginBroken,
    Refused,
    StateError,
    Taken,
    Tampered,
    TooMany,
    Unavailable,
    UnknownId,
)
from hub.web.app import create_app
from hub.web.current import SESSION
from hub.web.door import Who, door
from hub.web.limits import Limiter
from hub.web.refusals import Faults
from tests.accounts import written
from tests.visitors import token_of
from tests.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
CANARY = "canary-5f1d"
Raise = Callable[[Exception], FlaskClient]


@pytest.fixture
def raising(world: World) -> Raise:
    """An application whose page ``/broken`` and whose call ``/api/v1/broken`` raise that; its visitor is an owner."""

    def make(error: Exception) -> FlaskClient:
        pages = Blueprint("broken", __name__)

        def fail() -> str:
            raise error

        for rule, name in (("/broken", "page"), ("/api/v1/broken", "call"), ("/broken.json", "script")):
            pages.add_url_rule(rule, name, fail, methods=["GET"], provide_automatic_options=False)
        doors = [door(f"broken.{name}", "GET", Who.USER, json=name == "script") for name in ("page", "call", "script")]
        app = create_app(world.hub, Limiter(""), more=[(pages, doors)])
        client = app.test_client()
        client.set_cookie(SESSION, token_of(world.hub, "owner"))
        return client

    return make


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (InputError("name", "this is too short."), 422, "invalid"),
        (UnknownId("service", CANARY), 404, "unknown"),
        (Taken("That time is taken."), 409, "taken"),
        (StateError("It was changed.", code="changed"), 409, "changed"),
        (TooMany("Wait."), 429, "too_many"),
        (Unavailable("The store is away."), 503, "unavailable"),
        (PluginBroken("It is off."), 502, "plugin_broken"),
        (Refused("quota"), 502, "quota"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_each_error_has_its_status_on_pages_and_its_word_for_programs(
    raising: Raise, error: HubError, status: int, code: str
) -> None:
    client = raising(error)
    page, call = client.get("/broken"), client.get("/api/v1/broken")
    assert (page.status_code, page.mimetype) == (status, "text/html")
    assert (call.status_code, call.mimetype) == (status, "application/problem+json")
    assert call.get_json()["code"] == code
    assert call.get_json()["status"] == status
    assert CANARY not in page.text + call.text


def test_a_fault_names_its_field_and_several_are_all_named(raising: Raise) -> None:
    one = raising(InputError("name", "this is too short.")).get("/api/v1/broken").get_json()
    assert one["errors"] == [{"field": "name", "message": "this is too short."}]
    several = raising(Faults([("a", "is wrong."), ("b", "is missing.")])).get("/api/v1/broken").get_json()
    assert [fault["field"] for fault in several["errors"]] == ["a", "b"]
    assert several["field"] == "a"


def test_what_an_action_does_not_allow_is_403_and_written_down_once(raising: Raise, world: World) -> None:
    client = raising(StateError("A key can do no more than you.", code="not_allowed"))
    for path in ("/broken", "/api/v1/broken"):
        with written(world.hub, ("not_allowed", "refused")):
            answer = client.get(path)
        assert answer.status_code == 403
        assert "no more than you" in answer.text


def test_who_must_show_again_who_they_are_is_led_there_and_back(raising: Raise) -> None:
    answer = raising(StateError("Give your password again.", code="confirm")).get("/broken?day=1&x=2")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/account/confirm?next=/broken?day%3D1%26x%3D2"


def test_whose_sign_in_ended_is_led_to_a_new_one_and_keeps_no_cookie(raising: Raise) -> None:
    client = raising(StateError("This sign-in has ended.", code="sign_in_again"))
    answer = client.get("/broken")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in?done=over")
    assert client.get_cookie(SESSION) is None


def test_a_script_of_ours_is_answered_with_a_problem(raising: Raise) -> None:
    answer = raising(InputError("passkey", "this was not accepted.")).get("/broken.json")
    assert answer.mimetype == "application/problem+json"
    assert answer.get_json()["detail"] == "passkey: this was not accepted."


@pytest.mark.parametrize("error", [ValueError(CANARY), KeyError(CANARY), Tampered(CANARY), RecursionError(CANARY)])
def test_an_error_of_ours_says_nothing_but_its_number_and_is_written_down(
    raising: Raise, world: World, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    client = raising(error)
    with caplog.at_level(logging.ERROR), written(world.hub, ("broken", "failed")):
        answer = client.get("/broken")
    assert answer.status_code == 500
    assert CANARY not in answer.text
    assert answer.headers["X-Request-Id"] in answer.text
    (line,) = [one for one in caplog.records if one.name == "hub.web.refusals"]
    assert CANARY not in line.getMessage()
    assert line.exc_info  # the hub's log keeps type and place of it: tests/test_logs.py
    with written(world.hub, ("broken", "failed")):
        assert CANARY not in client.get("/api/v1/broken").text


def test_no_other_page_shows_a_number(raising: Raise) -> None:
    answer = raising(Taken("taken")).get("/broken")
    assert answer.headers["X-Request-Id"] not in answer.text


def test_what_was_done_before_is_not_said_again(raising: Raise) -> None:
    assert "Booked." not in raising(TooMany("Wait.")).get("/broken?done=booked").text


def test_what_cannot_be_written_down_is_answered_all_the_same(raising: Raise, world: World) -> None:
    client = raising(ValueError("x"))
    with world.hub.database.engine.begin() as conn:
        conn.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON security_event BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    assert client.get("/broken").status_code == 500


def test_a_method_that_a_page_does_not_have_names_those_that_it_has(raising: Raise) -> None:
    answer = raising(ValueError()).delete("/sign-in")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


def test_what_is_far_too_much_is_refused(raising: Raise) -> None:
    client = raising(ValueError())
    answer = client.post("/sign-in", data={"email": "x" * 600_000})
    assert answer.status_code == 413
    assert "too large" in answer.text
