"""Mails that did not go out, beside the bookings that they are about, and the outbox rows that belong to mails."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy import func, select, update

from hub.store.booking import Booking
from hub.store.guard import Across
from hub.store.mail import FAILED, KEPT, WAITING, Mail
from hub.store.outbox import DEAD, UNKNOWN, Outbox
from hub.store.outbox import WAITING as TO_DO

UNSENT = (KEPT, FAILED)
"""No server has ever had these."""

_EFFECT = "send_mail"
_COLUMNS = (
    *(getattr(Mail, name) for name in ("id", "business_id", "booking_id", "kind", "reader", "state", "about")),
    Booking.state.label("booking_state"),
    Booking.starts_at,
    Booking.ends_at,
)


def unsent_mails(conn: sa.Connection, business_id: str, now: int, limit: int) -> list[sa.Row[Any]]:
    """Return mails that were never handed over, the newest first, without those about appointments that have begun.

    Each with ``booking_state``, ``starts_at`` and ``ends_at`` of its booking, None without one.
    """
    statement = _with_booking(business_id).where(
        Mail.state.in_(UNSENT), sa.or_(Mail.booking_id.is_(None), Booking.starts_at > now)
    )
    return list(conn.execute(statement.order_by(Mail.id.desc()).limit(limit)).all())


def mail_with_booking(conn: sa.Connection, business_id: str, mail_id: str) -> sa.Row[Any] | None:
    """Return one mail in the same shape, in whatever state it is."""
    return conn.execute(_with_booking(business_id).where(Mail.id == mail_id)).one_or_none()


def let_wait(conn: sa.Connection, business_id: str, mail_id: str, state: str) -> bool:
    """Let a mail wait to be sent; False if it is not in that state any more, and nothing was changed."""
    mine = Mail.business_id == business_id, Mail.id == mail_id, Mail.state == state
    return conn.execute(update(Mail).where(*mine).values(state=WAITING, ended_at=None, problem="")).rowcount == 1


def stuck_effect(conn: sa.Connection, business_id: str, mail_id: str) -> str | None:
    """Return the outbox row that was to send a mail and ended badly, if there is one."""
    mine = Outbox.business_id == business_id, Outbox.kind == _EFFECT, Outbox.state.in_((DEAD, UNKNOWN))
    found: str | None = conn.scalar(select(func.max(Outbox.id)).where(*mine, _mail_of() == mail_id))
    return found


def due_times(conn: sa.Connection, business_ids: Collection[str] | None, mail_ids: Collection[str]) -> dict[str, int]:
    """Return when mails that wait are due (UTC seconds), by id; of all businesses with None."""
    if not mail_ids:
        return {}
    statement = select(_mail_of(), Outbox.due_at).where(
        Outbox.kind == _EFFECT, Outbox.state == TO_DO, _mail_of().in_(mail_ids)
    )
    if business_ids is not None:
        statement = statement.where(Outbox.business_id.in_(business_ids))
    across = {"across": Across.DOOR} if business_ids is None else {}
    return {row[0]: row[1] for row in conn.execute(statement.execution_options(**across))}


def count_kept(conn: sa.Connection, business_ids: Collection[str] | None) -> dict[str, int]:
    """Return how many mails are kept, by business, of these or of all with None; none is left out."""
    statement = select(Mail.business_id, func.count()).where(Mail.state == KEPT).group_by(Mail.business_id)
    if business_ids is not None:
        statement = statement.where(Mail.business_id.in_(business_ids))
    across = {"across": Across.DOOR} if business_ids is None else {}
    return {row[0]: row[1] for row in conn.execute(statement.execution_options(**across))}


def _with_booking(business_id: str) -> sa.Select[*tuple[Any, ...]]:
    mine = sa.and_(Booking.id == Mail.booking_id, Booking.business_id == business_id)
    return select(*_COLUMNS).outerjoin(Booking, mine).where(Mail.business_id == business_id)


def _mail_of() -> sa.ColumnElement[str]:
    found: sa.ColumnElement[str] = Outbox.payload["mail_id"].as_string()
    return found
