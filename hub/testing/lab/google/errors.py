"""Google's errors: one status, one reason, one body (Calendar API, "Handle API errors")."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SCOPES = "ACCESS_TOKEN_SCOPE_INSUFFICIENT"


class GoogleError(Exception):
    """An answer that is no success. ``reason`` is what a client is to act upon."""

    def __init__(
        self,
        status: int,
        reason: str,
        message: str,
        *,
        domain: str = "global",
        where: tuple[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.reason, self.message, self.domain = status, reason, message, domain
        self.where = where
        self.headers = dict(headers or {})

    @property
    def body(self) -> dict[str, Any]:
        """The JSON body."""
        error: dict[str, Any] = {"domain": self.domain, "reason": self.reason, "message": self.message}
        if self.where is not None:
            error["locationType"], error["location"] = self.where
        inner: dict[str, Any] = {"errors": [error], "code": self.status, "message": self.message}
        if self.reason == "insufficientPermissions":
            inner["status"] = "PERMISSION_DENIED"
            info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": _SCOPES, "domain": "googleapis.com"}
            inner["details"] = [info]
        return {"error": inner}


def bad_request(message: str, parameter: str = "") -> GoogleError:
    """Return a 400: the request itself is wrong."""
    return GoogleError(400, "badRequest", message, where=("parameter", parameter) if parameter else None)


def unauthorized() -> GoogleError:
    """Return a 401: the access token is expired or was never one."""
    headers = {"WWW-Authenticate": 'Bearer realm="https://accounts.google.com/", error="invalid_token"'}
    where = ("header", "Authorization")
    return GoogleError(401, "authError", "Invalid Credentials", where=where, headers=headers)


def out_of_scope() -> GoogleError:
    """Return a 403: the access token's scopes do not reach so far."""
    headers = {"WWW-Authenticate": 'Bearer realm="https://accounts.google.com/", error="insufficient_scope"'}
    message = "The scopes do not reach so far."
    return GoogleError(403, "insufficientPermissions", message, headers=headers)


def forbidden() -> GoogleError:
    """Return a 403: the account itself has no such right on the calendar."""
    return GoogleError(403, "requiredAccessLevel", "This account may not write to this calendar.", domain="calendar")


def rate_limited(after: int | None = None) -> GoogleError:
    """Return a 403, or with seconds a 429, of a limit that was reached."""
    if after is None:
        return GoogleError(403, "userRateLimitExceeded", "User Rate Limit Exceeded", domain="usageLimits")
    headers = {"Retry-After": str(after)}
    return GoogleError(429, "rateLimitExceeded", "Rate Limit Exceeded", domain="usageLimits", headers=headers)


def not_found() -> GoogleError:
    """Return a 404: there is none, or the account cannot see it."""
    return GoogleError(404, "notFound", "Not Found")


def duplicate() -> GoogleError:
    """Return a 409: an event, also a deleted one, has that id."""
    return GoogleError(409, "duplicate", "An event has this id.")


def deleted() -> GoogleError:
    """Return a 410: the event was deleted before."""
    return GoogleError(410, "deleted", "The event was deleted")


def full_sync() -> GoogleError:
    """Return a 410: the sync token is too old."""
    message = "This sync token is too old: read everything."
    return GoogleError(410, "fullSyncRequired", message, domain="calendar", where=("parameter", "syncToken"))


def changed() -> GoogleError:
    """Return a 412: the entity tag is not the event's any more."""
    return GoogleError(412, "conditionNotMet", "Precondition Failed", where=("header", "If-Match"))


def backend() -> GoogleError:
    """Return a 503: try again."""
    return GoogleError(503, "backendError", "Backend Error")
