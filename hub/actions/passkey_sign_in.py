"""Sign in by passkey: alone, without a user name; as the second factor; and to show again who one is.

Before a sign-in there is no session that could keep the challenge, so it travels in a signed ticket. The session that
comes of it has an id made from the challenge: the primary key lets one ticket sign in once.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from hashlib import sha256

import sqlalchemy as sa
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from hub.actions.account import as_user
from hub.actions.confirm import confirmed_now, count_wrong, wrong_try
from hub.actions.passkey_answer import (
    CHALLENGE_SECONDS,
    Answer,
    Known,
    check_answer,
    new_challenge,
    request_options,
    take_challenge,
    too_late,
    wrong_passkey,
)
from hub.actions.record import note, record
from hub.actions.sessions import Session, SignedIn, Stage, open_session, over, raise_stage
from hub.core.security import Kind, Outcome, Visit
from hub.parts import Hub
from hub.store.ids import LENGTH
from hub.store.user import count_up_passkey, find_user, passkeys_of

_SECOND, _CONFIRM = "second", "confirm"
_USE = "passkey"
_CHALLENGE, _UNTIL, _MAC = 32, 8, 32
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that waits for a passkey: options for the browser as JSON, and the ticket to bring back with it."""

    options: str
    ticket: str = field(repr=False)


def begin_passkey_sign_in(hub: Hub) -> Begun:
    """Return what a sign-in without a user name begins with. Nothing is stored; the ticket works once, soon."""
    challenge = secrets.token_bytes(_CHALLENGE)
    body = challenge + (hub.clock() + CHALLENGE_SECONDS).to_bytes(_UNTIL, "big")
    return Begun(request_options(hub, challenge), bytes_to_base64url(body + hub.keyring.doors.mac(_USE, body)))


def passkey_sign_in(hub: Hub, visit: Visit, ticket: str, answer: Answer) -> SignedIn:
    """Return a full session of whoever's passkey signed the ticket's challenge.

    Raises StateError for a ticket that is old, used or not ours, and InputError for an answer that is not right.
    """
    challenge = _read_ticket(hub, ticket)
    known = check_answer(hub, answer, challenge)
    if known is None:
        record(hub, visit, Kind.PASSKEY_SIGN_IN, Outcome.FAILED, detail="not_accepted")
        raise wrong_passkey()
    used = False
    try:
        with hub.database.writing() as conn:
            row = find_user(conn, known.user_id, locked=True)
            counted = row is not None and row.dismissed_at is None and _count_up(hub, conn, known)
            if counted:
                user_visit = as_user(visit, known.user_id)
                note(hub, conn, user_visit, Kind.PASSKEY_SIGN_IN, about=known.user_id)
                identifier = _session_id(challenge)
                return open_session(hub, conn, user_visit, known.user_id, Stage.FULL, session_id=identifier)
    except sa.exc.IntegrityError:
        used = True
    why = "replayed" if used else "counter"
    record(hub, visit, Kind.PASSKEY_SIGN_IN, Outcome.REFUSED, about=known.user_id, detail=why)
    raise too_late() if used else wrong_passkey()


def second_factor_options(hub: Hub, session: Session) -> str:
    """Return the options with which the user of a half session gives a passkey as the second factor, as JSON."""
    return _options(hub, session, _SECOND)


def give_passkey(hub: Hub, visit: Visit, session: Session, answer: Answer) -> SignedIn:
    """Return the full session that a half one becomes by a passkey of its user. The old token is dead.

    Raises InputError for an answer that is not right, and StateError when the session ended by five of those.
    """
    if session.stage is not Stage.HALF:
        raise over()
    user_id = session.user.id
    known = check_answer(hub, answer, take_challenge(hub, session, _SECOND))
    with hub.database.writing() as conn:
        if known is not None and known.user_id == user_id and _count_up(hub, conn, known):
            note(hub, conn, as_user(visit, user_id), Kind.SECOND_FACTOR, about=user_id, detail="passkey")
            return raise_stage(hub, conn, session)
        left = count_wrong(hub, conn, visit, session, Kind.SECOND_FACTOR, "passkey")
    raise wrong_passkey() if left else over()


def confirm_options(hub: Hub, session: Session) -> str:
    """Return the options with which a signed-in user shows again who they are, as JSON."""
    return _options(hub, session, _CONFIRM)


def confirm_by_passkey(hub: Hub, visit: Visit, session: Session, answer: Answer) -> None:
    """Take a passkey in place of the password, so that sensitive changes are possible for ten minutes."""
    known = check_answer(hub, answer, take_challenge(hub, session, _CONFIRM))
    counted = False
    if known is not None and known.user_id == session.user.id:
        with hub.database.writing() as conn:
            counted = _count_up(hub, conn, known)
    if not counted:
        wrong_try(hub, visit, session, Kind.CONFIRMED, "passkey")
        raise wrong_passkey()
    confirmed_now(hub, visit, session, "passkey")


def _options(hub: Hub, session: Session, use: str) -> str:
    with hub.database.reading() as conn:
        ids = [row.credential_id for row in passkeys_of(conn, session.user.id)]
    if not ids:
        raise wrong_passkey()
    return request_options(hub, new_challenge(hub, session, use), ids)


def _count_up(hub: Hub, conn: sa.Connection, known: Known) -> bool:
    """Note the use; False when the counter went back, as that of a copied passkey does, or the passkey is gone."""
    return count_up_passkey(conn, known.id, known.count, hub.clock())


def _read_ticket(hub: Hub, ticket: str) -> bytes:
    try:
        raw = base64url_to_bytes(ticket)
    except ValueError:
        raise too_late() from None
    body, mac = raw[: _CHALLENGE + _UNTIL], raw[_CHALLENGE + _UNTIL :]
    ours = [hmac.compare_digest(mac, one) for one in hub.keyring.doors.macs(_USE, body)]
    if not any(ours) or int.from_bytes(body[_CHALLENGE:], "big") <= hub.clock():
        raise too_late()
    return body[:_CHALLENGE]


def _session_id(challenge: bytes) -> str:
    number = int.from_bytes(sha256(b"passkey sign-in" + challenge).digest(), "big")
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in range(LENGTH))
