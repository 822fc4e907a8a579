"""Accounts for tests: Ada who owns, Ben who is a member of some businesses, and what happened to be written down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pyotp
from sqlalchemy import select

from hub.actions.account import OPERATOR_USER
from hub.actions.first_run import make_owner, setup_code
from hub.actions.invite import accept_invitation, invite
from hub.actions.second_factor import begin_totp, finish_totp
from hub.actions.sessions import Session, SignedIn, find_session
from hub.actions.sign_in import sign_in
from hub.core.security import OPERATOR, Visit
from hub.parts import Hub
from hub.store.security import SecurityEvent

ADA, BEN, CYD = "ada@example.com", "ben@example.com", "cyd@example.com"
PASSWORD = "violet otters juggle pianos"
OTHER_PASSWORD = "seven lamps under the quay"
VISIT = Visit(address="203.0.113.7", device="Firefox on Linux", route="account.sign_in")


def own(hub: Hub, email: str = ADA, name: str = "Ada Lovelace") -> str:
    """Make the owner, and return the user's id."""
    code = setup_code(hub)
    return make_owner(
        hub, VISIT, code=code, agency="Engine Agency", name=name, email=email, password=PASSWORD, zone="Europe/London"
    )


def join(hub: Hub, email: str, role: str = "agent", *businesses: str, name: str = "Ben Barnes") -> str:
    """Let somebody accept an invitation to these businesses, or to all, and return the user's id."""
    made = invite(hub, OPERATOR, OPERATOR_USER, email, role, everywhere=not businesses, businesses=businesses)
    return accept_invitation(hub, VISIT, made.token, name, PASSWORD, "UTC")


def enter(hub: Hub, email: str = ADA, password: str = PASSWORD) -> Session:
    """Sign in, and return the session, half or full."""
    return opened(hub, sign_in(hub, VISIT, email, password))


def opened(hub: Hub, signed_in: SignedIn) -> Session:
    """Return the session of a token that works."""
    session = find_session(hub, signed_in.token)
    assert session is not None
    return session


def turn_on_totp(hub: Hub, session: Session) -> tuple[pyotp.TOTP, tuple[str, ...]]:
    """Set up an app, and return it with the recovery codes."""
    app = pyotp.TOTP(begin_totp(hub, session).secret)
    return app, finish_totp(hub, VISIT, session, app.at(hub.clock()))


def events(hub: Hub) -> list[tuple[str, str]]:
    """Return kind and outcome of every security event, in the order of writing."""
    with hub.database.reading() as conn:
        rows = conn.execute(select(SecurityEvent.kind, SecurityEvent.outcome).order_by(SecurityEvent.id)).all()
    return [(row.kind, row.outcome) for row in rows]


@contextmanager
def written(hub: Hub, *expected: str | tuple[str, str]) -> Iterator[None]:
    """Expect exactly these further events from the block; a kind alone means that it went well."""
    before = Counter(events(hub))
    yield
    wanted: Collection[tuple[str, str]] = [(one, "ok") if isinstance(one, str) else one for one in expected]
    assert Counter(events(hub)) - before == Counter(wanted)


def at_localhost(hub: Hub) -> Hub:
    """Return the hub under a name for which browsers allow passkeys."""
    return replace(hub, settings=hub.settings.model_copy(update={"public_url": "http://localhost:8765"}))
