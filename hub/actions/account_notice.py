"""Act on what a provider says of accounts: a permission that ended, an account that somebody else may have.

What is said is checked in the broker before it comes here. It is acted upon once, however often it is sent.
"""

from __future__ import annotations

import hashlib
from typing import Any

import sqlalchemy as sa

from hub.actions.health import note_warning
from hub.actions.record import note, record
from hub.actions.sessions import end_others
from hub.core.account_notice import AccountNoticeKind, Concerned
from hub.core.errors import InputError
from hub.core.ledger import EntryKind
from hub.core.push import Incoming
from hub.core.security import Kind, Outcome, Visit
from hub.core.trouble import DANGER
from hub.ledger.append import append
from hub.parts import Hub
from hub.store.account_notice import concerned, forget_heard, hear
from hub.store.link import StaffLink, end_links

KEPT = 30 * 86_400
"""Seconds for which a message is remembered: longer than any is believed."""

_REASONS = {AccountNoticeKind.ENDED: "revoked", AccountNoticeKind.CLOSED: "closed", AccountNoticeKind.DANGER: DANGER}
_MOST_DETAIL = 40


def take_account_notices(hub: Hub, visit: Visit, provider: str, request: Incoming) -> int:
    """Act on a signed message, and return how many things in it were new.

    ENDED and CLOSED: the connections of that account, or with that grant, are to be connected again. DANGER: besides,
    nothing is asked with them any more, the console's sessions of who connected them end, and so do the links of the
    staff whose accounts they are. Raises InputError for what is not to be believed, which is noted; Retry,
    PluginBroken, Unavailable: then nothing was done, and it may be sent again.
    """
    try:
        said = hub.broker.verify(provider, request)
    except InputError as error:
        record(hub, visit, Kind.PROVIDER_WARNED, Outcome.REFUSED, detail=error.code[:_MOST_DETAIL])
        raise
    return sum(_act(hub, visit, provider, number, one) for number, one in enumerate(said))


def forget_heard_notices(hub: Hub) -> None:
    """Forget messages that are too old to be believed a second time."""
    with hub.database.writing() as conn:
        forget_heard(conn, hub.clock() - KEPT)


def _act(hub: Hub, visit: Visit, provider: str, number: int, notice: Concerned) -> int:
    """Act on one thing that was said, all of it in one transaction with the note that it was heard."""
    now = hub.clock()
    id_hash = hashlib.sha256(f"{provider}\0{notice.id}\0{number}".encode()).hexdigest()
    with hub.database.writing() as conn:
        if not hear(conn, id_hash, now):
            return 0
        note(hub, conn, visit, Kind.PROVIDER_WARNED, detail=notice.kind)
        reason = _REASONS.get(notice.kind)
        if reason is not None:
            for one in concerned(conn, provider, notice.account_hash, notice.mark_hash):
                _warn(hub, conn, visit, one, notice.kind, reason, now)
    return 1


def _warn(
    hub: Hub, conn: sa.Connection, visit: Visit, one: Any, kind: AccountNoticeKind, reason: str, now: int
) -> None:
    changed = note_warning(conn, one.business_id, one.id, reason, now)
    if kind is AccountNoticeKind.DANGER:
        if one.user_id:
            end_others(hub, conn, visit, one.user_id, why=DANGER)
        if one.holder_id and end_links(conn, one.business_id, now, StaffLink.holder_id == one.holder_id):
            about = {"about": one.holder_id, "within": one.business_id}
            note(hub, conn, visit, Kind.STAFF_LINK_ENDED, **about, detail=DANGER)
    if changed:
        append(conn, one.business_id, EntryKind.PROVIDER_WARNED, {"said": str(kind)}, at=now, connection_id=one.id)
