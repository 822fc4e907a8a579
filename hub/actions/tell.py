"""Tell plugins a fact after the commit: put it into the outbox, and pass it on from there."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from hub.actions.effect import Effect, Repeat, Work
from hub.parts import Hub
from hub.store.outbox import add_effect


def tell(conn: sa.Connection, business_id: str, hook: str, facts: Mapping[str, str], now: int) -> None:
    """Put a fact into the outbox, in the transaction of what it reports. Facts are ids and states only."""
    payload = {"hook": hook, "facts": dict(facts)}
    key = f"tell:{facts.get('booking') or facts.get('connection') or business_id}"
    add_effect(conn, business_id=business_id, kind=TELL.name, key=key, payload=payload, due_at=now, now=now)


def _pass_on(hub: Hub, work: Work) -> None:
    hub.registry.tell(work.payload["hook"], **work.payload["facts"])


TELL = Effect("tell", Repeat.SAFE, _pass_on)
