from __future__ import annotations

import pytest
from flask import Flask

from hub.web.api.reference import groups_of
from hub.web.door import Who
from hub.web.table import TABLE

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_every_call_of_the_api_is_shown_with_its_fields(app: Flask) -> None:
    answer = app.test_client().get("/api/docs")
    assert answer.status_code == 200
    calls = [one.endpoint.partition(".")[2] for one in TABLE if one.who is Who.KEY]
    assert len(calls) > 30
    assert answer.text.count('class="card call"') == len(calls)
    assert "<code>service_id</code>" in answer.text
    assert "unsafe-inline" not in answer.headers["Content-Security-Policy"]


def test_types_are_told_in_words(app: Flask) -> None:
    document = app.test_client().get("/api/v1/openapi.json").get_json()
    fields = {
        (call.anchor, field.name): field
        for _, calls in groups_of(document)
        for call in calls
        for field in (*call.parameters, *call.body)
    }
    assert all(field.kind and "{" not in field.kind for field in fields.values())
    assert any(field.kind == "whole number" for field in fields.values())
    assert any(field.kind.startswith("list of ") for field in fields.values())


def test_types_are_told_in_few_words_however_long_their_lists_are(app: Flask) -> None:
    page = app.test_client().get("/api/docs").text
    assert "such as Africa/Abidjan" in page
    assert "Europe/Berlin, " not in page
    assert "e-mail address or empty" in page
    assert "time (RFC 3339) or date" in page
