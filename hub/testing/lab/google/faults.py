"""What can be switched on to go wrong, in Google's own words."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from werkzeug.wrappers import Response

from hub.testing.lab.google import errors
from hub.testing.lab.google.api import Call
from hub.testing.lab.serve import Silence
from hub.testing.lab.switches import Fault, Switches

KNOWN = frozenset(Fault) - {Fault.CLAIMS}

_ANYWHERE = (Fault.DOWN, Fault.BROKEN, Fault.SLOW, Fault.ELSEWHERE, Fault.HTML, Fault.HUGE)
_IN_API = (Fault.UNAUTHORIZED, Fault.QUOTA, Fault.FORBIDDEN, Fault.TOO_MANY)
_AFTER_WRITE = (Fault.WRITE_THEN_SILENCE, Fault.WRITE_THEN_DOWN)
_PAGE = b"<!DOCTYPE html><html><head><title>502</title></head><body><p>Something went wrong.</body>"
_READS = frozenset({"freebusy.query", "events.watch", "channels.stop"})


def instead(switches: Switches, method: str, path: str) -> Response | None:
    """Return what a machine gets in place of an answer, whatever it asked for."""
    match switches.takes(method, path, *_ANYWHERE):
        case Fault.DOWN:
            return failed(errors.backend())
        case Fault.BROKEN:
            raise Silence
        case Fault.SLOW:
            switches.linger()
        case Fault.ELSEWHERE:
            return Response(status=302, headers={"Location": "https://elsewhere.test/"})
        case Fault.HTML:
            return Response(_PAGE, 200, content_type="text/html; charset=UTF-8")
        case Fault.HUGE:
            return Response(b'{"items":["' + b"x" * 10_000_000 + b'"]}', 200, content_type="application/json")
    return None


def refuse(switches: Switches, method: str, path: str) -> None:
    """Refuse a request to the API."""
    match switches.takes(method, path, *_IN_API):
        case Fault.UNAUTHORIZED:
            raise errors.unauthorized()
        case Fault.QUOTA:
            raise errors.rate_limited()
        case Fault.FORBIDDEN:
            raise errors.out_of_scope()
        case Fault.TOO_MANY:
            raise errors.rate_limited(switches.after)


def refuse_call(switches: Switches, method: str, path: str, call: Call) -> None:
    """Refuse what only some requests can meet: a cursor that is too old, a condition that fails."""
    if "syncToken" in call.query and switches.takes(method, path, Fault.GONE):
        raise errors.full_sync()
    if call.condition and switches.takes(method, path, Fault.CHANGED):
        raise errors.changed()


def lose_answer(switches: Switches, method: str, path: str, call: Call) -> Response | None:
    """Return what comes in place of the answer to a write that was done, if something does."""
    if method == "GET" or call.method.name in _READS:
        return None
    match switches.takes(method, path, *_AFTER_WRITE):
        case Fault.WRITE_THEN_SILENCE:
            raise Silence
        case Fault.WRITE_THEN_DOWN:
            return failed(errors.GoogleError(500, "backendError", "Backend Error"))
    return None


def lied(
    switches: Switches,
    method: str,
    path: str,
    call: Call,
    found: dict[str, Any] | None,
    lie: Callable[[str, dict[str, Any]], Any] | None,
) -> Any:
    """Return the answer, or well-formed nonsense in its place; ``lie`` may say which."""
    if found is None or not switches.takes(method, path, Fault.LYING):
        return found
    return (lie or nonsense)(call.method.name, found)


def nonsense(name: str, found: Mapping[str, Any]) -> Any:
    """Return an answer with impossible times and wrong types."""
    wrong = {"start": {"dateTime": "2026-13-45T99:99:99Z"}, "end": {"dateTime": 7}}
    match name:
        case "events.list":
            return {**found, "items": [{**event, **wrong} for event in found.get("items", [])] or [wrong]}
        case "freebusy.query":
            busy = {"busy": [{"start": "yesterday", "end": 7}]}
            return {**found, "calendars": dict.fromkeys(found["calendars"], busy)}
        case "calendarList.list":
            return {**found, "items": [{"id": 7, "summary": ["x"]}]}
    return {**found, **wrong} if "start" in found else {"kind": "nonsense"}


def failed(error: errors.GoogleError) -> Response:
    """Return an error as a response."""
    text = json.dumps(error.body)
    return Response(text, error.status, headers=error.headers, content_type="application/json; charset=UTF-8")
