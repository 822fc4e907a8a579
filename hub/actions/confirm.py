"""Showing again who one is: before sensitive changes, and what happens after wrong tries."""

from __future__ import annotations

import sqlalchemy as sa

from hub.actions.record import note
from hub.actions.sessions import Session, over
from hub.core.errors import StateError
from hub.core.security import Kind, Outcome, Visit
from hub.parts import Hub
from hub.store.sign_in import change_session, kept

WRONG_TRIES = 5
"""Wrong passwords or codes after which a session ends."""


def needs_confirmation(session: Session, now: int) -> bool:
    """Tell whether the password is to be given again before something sensitive: after ten minutes."""
    return not session.is_confirmed(now)


def require_confirmed(hub: Hub, session: Session) -> None:
    """Raise StateError (``confirm``) unless the password or a passkey was given within the last ten minutes."""
    if needs_confirmation(session, hub.clock()):
        raise StateError("Give your password again first: this changes how you sign in.", code="confirm")


def confirmed_now(hub: Hub, visit: Visit, session: Session, how: str) -> None:
    """Note that the user of a session showed again who they are."""
    now = hub.clock()
    with hub.database.writing() as conn:
        keep = kept(conn, session.id)
        keep.pop("wrong", None)
        if not change_session(conn, session.id, confirmed_at=now, keep=keep):
            raise over()
        note(hub, conn, visit, Kind.CONFIRMED, about=session.user.id, detail=how)


def wrong_try(hub: Hub, visit: Visit, session: Session, kind: Kind, detail: str = "wrong") -> None:
    """Write down a wrong password or code and count it; raise StateError when that was one too many."""
    with hub.database.writing() as conn:
        left = count_wrong(hub, conn, visit, session, kind, detail)
    if not left:
        raise StateError("That was wrong too often, so this sign-in was ended. Sign in again.", code="sign_in_again")


def count_wrong(hub: Hub, conn: sa.Connection, visit: Visit, session: Session, kind: Kind, detail: str) -> bool:
    """Do the same within a transaction; False when the session was ended for it."""
    note(hub, conn, visit, kind, Outcome.FAILED, about=session.user.id, detail=detail)
    keep = kept(conn, session.id)
    keep["wrong"] = keep.get("wrong", 0) + 1
    if keep["wrong"] < WRONG_TRIES:
        return change_session(conn, session.id, keep=keep)
    if change_session(conn, session.id, ended_at=hub.clock(), keep={}):
        note(hub, conn, visit, Kind.SESSION_ENDED, Outcome.REFUSED, about=session.id, detail="too_many_wrong")
    return False
