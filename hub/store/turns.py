"""Whose outbox rows are next: businesses take turns, so that one with a backlog holds nobody else up."""

from __future__ import annotations

from sqlalchemy import Connection, exists, func, select
from sqlalchemy.orm import aliased

from hub.store.guard import Across
from hub.store.outbox import RUNNING, WAITING, Outbox


def due_in_turn(conn: Connection, now: int, limit: int, share: int) -> list[tuple[str, int]]:
    """Return ids and attempts of rows that may run now, by turns over the businesses, longest due first in each.

    No business gets more than ``share``, those of its rows that are running included. Which rows may run is as in
    `hub.store.outbox.claim`, which decides.
    """
    running = select(Outbox.business_id, func.count().label("many")).where(Outbox.state == RUNNING)
    busy = running.group_by(Outbox.business_id).subquery("busy")
    before = aliased(Outbox)
    same = before.business_id == Outbox.business_id, before.key == Outbox.key
    held_up = exists().where(*same, before.state.in_((WAITING, RUNNING)), before.id < Outbox.id)
    place = func.row_number().over(partition_by=Outbox.business_id, order_by=(Outbox.due_at, Outbox.id))
    turn = (place + func.coalesce(busy.c.many, 0)).label("turn")
    rows = select(Outbox.id, Outbox.attempts, Outbox.due_at, turn)
    rows = rows.outerjoin(busy, busy.c.business_id == Outbox.business_id)
    free = rows.where(Outbox.state == WAITING, Outbox.due_at <= now, ~held_up).subquery("free")
    query = select(free.c.id, free.c.attempts).where(free.c.turn <= share)
    query = query.order_by(free.c.turn, free.c.due_at, free.c.id).limit(limit)
    return [(row.id, row.attempts) for row in conn.execute(query.execution_options(across=Across.RELAY))]
