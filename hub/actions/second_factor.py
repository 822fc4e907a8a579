"""Codes of an authenticator app as the second factor (TOTP, RFC 6238): turned on, asked for, turned off.

The secret is sealed with the agency's key. A code works once, one time step early or late. A new password changes
nothing here: whoever reads somebody's mail has one factor, not two.
"""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from dataclasses import dataclass, field

import pyotp
import sqlalchemy as sa

from hub.actions.account import as_user, open_email
from hub.actions.agency import agency_name
from hub.actions.confirm import count_wrong, require_confirmed, wrong_try
from hub.actions.record import note
from hub.actions.recovery import first_codes
from hub.actions.sessions import Session, SignedIn, Stage, end_others, over, raise_stage
from hub.core.errors import InputError, StateError
from hub.core.security import Kind, Outcome, Visit
from hub.parts import Hub
from hub.store.business import AGENCY
from hub.store.security import SecurityEvent, count_events
from hub.store.sign_in import change_session, kept
from hub.store.user import (
    change_user_row,
    find_user,
    passkeys_of,
    replace_recovery_codes,
    take_totp_step,
)
from hub.vault.cipher import Place
from hub.vault.texts import open_text, seal_text

STEP = 30
WRONG_AN_HOUR = 20
"""Wrong codes of one account in an hour, over all sign-ins, after which codes of the app have to wait."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What an app is set up with: ``uri`` for the picture to scan, ``secret`` to type. Shown once."""

    uri: str = field(repr=False)
    secret: str = field(repr=False)


def begin_totp(hub: Hub, session: Session) -> Offer:
    """Return a new secret for the user's app; it counts once `finish_totp` saw a code of it.

    The session must be confirmed (StateError).
    """
    require_confirmed(hub, session)
    secret, agency = pyotp.random_base32(32), agency_name(hub.database)
    with hub.database.writing() as conn:
        row = find_user(conn, session.user.id)
        if row is None:
            raise over()
        if row.totp is not None:
            raise StateError("Codes of an app are on already; turn them off to set up another app.", code="on")
        sealed = seal_text(conn, hub.keyring, _pending(session), secret)
        keep = kept(conn, session.id) | {"totp": b64encode(sealed).decode()}
        if not change_session(conn, session.id, keep=keep):
            raise over()
        email = open_email(hub, conn, row.id, row.email)
    return Offer(pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=agency), secret)


def finish_totp(hub: Hub, visit: Visit, session: Session, code: str) -> tuple[str, ...]:
    """Turn codes of the app on by a first one, and return ten recovery codes, to be shown once.

    None are returned when the user has codes already, from a passkey. The other sessions end. Raises InputError when
    the code is wrong.
    """
    require_confirmed(hub, session)
    user_id = session.user.id
    with hub.database.writing() as conn:
        row, keep = find_user(conn, user_id, locked=True), kept(conn, session.id)
        if row is None or "totp" not in keep:
            raise StateError("Begin anew: the secret for the app was not kept.", code="begin_again")
        secret = open_text(conn, hub.keyring, _pending(session), b64decode(keep.pop("totp")))
        step = _step_of(secret, code, hub.clock(), used=0)
        if step is not None:
            keep.pop("wrong", None)
            sealed = seal_text(conn, hub.keyring, _place(user_id), secret)
            change_user_row(conn, user_id, totp=sealed, totp_step=step)
            change_session(conn, session.id, keep=keep)
            end_others(hub, conn, visit, user_id, why="second_factor", but=session.id)
            note(hub, conn, visit, Kind.TOTP_ON, about=user_id)
            return first_codes(hub, conn, visit, user_id)
    wrong_try(hub, visit, session, Kind.TOTP_ON)
    raise _wrong()


def give_code(hub: Hub, visit: Visit, session: Session, code: str) -> SignedIn:
    """Return the full session that a half one becomes by a code of the app. The old token is dead.

    Raises InputError when the code is wrong or was used, and StateError when the session ended by five wrong ones.
    """
    user_id, now = session.user.id, hub.clock()
    with hub.database.writing() as conn:
        row = find_user(conn, user_id, locked=True)
        if row is None or session.stage is not Stage.HALF:
            raise over()
        if row.totp is not None and not _too_many(conn, user_id, now):
            secret = open_text(conn, hub.keyring, _place(user_id), row.totp)
            step = _step_of(secret, code, now, used=row.totp_step)
            if step is not None and take_totp_step(conn, user_id, step):
                note(hub, conn, as_user(visit, user_id), Kind.SECOND_FACTOR, about=user_id, detail="totp")
                return raise_stage(hub, conn, session)
        left = count_wrong(hub, conn, visit, session, Kind.SECOND_FACTOR, "totp")
    if not left:
        raise over()
    raise _wrong()


def turn_off_totp(hub: Hub, visit: Visit, session: Session) -> None:
    """Forget the app's secret, and the recovery codes too where no passkey is left. The session must be confirmed."""
    require_confirmed(hub, session)
    user_id = session.user.id
    with hub.database.writing() as conn:
        row = find_user(conn, user_id, locked=True)
        if row is None or row.totp is None:
            raise StateError("Codes of an app are off already.", code="off")
        change_user_row(conn, user_id, totp=None)
        if not passkeys_of(conn, user_id):
            replace_recovery_codes(conn, user_id, ())
        end_others(hub, conn, visit, user_id, why="second_factor", but=session.id)
        note(hub, conn, visit, Kind.TOTP_OFF, about=user_id)


def _step_of(secret: str, code: str, now: int, *, used: int) -> int | None:
    """Return the time step whose code this is, among the present one and its neighbours; None for a used one."""
    given = "".join(code.split()).encode("utf-8", "surrogatepass")
    app, found = pyotp.TOTP(secret), None
    for step in (now // STEP - 1, now // STEP, now // STEP + 1):
        if hmac.compare_digest(app.generate_otp(step).encode(), given) and step > used and found is None:
            found = step
    return found


def _too_many(conn: sa.Connection, user_id: str, now: int) -> bool:
    wrong = (SecurityEvent.kind == Kind.SECOND_FACTOR, SecurityEvent.outcome == Outcome.FAILED)
    recent = (SecurityEvent.about == user_id, SecurityEvent.at > now - 3600)
    return count_events(conn, *wrong, *recent) >= WRONG_AN_HOUR


def _wrong() -> InputError:
    return InputError("code", "this code is wrong or was used; wait for the app's next one.", code="wrong_code")


def _place(user_id: str) -> Place:
    return Place(AGENCY, "console_user", user_id, "totp")


def _pending(session: Session) -> Place:
    return Place(AGENCY, "console_session", session.id, "totp")
