"""Errors in Graph's own shape, and the faults that can be switched on."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.testing.lab.microsoft import moments
from hub.testing.lab.switches import Fault, Switches

HUGE = 10_000_000

INSTEAD = (
    Fault.UNAUTHORIZED,
    Fault.CLAIMS,
    Fault.FORBIDDEN,
    Fault.TOO_MANY,
    Fault.QUOTA,
    Fault.DOWN,
    Fault.ELSEWHERE,
    Fault.HTML,
    Fault.HUGE,
)
"""Faults that are answered in place of what was asked."""

KNOWN = frozenset(
    {
        *INSTEAD,
        Fault.GONE,
        Fault.CHANGED,
        Fault.BROKEN,
        Fault.SLOW,
        Fault.WRITE_THEN_SILENCE,
        Fault.WRITE_THEN_DOWN,
        Fault.LYING,
        Fault.PUSH_DROPPED,
        Fault.PUSH_TWICE,
        Fault.GRANT_REVOKED,
    }
)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer on its way out. ``body`` is JSON, unless it is bytes of another ``kind``."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: str = "application/json"

    def data(self) -> bytes:
        """Return the body as it is sent."""
        if isinstance(self.body, bytes):
            return self.body
        return b"" if self.body is None else json.dumps(self.body).encode()


class Problem(Exception):
    """What Graph answers in place of what was asked (Graph's page: error responses and resource types)."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(code)
        self.status, self.code, self.message, self.headers = status, code, message, dict(headers or {})

    def reply(self, now: float) -> Reply:
        """Return it as an answer."""
        inner = {"date": moments.stamp(now).rstrip("Z"), "request-id": secrets.token_hex(8)}
        error = {"code": self.code, "message": self.message, "innerError": inner}
        return Reply(self.status, {"error": error}, self.headers)


def signed_out(claims: bool = False) -> Problem:
    """Return the 401 of a token that is not taken; with ``claims`` as continuous access evaluation says it."""
    if not claims:
        text = "This token is over."
        return Problem(
            401, "InvalidAuthenticationToken", text, {"WWW-Authenticate": 'Bearer realm="", error="invalid_token"'}
        )
    wanted = base64.b64encode(b'{"access_token":{"nbf":{"essential":true, "value":"1604106651"}}}').decode()
    challenge = (
        'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", '
        f'error="insufficient_claims", claims="{wanted}"'
    )
    text = "Continuous access evaluation: InteractionRequired."
    return Problem(401, "InvalidAuthenticationToken", text, {"WWW-Authenticate": challenge})


def denied() -> Problem:
    """Return the 403 of a permission that does not reach so far."""
    return Problem(403, "ErrorAccessDenied", "This account may not do that.")


def throttled(after: int, when: str = "at once") -> Problem:
    """Return the 429 of too many requests of one application to one mailbox, at once or in ten minutes."""
    text = f"This application asks too much of this mailbox: too many requests {when}."
    return Problem(429, "ApplicationThrottled", text, {"Retry-After": str(after)})


def instead(fault: Fault, switches: Switches, now: float) -> Reply:
    """Return what is answered while one of the faults `INSTEAD` is on."""
    if fault is Fault.ELSEWHERE:
        return Reply(302, headers={"Location": "https://elsewhere.example/"})
    if fault is Fault.HTML:
        page = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Sign in to the network</body></html>"
        return Reply(200, page, kind="text/html; charset=utf-8")
    if fault is Fault.HUGE:
        return Reply(200, b'{"value": [' + b'{"id": "x"}, ' * (HUGE // 13))
    problems = {
        Fault.UNAUTHORIZED: signed_out(),
        Fault.CLAIMS: signed_out(claims=True),
        Fault.FORBIDDEN: denied(),
        Fault.TOO_MANY: throttled(switches.after),
        Fault.QUOTA: throttled(switches.after, "in ten minutes"),
    }
    down = Problem(503, "serviceNotAvailable", "Out of order for a while.")
    return problems.get(fault, down).reply(now)


LIES: tuple[Any, ...] = (
    {"value": None},
    {"value": [{"id": 7, "start": "tomorrow", "end": [], "showAs": "free", "isCancelled": "yes"}]},
    {"value": [{"id": "lie", "showAs": "sleeping", "start": {"dateTime": "2026-13-45T99:99:99", "timeZone": "UTC"}}]},
    {
        "value": [
            {"id": "x" * 9000, "isAllDay": 1, "responseStatus": "declined", "showAs": None, "start": {}, "end": {}}
        ]
    },
    ["value"],
    {},
)
"""Well-formed nonsense: wrong types, impossible times, lists that are none. A page that leads to itself comes last."""
