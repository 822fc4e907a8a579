"""What the refusals of Google mean for the caller; the reason decides (Calendar API, "Handle API errors")."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import requests

from hub.plugin import Conflict, Gone, NeedsReconnect, NotFound, ProviderError, Refused, Retry

_PAUSE = 30.0
_LONG_PAUSE = 300.0
_LONGEST_PAUSE = 3600.0
_QUOTA = frozenset(
    {"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "dailyLimitExceeded", "calendarUsageLimitsExceeded"}
)
_SCOPES = frozenset({"insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"})
_ADMIN = frozenset({"admin_policy_enforced", "adminPolicyEnforced", "domainPolicy"})
_SWITCHED_OFF = frozenset({"accessNotConfigured", "SERVICE_DISABLED"})


def of_answer(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """Return the error for an answer that is no success. ``headers`` have lower-case names."""
    reasons = frozenset(_reasons(body))
    if status == 401:
        return NeedsReconnect("Google no longer accepts this connection; its owner must connect again.")
    if status == 429 or reasons & _QUOTA:
        after = _after(headers, _PAUSE)
        return Retry("Google's limit of requests is reached; it is asked again later.", after=after, code="quota")
    if status == 403 and reasons & _SWITCHED_OFF:
        told = "The Calendar API is not switched on in the hub's project at Google; whoever runs the hub can do that."
        return Refused("api_disabled", told)
    if status == 403 and reasons & _SCOPES:
        told = "Google was not allowed to show this; its owner must connect again and tick the boxes."
        return NeedsReconnect(told, code="scopes")
    if status == 403 and reasons & _ADMIN:
        told = "An administrator does not let this application use Google Calendar; ask them to allow it."
        return NeedsReconnect(told, code="admin_blocked")
    if status == 410 and "deleted" in reasons:
        return NotFound("The event was deleted from the Google calendar.")
    if status == 410 or (status == 400 and b"synctoken" in body.lower().replace(b" ", b"")):
        return Gone("Google no longer knows the cursor; the calendar is read again.")
    if status == 404:
        return NotFound("The calendar or event is not at Google any more.")
    if status in {409, 412}:
        return Conflict(f"Google says that the event exists already or was changed ({status}).")
    if 300 <= status < 400:
        return Retry("Google sends the hub elsewhere for now; it is tried again.", after=_LONG_PAUSE, code="redirect")
    if status == 408 or status >= 500:
        told = f"Google cannot answer now ({status}); it is tried again."
        return Retry(told, after=_after(headers, _PAUSE), code="busy", sent=status >= 500)
    return Refused(f"http_{status}", f"Google refuses the request ({status}).")


def of_session(error: requests.RequestException) -> ProviderError:
    """Return the error for a call that got no answer; the broker's own say why in ``failure``."""
    failure = getattr(error, "failure", None)
    word = str(getattr(failure, "outcome", ""))
    if word == "refused":
        return Refused("broker", "The hub does not allow this request to Google.")
    code = word or ("timeout" if isinstance(error, requests.Timeout) else "unreachable")
    after = _LONG_PAUSE if code == "tls" else _PAUSE
    return Retry(
        "Google did not answer; it is tried again.", after=after, code=code, sent=bool(getattr(failure, "sent", True))
    )


def unreadable(what: str) -> ProviderError:
    """Return the error for a success that is not what was asked for: nothing is ever concluded from it."""
    message = f"Google answers with {what} where something else was asked for; it is tried again."
    return Retry(message, after=_LONG_PAUSE, code="unreadable")


def _reasons(body: bytes) -> Iterator[str]:
    """Name the machine words of an error, in the old form and in the new one."""
    try:
        error = json.loads(body[:64_000])["error"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return
    if not isinstance(error, dict):
        return
    for group in ("errors", "details"):
        entries = error.get(group)
        for one in entries if isinstance(entries, list) else ():
            reason = one.get("reason") if isinstance(one, dict) else None
            if isinstance(reason, str):
                yield reason


def _after(headers: Mapping[str, Any], default: float) -> float:
    """Return the seconds that Retry-After asks for, within reason (RFC 9110 10.2.3)."""
    text = str(headers.get("retry-after", "")).strip()
    return min(max(float(text), 1.0), _LONGEST_PAUSE) if text.isdigit() and len(text) < 9 else default
