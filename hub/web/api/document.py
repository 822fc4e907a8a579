"""The document of the API (OpenAPI 3.1), and the pages that show it, with nothing from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from apiflask import APIFlask
from flask import Response, current_app, request
from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema
from werkzeug.wrappers import Response as AnyResponse

from hub.web.api.call import ROOT
from hub.web.api.fields import DAY_SCHEMA, ID_PATTERN, Given, Shown
from hub.web.api.shapes import ZONE_FORMAT, zone_schema
from hub.web.current import entry
from hub.web.door import Rate, Who
from hub.web.pages import page
from hub.web.route import Route, route

_ABOUT = """Everything that the console can set up and book, for programs.

A key is made in the console and sent as `Authorization: Bearer fd_…`. Times are answered in UTC (RFC 3339) and
taken with any offset; lengths of time are seconds. What cannot be done is answered as a problem (RFC 9457) with a
`code` for programs. Lists come in pages: `next` is the `after` of the following one, null at the end.
"""
_KEY = {"type": "http", "scheme": "bearer", "bearerFormat": "fd_…", "description": "A key from the console."}


class Fault(Shown):
    """One thing that breaks a rule."""

    field: str
    message: str


class Problem(Shown):
    """Why something could not be done (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str = Field(description="A sentence for people: what, the rule, and the way out.")
    code: str = Field(description="A word for programs.")
    field: str | None = Field(None, description="What was wrong; the first of `errors`.")
    errors: list[Fault] | None = Field(None, description="Everything that was wrong.")


def describe_api(app: APIFlask) -> None:
    """Let the application describe the calls of the API and nothing else."""
    app.title, app.version = "Frontdesk API", "1"
    app.config.update(
        DESCRIPTION=_ABOUT,
        OPENAPI_VERSION="3.1.0",
        SECURITY_SCHEMES={"key": _KEY},
        **{f"AUTO_{name}": False for name in _AUTOMATIC},
    )
    app.spec_processor(_finish)  # type: ignore[arg-type]  # it is given as a dictionary, unless as YAML
    app.extensions["api_document"] = _once(lambda: json.dumps(app.spec, ensure_ascii=False).encode())


def api_document() -> AnyResponse:
    """Send the document of the API."""
    make: Callable[[], bytes] = current_app.extensions["api_document"]
    answer = Response(make(), content_type="application/json")
    answer.add_etag()
    answer.headers["Cache-Control"] = "no-cache"
    return answer.make_conditional(request)


def api_try() -> AnyResponse:
    """Show the document in Swagger UI, where calls can be tried."""
    shown = page("api/docs.html")
    shown.headers["Content-Security-Policy"] = "; ".join(
        (
            "default-src 'none'",
            f"script-src 'nonce-{entry().nonce}'",
            "style-src 'self' 'unsafe-inline'",  # Swagger UI sets style attributes
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "form-action 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )
    return shown


def _finish(document: dict[str, Any]) -> dict[str, Any]:
    """Add the models that the calls name, and keep the calls of the API alone."""
    models: dict[type[BaseModel], None] = {}
    paths = {path: calls for path, calls in document["paths"].items() if path.startswith(f"{ROOT}/")}
    for operation in (one for calls in paths.values() for one in calls.values()):
        models.update(dict.fromkeys(operation.pop("x-models", ())))
        for one in operation["parameters"]:
            if one["in"] == "path":
                one["schema"] = DAY_SCHEMA if one["name"] == "day" else {"type": "string", "pattern": ID_PATTERN}
        if not operation.get("description"):
            operation.pop("description", None)
    document["paths"] = dict(sorted(paths.items()))
    document.setdefault("components", {})["schemas"] = _schemas(models)
    _name_zones(document)
    names = {tag for calls in paths.values() for one in calls.values() for tag in one.get("tags", ())}
    document["tags"] = [{"name": name} for name in sorted(names, key=_ORDER.index)]
    return document


def _name_zones(part: Any) -> None:
    """Let whatever is a time zone refer to the list of them, which is long."""
    if isinstance(part, dict) and part.get("format") == ZONE_FORMAT:
        del part["type"], part["format"]
        part["$ref"] = "#/components/schemas/TimeZone"
    for one in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        _name_zones(one)


def _schemas(models: Iterable[type[BaseModel]]) -> dict[str, Any]:
    wanted: list[tuple[type[BaseModel], Any]] = [(Problem, "validation")]
    wanted += [(one, "validation" if issubclass(one, Given) else "serialization") for one in models]
    _, schema = models_json_schema(wanted, ref_template="#/components/schemas/{model}")
    return dict(sorted({**schema["$defs"], "TimeZone": zone_schema()}.items()))


def _once(make: Callable[[], bytes]) -> Callable[[], bytes]:
    made: list[bytes] = []

    def get() -> bytes:
        if not made:
            made.append(make())
        return made[0]

    return get


_AUTOMATIC = (
    "TAGS",
    "SERVERS",
    "OPERATION_SUMMARY",
    "OPERATION_DESCRIPTION",
    "200_RESPONSE",
    "404_RESPONSE",
    "VALIDATION_ERROR_RESPONSE",
    "AUTH_ERROR_RESPONSE",
)
"""What APIFlask would add of its own."""

_ORDER = (
    "Businesses",
    "Staff",
    "Resources",
    "Hours",
    "Services",
    "Texts",
    "Connections",
    "Calendars",
    "Staff links",
    "Free times",
    "Bookings",
)
"""In which order the kinds of calls are shown: as they are met when a business is set up."""

ROUTES: tuple[Route, ...] = (
    route("api", f"{ROOT}/openapi.json", api_document, "GET", Who.ANYONE, rate=Rate.PUBLIC),
    route("api", "/api/try", api_try, "GET", Who.ANYONE, rate=Rate.PUBLIC),
)
