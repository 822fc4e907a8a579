"""Decide on a request to see something: agree, refuse, end it before its time, tell the person what was kept back.

For support the person whose data it is decides; for security and law a second person of the agency. Never who asked.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import select

from hub.actions.access_ask import about, acting_user
from hub.actions.access_tell import tell_viewed
from hub.actions.record import note, record
from hub.core.access import AccessReason, AccessState, Subject
from hub.core.errors import StateError
from hub.core.ledger import EntryKind
from hub.core.role import Right
from hub.core.security import OPERATOR, Kind, Outcome, Visit
from hub.ledger.append import append
from hub.parts import Hub
from hub.store.access import change_grant, find_grant, named, objects_of, over_grants, set_told, views_of
from hub.store.link import StaffLink

_AT_ONCE = 100


def approve_access(hub: Hub, visit: Visit, business_id: str, grant_id: str, *, link_id: str = "") -> None:
    """Agree to a request: from now on, and for the time that it names, who asked may look at its objects.

    ``link_id`` is the staff member's link by which they came, if it was one: a link that who asked has made does not
    count as the person's word. Raises StateError (``self_approval``, ``not_allowed``, ``answered``, ``expired``),
    UnknownId.
    """
    _decide(hub, visit, business_id, grant_id, link_id, AccessState.APPROVED)


def refuse_access(hub: Hub, visit: Visit, business_id: str, grant_id: str, *, link_id: str = "") -> None:
    """Refuse a request, as whoever may agree to it. Raises as `approve_access`."""
    _decide(hub, visit, business_id, grant_id, link_id, AccessState.REFUSED)


def end_access(hub: Hub, visit: Visit, business_id: str, grant_id: str) -> None:
    """End a request or a grant before its time: who asked, whose data it is, and owners and admins may.

    One that is over stays as it is. Raises StateError (``not_allowed``), UnknownId.
    """
    with hub.database.writing() as conn:
        row = find_grant(conn, business_id, grant_id, lock=True)
        objects = objects_of(conn, business_id, [grant_id])
        if not _is_theirs(visit, objects) and not (visit.actor == "user" and visit.actor_id == row.user_id):
            acting_user(conn, visit, business_id, Right.MANAGE_USERS)
        if row.state in (AccessState.ASKED, AccessState.APPROVED):
            _end(hub, conn, row, objects, visit, AccessState.ENDED)


def tell_now(hub: Hub, visit: Visit, business_id: str, grant_id: str) -> None:
    """Tell the person of the looks that were kept back, and of later ones at once. A repeat tells nothing twice.

    Raises StateError for a request without a delay or a role that may not, UnknownId.
    """
    with hub.database.writing() as conn:
        acting_user(conn, visit, business_id, Right.MANAGE_USERS)
        row = find_grant(conn, business_id, grant_id, lock=True)
        if not row.delay:
            raise StateError("The person is told of each look at once.", code="no_delay")
        if row.lifted_at is not None:
            return
        now = hub.clock()
        for view in views_of(conn, business_id, [grant_id], untold=True):
            tell_viewed(hub, conn, business_id, grant_id, named(view), view.minute * 60)
        set_told(conn, business_id, grant_id, now)
        change_grant(conn, business_id, grant_id, lifted_at=now)
        note(hub, conn, visit, Kind.ACCESS, about=grant_id, within=business_id, detail="told")


def end_overdue(hub: Hub) -> None:
    """End what nobody answered, and what was given for a time that is over: for the clock."""
    while True:
        with hub.database.reading() as conn:
            over = over_grants(conn, hub.clock(), _AT_ONCE)
        for business_id, grant_id in over:
            with hub.database.writing() as conn:
                row = find_grant(conn, business_id, grant_id, lock=True)
                live = row.state in (AccessState.ASKED, AccessState.APPROVED)
                if live and row.until <= hub.clock():
                    objects = objects_of(conn, business_id, [grant_id])
                    _end(hub, conn, row, objects, OPERATOR, AccessState.EXPIRED)
        if len(over) < _AT_ONCE:
            return


def _decide(hub: Hub, visit: Visit, business_id: str, grant_id: str, link_id: str, state: AccessState) -> None:
    try:
        with hub.database.writing() as conn:
            row = find_grant(conn, business_id, grant_id, lock=True)
            objects = objects_of(conn, business_id, [grant_id])
            _check_decider(conn, visit, row, objects, link_id)
            now = hub.clock()
            if row.state != AccessState.ASKED:
                raise StateError(f"This request is {row.state} already.", code="answered")
            if row.until <= now:
                raise StateError("This request is too old; ask again.", code="expired")
            values: dict[str, Any] = {"decided_by": f"{visit.actor}:{visit.actor_id}", "decided_at": now}
            approved = state is AccessState.APPROVED
            values |= {"until": now + row.seconds} if approved else {"ended_at": now}
            change_grant(conn, business_id, grant_id, state=state, **values)
            kind = EntryKind.ACCESS_APPROVED if approved else EntryKind.ACCESS_REFUSED
            _append(conn, kind, row, objects, now, {"by": visit.actor, "by_id": visit.actor_id})
            note(hub, conn, visit, Kind.ACCESS, about=grant_id, within=business_id, detail=str(state))
    except StateError as error:
        record(hub, visit, Kind.ACCESS, Outcome.REFUSED, about=grant_id, within=business_id, detail=error.code)
        raise


def _check_decider(
    conn: sa.Connection, visit: Visit, row: sa.Row[Any], objects: list[sa.Row[Any]], link_id: str
) -> None:
    asker = f"user:{row.user_id}"
    if f"{visit.actor}:{visit.actor_id}" == asker:
        raise StateError("Who asks cannot agree; somebody else must.", code="self_approval")
    if row.reason != AccessReason.SUPPORT:
        acting_user(conn, visit, row.business_id, Right.MANAGE_USERS)
    elif not _is_theirs(visit, objects):
        raise StateError("Only the person whose data it is can agree to this.", code="not_allowed")
    elif link_id:
        mine = StaffLink.business_id == row.business_id, StaffLink.id == link_id, StaffLink.holder_id == visit.actor_id
        made_by = conn.execute(select(StaffLink.made_by).where(*mine)).scalar_one_or_none() or ""
        if made_by == asker or not made_by.startswith(("user:", "operator:")):
            raise StateError(
                "Who asks knows this link. Answer by the link in the mail to you, or ask somebody else of the agency "
                "for a new link.",
                code="self_approval",
            )


def _is_theirs(visit: Visit, objects: list[sa.Row[Any]]) -> bool:
    """Tell whether all objects are this visitor's. A customer comes by the link of the request, as their own person."""
    known = visit.actor in (Subject.STAFF, Subject.USER, Subject.CUSTOMER) and bool(visit.actor_id)
    return known and all((one.subject, one.subject_id) == (visit.actor, visit.actor_id) for one in objects)


def _end(
    hub: Hub, conn: sa.Connection, row: sa.Row[Any], objects: list[sa.Row[Any]], visit: Visit, state: AccessState
) -> None:
    now = hub.clock()
    change_grant(conn, row.business_id, row.id, state=state, ended_at=now)
    _append(conn, EntryKind.ACCESS_ENDED, row, objects, now, {"why": str(state)})
    if state is AccessState.ENDED:
        note(hub, conn, visit, Kind.ACCESS, about=row.id, within=row.business_id, detail="ended")


def _append(
    conn: sa.Connection, kind: EntryKind, row: sa.Row[Any], objects: list[sa.Row[Any]], now: int, said: dict[str, str]
) -> None:
    whom = about([(named(one), Subject(one.subject), one.subject_id) for one in objects])
    content = {"grant": row.id, "reason": row.reason, **said}
    append(conn, row.business_id, kind, content, at=now, user_id=row.user_id, **whom)
