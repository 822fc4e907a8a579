"""What data that were put back must not do again: effects that may have happened, sign-ins that may have ended."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy import or_, update

from hub.store.guard import Across
from hub.store.outbox import RUNNING, UNKNOWN, WAITING, Outbox
from hub.store.sign_in import ConsoleSession, OneTimeLink

REASON = "restored"
"""The problem that stands at an effect which may have happened after the backup."""


def doubt(conn: sa.Connection, now: int, never: Collection[str]) -> int:
    """End every effect that may have happened by now as ``unknown``, and return how many.

    Those are the ones that were running or due. Kinds in ``never`` end so whenever they are due.
    """
    may = or_(Outbox.state == RUNNING, Outbox.due_at <= now, Outbox.kind.in_(never))
    ended = {"state": UNKNOWN, "problem": REASON, "ended_at": now}
    statement = update(Outbox).where(Outbox.state.in_((WAITING, RUNNING)), may).values(**ended)
    return conn.execute(statement.execution_options(across=Across.OPERATOR)).rowcount


def end_sign_ins(conn: sa.Connection, now: int) -> int:
    """End all sessions and mailed links, and return how many still worked."""
    sessions = update(ConsoleSession).where(ConsoleSession.ended_at.is_(None), ConsoleSession.until > now)
    links = update(OneTimeLink).where(OneTimeLink.used_at.is_(None), OneTimeLink.until > now)
    ended = conn.execute(sessions.values(ended_at=now, keep={})).rowcount
    return ended + conn.execute(links.values(used_at=now)).rowcount
