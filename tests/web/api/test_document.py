"""The document of the API: complete, true to what is answered, and shown without anything from elsewhere.

Schemathesis asks every call for what the document allows, and for what it does not. ``API_EXAMPLES`` says how often;
more than a handful is for doing by hand.
"""

from __future__ import annotations

import logging
import os
import random
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from itertools import count
from typing import Any

import hypothesis
import pytest
import schemathesis
from flask import Flask
from hypothesis import strategies as st

from hub.store.ids import is_id
from hub.web.door import Who
from hub.web.limits import Limiter
from hub.web.table import TABLE
from tests.web.api.conftest import Program, Programs

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
EXAMPLES = int(os.environ.get("API_EXAMPLES", "3"))

Kept = Callable[[Any], Any]
LEFT_OUT = object()
WINDOW = {"weekday": 0, "start": "09:00", "end": "12:00"}
NUMBERS = count()
BEYOND_SCHEMA: Mapping[str, Kept] = {
    "after": lambda given: "" if isinstance(given, str) else given,  # it stands in an earlier answer, or is empty
    "agreements": lambda _: LEFT_OUT,  # to all the texts that the business needs, by their hashes
    "answer": lambda _: {"user": "ada", "password": "right"},  # the fields are those of the provider's form
    "answers": lambda _: {},  # to questions that the service asks
    "choices": lambda given: given[:1],  # each calendar once, and each answer of a question, in whatever case
    "email": lambda given: given and "ada@example.com",  # the format allows addresses that no server has
    "end": lambda _: "2027-03-17T10:00:00Z",  # after the start
    "from": lambda _: "2027-03-15T00:00:00Z",  # before the end, and 100 days at most
    "holidays": lambda given: given[:1],  # each day once
    "hours": lambda given: [WINDOW for _ in given[:1]],  # a window ends after it begins, and meets no other one
    "label": lambda _: f"Question {next(NUMBERS)}",  # each once, in whatever case
    "level": lambda _: "all",  # one that the provider has
    "notice": lambda _: 0,  # shorter than the horizon
    "phone": lambda given: given and "+49 30 901820",  # a number that its country has
    "provider": lambda _: "fake",  # one whose plugin is on
    "slug": lambda given: given and f"page-{next(NUMBERS)}",  # nobody else's
    "staff": lambda _: [],  # nobody who stands among the resources too
    "start": lambda _: "2027-03-16T10:00:00Z",  # one that is offered, and before the end
    "until": lambda _: "2027-03-19T00:00:00Z",
    "windows": lambda given: [{name: WINDOW[name] for name in one} for one in given[:1]],  # as hours
}
"""Rules that JSON Schema has no words for: what a request keeps to that nothing may be said against. All else of it is
made up by Schemathesis from the document, and must be taken."""
ALSO: Mapping[str, Mapping[str, Kept]] = {
    "": {"name": lambda _: "Ada & Daughters"},  # it passes for nobody else
    "/{business_id}": {"name": lambda _: "Ada & Daughters"},
    "/{business_id}/bookings": {"search": lambda given: given and "ada@example.com"},  # a whole address, number or id
}
"""The same of some addresses."""


@pytest.fixture(scope="module", autouse=True)
def _times_of_this_age() -> None:
    """Let Schemathesis make up times that can be booked: of all the years that there are, few are taken."""
    moments = st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1)).map(lambda one: f"{one:%Y-%m-%dT%H:%M:%S}Z")
    schemathesis.openapi.format("date-time", moments)
    schemathesis.openapi.format("date", st.dates(date(1980, 1, 1), date(2100, 1, 1)).map(str))


class Patient(Limiter):
    """Lets everybody come as often as they like."""

    def hit(self, rate: str, *who: str) -> bool:
        return True


def document(app: Flask) -> dict[str, Any]:
    answer = app.test_client().get("/api/v1/openapi.json")
    assert answer.mimetype == "application/json"
    assert answer.json is not None
    return dict(answer.json)


def test_every_door_for_keys_is_in_the_document_with_its_scope(app: Flask) -> None:
    doors = {one.endpoint.removeprefix("api."): one for one in TABLE if one.who is Who.KEY}
    found = {
        operation["operationId"]: (method.upper(), operation["security"])
        for operations in document(app)["paths"].values()
        for method, operation in operations.items()
    }
    assert set(found) == set(doors)
    for name, (method, security) in found.items():
        assert {method} == doors[name].methods
        assert security == [{"key": [str(doors[name].right)]}]


