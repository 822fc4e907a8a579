"""The calendar that the hub makes for itself at the level Shield, once for each account."""

from __future__ import annotations

from urllib.parse import quote

import requests

from hub.plugin import ProviderError, Refused, Retry
from hub_google.levels import BOOKINGS
from hub_google.provider import API

_FIELDS = {"fields": "id"}


def found_or_made(http: requests.Session, api: str, token: str, before: str) -> str:
    """Return the id of the calendar; ``before`` is the one of an earlier connection, if it is still there.

    Raises Retry when Google cannot tell now: a second calendar would be made of every such moment otherwise.
    """
    if before and _is_there(http, api, token, before):
        return before
    answer = _send(http, "POST", f"{api}{API}/calendars", token, {"summary": BOOKINGS})
    if answer.status_code != 200:
        raise _of_status(answer.status_code)
    ref: object = None
    try:
        ref = answer.json()["id"]
    except (ValueError, KeyError, TypeError):
        ref = None
    if not isinstance(ref, str) or not 0 < len(ref) <= 1_024:
        raise Retry("Google made no calendar for the appointments. Connect again in a few minutes.", code="unreadable")
    return ref


def _is_there(http: requests.Session, api: str, token: str, ref: str) -> bool:
    answer = _send(http, "GET", f"{api}{API}/calendars/{quote(ref, safe='')}", token, None)
    if answer.status_code in {403, 404, 410}:
        return False  # its owner deleted it, or it was made by another application
    if answer.status_code != 200:
        raise _of_status(answer.status_code)
    return True


def _send(http: requests.Session, method: str, url: str, token: str, body: object) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}"}
    told: ProviderError | None = None
    try:
        return http.request(method, url, params=_FIELDS, json=body, headers=headers, timeout=20, allow_redirects=False)
    except requests.RequestException:
        told = Retry("Google did not answer. Connect again in a few minutes.", code="unreachable")
    raise told


def _of_status(status: int) -> ProviderError:
    if status == 403:
        return Refused(
            "no_calendar", "Google does not let a calendar be made in this account; choose another kind of access."
        )
    return Retry(
        f"Google made no calendar for the appointments ({status}). Connect again in a few minutes.", code="busy"
    )
