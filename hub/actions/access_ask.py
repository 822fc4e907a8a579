"""Ask to see what is masked: named objects, a reason of the policy's list, for some hours."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from typing import Any

import sqlalchemy as sa

from hub.actions.access_mask import is_masked
from hub.actions.access_tell import can_reach, tell_asked
from hub.actions.account import not_allowed, require
from hub.actions.mail import is_masked_mail
from hub.actions.record import note
from hub.actions.sessions import User
from hub.core.access import (
    MOST_OBJECTS,
    WAITS,
    AccessReason,
    Named,
    ObjectKind,
    Subject,
    check_delay,
    check_hours,
    check_reference,
)
from hub.core.errors import InputError, StateError, UnknownId
from hub.core.ledger import EntryKind, Value
from hub.core.role import Right, Role
from hub.core.security import Kind, Visit
from hub.ledger.append import append
from hub.parts import Hub
from hub.store.access import add_grant
from hub.store.connection import find_connection
from hub.store.ids import new_id
from hub.store.mail import find_mail
from hub.store.user import businesses_of, find_user

Owned = tuple[Named, Subject, str]


def ask_access(
    hub: Hub,
    visit: Visit,
    business_id: str,
    objects: Collection[Named],
    reason: str,
    *,
    hours: int = 1,
    reference: str = "",
    delay: str = "",
) -> str:
    """Ask to see these objects, and return the id of the request. Nothing is shown by it.

    For support the person whose data it is, or who connected the account, is asked: all objects are of one person.
    For security and law somebody else of the agency is, and ``delay`` may say why the person is told later. Raises
    InputError, StateError for what is not masked or whose person cannot be asked, UnknownId.
    """
    why, seconds = _reason(reason), check_hours(hours)
    reference, delay = check_reference(why, reference.strip()), check_delay(why, delay)
    if not 1 <= len(set(objects)) <= MOST_OBJECTS:
        raise InputError("objects", f"Name 1 to {MOST_OBJECTS} objects.")
    with hub.database.writing() as conn:
        user = acting_user(conn, visit, business_id, Right.BOOK)
        owned = [_owned(hub, conn, business_id, user.id, one) for one in sorted(set(objects))]
        if why is AccessReason.SUPPORT:
            _check_person(hub, conn, business_id, owned)
        grant_id, now = new_id(), hub.clock()
        add_grant(
            conn,
            business_id,
            owned,
            id=grant_id,
            reason=why,
            reference=reference,
            user_id=user.id,
            made_at=now,
            seconds=seconds,
            until=now + WAITS,
            delay=delay,
        )
        said: dict[str, Value] = {
            "grant": grant_id,
            "reason": str(why),
            "seconds": seconds,
            "objects": [_word(one) for one, _, _ in owned],
        }
        append(conn, business_id, EntryKind.ACCESS_ASKED, said, at=now, user_id=user.id, **about(owned))
        note(hub, conn, visit, Kind.ACCESS, about=grant_id, within=business_id, detail="asked")
        if why is AccessReason.SUPPORT:
            tell_asked(hub, conn, business_id, grant_id)
    return grant_id


def acting_user(conn: sa.Connection, visit: Visit, business_id: str, right: Right) -> User:
    """Return the console user of a visit, or raise: only people of the console do this, never a program.

    Raises StateError (``not_allowed``) for a role without the right, UnknownId for a business they may not enter.
    """
    row = find_user(conn, visit.actor_id) if visit.actor == "user" else None
    if row is None or row.dismissed_at is not None:
        raise not_allowed("Somebody who is signed in to the console must do this.")
    businesses = businesses_of(conn, [row.id]).get(row.id, frozenset())
    user = User(row.id, row.name, Role(row.role), row.everywhere, businesses)
    if not user.may_enter(business_id):
        raise UnknownId("business", business_id)
    require(user, right)
    return user


def about(owned: Collection[Owned]) -> dict[str, str]:
    """Return whom an entry of the ledger is about: the one person, and the one account, that objects are of."""
    found: dict[str, str] = {}
    people = {(subject, subject_id) for _, subject, subject_id in owned}
    accounts = {one.id for one, _, _ in owned if one.kind is ObjectKind.CONNECTION}
    if len(accounts) == 1 and len(owned) == 1:
        found["connection_id"] = accounts.pop()
    if len(people) == 1:
        subject, subject_id = people.pop()
        if subject in _ENTRY:
            found[_ENTRY[subject]] = subject_id
    return found


_ENTRY = {Subject.STAFF: "holder_id", Subject.CUSTOMER: "person_id"}


def _reason(text: str) -> AccessReason:
    with suppress(ValueError):
        return AccessReason(text)
    raise InputError("reason", f"Give one of these reasons: {', '.join(AccessReason)}.")


def _owned(hub: Hub, conn: sa.Connection, business_id: str, user_id: str, one: Named) -> Owned:
    """Return an object with whose data it is. Raises StateError for what is not masked, UnknownId."""
    if one.kind is ObjectKind.CONNECTION:
        row = find_connection(conn, business_id, one.id)
        if not is_masked(hub, row, user_id=user_id):
            raise StateError("You see this account in full already.", code="not_masked")
        return (one, *_owner(row))
    mail = find_mail(conn, business_id, one.id)
    if mail.message is None:
        raise StateError("What this mail says is not kept, so there is nothing to see.", code="not_kept")
    if not is_masked_mail(mail):
        raise StateError("This mail can be read already.", code="not_masked")
    if mail.person_id is not None:
        return one, Subject.CUSTOMER, mail.person_id
    holder_id = (mail.about or {}).get("holder", "")
    return (one, Subject.STAFF, holder_id) if holder_id else (one, Subject.NOBODY, "")


def _owner(row: Any) -> tuple[Subject, str]:
    if row.holder_id is not None:
        return Subject.STAFF, row.holder_id
    return (Subject.USER, row.user_id) if row.user_id is not None else (Subject.NOBODY, "")


def _check_person(hub: Hub, conn: sa.Connection, business_id: str, owned: Collection[Owned]) -> None:
    people = {(subject, subject_id) for _, subject, subject_id in owned}
    if len(people) != 1:
        raise InputError("objects", "For support, name the objects of one person, who then approves.")
    subject, subject_id = people.pop()
    if subject is Subject.NOBODY:
        raise StateError("Nobody is known whose data this is, so nobody can approve.", code="nobody")
    if subject is Subject.CUSTOMER and not can_reach(hub, conn, business_id, subject, subject_id):
        raise StateError(
            "The customer cannot be asked: connect a mail server, or there is no address on record.", code="no_way"
        )


def _word(one: Named) -> str:
    return f"{one.kind}:{one.id}"
