"""Figures over people for the agency's own work, without any person: groups of fewer than five are left out."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy import select

from hub.core.access import suppress
from hub.parts import Hub
from hub.store.business import Business
from hub.store.connection import DISCONNECTED, Connection
from hub.store.guard import Across


class Figure(StrEnum):
    """What is counted, in staff members who connected an account of their own."""

    PROVIDER = "provider"  # by the provider of their account
    HEALTH = "health"  # by how it is


def counts(hub: Hub, business_ids: Collection[str] | None, figure: Figure) -> dict[str, int]:
    """Return how many people are in each group, over these businesses or all (None); groups below five are missing.

    No grant is needed (policy: aggregated internal operations). No sum is given, and a business alone is no way around:
    the same rule holds for one.
    """
    group = Connection.provider if figure is Figure.PROVIDER else Connection.health
    people = sa.func.count(sa.distinct(Connection.holder_id))
    statement = (
        select(group.label("name"), people.label("people"))
        .join(Business, Business.id == Connection.business_id)
        .where(Connection.health != DISCONNECTED, Connection.holder_id.is_not(None))
        .group_by(group)
        .execution_options(across=Across.DOOR)
    )
    if business_ids is not None:
        statement = statement.where(Connection.business_id.in_(sorted(business_ids)))
    with hub.database.reading() as conn:
        return suppress({row.name: row.people for row in conn.execute(statement)})
