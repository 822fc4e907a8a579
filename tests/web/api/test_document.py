"""The document of the API: complete, true to what is answered, and shown without anything from elsewhere.

Schemathesis asks every call for what the document allows, and for what it does not. ``API_EXAMPLES`` says how often;
more than a handful is for doing by hand.
"""

from __future__ import annotations

import logging
import os
import random
import re
from collections.abc import Mapping
from typing import Any

import hypothesis
import pytest
import schemathesis
from flask import Flask
from schemathesis.specs.openapi.checks import positive_data_acceptance

from hub.store.ids import is_id
from hub.web.door import Who
from hub.web.limits import Limiter
from hub.web.table import TABLE
from tests.web.api.conftest import Program, Programs

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
EXAMPLES = int(os.environ.get("API_EXAMPLES", "3"))
PLAIN = {"zone": "Europe/Berlin", "from": "2027-03-15", "until": "2027-03-19", "provider": "fake", "level": "all"}


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

    @hypothesis.settings(
        max_examples=EXAMPLES,
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
            _name_what_is_there(part, things, PLAIN if valid else {}, known)
        headers = {"Authorization": f"Bearer {program.token}"}
        answer = case.call(headers=headers)
        asked += 1
        if valid or _is_wrong_still(case):
            case.validate_response(answer, headers=headers, excluded_checks=[positive_data_acceptance])

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


def _name_what_is_there(part: Any, things: Mapping[str, str], plain: Mapping[str, str], known: random.Random) -> None:
    """Put ids of things that there are in the place of most invented ones."""
    if isinstance(part, dict):
        for name, value in part.items():
            if isinstance(value, str) and name in things and is_id(value) and known.random() < 0.8:
                part[name] = things[name]
            elif isinstance(value, str) and name in plain and known.random() < 0.8:
                part[name] = plain[name]
            else:
                _name_what_is_there(value, things, plain, known)
    elif isinstance(part, list):
        for one in part:
            _name_what_is_there(one, things, plain, known)
