"""Who hands a business's mails over: a connection of its own, else the agency's, else nobody."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import select

from hub.core.errors import PluginBroken
from hub.core.mail_address import mail_host
from hub.core.mail_message import Mailbox
from hub.core.purpose import Purpose
from hub.parts import Hub
from hub.registry import Registry
from hub.store.business import AGENCY
from hub.store.connection import DISCONNECTED, Connection, find_connection
from hub.vault.names import open_account_names

HOOK = "hub_send_message"
_LOST = "needs_reconnect"


@dataclass(frozen=True, slots=True)
class Sender:
    """Where a mail comes from. Without a ``connection_id`` there is no server, and it is kept.

    ``mailbox`` has no name where that of the business is to be shown. ``business_id`` is the connection's.
    """

    mailbox: Mailbox
    business_id: str = ""
    connection_id: str = ""


def find_sender(hub: Hub, conn: sa.Connection, business_id: str) -> Sender:
    """Return the sender of a business's mails, the newest connection first."""
    statement = (
        select(Connection.business_id, Connection.id, Connection.provider, Connection.purposes, Connection.account)
        .where(Connection.business_id.in_((business_id, AGENCY)), Connection.health != DISCONNECTED)
        .order_by(Connection.id.desc())
    )
    able = [
        row
        for row in conn.execute(statement)
        if Purpose.SEND_MESSAGE in row.purposes and _offers(hub.registry, row.provider)
    ]
    for row in sorted(able, key=lambda row: bool(row.business_id != business_id)):
        settings = open_account_names(conn, hub.keyring, row).settings
        mailbox = Mailbox(settings.get("sender_name", ""), settings.get("sender", ""))
        return Sender(mailbox, row.business_id, row.id)
    return Sender(Mailbox("", f"hub@{mail_host(hub.settings.base_url)}"))


def reaches_a_server(hub: Hub, conn: sa.Connection, business_id: str) -> bool:
    """Tell whether a mail of a business would be handed over now: a server is connected, and lets the hub in."""
    sender = find_sender(hub, conn, business_id)
    if not sender.connection_id:
        return False
    return bool(find_connection(conn, sender.business_id, sender.connection_id).health != _LOST)


def _offers(registry: Registry, provider: str) -> bool:
    try:
        return registry.offers(provider, HOOK)
    except PluginBroken:
        return False
