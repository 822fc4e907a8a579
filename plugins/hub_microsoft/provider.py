"""What the plugin declares: settings, levels with their permissions, every request that it may make, and for what.

Permissions: Microsoft Graph permissions reference, and the permission tables of each call. Limits: Microsoft Graph
service-specific throttling limits (Outlook: 10,000 requests in ten minutes for an application and a mailbox).
"""

from __future__ import annotations

from hub.plugin import (
    CALENDAR_PURPOSES,
    CONNECTION_HOST,
    Budget,
    ConnectLevel,
    DataCategory,
    Operation,
    Provider,
    Purpose,
    Revocation,
    SettingField,
)

READ_BASIC, READ, READ_WRITE = "Calendars.ReadBasic", "Calendars.Read", "Calendars.ReadWrite"

AUTHORITY, GRAPH = "https://login.microsoftonline.com/common", "https://graph.microsoft.com"

BUSY, BOOKINGS = "busy", "bookings"

REMOVE = "https://myapps.microsoft.com (work or school) or https://account.live.com/consent/Manage (personal)"
"""Where the owner of an account ends what an application may do (pages: My Apps portal; apps that access your data)."""

_CONNECT = frozenset({Purpose.CONNECT})
_LOOK = frozenset({Purpose.CONNECT, Purpose.SHOW_CALENDARS})
_ASK = frozenset({Purpose.CHECK_AVAILABILITY, Purpose.PREVENT_CONFLICTS})
_WRITE = frozenset({Purpose.CREATE_EVENT, Purpose.UPDATE_EVENT})
_CANCEL = frozenset({Purpose.CANCEL_EVENT})
_READING = CALENDAR_PURPOSES - _WRITE - _CANCEL

_CALENDAR = "/v1.0/me/calendars/{calendar}"
_EVENT = "/v1.0/me/events/{event}"
_WATCH = "/v1.0/subscriptions"


def _may(name: str, method: str, path: str, data: DataCategory, *purposes: frozenset[Purpose]) -> Operation:
    return Operation(name, method, CONNECTION_HOST, path, frozenset().union(*purposes), data)


PROVIDER = Provider(
    name="microsoft",
    title="Microsoft 365 or Outlook.com",
    operations=(
        _may(
            "find_endpoints",
            "GET",
            "/{tenant}/v2.0/.well-known/openid-configuration",
            DataCategory.ACCOUNT,
            _CONNECT,
        ),
        _may("get_tokens", "POST", "/{tenant}/oauth2/v2.0/token", DataCategory.ACCOUNT, _CONNECT),
        _may("list_calendars", "GET", "/v1.0/me/calendars", DataCategory.CALENDAR_LIST, _LOOK),
        _may("read_busy", "GET", f"{_CALENDAR}/calendarView", DataCategory.AVAILABILITY, _ASK),
        _may("find_event", "GET", f"{_CALENDAR}/events", DataCategory.EVENTS, _ASK, _WRITE, _CANCEL),
        _may("create_event", "POST", f"{_CALENDAR}/events", DataCategory.EVENTS, _WRITE),
        _may("read_event", "GET", _EVENT, DataCategory.EVENTS, _ASK, _WRITE, _CANCEL),
        _may("update_event", "PATCH", _EVENT, DataCategory.EVENTS, _WRITE),
        _may("delete_event", "DELETE", _EVENT, DataCategory.EVENTS, _CANCEL),
        _may("watch", "POST", _WATCH, DataCategory.AVAILABILITY, _ASK),
        _may("renew_watch", "PATCH", f"{_WATCH}/{{watch}}", DataCategory.AVAILABILITY, _ASK),
        _may("end_watch", "DELETE", f"{_WATCH}/{{watch}}", DataCategory.AVAILABILITY, _ASK),
    ),
    levels=(
        ConnectLevel(
            BOOKINGS,
            "See busy times and write bookings",
            CALENDAR_PURPOSES,
            scopes=(READ_WRITE,),
            sees=(
                "The names of your calendars.",
                "When you are busy, and how certain that is. Titles, guests and texts are not asked for.",
                "The bookings that it writes itself.",
                "Microsoft allows more than that: it has no smaller permission with which bookings can be written.",
            ),
            cannot=(
                "Read your mail, contacts or files.",
                "See calendars that other people share with you, unless they are in your own list.",
            ),
        ),
        ConnectLevel(
            BUSY,
            "See busy times only",
            _READING,
            scopes=(READ_BASIC,),
            sees=(
                "The names of your calendars.",
                "When you are busy, and how certain that is. Titles, guests and texts are not asked for.",
            ),
            cannot=(
                "Write bookings into your calendar: you see them here and in your mail.",
                "Read what an event says: Microsoft gives no texts and no attachments to this permission.",
                "Be told of changes at once: Microsoft tells only those who may read everything. It looks every few "
                "minutes.",
            ),
        ),
    ),
    revocation=Revocation.NONE,
    keeps=(
        "The bookings that were written stay in the calendar. Microsoft gives no way to take the permission back from "
        f"here: the hub destroys its only copy, and you can remove the application at {REMOVE}."
    ),
    settings=(
        SettingField("client_id", "Application (client) ID", "On the overview page of your app registration in Entra."),
        SettingField(
            "client_secret",
            "Client secret (value)",
            "Under Certificates & secrets; shown there once. Renew it before it expires.",
            secret=True,
        ),
        SettingField(
            "authority",
            "Sign-in address",
            "Change it for one organisation only, or for a national cloud.",
            required=False,
            default=AUTHORITY,
        ),
        SettingField("graph", "Graph address", "Change it for a national cloud.", required=False, default=GRAPH),
    ),
    account_budget=Budget(calls=9_000, seconds=600),
    budget=Budget(calls=100_000, seconds=10),
)
