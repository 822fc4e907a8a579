"""Everything that a plugin may import, and nothing else."""

from __future__ import annotations

import pluggy

from hub.account import Account, Setup
from hub.core.account_notice import AccountNotice, AccountNoticeKind
from hub.core.calendar import (
    Busy,
    BusyKind,
    Calendar,
    Changes,
    Event,
    Found,
    ItemChange,
    Window,
    Written,
)
from hub.core.digest import find_digest_challenge, offers_scheme
from hub.core.errors import (
    Conflict,
    Gone,
    InputError,
    NeedsReconnect,
    NotFound,
    ProviderError,
    Refused,
    Retry,
)
from hub.core.message import Message, Sent
from hub.core.provider import (
    CONNECTION_HOST,
    AuthScheme,
    Budget,
    ConnectLevel,
    DataCategory,
    Form,
    Grant,
    Operation,
    Provider,
    Redirect,
    Revocation,
    SettingField,
)
from hub.core.purpose import CALENDAR_PURPOSES, Purpose
from hub.core.push import Channel, Echo, Incoming, Notice, NoticeKind, Watching
from hub.hookspecs import PROJECT
from hub.ical.read import FoundTimes, busy_from_ical, event_from_ical
from hub.ical.write import event_to_ical
from hub.ical.zones import zone_of_calendar
from hub.oauth.code_flow import begin_code_flow, finish_code_flow, refresh_tokens, revoke_token
from hub.oauth.security_event import SecurityEvents, check_security_event
from hub.oauth.server import Identity, OAuthClient, OAuthServer, Tokens

hookimpl = pluggy.HookimplMarker(PROJECT)

__all__ = [
    "CALENDAR_PURPOSES",
    "CONNECTION_HOST",
    "Account",
    "AccountNotice",
    "AccountNoticeKind",
    "AuthScheme",
    "Budget",
    "Busy",
    "BusyKind",
    "Calendar",
    "Changes",
    "Channel",
    "Conflict",
    "ConnectLevel",
    "DataCategory",
    "Echo",
    "Event",
    "Form",
    "Found",
    "FoundTimes",
    "Gone",
    "Grant",
    "Identity",
    "Incoming",
    "InputError",
    "ItemChange",
    "Message",
    "NeedsReconnect",
    "NotFound",
    "Notice",
    "NoticeKind",
    "OAuthClient",
    "OAuthServer",
    "Operation",
    "Provider",
    "ProviderError",
    "Purpose",
    "Redirect",
    "Refused",
    "Retry",
    "Revocation",
    "SecurityEvents",
    "Sent",
    "SettingField",
    "Setup",
    "Tokens",
    "Watching",
    "Window",
    "Written",
    "begin_code_flow",
    "busy_from_ical",
    "check_security_event",
    "event_from_ical",
    "event_to_ical",
    "find_digest_challenge",
    "finish_code_flow",
    "hookimpl",
    "offers_scheme",
    "refresh_tokens",
    "revoke_token",
    "zone_of_calendar",
]