def test_every_call_and_field_is_explained_and_every_name_in_it_is_there(app: Flask) -> None:
    whole = document(app)
    assert whole["openapi"] == "3.1.0"
    named = set(re.findall(r"#/components/schemas/([\w.]+)", str(whole)))
    assert named <= set(whole["components"]["schemas"])
    for path, operations in whole["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], (path, method)
            assert {"401", "403", "404", "422", "429"} <= set(operation["responses"])
            assert {one["name"] for one in operation["parameters"] if one["in"] == "path"} == set(
                re.findall(r"{(\w+)}", path)
            )
    for name, schema in whole["components"]["schemas"].items():
        assert "enum" in schema or schema["description"], name


def test_the_document_is_asked_for_anew_only_when_it_changed(app: Flask) -> None:
    client = app.test_client()
    first = client.get("/api/v1/openapi.json")
    again = client.get("/api/v1/openapi.json", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


def test_the_pages_load_nothing_from_elsewhere(app: Flask) -> None:
    answer = app.test_client().get("/api/try")
    assert answer.status_code == 200
    assert re.findall(r'(?:src|href)="(?!/)', answer.text) == []
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'nonce-" in policy
    assert "unsafe-inline" not in policy.partition("style-src")[0]
    assert "connect-src 'self'" in policy
    for path in re.findall(r'(?:src|href)="(/assets[^"]+)"', answer.text):
        assert app.test_client().get(path).status_code == 200


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("fake_keys")
def test_the_hub_answers_as_the_document_says_whatever_it_is_asked(
    app: Flask, programs: Programs, things: Mapping[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    app.extensions["limiter"] = Patient("")
    caplog.set_level(logging.CRITICAL, logger="hub")
    program = programs(everywhere=True)
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    asked = 0
    for found in schema.get_all_operations():
        for mode in schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE:
            asked += _ask(program, found.ok(), mode, things)
    assert asked > 100


def _ask(program: Program, operation: Any, mode: Any, things: Mapping[str, str]) -> int:
    asked = 0
    valid = mode is schemathesis.GenerationMode.POSITIVE
    kept = {**BEYOND_SCHEMA, **ALSO.get(operation.path.removeprefix("/api/v1/businesses"), {})} if valid else {}

    @hypothesis.settings(
        max_examples=EXAMPLES if operation.body or operation.query else max(1, EXAMPLES // 3),  # ids alone vary little
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=[hypothesis.Phase.generate],
    )
    @hypothesis.given(operation.as_strategy(generation_mode=mode))
    def run(case: Any) -> None:
        nonlocal asked
        known = random.Random(repr((case.path_parameters, case.body)))
        for part in (case.path_parameters, case.query if valid else None, case.body):
            _name_what_is_there(part, things, kept, known)
        case.headers.pop("If-Match", None)  # it would be the version that was looked at, as in the body
        if valid and "Idempotency-Key" in case.headers:
            case.headers["Idempotency-Key"] = f"key-{next(NUMBERS)}"  # each is for one request
        headers = {"Authorization": f"Bearer {program.token}"}
        answer = case.call(headers=headers)
        asked += 1
        if valid or _is_wrong_still(case):
            case.validate_response(answer, headers=headers)

    try:
        run()
    except hypothesis.errors.Unsatisfiable:
        assert not valid, "what the document allows can be asked for"
    return asked


def _is_wrong_still(case: Any) -> bool:
    """Tell whether a request that shall be wrong is so when it is sent.

    It is not if only its key was wrong, for every request is given a good one, or if what is wrong in its query is an
    empty list or object, which is not sent at all.
    """
    wrong = {str(place.value) for place, info in case.meta.components.items() if info.mode.name == "NEGATIVE"}
    if any(value in ([], {}) for value in (case.query or {}).values()):
        wrong.discard("query")
    return bool(wrong - {"header"}) or bool((case.headers or {}).get("Idempotency-Key"))


def share(name: str) -> float:
    """Return how often an invented id gives way for one that there is: who is asked for must give the service."""
    return 1.0 if name == "staff_id" else 0.8


def _name_what_is_there(part: Any, things: Mapping[str, str], kept: Mapping[str, Kept], known: random.Random) -> None:
    """Put ids of things that there are in the place of most invented ones, and keep to rules beyond the document."""
    if isinstance(part, dict):
        for name, value in list(part.items()):
            if name in things and isinstance(value, str) and is_id(value) and known.random() < share(name):
                part[name] = things[name]
            elif name in kept:
                part[name] = kept[name](value)
            if part[name] is LEFT_OUT:
                del part[name]
            elif isinstance(part[name], dict | list) and name not in ("hours", "windows"):
                _name_what_is_there(part[name], things, kept, known)
    elif isinstance(part, list):
        for one in part:
            _name_what_is_there(one, things, kept, known)
