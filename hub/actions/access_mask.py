"""What people see of accounts and calendars: masked here, where it is read for them, and nowhere else.

The person whose account it is sees it in full: the staff member by their own link, the console user who connected it.
Who connects one for a staff member sees it while they choose its calendars. Everybody else does not, whatever their
role, and no program with a key. A mail server is no calendar: its sender stands on each mail that it sends.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import sqlalchemy as sa

from hub.core.access import mask_account, mask_calendar
from hub.core.consent_record import ConsentState
from hub.core.errors import PluginBroken
from hub.parts import Hub
from hub.store.consent import newest_state
from hub.vault.names import account_names

CHOOSING = 900
"""Seconds in which who connected an account for a staff member sees its name and those of its calendars."""


def is_masked(hub: Hub, connection: Any, *, holder_id: str | None = None, user_id: str = "") -> bool:
    """Tell whether an account is masked for a staff member at their link, a console user, or (neither) anybody.

    ``connection`` is its row.
    """
    if holder_id is not None and connection.holder_id == holder_id:
        return False
    if user_id and connection.holder_id is None and connection.user_id == user_id:
        return False
    try:
        return hub.registry.offers(connection.provider, "hub_list_calendars")
    except PluginBroken:
        return True


def connected_just_now(conn: sa.Connection, connection: Any, who: tuple[str, str], now: int) -> bool:
    """Tell whether a console user or staff member (kind and id) connected an account a moment ago, and agreed to it.

    They signed in there or typed its address themselves, and must see whether it is the right one. Agreeing again to
    one that is connected shows nothing.
    """
    if not who[1] or connection.consent_id is None:
        return False
    given = newest_state(conn, connection.business_id, connection.consent_id)
    said = (given.state, given.reason) == (ConsentState.GIVEN, "connected")
    return said and (given.actor, given.actor_id) == who and now - given.at <= CHOOSING


def shown_account(
    hub: Hub, conn: sa.Connection, connection: Any, *, holder_id: str | None = None, user_id: str = ""
) -> str:
    """Return what is seen of an account's name; see `is_masked`."""
    return shown_accounts(hub, conn, [connection], holder_id=holder_id, user_id=user_id)[str(connection.id)]


def shown_accounts(
    hub: Hub, conn: sa.Connection, connections: Collection[Any], *, holder_id: str | None = None, user_id: str = ""
) -> dict[str, str]:
    """Return what is seen of the names of accounts, by id. To mask one it is opened: no letter of it is kept beside."""
    names = account_names(conn, hub.keyring, connections)
    return {
        row.id: mask_account(name) if is_masked(hub, row, holder_id=holder_id, user_id=user_id) else name
        for row in connections
        for name in [names[row.id]]
    }


def masked_calendars(calendars: Iterable[Any]) -> dict[str, str]:
    """Return what is seen of calendars in place of their names, by id: a number within the account that stays.

    No name is opened for it.
    """
    count: dict[str, int] = {}
    found = {}
    for row in sorted(calendars, key=lambda row: row.id):
        count[row.connection_id] = count.get(row.connection_id, 0) + 1
        found[row.id] = mask_calendar(count[row.connection_id])
    return found
