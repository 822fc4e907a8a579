"""All kinds of effects that an outbox row may name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from hub.actions.account_mail import ACCOUNT_MAIL
from hub.actions.book import CHECK_AGAIN
from hub.actions.effect import Effect
from hub.actions.event import WRITE_EVENT
from hub.actions.outside_look import LOOK_AT_EVENT
from hub.actions.poll import SYNC_CALENDAR
from hub.actions.revoke import REVOKE
from hub.actions.send_mail import SEND_MAIL
from hub.actions.tell import TELL
from hub.actions.trouble import TELL_TROUBLE
from hub.actions.unwatch import END_WATCH
from hub.actions.watch import OPEN_WATCH

_ALL = (
    ACCOUNT_MAIL,
    CHECK_AGAIN,
    END_WATCH,
    LOOK_AT_EVENT,
    OPEN_WATCH,
    REVOKE,
    SEND_MAIL,
    SYNC_CALENDAR,
    TELL,
    TELL_TROUBLE,
    WRITE_EVENT,
)

EFFECTS: Mapping[str, Effect] = MappingProxyType({one.name: one for one in _ALL})
