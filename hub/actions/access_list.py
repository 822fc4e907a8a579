"""Requests to see something, and the looks: for the agency, and for the person whose data it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.actions.access_mask import shown_accounts
from hub.core.access import AccessReason, AccessState, Named, ObjectKind, Subject
from hub.core.errors import InputError
from hub.parts import Hub
from hub.store.access import find_grant, list_grants, named, objects_of, views_of
from hub.store.business import find_business
from hub.store.connection import list_connections
from hub.store.holder import names_of
from hub.store.ids import is_id
from hub.store.mail import mails_by_id
from hub.store.user import user_names

PAGE = 50


@dataclass(frozen=True, slots=True)
class ObjectView:
    """A named object: an account as whoever looks sees it, or the kind of a mail and when it was written.

    ``owner`` is the name of the staff member or user whose data it is; customers are not named here.
    """

    object: Named
    name: str
    made_at: int | None
    subject: Subject
    owner: str


@dataclass(frozen=True, slots=True)
class Look:
    """A look, to the minute. ``told_at`` is when the person was told, None for not yet."""

    at: int
    object: Named
    told_at: int | None


@dataclass(frozen=True, slots=True)
class GrantView:
    """A request and what became of it. Times in UTC seconds; ``state`` is as it is now.

    ``decided_by`` is a name, or ``the staff member``, ``the customer``; empty before a decision.
    """

    id: str
    business_id: str
    reason: AccessReason
    reference: str
    state: AccessState
    user_id: str
    user: str
    made_at: int
    seconds: int
    until: int
    decided_by: str
    decided_at: int | None
    ended_at: int | None
    delay: str
    lifted_at: int | None
    objects: tuple[ObjectView, ...]
    looks: tuple[Look, ...]

    @property
    def subject(self) -> tuple[Subject, str]:
        """Whose objects they are, by the first: for support they are one person's."""
        return self.objects[0].subject, self.objects[0].owner


def list_access(hub: Hub, business_id: str, *, cursor: str = "", limit: int = PAGE) -> tuple[list[GrantView], str]:
    """Return a page of a business's requests, the newest first, and the cursor of the next page, empty at the end.

    Raises InputError for a cursor that is none, UnknownId.
    """
    if cursor and not is_id(cursor):
        raise InputError("after", "This is no place in this list; begin again without it.")
    with hub.database.reading() as conn:
        find_business(conn, business_id)
        rows = list_grants(conn, business_id, before=cursor, limit=limit + 1)
        views = _views(hub, conn, business_id, rows[:limit])
    return views, views[-1].id if len(rows) > limit else ""


def get_access(hub: Hub, business_id: str, grant_id: str) -> GrantView:
    """Return one request. Raises UnknownId."""
    with hub.database.reading() as conn:
        return _views(hub, conn, business_id, [find_grant(conn, business_id, grant_id)])[0]


def access_to(
    hub: Hub, business_id: str, subject: Subject, subject_id: str, *, hidden: bool = False
) -> list[GrantView]:
    """Return who asked to see a person's data, and who looked: the newest first, with their own names in full.

    With ``hidden`` these are masked (`staff_links.hides_names`).

    What is kept back for now (``delay``) is not among them. Objects and looks at other people's data are left out.
    """
    with hub.database.reading() as conn:
        rows = list_grants(conn, business_id, subject=(subject, subject_id), limit=PAGE)
        told = [row for row in rows if not row.delay or row.lifted_at is not None]
        return _views(hub, conn, business_id, told, (subject, subject_id), hidden=hidden)


def asked_of(hub: Hub, business_id: str, subject: Subject, subject_id: str) -> list[GrantView]:
    """Return what a person is asked at present: requests for support that wait for their answer."""
    found = access_to(hub, business_id, subject, subject_id)
    return [one for one in found if one.state is AccessState.ASKED and one.reason is AccessReason.SUPPORT]


