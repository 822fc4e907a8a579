"""The stand-in's schemas are Microsoft's, as far as they go, and what is sent is held against them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from hub.testing.lab.microsoft import graph, schema

SPECS = Path(__file__).parents[5] / "shared" / "specs" / "microsoft_graph_calendar.openapi.json"


@pytest.fixture(scope="module")
def published() -> dict[str, Any]:
    if not SPECS.is_file():
        pytest.skip("Microsoft's description is not here.")
    return dict(json.loads(SPECS.read_text())["components"]["schemas"])


def _type(one: dict[str, Any]) -> str:
    """The type of a property, as this module writes it."""
    if one.get("type") == "array":
        return f"{_type(one['items'])}[]"
    if "allOf" in one:
        return _type(one["allOf"][0])
    if "$ref" in one:
        return str(one["$ref"].rpartition(".")[2])
    if one["type"] == "string" and one.get("format") in ("date-time", "date"):
        return str(one["format"])
    return str(one["type"])


def test_every_property_is_one_of_microsofts_and_of_its_type(published: dict[str, Any]) -> None:
    ours = {(kind, name): text for kind, fields in schema.RESOURCES.items() for name, text in fields.items()}
    theirs = {(kind, name): _type(_property(published, kind, name)) for kind, name in ours}
    assert ours == theirs


def _property(published: dict[str, Any], kind: str, name: str) -> dict[str, Any]:
    """A property of a type, or of the one that it extends."""
    bases = {"attendee": "attendeeBase", "attendeeBase": "recipient"}
    while name not in published[f"microsoft.graph.{kind}"].get("properties", {}):
        kind = bases[kind]
    return dict(published[f"microsoft.graph.{kind}"]["properties"][name])


def test_every_choice_is_microsofts(published: dict[str, Any]) -> None:
    theirs = {kind: frozenset(published[f"microsoft.graph.{kind}"]["enum"]) for kind in schema.CHOICES}
    assert theirs == schema.CHOICES


def test_every_address_is_one_of_microsofts() -> None:
    if not SPECS.is_file():
        pytest.skip("Microsoft's description is not here.")
    described = [
        (method.upper(), re.sub(r"\{[^}]+\}", "x", path))
        for path, methods in json.loads(SPECS.read_text())["paths"].items()
        for method in methods
    ]
    strays = [
        f"{method} {pattern.pattern}"
        for method, pattern, _scopes, _handle in graph._ROUTES
        if not any(method == known and pattern.fullmatch(path) for known, path in described)
    ]
    assert strays == ["GET /me"]  # who is signed in: of another part of Graph, and the description is of calendars


def test_what_may_not_be_written_is_there_to_be_read() -> None:
    assert all(names <= schema.RESOURCES[kind].keys() for kind, names in schema.READ_ONLY.items())


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"title": "x"}, "There is no"),
        ({"id": "x"}, "only be read"),
        ({"showAs": "sleeping"}, "has no member"),
        ({"isAllDay": "yes"}, "is no"),
        ({"start": "tomorrow"}, "must be an object"),
        ({"start": {"date": "2026-01-01"}}, "There is no"),
        ({"attendees": {}}, "must be a collection"),
        ({"recurrence": {"range": {"startDate": "soon"}}}, "Edm.Date"),
        ({"reminderMinutesBeforeStart": True}, "is no"),
        ({schema.PROPERTIES: [{"id": "x"}]}, "must be a collection of id and value"),
    ],
)
def test_a_body_that_is_not_as_described_is_refused(body: dict[str, Any], wrong: str) -> None:
    assert wrong in schema.written("event", body)


def test_a_body_that_is_as_described_is_taken() -> None:
    body = {
        "subject": "x",
        "@odata.type": "#microsoft.graph.event",
        "start": {"dateTime": "2026-01-01T09:00:00", "timeZone": "UTC"},
        "location": None,
        schema.PROPERTIES: [{"id": "String {x} Name y", "value": "z"}],
    }
    assert schema.written("event", body) == ""
