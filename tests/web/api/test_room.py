"""Every call of the API, found in its document: borders between businesses, scopes, and what a stranger sees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from hub.actions.businesses import create_business
from hub.core.role import API_RIGHTS, Right
from hub.store.annotate import Base
from hub.store.guard import Across
from hub.store.ids import new_id
from tests.web.api.conftest import Program, Programs, furnish
from tests.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
CHANGING = {"POST", "PUT", "PATCH", "DELETE"}
NOTED = {"security_event", "api_key", "api_answer"}


def calls(app: Flask) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every method and path of the document, with what it says."""
    document = app.test_client().get("/api/v1/openapi.json").json
    assert document is not None
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield method.upper(), path, operation


def sample(document: Mapping[str, Any], schema: Mapping[str, Any], things: Mapping[str, str], name: str = "") -> Any:
    """Return a small value that the schema allows, with ids of these things."""
    if "$ref" in schema:
        return sample(document, document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], things, name)
    if name in things:
        return things[name]
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema and "type" not in schema:
        return sample(document, schema["anyOf"][0], things, name)
    kind = schema.get("type")
    if kind == "object":
        wanted = schema.get("required", [])
        if name == "" and "hold_id" in schema.get("properties", {}):
            wanted = [*wanted, "hold_id"]
        if name == "customer":
            wanted = [*wanted, "email"]
        return {one: sample(document, schema["properties"][one], things, one) for one in wanted}
    if kind == "array":
        return [sample(document, schema["items"], things)]
    if kind == "string":
        known = {"zone": "Europe/Berlin", "provider": "fake", "level": "all", "email": "ada@example.com"}
        if name in known:
            return known[name]
        if "date-time" in str(schema):
            return "2027-03-16T10:00:00Z" if name not in ("until", "end") else "2027-03-17T10:00:00Z"
        if schema.get("format") == "date":
            return "2027-03-16"
        if "24:00" in schema.get("pattern", ""):
            return "17:00" if name == "end" else "09:00"
        return "Ada"
    return {"integer": max(1, schema.get("minimum", 1)), "boolean": False}[str(kind)]


def request_of(app: Flask, path: str, operation: Mapping[str, Any], things: Mapping[str, str]) -> dict[str, Any]:
    """Return path, query and body of a request that would work with these things."""
    document = app.test_client().get("/api/v1/openapi.json").json
    assert document is not None
    filled, query = path, {}
    for one in operation["parameters"]:
        if one["in"] == "path":
            value = things.get(one["name"], "2027-03-16")
            filled = filled.replace(f"{{{one['name']}}}", value)
        elif one["in"] == "query" and one["required"]:
            query[one["name"]] = sample(document, one["schema"], things, one["name"])
    body = None
    if "requestBody" in operation:
        body = sample(document, operation["requestBody"]["content"]["application/json"]["schema"], things)
    return {"path": filled, "query_string": query, "body": body}


def ask(program: Program, method: str, given: Mapping[str, Any]) -> Any:
    return program.ask(method, given["path"], given["body"], query_string=given["query_string"])


