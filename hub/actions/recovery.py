"""Recovery codes: ten of them, shown once, each stands in for the second factor once."""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256

import sqlalchemy as sa

from hub.actions.account import as_user
from hub.actions.confirm import count_wrong, require_confirmed
from hub.actions.record import note
from hub.actions.sessions import Session, SignedIn, Stage, over, raise_stage
from hub.core.errors import InputError
from hub.core.security import Kind, Visit
from hub.parts import Hub
from hub.store.user import (
    count_recovery_codes,
    find_user,
    has_second_factor,
    replace_recovery_codes,
    take_recovery_code,
)

CODES = 10
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_MISREAD = str.maketrans("oil", "011", " -")
_CHARACTERS = 16


def give_recovery_code(hub: Hub, visit: Visit, session: Session, code: str) -> SignedIn:
    """Return the full session that a half one becomes by a recovery code, which is used up.

    Raises InputError when it is wrong or was used, and StateError when the session ended by too many wrong ones.
    """
    now, hashed = hub.clock(), code_hash(hub, session.user.id, code)
    with hub.database.writing() as conn:
        if session.stage is not Stage.HALF:
            raise over()
        if take_recovery_code(conn, session.user.id, hashed, now):
            note(hub, conn, as_user(visit, session.user.id), Kind.RECOVERY_CODE, about=session.user.id)
            return raise_stage(hub, conn, session)
        left = count_wrong(hub, conn, visit, session, Kind.RECOVERY_CODE, "wrong")
    if not left:
        raise over()
    raise InputError("code", "this recovery code is wrong or was used before; take another one.", code="wrong_code")


def new_recovery_codes(hub: Hub, visit: Visit, session: Session) -> tuple[str, ...]:
    """Return ten new codes, to be shown once; the old ones end. The session must be confirmed (StateError)."""
    require_confirmed(hub, session)
    with hub.database.writing() as conn:
        find_user(conn, session.user.id, locked=True)
        if not has_second_factor(conn, session.user.id):
            raise InputError("code", "recovery codes stand in for a second factor; set one up first.")
        return make_codes(hub, conn, visit, session.user.id)


def codes_left(hub: Hub, session: Session) -> int:
    """Return how many recovery codes the user has left."""
    with hub.database.reading() as conn:
        return count_recovery_codes(conn, session.user.id)


def make_codes(hub: Hub, conn: sa.Connection, visit: Visit, user_id: str) -> tuple[str, ...]:
    """Replace a user's codes in the transaction of what asks for it, and return them."""
    codes = tuple(_fresh() for _ in range(CODES))
    replace_recovery_codes(conn, user_id, [code_hash(hub, user_id, code) for code in codes])
    note(hub, conn, visit, Kind.RECOVERY_CODES_MADE, about=user_id)
    return codes


def first_codes(hub: Hub, conn: sa.Connection, visit: Visit, user_id: str) -> tuple[str, ...]:
    """Return codes for a user whose first second factor this is; none for one who has codes."""
    return () if count_recovery_codes(conn, user_id) else make_codes(hub, conn, visit, user_id)


def code_hash(hub: Hub, user_id: str, code: str) -> str:
    """Return what a code is stored as: keyed, because a thief of the database would try them all.

    Case, blanks and dashes do not count; letters that look like digits are read as those.
    """
    plain = code[:200].lower().translate(_MISREAD)
    key = hub.keyring.door_key("recovery code")
    return hmac.digest(key, f"{user_id} {plain}".encode("utf-8", "surrogatepass"), sha256).hex()


def _fresh() -> str:
    code = "".join(secrets.choice(_ALPHABET) for _ in range(_CHARACTERS))
    return "-".join(code[start : start + 4] for start in range(0, _CHARACTERS, 4))
