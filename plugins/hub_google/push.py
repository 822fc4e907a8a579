"""Notifications: a channel for one calendar, and what its messages say (Calendar API, "Get push notifications")."""

from __future__ import annotations

from collections.abc import Sequence

from hub.plugin import (
    Account,
    Calendar,
    Channel,
    Incoming,
    InputError,
    NotFound,
    Notice,
    NoticeKind,
    Refused,
    Watching,
)
from hub_google import failures
from hub_google.client import Client
from hub_google.reading import reads_events

_KINDS = {"sync": NoticeKind.OPENED, "exists": NoticeKind.CHANGED, "not_exists": NoticeKind.CHANGED}


def watch(client: Client, account: Account, calendar: Calendar, channel: Channel) -> Watching:
    """Open a channel. Raises Refused where only free and busy times may be seen: Google tells nobody of those."""
    if not reads_events(account, calendar):
        raise Refused(
            "no_push", "Google sends notifications only to those who may see events; this calendar is polled."
        )
    body = {
        "id": channel.id,
        "type": "web_hook",
        "address": channel.url,
        "token": channel.secret,
        "expiration": str(channel.until * 1000),
    }
    fields = "id,resourceId,expiration"
    answer = client.ask(client.events().watch(calendarId=calendar.ref, body=body, fields=fields))
    ref, until = answer.get("resourceId"), answer.get("expiration")
    if type(until) is int:
        until = str(until)  # so the guide shows it; the description says that it is text
    if not isinstance(ref, str) or not ref or not (isinstance(until, str) and until.isdecimal() and len(until) < 17):
        raise failures.unreadable("a channel without a name or an end")
    return Watching(channel.id, ref, int(until) // 1000)


def unwatch(client: Client, watching: Watching) -> None:
    """Close a channel; one that is gone already is a success."""
    try:
        client.ask(client.channels().stop(body={"id": watching.channel, "resourceId": watching.ref}))
    except NotFound:
        return


def received(request: Incoming) -> Sequence[Notice]:
    """Return what a message says; it is empty, and its headers are all there is. Raises InputError for another one."""
    given = request.headers
    ref, secret = given.get("x-goog-resource-id", ""), given.get("x-goog-channel-token", "")
    kind, number = _KINDS.get(given.get("x-goog-resource-state", "")), given.get("x-goog-message-number", "")
    if request.method != "POST" or kind is None or not ref or not secret:
        raise InputError("notification", "It is not one of Google's: a header is missing or says something else.")
    if not (number.isascii() and number.isdecimal() and len(number) <= 18):
        raise InputError("x-goog-message-number", "It must be a number.")
    return (Notice(kind, ref, secret, int(number)),)
