"""Sign-ins of console users on their devices: found at each request, listed, ended."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from sqlalchemy import insert, select

from hub.actions.record import note, printable
from hub.core.errors import StateError, UnknownId
from hub.core.role import Right, Role
from hub.core.security import Kind, Visit
from hub.parts import Hub
from hub.store.business import AGENCY
from hub.store.ids import new_id
from hub.store.sign_in import ConsoleSession, change_session, end_sessions, session_rows

HOUR = 3600
IDLE, LONGEST = 12 * HOUR, 14 * 24 * HOUR
"""A session ends when nobody came for so long, and this long after signing in at the latest."""
HALF_SECONDS = 600
"""How long the second factor is waited for."""
CONFIRMED_SECONDS = 600
"""How long a password that was given lets sensitive things be done."""
_TOUCH = 60


class Stage(StrEnum):
    """How far a sign-in is."""

    HALF = "half"  # the password was right; the second factor is missing
    FULL = "full"


@dataclass(frozen=True, slots=True)
class User:
    """A console user as a session or the operator's command knows them; the address is with `users.find_user`."""

    id: str
    name: str
    role: Role
    everywhere: bool
    businesses: frozenset[str]
    zone: str = "UTC"
    version: int = 1
    has_totp: bool = False

    @property
    def rights(self) -> frozenset[Right]:
        """What they may do in the businesses that they may enter."""
        return self.role.rights

    def may_enter(self, business_id: str) -> bool:
        """Tell whether they may see that this business is there. The agency's own row is none."""
        return business_id != AGENCY and (self.everywhere or business_id in self.businesses)


@dataclass(frozen=True, slots=True)
class Session:
    """A sign-in that is not over. Times in UTC seconds. Only a `Stage.FULL` one lets anybody in."""

    id: str
    user: User
    stage: Stage
    made_at: int
    seen_at: int
    confirmed_at: int
    until: int
    address: str
    device: str

    def is_confirmed(self, now: int) -> bool:
        """Tell whether the password or a passkey was given recently enough for sensitive changes."""
        return self.stage is Stage.FULL and now - self.confirmed_at < CONFIRMED_SECONDS


@dataclass(frozen=True, slots=True)
class Device:
    """One of a user's own sign-ins, for the list in which they end them. ``current``: the one that asks."""

    id: str
    made_at: int
    seen_at: int
    address: str
    device: str
    current: bool


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What the browser keeps after a step of signing in: the token goes into the cookie and nowhere else."""

    token: str = field(repr=False)
    session_id: str
    stage: Stage
    user: User
    until: int


def find_session(hub: Hub, token: str) -> Session | None:
    """Return the session of a cookie, half or full; None when it is over or its user was dismissed. One query."""
    now = hub.clock()
    with hub.database.reading() as conn:
        session = load_session(conn, ConsoleSession.token_hash == secret_hash(token), now=now)
    if session is not None and session.seen_at < now - _TOUCH:
        with hub.database.writing() as conn:
            change_session(conn, session.id, ConsoleSession.seen_at < now - _TOUCH, seen_at=now)
    return session


def list_sessions(hub: Hub, session: Session) -> list[Device]:
    """Return where the user of this session is signed in, last seen first."""
    now = hub.clock()
    alive = (ConsoleSession.ended_at.is_(None), ConsoleSession.until > now, ConsoleSession.seen_at > now - IDLE)
    query = select(ConsoleSession.__table__).where(ConsoleSession.user_id == session.user.id, *alive)
    with hub.database.reading() as conn:
        rows = conn.execute(query.where(ConsoleSession.stage == Stage.FULL).order_by(ConsoleSession.seen_at.desc()))
        return [Device(row.id, row.made_at, row.seen_at, row.address, row.device, row.id == session.id) for row in rows]


def sign_out(hub: Hub, visit: Visit, session: Session) -> None:
    """End the session itself, half or full."""
    now = hub.clock()
    with hub.database.writing() as conn:
        if change_session(conn, session.id, ended_at=now, keep={}):
            note(hub, conn, visit, Kind.SIGN_OUT, about=session.id)


def end_session(hub: Hub, visit: Visit, session: Session, session_id: str) -> None:
    """End one of the user's own sessions. Raises UnknownId for any other id, and for one that is over."""
    now = hub.clock()
    with hub.database.writing() as conn:
        mine = (ConsoleSession.user_id == session.user.id, ConsoleSession.until > now)
        if not change_session(conn, session_id, *mine, ended_at=now, keep={}):
            raise UnknownId("session", session_id)
        note(hub, conn, visit, Kind.SESSION_ENDED, about=session_id, detail="asked")


