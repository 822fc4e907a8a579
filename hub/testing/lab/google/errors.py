"""Google's errors: one status, one reason, one body (Calendar API, "Handle API errors")."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SCOPES = "ACCESS_TOKEN_SCOPE_INSUFFICIENT"


class GoogleError(Exception):
    """An answer that is no success. ``reason`` is what a client is to act upon; ``also`` are more sentences of it."""

    def __init__(
        self,
        status: int,
        reason: str,
        message: str,
        *,
        domain: str = "global",
        where: tuple[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        also: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message)
        self.status, self.reason, self.message, self.domain = status, reason, message, domain
        self.where = where
        self.headers = dict(headers or {})
        self.also = also

    @property
    def body(self) -> dict[str, Any]:
        """The JSON body."""
        where = {"locationType": self.where[0], "location": self.where[1]} if self.where is not None else {}
        said = [{"domain": self.domain, "reason": self.reason, "message": one} for one in (self.message, *self.also)]
        inner: dict[str, Any] = {"errors": [one | where for one in said], "code": self.status, "message": self.message}
        if self.reason == "insufficientPermissions":
            inner["status"] = "PERMISSION_DENIED"
            info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": _SCOPES, "domain": "googleapis.com"}
            inner["details"] = [info]
        return {"error": inner}


def bad_request(message: str, parameter: str = "") -> GoogleError:
    """Return a 400: the request itself is wrong."""
    return GoogleError(400, "badRequest", message, where=("parameter", parameter) if parameter else None)


def required(message: str, parameter: str = "") -> GoogleError:
    """Return a 400: something is missing."""
    return GoogleError(400, "required", message, where=("parameter", parameter) if parameter else None)


def invalid(message: str, *also: str) -> GoogleError:
    """Return a 400: a value makes no sense. Google does not document the word; clients of others met it."""
    return GoogleError(400, "invalid", message, also=also)


def empty_range() -> GoogleError:
    """Return a 400: the end does not come after the start."""
    where = ("parameter", "timeMax")
    return GoogleError(400, "timeRangeEmpty", "The time range is empty.", domain="calendar", where=where)


def not_here(what: str) -> GoogleError:
    """Return a 501: Google has it, and the stand-in does not. A client must not take silence for an answer."""
    return GoogleError(501, "notImplemented", f"The lab does not know {what}.")


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


def too_long_ago() -> GoogleError:
    """Return a 410: changes since so long ago are not remembered."""
    where = ("parameter", "updatedMin")
    return GoogleError(410, "updatedMinTooLongAgo", "Nobody remembers so far back.", domain="calendar", where=where)


def changed() -> GoogleError:
    """Return a 412: the entity tag is not the event's any more."""
    return GoogleError(412, "conditionNotMet", "Precondition Failed", where=("header", "If-Match"))


def backend() -> GoogleError:
    """Return a 503: try again."""
    return GoogleError(503, "backendError", "Backend Error")
