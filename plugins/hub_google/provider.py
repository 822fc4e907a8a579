"""What the plugin declares: its levels, its settings, and every request that it may make, and for what."""

from __future__ import annotations

from collections.abc import Mapping

from hub.plugin import (
    CONNECTION_HOST,
    Budget,
    DataCategory,
    OAuthClient,
    OAuthServer,
    Operation,
    Provider,
    Purpose,
    Revocation,
    SettingField,
)
from hub_google.levels import LEVELS

API = "/calendar/v3"
_CALENDAR = API + "/calendars/{calendar}"
_ASK = frozenset({Purpose.CHECK_AVAILABILITY, Purpose.PREVENT_CONFLICTS})
_WRITE = frozenset({Purpose.CREATE_EVENT, Purpose.UPDATE_EVENT})
_CANCEL = frozenset({Purpose.CANCEL_EVENT})
_CONNECT = frozenset({Purpose.CONNECT})

ADDRESSES: Mapping[str, str] = {
    "issuer": "https://accounts.google.com",
    "authorize_url": "https://accounts.google.com/o/oauth2/v2/auth",
    "token_url": "https://oauth2.googleapis.com/token",
    "revoke_url": "https://oauth2.googleapis.com/revoke",
    "keys_url": "https://www.googleapis.com/oauth2/v3/certs",
    "api_url": "https://www.googleapis.com",
}
"""Where Google is (OpenID Connect, discovery document). A setting of the same name puts a stand-in in its place."""

_ADDRESS = "Leave it as it is, unless a stand-in for Google is to be used."


def _operation(name: str, method: str, path: str, purposes: frozenset[Purpose], data: DataCategory) -> Operation:
    return Operation(name, method, CONNECTION_HOST, path, purposes, data)


PROVIDER = Provider(
    name="google",
    title="Google Calendar",
    operations=(
        _operation("get_tokens", "POST", "/token", _CONNECT, DataCategory.ACCOUNT),
        _operation("get_keys", "GET", "/oauth2/v3/certs", _CONNECT, DataCategory.ACCOUNT),
        _operation("end_grant", "POST", "/revoke", _CONNECT, DataCategory.ACCOUNT),
        _operation("make_calendar", "POST", API + "/calendars", _CONNECT, DataCategory.CALENDAR_LIST),
        _operation(
            "look_at_calendar", "GET", _CALENDAR, _CONNECT | {Purpose.SHOW_CALENDARS}, DataCategory.CALENDAR_LIST
        ),
        _operation(
            "list_calendars",
            "GET",
            API + "/users/me/calendarList",
            frozenset({Purpose.SHOW_CALENDARS}),
            DataCategory.CALENDAR_LIST,
        ),
        _operation("read_free_busy", "POST", API + "/freeBusy", _ASK, DataCategory.AVAILABILITY),
        _operation("read_times", "GET", _CALENDAR + "/events", _ASK, DataCategory.AVAILABILITY),
        _operation("watch", "POST", _CALENDAR + "/events/watch", _ASK, DataCategory.AVAILABILITY),
        _operation("unwatch", "POST", API + "/channels/stop", _ASK | _CONNECT, DataCategory.AVAILABILITY),
        _operation("read_event", "GET", _CALENDAR + "/events/{event}", _ASK | _WRITE | _CANCEL, DataCategory.EVENTS),
        _operation("write_event", "POST", _CALENDAR + "/events", _WRITE, DataCategory.EVENTS),
        _operation("change_event", "PATCH", _CALENDAR + "/events/{event}", _WRITE, DataCategory.EVENTS),
        _operation("delete_event", "DELETE", _CALENDAR + "/events/{event}", _CANCEL, DataCategory.EVENTS),
    ),
    levels=LEVELS,
    revocation=Revocation.GRANT,
    keeps="The appointments that were written stay in your calendar. Google may take some minutes to end the access.",
    settings=(
        SettingField("client_id", "Client ID", "Of the OAuth client that you made in the Google Cloud console."),
        SettingField("client_secret", "Client secret", "Shown there once, when the client is made.", secret=True),
        *(
            SettingField(name, title, _ADDRESS, required=False, default=ADDRESSES[name])
            for name, title in (
                ("issuer", "Issuer"),
                ("authorize_url", "Address of the consent page"),
                ("token_url", "Address for tokens"),
                ("revoke_url", "Address for ending a grant"),
                ("keys_url", "Address of the keys"),
                ("api_url", "Address of the Calendar API"),
            )
        ),
    ),
    # Google allows 600 requests a minute for a user and project and 10,000 for a project ("Manage quotas"); a margin
    # is left for what is under way and for clocks that differ.
    restricted=True,  # Google API Services User Data Policy, Limited Use
    account_budget=Budget(450, 60),
    budget=Budget(8_000, 60),
)


def address(settings: Mapping[str, str], name: str) -> str:
    """Return an address from the installation's settings, or Google's own."""
    return settings.get(name, "").strip().rstrip("/") or ADDRESSES[name]


def server(settings: Mapping[str, str]) -> OAuthServer:
    """Return the authorization server. Google's issuer has an older name without a scheme."""
    issuer = address(settings, "issuer")
    return OAuthServer(
        issuer=issuer,
        authorize_url=address(settings, "authorize_url"),
        token_url=address(settings, "token_url"),
        keys_url=address(settings, "keys_url"),
        revoke_url=address(settings, "revoke_url"),
        also=("accounts.google.com",) if issuer == ADDRESSES["issuer"] else (),
    )


def client(settings: Mapping[str, str]) -> OAuthClient:
    """Return the operator's own client; both parts are empty where none is registered yet."""
    return OAuthClient(settings.get("client_id", "").strip(), settings.get("client_secret", "").strip())
