"""Connections of one provider account in a business: named before one of them ends, and ended together."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import select

from hub.actions.calendars import own_connection
from hub.actions.disconnect import Disconnected, disconnect
from hub.core.ended import kind_sentence
from hub.core.errors import PluginBroken
from hub.core.provider import Revocation
from hub.core.security import Visit
from hub.parts import Hub
from hub.store.connection import DISCONNECTED, Connection
from hub.store.holder import names_of


@dataclass(frozen=True, slots=True)
class Sibling:
    """Another live connection of the same account, by whom it is for; ``holder`` is empty for the business."""

    connection_id: str
    holder: str
    made_at: int


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a disconnect means at the provider, in words, and who else uses the same account in this business."""

    at_provider: str
    shares: bool
    siblings: tuple[Sibling, ...]


def outlook(hub: Hub, business_id: str, connection_id: str, *, holder_id: str | None = None) -> Outlook:
    """Return what a disconnect would mean at the provider. Other businesses are never mentioned.

    With ``holder_id`` only that staff member's own connections. Raises UnknownId.
    """
    with hub.database.reading() as conn:
        row = own_connection(conn, business_id, connection_id, holder_id)
        found = _siblings(conn, business_id, row.provider, row.account_hash, connection_id, holder_id)
        names = names_of(conn, business_id, {one.holder_id for one in found if one.holder_id is not None})
    try:
        kind = hub.registry.provider(row.provider).revocation
    except PluginBroken:
        return Outlook("Its plugin is off or broken, so the provider is asked when it works again.", False, ())
    others = tuple(Sibling(one.id, names.get(one.holder_id, ""), one.made_at) for one in found)
    return Outlook(kind_sentence(kind), kind is Revocation.GRANT, others)


def disconnect_account(
    hub: Hub, visit: Visit, business_id: str, connection_id: str, *, holder_id: str | None = None
) -> Disconnected:
    """End a connection and all others of the same account in this business, and say how the one ended.

    With ``holder_id`` only those of that staff member. Each is ended and recorded by itself. Raises UnknownId.
    """
    with hub.database.reading() as conn:
        row = own_connection(conn, business_id, connection_id, holder_id)
        found = _siblings(conn, business_id, row.provider, row.account_hash, connection_id, holder_id)
    for one in found:
        disconnect(hub, visit, business_id, one.id, holder_id=holder_id)
    return disconnect(hub, visit, business_id, connection_id, holder_id=holder_id)


def _siblings(
    conn: sa.Connection, business_id: str, provider: str, account_hash: str, without: str, holder_id: str | None
) -> list[sa.Row[str, str | None, int]]:
    if not account_hash:
        return []
    statement = select(Connection.id, Connection.holder_id, Connection.made_at).where(
        Connection.business_id == business_id,
        Connection.provider == provider,
        Connection.account_hash == account_hash,
        Connection.id != without,
        Connection.health != DISCONNECTED,
    )
    if holder_id is not None:
        statement = statement.where(Connection.holder_id == holder_id)
    return list(conn.execute(statement.order_by(Connection.made_at, Connection.id)).all())
