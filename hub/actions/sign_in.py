"""Sign in with address and password, and show the password again later.

Nobody learns whether an address is known: the answer, the work and the time are the same. There is no count of failed
tries per account here: that would let strangers lock somebody out. The doors count per account and network.
"""

from __future__ import annotations

from hub.actions.account import as_user, email_hashes
from hub.actions.confirm import confirmed_now, wrong_try
from hub.actions.password import matches, renewed_hash
from hub.actions.record import note, record
from hub.actions.sessions import Session, SignedIn, Stage, open_session
from hub.core.errors import InputError
from hub.core.security import Kind, Outcome, Visit
from hub.parts import Hub
from hub.store.user import find_user, find_user_by_email, has_second_factor, set_password_hash


def sign_in(hub: Hub, visit: Visit, email: str, password: str) -> SignedIn:
    """Return a new session: `Stage.HALF` where a second factor is still to be given, else full.

    Raises InputError (code ``sign_in``), the same for an address that is unknown and a password that is wrong.
    """
    with hub.database.reading() as conn:
        row = find_user_by_email(conn, email_hashes(hub, email))
    known = row is not None and row.dismissed_at is None
    stored = row.password_hash if row is not None and known else None
    right = matches(hub, stored, password)
    if row is None or stored is None or not right:
        why = "wrong_password" if known else "unknown" if row is None else "dismissed"
        raise _refused(hub, visit, row.id if row is not None else "", why)
    newer = renewed_hash(hub, stored, password)
    with hub.database.writing() as conn:
        current = find_user(conn, row.id, locked=True)
        still = current is not None and current.dismissed_at is None and current.password_hash == stored
        if still:
            if newer is not None:
                set_password_hash(conn, row.id, stored, newer)
            stage = Stage.HALF if has_second_factor(conn, row.id) else Stage.FULL
            user_visit = as_user(visit, row.id)
            note(hub, conn, user_visit, Kind.SIGN_IN, about=row.id, detail=stage)
            return open_session(hub, conn, user_visit, row.id, stage)
    raise _refused(hub, visit, row.id, "changed_meanwhile")


def confirm(hub: Hub, visit: Visit, session: Session, password: str) -> None:
    """Take the password again, so that sensitive changes are possible for ten minutes.

    Raises InputError when it is wrong, and StateError (``sign_in_again``) when it was so five times: the session ended.
    """
    with hub.database.reading() as conn:
        row = find_user(conn, session.user.id)
    if row is None or not matches(hub, row.password_hash, password):
        wrong_try(hub, visit, session, Kind.CONFIRMED)
        raise InputError("password", "this is not your password.", code="wrong_password")
    confirmed_now(hub, visit, session, "password")


def _refused(hub: Hub, visit: Visit, about: str, why: str) -> InputError:
    record(hub, visit, Kind.SIGN_IN, Outcome.FAILED, about=about, detail=why)
    return InputError(
        "password", "address and password do not belong together; try again, or set a new password.", code="sign_in"
    )
