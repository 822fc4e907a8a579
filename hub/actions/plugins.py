"""The plugins of this installation: which take part, what they offer, and how many accounts are connected by them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from hub.hookspecs import TOLD
from hub.parts import Hub
from hub.registry import Record, Status
from hub.store.ending import count_connections

_OFFERS: Mapping[str, str] = MappingProxyType(
    {
        "hub_list_calendars": "list calendars",
        "hub_free_busy": "check a time live",
        "hub_changes": "read busy times",
        "hub_watch": "be told of changes",
        "hub_unwatch": "end being told of changes",
        "hub_receive": "read what it is told",
        "hub_create_event": "write events",
        "hub_update_event": "move events",
        "hub_cancel_event": "remove events",
        "hub_read_event": "read events back",
        "hub_send_message": "send mails",
    }
)
"""What a hook means to people, in the order in which they are shown. Those that are not here are named."""


@dataclass(frozen=True, slots=True)
class PluginRow:
    """A plugin that was found. ``reason`` says why it is off or broken.

    ``provider`` and ``title`` are empty for one that only listens. ``offers`` says in words what can be done with it,
    ``listens`` names the facts that it hears. ``connections`` counts the accounts that are not disconnected.
    """

    name: str
    source: str
    status: Status
    reason: str
    provider: str
    title: str
    levels: tuple[str, ...]
    keeps: str
    offers: tuple[str, ...]
    listens: tuple[str, ...]
    connections: int


def list_plugins(hub: Hub) -> tuple[PluginRow, ...]:
    """Return all plugins that were found, by name, with the accounts of all businesses and the agency counted."""
    with hub.database.reading() as conn:
        counts = count_connections(conn)
    return tuple(_row(hub, record, counts) for record in hub.registry.records)


def _row(hub: Hub, record: Record, counts: Mapping[str, int]) -> PluginRow:
    hooks = hub.registry.hooks(record.name)
    offered = [one for one in hooks if one not in TOLD and one != "hub_provider"]
    order = list(_OFFERS)
    offered.sort(key=lambda one: order.index(one) if one in order else len(order))
    declared = record.provider
    # One that is off or broken declares nothing; its connections carry its name all the same.
    provider = declared.name if declared else ("" if record.status is Status.ON else record.name)
    return PluginRow(
        name=record.name,
        source=record.source,
        status=record.status,
        reason=record.reason,
        provider=provider,
        title=declared.title if declared else "",
        levels=tuple(level.title for level in declared.levels) if declared else (),
        keeps=declared.keeps if declared else "",
        offers=tuple(_OFFERS.get(one, one) for one in offered),
        listens=tuple(one for one in hooks if one in TOLD),
        connections=counts.get(provider, 0),
    )
