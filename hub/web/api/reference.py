"""The API to read: every call of its document as a page of ours, for people, without a script."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import current_app
from werkzeug.wrappers import Response

from hub.web.door import Rate, Who
from hub.web.pages import page
from hub.web.route import Route, route


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, or a field of a body: ``kind`` is its type in words, ``about`` what it means."""

    name: str
    kind: str
    required: bool
    about: str


@dataclass(frozen=True, slots=True)
class Call:
    """One call, ready to be shown."""

    anchor: str
    method: str
    path: str
    summary: str
    about: str
    parameters: tuple[Field, ...]
    body: tuple[Field, ...]
    answers: tuple[tuple[str, str], ...]


def api_reference() -> Response:
    """Show every call in groups."""
    make: Callable[[], bytes] = current_app.extensions["api_document"]
    document = json.loads(make())
    return page("api/reference.html", groups=groups_of(document), about=document["info"]["description"])


def groups_of(document: Mapping[str, Any]) -> list[tuple[str, list[Call]]]:
    """Return the calls of an OpenAPI document by tag, in the order of its tags."""
    found: dict[str, list[Call]] = {one["name"]: [] for one in document["tags"]}
    for path, methods in document["paths"].items():
        for method, call in methods.items():
            found[call["tags"][0]].append(_call(document, path, method, call))
    return list(found.items())


def _call(document: Mapping[str, Any], path: str, method: str, call: Mapping[str, Any]) -> Call:
    parameters = tuple(
        Field(one["name"], _kind(document, one["schema"]), one.get("required", False), one.get("description", ""))
        for one in call["parameters"]
    )
    content = call.get("requestBody", {}).get("content", {}).get("application/json", {})
    body = tuple(_fields(document, content["schema"])) if content else ()
    answers = tuple((status, one.get("description", "")) for status, one in sorted(call["responses"].items()))
    about = call.get("description", "")
    return Call(call["operationId"], method.upper(), path, call.get("summary", ""), about, parameters, body, answers)


def _fields(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[Field]:
    model = _followed(document, schema)
    required = set(model.get("required", ()))
    for name, one in model.get("properties", {}).items():
        about = one.get("description", "") or _followed(document, one).get("description", "")
        yield Field(name, _kind(document, one), name in required, about)


def _followed(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: Mapping[str, Any] = document["components"]["schemas"][name] if name else schema
    return found


def _kind(document: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """Return a type in words: ``list of text``, ``one of any, all``, ``whole number or nothing``."""
    model = _followed(document, schema)
    if options := model.get("anyOf") or model.get("oneOf"):
        kind = {"type": model["type"]} if "type" in model else {}
        return " or ".join(dict.fromkeys(_kind(document, kind | one) for one in options))
    if len(model.get("enum", ())) > _MANY:
        return f"one of {len(model['enum'])}, such as {model['enum'][0]}"
    if "enum" in model:
        return f"one of {', '.join(str(one) for one in model['enum'])}"
    if "const" in model:
        return str(model["const"]) or "empty"
    if model.get("type") == "array":
        return f"list of {_kind(document, model.get('items', {}))}"
    if model.get("type") == "string" and model.get("format"):
        return _FORMATS.get(model["format"], f"text ({model['format']})")
    return _TYPES.get(str(model.get("type", "")), "anything")


_TYPES = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "yes or no",
    "object": "object",
    "null": "nothing",
}
_MANY = 40
"""Choices that are still told one by one."""
_FORMATS = {
    "date": "date",
    "idn-email": "e-mail address",
    "date-time": "time (RFC 3339)",
    "email": "e-mail address",
    "uri": "address",
}

ROUTES: tuple[Route, ...] = (route("api", "/api/docs", api_reference, "GET", Who.ANYONE, rate=Rate.PUBLIC),)
