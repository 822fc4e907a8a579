"""Being told of changes: subscriptions, and what arrives from them.

Pages: Create and Update subscription, Receive change notifications through webhooks, lifecycle notifications.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from hub.plugin import Calendar, Channel, Echo, Incoming, InputError, NotFound, Notice, NoticeKind, Refused, Watching
from hub_microsoft import failures
from hub_microsoft.client import Client, part
from hub_microsoft.provider import READ, READ_WRITE

LONGEST = 4230 * 60
"""Seconds that a subscription to events may last, as the pages have said; newer ones allow a week."""

_SPARE = 120
_MOST = 1000
_LARGEST = 1_000_000
_TOKEN = re.compile(r"[!#-%(-;=?-_a-~ ]{1,1024}\Z")  # printable ASCII, but for what markup is made of
_WORD = re.compile(r"[\x21-\x7e]{1,128}\Z")
_LIFECYCLE = {
    "reauthorizationRequired": NoticeKind.EXPIRING,
    "subscriptionRemoved": NoticeKind.ENDED,
    "missed": NoticeKind.MISSED,
}


def watch(client: Client, calendar: Calendar, channel: Channel, watching: Watching | None, *, now: int) -> Watching:
    """Subscribe to the events of the calendar, or let the subscription that there is last longer.

    Raises Refused where the permission is the basic one: Microsoft wants Calendars.Read for it. That a resource may
    name one calendar stands in Graph's issue tracker (docs 21978); ``me/events`` is the main calendar alone.
    """
    if not client.scopes & {READ, READ_WRITE}:
        raise Refused("scopes", "Microsoft tells of changes only where everything may be read; the calendar is polled.")
    until = datetime.fromtimestamp(min(channel.until, now + LONGEST - _SPARE), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if watching is not None:
        try:
            made = client.patch(f"/subscriptions/{part(watching.ref)}", {"expirationDateTime": until})
            return Watching(watching.channel, watching.ref, _until(made))
        except NotFound:
            pass  # it has run out: make a new one
    body = {
        "changeType": "created,updated,deleted",
        "notificationUrl": channel.url,
        "lifecycleNotificationUrl": channel.url,
        "resource": f"me/calendars/{calendar.ref}/events",
        "expirationDateTime": until,
        "clientState": channel.secret,
    }
    made = client.post("/subscriptions", body)
    ref = made.get("id")
    if not isinstance(ref, str) or not _WORD.match(ref):
        raise failures.unreadable("a subscription without an id")
    return Watching(channel.id, ref, _until(made))


def unwatch(client: Client, watching: Watching) -> None:
    """End the subscription, if it is there."""
    try:
        client.delete(f"/subscriptions/{part(watching.ref)}")
    except NotFound:
        return


def receive(request: Incoming) -> Echo | list[Notice]:
    """Read a notification, or the question whether this address is ours. Raises InputError for anything else."""
    if request.method != "POST":
        raise InputError("method", "Microsoft sends notifications by POST.")
    token = request.query.get("validationToken")
    if token is not None:
        # It is sent back as it came. What is in it may change without notice, and is never markup (page: Receive change
        # notifications through webhooks); none goes back, whatever a browser would make of the answer.
        if not _TOKEN.match(token):
            raise InputError("validationToken", "It holds what no validation token of Microsoft holds.")
        return Echo(token)
    if len(request.body) > _LARGEST:
        raise InputError("body", "It is larger than any notification.")
    read: Any = None
    try:
        read = json.loads(request.body)
    except (ValueError, RecursionError):
        read = None
    value = read.get("value") if isinstance(read, Mapping) else None
    if not isinstance(value, list) or not 0 < len(value) <= _MOST:
        raise InputError("body", "It is no collection of notifications.")
    return [_notice(one) for one in value]


def _notice(one: Any) -> Notice:
    parts = [one.get(name) for name in ("subscriptionId", "clientState")] if isinstance(one, Mapping) else []
    if len(parts) != 2 or not all(isinstance(text, str) and _WORD.match(text) for text in parts):
        raise InputError("body", "A notification names no subscription, or no secret.")
    ref, secret = map(str, parts)
    event = one.get("lifecycleEvent")
    if event is None:
        return Notice(NoticeKind.CHANGED, ref, secret)
    if not isinstance(event, str) or event not in _LIFECYCLE:
        raise InputError("lifecycleEvent", "It is none that Microsoft documents.")
    return Notice(_LIFECYCLE[event], ref, secret)


def _until(made: Mapping[str, Any]) -> int:
    """Return when the subscription ends, as Graph says it."""
    try:
        text = str(made["expirationDateTime"])
        if not text.endswith("Z"):
            raise ValueError("Microsoft says it in UTC.")
        return int(datetime.fromisoformat(text[:19]).replace(tzinfo=UTC).timestamp())
    except (KeyError, ValueError):
        raise failures.unreadable("a subscription without an end") from None
