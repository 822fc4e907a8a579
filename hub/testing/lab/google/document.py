"""What a request may look like: Google's own discovery document, which comes with google-api-python-client.

Every method, path, query parameter and body field is checked against it, so a request that the document does not know
is refused here as well (``calendar.v3.json``; Discovery document format of the Google API Discovery Service).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import unquote

from hub.testing.lab.google.errors import GoogleError, bad_request

SERVICE = "/calendar/v3/"
SCOPE = "https://www.googleapis.com/auth/"


@dataclass(frozen=True, slots=True)
class Method:
    """One method of the API. ``scopes`` are the ones that allow it, by their last part."""

    name: str
    verb: str
    template: re.Pattern[str]
    parameters: Mapping[str, Mapping[str, Any]]
    request: str
    response: str
    scopes: frozenset[str]


@cache
def discovery() -> dict[str, Any]:
    """Return the discovery document."""
    place = files("googleapiclient.discovery_cache.documents") / "calendar.v3.json"
    loaded: dict[str, Any] = json.loads(place.read_text("utf-8"))
    return loaded


@cache
def methods() -> Mapping[str, Method]:
    """Return the methods of the API by name, such as ``events.list``."""
    found = (
        Method(
            f"{resource}.{name}",
            given["httpMethod"],
            re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(given["path"]))),
            given.get("parameters", {}),
            given.get("request", {}).get("$ref", ""),
            given.get("response", {}).get("$ref", ""),
            frozenset(scope.removeprefix(SCOPE) for scope in given["scopes"]),
        )
        for resource, group in discovery()["resources"].items()
        for name, given in group["methods"].items()
    )
    return {method.name: method for method in found}


def known_scopes() -> frozenset[str]:
    """Return the scopes of the API by their last part."""
    return frozenset(scope.removeprefix(SCOPE) for scope in discovery()["auth"]["oauth2"]["scopes"])


def find_method(verb: str, raw_path: str) -> tuple[Method, dict[str, str]]:
    """Return the method that a request is, and what is in its path. ``raw_path`` is still encoded."""
    inner = raw_path.removeprefix(SERVICE)
    other = False
    for method in methods().values():
        match = method.template.fullmatch(inner) if raw_path.startswith(SERVICE) else None
        if match and method.verb == verb:
            return method, {name: unquote(value) for name, value in match.groupdict().items()}
        other = other or match is not None
    if other:
        raise GoogleError(405, "httpMethodNotAllowed", "HTTP method not allowed.")
    raise GoogleError(404, "notFound", "Not Found")


def check_query(method: Method, query: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return the query parameters with their types, or refuse one that the method does not have."""
    known = {**discovery()["parameters"], **method.parameters}
    found: dict[str, Any] = {}
    for name, text in query:
        given = known.get(name)
        if given is None or given.get("location") == "path":
            raise bad_request(f"Unknown parameter {name}.", name)
        value = _value(given, text, name)
        if given.get("repeated"):
            found.setdefault(name, []).append(value)
        elif name in found:
            raise bad_request(f"Repeated parameter {name}.", name)
        else:
            found[name] = value
    return found


def check_body(method: Method, body: bytes, content_type: str) -> dict[str, Any]:
    """Return the body, or refuse one that is not what the method takes."""
    if not method.request:
        if body:
            raise bad_request("This method takes no body.")
        return {}
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise bad_request("The body must be application/json.")
    try:
        given = json.loads(body)
    except ValueError:
        raise GoogleError(400, "parseError", "Parse Error") from None
    check_schema(_without_nulls(given) if method.verb == "PATCH" else given, method.request)
    assert isinstance(given, dict)
    return given


def _without_nulls(given: Any) -> Any:
    """Return an object without what a patch takes away: null stands for that there, whatever the field's type."""
    if not isinstance(given, dict):
        return given
    return {name: _without_nulls(value) for name, value in given.items() if value is not None}


def check_schema(given: Any, name: str) -> None:
    """Refuse a value that is not what a schema of the document says; also used on our own answers."""
    for problem in _problems(given, {"$ref": name}, ""):
        raise bad_request(problem)


def _problems(given: Any, schema: Mapping[str, Any], where: str) -> Iterator[str]:
    if "$ref" in schema:
        schema = discovery()["schemas"][schema["$ref"]]
    kind = schema.get("type")
    if kind == "object" or "properties" in schema:
        yield from _object_problems(given, schema, where)
    elif kind == "array":
        if not isinstance(given, list):
            yield f"{where} must be a list."
            return
        for n, one in enumerate(given):
            yield from _problems(one, schema["items"], f"{where}[{n}]")
    elif not _fits(given, schema):
        yield f"Invalid value for {where or 'body'}."


def _object_problems(given: Any, schema: Mapping[str, Any], where: str) -> Iterator[str]:
    if not isinstance(given, dict):
        yield f"{where or 'The body'} must be an object."
        return
    properties, rest = schema.get("properties", {}), schema.get("additionalProperties")
    for name, value in given.items():
        inner = properties.get(name, rest)
        if inner is None:
            yield f'Unknown name "{name}" at {where or "body"}.'
        else:
            yield from _problems(value, inner, f"{where}.{name}".lstrip("."))


def _fits(given: Any, schema: Mapping[str, Any]) -> bool:
    match schema.get("type"):
        case "boolean":
            return isinstance(given, bool)
        case "integer":
            return isinstance(given, int) and not isinstance(given, bool)
        case "number":
            return isinstance(given, int | float) and not isinstance(given, bool)
        case "string":
            if schema.get("format") == "int64" and isinstance(given, int) and not isinstance(given, bool):
                return True  # a number will do: the push guide writes ``expiration`` without quotes
            return isinstance(given, str) and _has_format(given, schema.get("format", ""))
    return True


def _has_format(text: str, form: str) -> bool:
    try:
        match form:
            case "date-time":
                datetime.fromisoformat(text)
            case "date":
                return date.fromisoformat(text).isoformat() == text
            case "int64":
                int(text)
    except ValueError:
        return False
    return True


def _value(given: Mapping[str, Any], text: str, name: str) -> Any:
    match given["type"]:
        case "boolean":
            if text not in ("true", "false"):
                raise bad_request(f"Invalid boolean value: '{text}'.", name)
            return text == "true"
        case "integer":
            if not re.fullmatch(r"-?\d{1,10}", text) or int(text) < int(given.get("minimum", text)):
                raise bad_request(f"Invalid integer value: '{text}'.", name)
            return int(text)
    if given.get("enum") and text not in given["enum"]:
        raise bad_request(f"Invalid string value: '{text}'.", name)
    if given.get("format") == "date-time" and not _has_zone(text):
        raise bad_request("Bad Request", name)
    return text


def _has_zone(text: str) -> bool:
    """Tell whether a time is RFC 3339 with its offset, which the document calls mandatory for parameters."""
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
