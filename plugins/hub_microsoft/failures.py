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

_LOST = {"ErrorItemNotFound", "ErrorFolderNotFound", "ResourceNotFound", "itemNotFound"}
_NO_MAILBOX = {"MailboxNotEnabledForRESTAPI", "MailboxNotSupportedForRESTAPI"}
_MOVING = "ErrorMailboxMoveInProgress"
_CURSOR = {"syncstatenotfound", "syncstateinvalid", "resyncrequired"}
_CHANGED = {"ErrorIrresolvableConflict", "ErrorChangeKeyRequiredForWriteOperations", "ErrorStaleObject"}


def of_answer(answer: requests.Response) -> ProviderError:
    """Return the error for an answer that is no success. Graph's code wins over the status where both are there."""
    status, code = answer.status_code, code_of(answer)
    if code.lower() in _CURSOR or status == 410:
        return Gone("Microsoft no longer knows the cursor; the calendar is read again.")
    if status == 401:
        return _signed_out(answer)
    if code in _NO_MAILBOX:
        return Refused("no_mailbox", "This account has no mailbox at Microsoft that can be asked for its calendars.")
    if status == 403 and code != _MOVING:
        return Refused("forbidden", "Microsoft says that the permission does not reach this calendar.")
    if status == 404 or code in _LOST:
        return NotFound("The calendar or event is not at Microsoft any more.")
    if status in {409, 412} or code in _CHANGED:
        return Conflict(f"Microsoft says that the event exists already or was changed ({status}).")
    if status in {408, 423, 425, 429, 509} or status >= 500 or code == _MOVING:
        after = retry_after(answer.headers.get("Retry-After", ""))
        word = "quota" if status in {429, 509} else "retry"
        return Retry(f"Microsoft cannot answer now ({status}); it is tried again.", after=after, code=word)
    if 300 <= status < 400:
        return Retry("Microsoft sends the hub elsewhere for now; it is tried again.", after=_LONG_PAUSE)
    return Refused(f"http_{status}", f"Microsoft refuses the request ({status}).")


def unreadable(what: str) -> ProviderError:
    """Return the error for a success whose body is not what was asked for."""
    return Retry(f"Microsoft answers with {what}; it is tried again.", after=_LONG_PAUSE, code="unreadable")


def code_of(answer: requests.Response) -> str:
    """Return Graph's error code, or an empty text where the body holds none."""
    code = _error(answer).get("code")
    return code if isinstance(code, str) else ""


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


def _signed_out(answer: requests.Response) -> ProviderError:
    """Tell a token that is over from one that Microsoft wants to be asked for anew, with its owner there.

    The challenge is in a header that the broker keeps to itself, so the sentence that comes with it decides too.
    """
    challenge = answer.headers.get("WWW-Authenticate", "")
    said = str(_error(answer).get("message", ""))
    if "insufficient_claims" in challenge or "continuous access evaluation" in said.lower():
        return NeedsReconnect(
            "Microsoft wants the owner to sign in once more; connect the account again.", code="claims"
        )
    return NeedsReconnect("Microsoft does not accept the permission any more; connect the account again.")