def _views(
    hub: Hub,
    conn: sa.Connection,
    business_id: str,
    rows: Sequence[sa.Row[Any]],
    only: tuple[Subject, str] | None = None,
    *,
    hidden: bool = False,
) -> list[GrantView]:
    ids, now = [row.id for row in rows], hub.clock()
    objects: dict[str, list[Any]] = defaultdict(list)
    for one in objects_of(conn, business_id, ids):
        if only is None or (one.subject, one.subject_id) == only:
            objects[one.grant_id].append(one)
    seen = {(one.grant_id, named(one)) for some in objects.values() for one in some}
    looks: dict[str, list[Look]] = defaultdict(list)
    for view in views_of(conn, business_id, ids):
        if (view.grant_id, named(view)) in seen:
            looks[view.grant_id].append(Look(view.minute * 60, named(view), view.told_at))
    shown = _Words(
        hub, conn, business_id, [one for some in objects.values() for one in some], rows, None if hidden else only
    )
    return [
        GrantView(
            id=row.id,
            business_id=business_id,
            reason=AccessReason(row.reason),
            reference=row.reference,
            state=_state(row, now),
            user_id=row.user_id,
            user=shown.users.get(row.user_id, ""),
            made_at=row.made_at,
            seconds=row.seconds,
            until=row.until,
            decided_by=shown.who(row.decided_by),
            decided_at=row.decided_at,
            ended_at=row.ended_at,
            delay=row.delay,
            lifted_at=row.lifted_at,
            objects=tuple(shown.object(one) for one in objects[row.id]),
            looks=tuple(looks[row.id]),
        )
        for row in rows
    ]


def _state(row: sa.Row[Any], now: int) -> AccessState:
    """Return the state as it is, also in the seconds until the clock has noted that the time is over."""
    live = row.state in (AccessState.ASKED, AccessState.APPROVED)
    return AccessState.EXPIRED if live and row.until <= now else AccessState(row.state)


class _Words:
    """Names of what grants are about, read in one query a table."""

    def __init__(
        self,
        hub: Hub,
        conn: sa.Connection,
        business_id: str,
        objects: Sequence[Any],
        rows: Sequence[Any],
        only: tuple[Subject, str] | None,
    ) -> None:
        ids = {kind: [one.object_id for one in objects if one.kind == kind] for kind in ObjectKind}
        wanted = set(ids[ObjectKind.CONNECTION])
        accounts = [row for row in list_connections(conn, business_id) if row.id in wanted] if wanted else []
        who = {"holder_id": only[1] if only and only[0] is Subject.STAFF else None}
        user_id = only[1] if only and only[0] is Subject.USER else ""
        self.accounts = shown_accounts(hub, conn, accounts, user_id=user_id, **who)
        self.mails = {row.id: row for row in mails_by_id(conn, business_id, ids[ObjectKind.MAIL])}
        users = {row.user_id for row in rows} | {row.decided_by.removeprefix("user:") for row in rows}
        self.users = user_names(conn, users | {one.subject_id for one in objects if one.subject == Subject.USER})
        staff = {one.subject_id for one in objects if one.subject == Subject.STAFF}
        self.holders = names_of(conn, business_id, staff)

    def object(self, one: Any) -> ObjectView:
        mail = self.mails.get(one.object_id)
        name = self.accounts.get(one.object_id, "") if one.kind == ObjectKind.CONNECTION else mail.kind if mail else ""
        owner = {Subject.STAFF: self.holders, Subject.USER: self.users}.get(one.subject, {}).get(one.subject_id, "")
        return ObjectView(named(one), name, mail.made_at if mail else None, Subject(one.subject), owner)

    def who(self, decided_by: str) -> str:
        actor, _, actor_id = decided_by.partition(":")
        if actor == Subject.USER:
            return self.users.get(actor_id, "")
        return {Subject.STAFF: "the staff member", Subject.CUSTOMER: "the customer"}.get(actor, "")  # type: ignore[call-overload,no-any-return]