def everything(world: World) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table that is not about the doors themselves."""
    with world.hub.database.reading() as conn:
        conn = conn.execution_options(across=Across.OPERATOR)
        return {
            table.name: sorted(map(tuple, conn.execute(sa.select(table)).all()), key=repr)
            for table in Base.metadata.sorted_tables
            if table.name not in NOTED and table.name in sa.inspect(conn).get_table_names()
        }


def test_another_business_answers_like_one_that_does_not_exist(world: World, app: Flask, programs: Programs) -> None:
    ben = create_business(world.hub, "Ben's Garage", "Europe/Berlin")
    theirs = furnish(world)
    cyd = programs(businesses=[ben])
    before = everything(world)
    for method, path, operation in calls(app):
        if "{business_id}" not in path:
            continue
        given = request_of(app, path, operation, theirs)
        answer = ask(cyd, method, given)
        nobodys = ask(cyd, method, {**given, "path": given["path"].replace(world.business, new_id())})
        assert answer.status_code == 404, (method, path)
        assert answer.data == nobodys.data, (method, path)
        assert answer.headers.get("Content-Length") == nobodys.headers.get("Content-Length")
    assert everything(world) == before


def test_an_id_of_another_business_inside_ones_own_answers_like_an_unknown_one(
    world: World, app: Flask, programs: Programs
) -> None:
    theirs = furnish(world)
    ben = create_business(world.hub, "Ben's Garage", "Europe/Berlin")
    mine = furnish(World(world.hub, world.calendars, world.clock, ben, world.names))
    cyd = programs(businesses=[ben])
    before = everything(world)
    asked = 0
    for method, path, operation in calls(app):
        for name in theirs:
            if name == "business_id" or f"{{{name}}}" not in path:
                continue
            given = request_of(app, path, operation, {**mine, name: theirs[name]})
            unknown = request_of(app, path, operation, {**mine, name: new_id()})
            answer, nobodys = ask(cyd, method, given), ask(cyd, method, unknown)
            assert answer.status_code == nobodys.status_code == 404, (method, path, answer.text)
            assert answer.data == nobodys.data, (method, path)
            asked += 1
    assert asked > 20
    assert everything(world) == before


def test_an_id_of_another_business_in_a_body_is_refused_and_changes_nothing(
    world: World, app: Flask, programs: Programs
) -> None:
    theirs = furnish(world)
    ben = create_business(world.hub, "Ben's Garage", "Europe/Berlin")
    mine = furnish(World(world.hub, world.calendars, world.clock, ben, world.names))
    cyd = programs(businesses=[ben])
    before = everything(world)
    for method, path, operation in calls(app):
        given = request_of(app, path, operation, mine)
        for name in theirs:
            if isinstance(given["body"], dict) and name in given["body"]:
                foreign = {**given, "body": {**given["body"], name: theirs[name]}}
                unknown = {**given, "body": {**given["body"], name: new_id()}}
                answer, nobodys = ask(cyd, method, foreign), ask(cyd, method, unknown)
                assert answer.status_code == 404, (method, path, name, answer.text)
                assert answer.data == nobodys.data
    assert everything(world) == before


def test_a_key_without_the_scope_is_refused_and_told_which_it_lacks(
    app: Flask, programs: Programs, things: Mapping[str, str]
) -> None:
    cache: dict[str, Program] = {}
    for method, path, operation in calls(app):
        (needed,) = operation["security"][0]["key"]
        if needed not in cache:
            cache[needed] = programs(API_RIGHTS - {Right(needed)})
        answer = ask(cache[needed], method, request_of(app, path, operation, things))
        assert answer.status_code == 403, (method, path)
        assert needed in answer.json["detail"]


def test_each_call_works_with_its_scope_alone(app: Flask, programs: Programs, things: Mapping[str, str]) -> None:
    cache: dict[str, Program] = {}
    for method, path, operation in calls(app):
        (needed,) = operation["security"][0]["key"]
        if needed not in cache:
            cache[needed] = programs([Right(needed)])
        answer = ask(cache[needed], method, request_of(app, path, operation, things))
        assert answer.status_code not in (401, 403, 404, 405, 500) or path == "/api/v1/businesses", (method, path)


def test_a_key_for_one_business_lists_that_one_alone(world: World, programs: Programs) -> None:
    ben = create_business(world.hub, "Ben's Garage", "Europe/Berlin")
    for given, seen in (([ben], {ben}), ([ben, world.business], {ben, world.business})):
        answer = programs(businesses=given).get("/api/v1/businesses").json
        assert answer is not None
        assert {one["id"] for one in answer["items"]} == seen
    assert programs(businesses=[ben]).get("/api/v1/businesses", search="Ada").json == {"items": [], "next": None}


def test_nothing_beside_the_api_shows_how_it_is_made(app: Flask) -> None:
    client = app.test_client()
    for path in ("/.git/config", "/.env", "/debug", "/server-status", "/api", "/api/", "/api/v1", "/api/v2"):
        answer = client.get(path)
        assert answer.status_code == 404, path
        assert "Traceback" not in answer.text
    answer = client.get("/api/v1/openapi.json")
    assert answer.json is not None
    assert answer.json["info"]["version"] == "1"
    assert "Server" not in answer.headers
    assert "X-Powered-By" not in answer.headers
