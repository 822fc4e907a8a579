"""What a server's refusal means for the caller: statuses and failed calls as the errors of the hub."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

import requests

from hub.plugin import Conflict, Gone, NeedsReconnect, NotFound, ProviderError, Refused, Retry

_PAUSE = 30.0
_LONG_PAUSE = 300.0
_LONGEST_PAUSE = 3600.0
_BROKEN_OFF = "The connection to the CalDAV server failed ({}); it is tried again."


def of_status(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """Return the error for an answer that is no success.

    The precondition in the body (RFC 3253 1.6) wins over the status: servers pick different ones for the same thing.
    """
    if b"valid-sync-token" in body:
        return Gone("The CalDAV server no longer knows the sync token; the calendar is read again.")
    if b"no-uid-conflict" in body or status in {409, 412}:
        return Conflict(f"The CalDAV server says that the event exists already or was changed ({status}).")
    if status == 401:
        return NeedsReconnect("The CalDAV server no longer accepts the password; its owner must connect again.")
    if status in {404, 410}:
        return NotFound("The calendar or event is not on the CalDAV server any more.")
    if status in {301, 308}:
        return NeedsReconnect("The CalDAV server has moved to another address; its owner must connect again.")
    if 300 <= status < 400:
        return Retry("The CalDAV server sends the hub elsewhere for now; it is tried again.", after=_LONG_PAUSE)
    if status in {408, 423, 425, 429, 500, 502, 503, 504}:
        after = retry_after(headers.get("Retry-After", ""), time.time())
        return Retry(f"The CalDAV server cannot answer now ({status}); it is tried again.", after=after)
    return Refused(f"http_{status}", f"The CalDAV server refuses the request ({status}).")


def of_session(error: requests.RequestException) -> ProviderError:
    """Return the error for a call that got no answer.

    The broker's errors hold a ``failure`` with a word of its closed list; with others the type tells.
    """
    outcome = outcome_of(error)
    if outcome == "refused":
        return Refused("broker", "The hub does not allow this request to the CalDAV server.")
    if outcome == "tls" or isinstance(error, requests.exceptions.SSLError):
        return Retry(_BROKEN_OFF.format("its certificate cannot be checked"), after=_LONG_PAUSE, code="tls")
    if outcome == "timeout" or isinstance(error, requests.Timeout):
        return Retry(_BROKEN_OFF.format("it took too long"), after=_PAUSE, code="timeout")
    return Retry(_BROKEN_OFF.format("it cannot be reached"), after=_PAUSE, code="unreachable")


def outcome_of(error: requests.RequestException) -> str:
    """Return the broker's word for why there is no answer, or an empty string if the error is not the broker's."""
    return str(getattr(getattr(error, "failure", None), "outcome", ""))


def unreadable(what: str) -> ProviderError:
    """Return the error for a success whose body is not what was asked for, such as a page of a proxy."""
    message = f"The CalDAV server answers with {what} where calendar data was asked for; it is tried again."
    return Retry(message, after=_LONG_PAUSE, code="unreadable")


def retry_after(value: str, now: float) -> float:
    """Return the seconds that a Retry-After header asks for (RFC 9110 10.2.3), within reason."""
    seconds = _PAUSE
    try:
        seconds = float(value) if value.strip().isdigit() else parsedate_to_datetime(value).timestamp() - now
    except (ValueError, TypeError, OverflowError):
        seconds = _PAUSE
    return min(max(1.0, seconds), _LONGEST_PAUSE) if math.isfinite(seconds) else _PAUSE
