"""What Graph's refusals mean for the caller: statuses and error codes as the errors of the hub.

Pages: Microsoft Graph error responses, throttling guidance, continuous access evaluation.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import requests

from hub.plugin import Conflict, Gone, NeedsReconnect, NotFound, ProviderError, Refused, Retry

_PAUSE = 30.0
_LONG_PAUSE = 300.0
_LONGEST_PAUSE = 3600.0

_DEEPEST = 5
_LOST = {"ErrorItemNotFound", "ErrorFolderNotFound", "ResourceNotFound", "itemNotFound"}
_NO_MAILBOX = {"MailboxNotEnabledForRESTAPI", "MailboxNotSupportedForRESTAPI"}
_MOVING = "ErrorMailboxMoveInProgress"
_CURSOR = {"syncstatenotfound", "syncstateinvalid", "resyncrequired"}
_CHANGED = {"ErrorIrresolvableConflict", "ErrorChangeKeyRequiredForWriteOperations", "ErrorStaleObject"}


def of_answer(answer: requests.Response) -> ProviderError:
    """Return the error for an answer that is no success. Graph's code wins over the status where both are there."""
    status, codes = answer.status_code, codes_of(answer)
    if status == 410 or _CURSOR & {code.lower() for code in codes}:
        return Gone("Microsoft no longer knows the cursor; the calendar is read again.")
    if status in {401, 403} and _wants_owner(answer, codes):
        return NeedsReconnect(
            "Microsoft wants the owner to sign in once more; connect the account again.", code="claims"
        )
    if status == 401:
        return NeedsReconnect("Microsoft does not accept the permission any more; connect the account again.")
    if codes & _NO_MAILBOX:
        return Refused("no_mailbox", "This account has no mailbox at Microsoft that can be asked for its calendars.")
    if status == 403 and _MOVING not in codes:
        return Refused("forbidden", "Microsoft says that the permission does not reach this calendar.")
    if status == 404 or codes & _LOST:
        return NotFound("The calendar or event is not at Microsoft any more.")
    if status in {409, 412} or codes & _CHANGED:
        return Conflict(f"Microsoft says that the event exists already or was changed ({status}).")
    if status in {408, 423, 425, 429, 509} or status >= 500 or _MOVING in codes:
        after = retry_after(answer.headers.get("Retry-After", ""))
        word = "quota" if status in {429, 509} else "retry"
        return Retry(f"Microsoft cannot answer now ({status}); it is tried again.", after=after, code=word)
    if 300 <= status < 400:
        return Retry("Microsoft sends the hub elsewhere for now; it is tried again.", after=_LONG_PAUSE)
    return Refused(f"http_{status}", f"Microsoft refuses the request ({status}).")


def unreadable(what: str) -> ProviderError:
    """Return the error for a success whose body is not what was asked for."""
    return Retry(f"Microsoft answers with {what}; it is tried again.", after=_LONG_PAUSE, code="unreadable")


def codes_of(answer: requests.Response) -> frozenset[str]:
    """Return Graph's error codes: that of the error, and more detailed ones inside of it (page: errors)."""
    found, error = set[str](), _error(answer)
    for _depth in range(_DEEPEST):
        if isinstance(code := error.get("code"), str):
            found.add(code)
        inner = error.get("innerError", error.get("innererror"))
        error = inner if isinstance(inner, Mapping) else {}
    return frozenset(found)


def retry_after(value: str) -> float:
    """Return the seconds that a Retry-After header asks for (RFC 9110 10.2.3), within reason."""
    try:
        seconds = float(value) if value.strip().isdigit() else parsedate_to_datetime(value).timestamp() - time.time()
    except (ValueError, TypeError, OverflowError):
        seconds = _PAUSE
    return min(max(1.0, seconds), _LONGEST_PAUSE) if math.isfinite(seconds) else _PAUSE


def _error(answer: requests.Response) -> Mapping[str, Any]:
    if len(answer.content) > 65_536:
        return {}
    try:
        body: Any = json.loads(answer.content)
    except ValueError:
        return {}
    error: Any = body.get("error") if isinstance(body, Mapping) else None
    return error if isinstance(error, Mapping) else {}


def _wants_owner(answer: requests.Response, codes: frozenset[str]) -> bool:
    """Tell whether a new permission is wanted, with its owner there (continuous access evaluation, conditional access).

    The challenge is in a header that the broker keeps to itself, so the sentence that comes with it decides too.
    """
    said = f"{answer.headers.get('WWW-Authenticate', '')} {_error(answer).get('message', '')} {' '.join(codes)}".lower()
    return any(word in said for word in ("insufficient_claims", "insufficientclaims", "continuous access evaluation"))