def end_all_sessions(hub: Hub, visit: Visit, session: Session) -> int:
    """End the user's other sessions, on every device, and return how many."""
    with hub.database.writing() as conn:
        return end_others(hub, conn, visit, session.user.id, why="asked", but=session.id)


# For the other actions of accounts


def end_others(hub: Hub, conn: sa.Connection, visit: Visit, user_id: str, *, why: str, but: str = "") -> int:
    """End a user's sessions, all but one, in the transaction of what makes them end; an event for each."""
    ended = end_sessions(conn, user_id, hub.clock(), but=but)
    for session_id in ended:
        note(hub, conn, visit, Kind.SESSION_ENDED, about=session_id, detail=why)
    return len(ended)


def open_session(
    hub: Hub, conn: sa.Connection, visit: Visit, user_id: str, stage: Stage, *, session_id: str | None = None
) -> SignedIn:
    """Insert a session whose password or passkey was given just now, with a token that nobody knew before."""
    now, token, identifier = hub.clock(), secrets.token_urlsafe(32), session_id or new_id()
    until = now + (LONGEST if stage is Stage.FULL else HALF_SECONDS)
    conn.execute(
        insert(ConsoleSession).values(
            id=identifier,
            token_hash=secret_hash(token),
            user_id=user_id,
            stage=stage,
            address=visit.address,
            device=printable(visit.device),
            keep={},
            made_at=now,
            seen_at=now,
            confirmed_at=now,
            until=until,
        )
    )
    return SignedIn(token, identifier, stage, _loaded(conn, identifier, now).user, until)


def renew_token(
    hub: Hub, conn: sa.Connection, session: Session, *where: sa.ColumnElement[bool], **values: Any
) -> SignedIn:
    """Give a session a new token in place of its old one, which is dead at once. Raises StateError if it was ended."""
    now, token = hub.clock(), secrets.token_urlsafe(32)
    if not change_session(conn, session.id, *where, token_hash=secret_hash(token), seen_at=now, keep={}, **values):
        raise over()
    renewed = _loaded(conn, session.id, now)
    return SignedIn(token, renewed.id, renewed.stage, renewed.user, renewed.until)


def raise_stage(hub: Hub, conn: sa.Connection, session: Session) -> SignedIn:
    """Make a half session a full one, once, under a new token."""
    half = ConsoleSession.stage == Stage.HALF
    return renew_token(hub, conn, session, half, stage=Stage.FULL, until=hub.clock() + LONGEST)


def load_session(conn: sa.Connection, *where: sa.ColumnElement[bool], now: int) -> Session | None:
    """Return the one session that the conditions mean, unless it is over."""
    rows = session_rows(conn, *where)
    if not rows:
        return None
    row = rows[0]
    if row.until <= now or row.seen_at <= now - IDLE:
        return None
    user = user_of(row.user_id, rows)
    times = (row.made_at, row.seen_at, row.confirmed_at, row.until)
    return Session(row.id, user, Stage(row.stage), *times, row.address, row.device)


def user_of(user_id: str, rows: Sequence[sa.Row[Any]]) -> User:
    """Return the user who comes with rows of a session or key, one row a business."""
    row = rows[0]
    businesses = frozenset(one.business_id for one in rows if one.business_id is not None)
    values: Mapping[str, Any] = {"zone": row.zone, "version": row.version, "has_totp": bool(row.has_totp)}
    return User(user_id, row.user_name, Role(row.role), row.user_everywhere, businesses, **values)


def over() -> StateError:
    """Return the error for a session that ended meanwhile."""
    return StateError("This sign-in has ended. Sign in again.", code="sign_in_again")


def secret_hash(secret: str) -> str:
    """Return what a token is looked up by: SHA-256 in hexadecimal. The token itself is never stored."""
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _loaded(conn: sa.Connection, session_id: str, now: int) -> Session:
    session = load_session(conn, ConsoleSession.id == session_id, now=now)
    if session is None:
        raise over()
    return session
