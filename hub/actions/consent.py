"""Ask before an account is connected: the text that is shown, the answer to it, and what an account may go by."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from hub.actions.consent_state import About, allow, ask, change, end_consent, locked_state, text_of
from hub.core.consent_record import ConsentState, permits
from hub.core.consent_text import ConsentText
from hub.core.errors import StateError, UnknownId
from hub.core.purpose import Purpose
from hub.core.security import Visit
from hub.parts import Hub
from hub.store.connection import DISCONNECTED, find_connection, set_consent
from hub.store.consent import newest_state

PEOPLE = ("user", "staff")
"""Who reads a page and answers it. For a program or the operator the call itself is the answer."""


def consent_about(hub: Hub, business_id: str, provider: str, level: str, holder_id: str | None = None) -> About:
    """Return what a consent is asked for. Raises PluginBroken, and InputError for a level that there is not."""
    declared = hub.registry.provider(provider)
    return About(business_id, declared, declared.level(level), holder_id)


def consent_question(hub: Hub, about: About) -> ConsentText:
    """Return the text to show before an account is connected. Raises UnknownId."""
    with hub.database.reading() as conn:
        return text_of(conn, about)


def answer_consent(
    hub: Hub, visit: Visit, about: About, text_hash: str, *, agreed: bool, via: str = "", until: int | None = None
) -> str:
    """Record that somebody was asked, and their answer; return the consent's id.

    ``text_hash`` is that of the text that they read: when it is another one by now, raises StateError (``changed``),
    and nothing is recorded. ``via`` is the sign-in or link, ``until`` (UTC seconds) when the consent ends by itself. A
    refusal changes nothing else. Raises InputError (``until``), UnknownId.
    """
    with hub.database.writing() as conn:
        _check_read(conn, about, text_hash)
        consent_id = ask(hub, conn, visit, about, via=via, until=until if agreed else None)
        state = ConsentState.GIVEN if agreed else ConsentState.REFUSED
        change(hub, conn, visit, about.business_id, consent_id, state, via=via)
    return consent_id


def renew_consent(
    hub: Hub,
    visit: Visit,
    about: About,
    connection_id: str,
    text_hash: str,
    *,
    agreed: bool,
    via: str = "",
    until: int | None = None,
) -> str:
    """Record an answer about an account that is connected; a yes takes the place of its consent, without a break.

    The account is not connected anew: it goes by the new consent from this transaction on, and the old one ends in it.
    A no is noted and changes nothing else: the old one goes on as it was. Return the new consent's id. Raises as
    `answer_consent`, and as `check_renewal`.
    """
    with hub.database.writing() as conn:
        _check_read(conn, about, text_hash)
        before = _renewable(hub, conn, visit, about, connection_id)
        consent_id = ask(hub, conn, visit, about, via=via, until=until if agreed else None)
        state = ConsentState.GIVEN if agreed else ConsentState.REFUSED
        change(hub, conn, visit, about.business_id, consent_id, state, via=via, connection_id=connection_id)
        if agreed:
            set_consent(conn, about.business_id, connection_id, consent_id)
            end_consent(hub, conn, visit, about.business_id, before, ConsentState.INVALIDATED, reason="replaced")
    return consent_id


def check_renewal(hub: Hub, visit: Visit, about: About, connection_id: str) -> None:
    """See that this visitor may agree again to the use of an account.

    Raises StateError: ``ended`` for one of which no consent stands any more, ``theirs`` where its staff member agreed
    themselves; then nobody else lets it go on for longer than they said.
    """
    with hub.database.reading() as conn:
        _renewable(hub, conn, visit, about, connection_id)


def standing_consent(hub: Hub, about: About, connection_id: str) -> str | None:
    """Return the consent that an account has, if it may be connected again under it: given, and to this very text."""
    with hub.database.reading() as conn:
        return _standing(hub, conn, about, connection_id)


def given_consent(hub: Hub, visit: Visit, business_id: str, consent_id: str) -> sa.Row[Any] | None:
    """Return the newest state of a consent that this visitor gave and no account goes by yet; None if it is over.

    Raises UnknownId for one of somebody else.
    """
    with hub.database.reading() as conn:
        row = newest_state(conn, business_id, consent_id)
    if row.connection_id is None and (row.actor, row.actor_id) != (visit.actor, visit.actor_id):
        raise UnknownId("consent", consent_id)
    return row if _permits(hub, row) else None


def check_consent(
    hub: Hub, conn: sa.Connection, visit: Visit, about: About, connection_id: str | None, consent: str, agreed: str
) -> None:
    """See that an account may be connected; raises StateError (``consent``) if nobody who may agreed to it.

    ``consent`` is one that the same visitor gave, ``agreed`` the hash of the text that they agree to with this call.
    Without either an account may be connected again under the consent that it has.
    """
    if consent:
        _check_unused(hub, visit, about, connection_id, newest_state(conn, about.business_id, consent))
    elif agreed:
        _check_read(conn, about, agreed)
    elif visit.actor in PEOPLE and not (connection_id and _standing(hub, conn, about, connection_id)):
        raise _nobody_agreed()


def take_consent(
    hub: Hub,
    conn: sa.Connection,
    visit: Visit,
    about: About,
    connection_id: str,
    consent: str,
    *,
    new: bool,
    until: int | None = None,
) -> None:
    """Let an account that was just connected be used: under the ``consent``, the one that it has, or a fresh one.

    ``until`` is when a fresh one ends by itself.
    """
    before = find_connection(conn, about.business_id, connection_id).consent_id
    if not consent and not new and until is None and _standing(hub, conn, about, connection_id):
        return
    if consent:
        _check_unused(hub, visit, about, connection_id, locked_state(conn, about.business_id, consent))
        given, reason = ConsentState.GIVEN, "connected"
        change(hub, conn, visit, about.business_id, consent, given, reason=reason, connection_id=connection_id)
        set_consent(conn, about.business_id, connection_id, consent)
    else:
        allow(hub, conn, visit, about, connection_id, until=until, reason="connected")
    if before and before != consent:
        end_consent(hub, conn, visit, about.business_id, before, ConsentState.INVALIDATED, reason="replaced")


def return_consent(hub: Hub, conn: sa.Connection, visit: Visit, business_id: str, connection_id: str) -> None:
    """Take the consent away from an account that could not be connected after all: it may be tried with again."""
    consent_id = find_connection(conn, business_id, connection_id).consent_id
    if consent_id is not None and locked_state(conn, business_id, consent_id).state == ConsentState.GIVEN:
        given, reason = ConsentState.GIVEN, "not_connected"
        change(hub, conn, visit, business_id, consent_id, given, reason=reason, connection_id=None)


def _standing(hub: Hub, conn: sa.Connection, about: About, connection_id: str) -> str | None:
    consent_id: str | None = find_connection(conn, about.business_id, connection_id).consent_id
    if consent_id is None:
        return None
    row = newest_state(conn, about.business_id, consent_id)
    same = row.level == about.level.name and row.text_hash == text_of(conn, about).hash
    whole = set(row.purposes) == {str(one) for one in about.level.purposes}
    return consent_id if same and whole and _permits(hub, row) else None


def _renewable(hub: Hub, conn: sa.Connection, visit: Visit, about: About, connection_id: str) -> str:
    """Return the consent that a connected account goes by now, locked if ``conn`` is writing; see `check_renewal`."""
    row = find_connection(conn, about.business_id, connection_id)
    if row.health == DISCONNECTED or row.consent_id is None:
        raise _ended()
    found = locked_state(conn, about.business_id, row.consent_id)
    if not _permits(hub, found):
        raise _ended()
    if found.holder_id is not None and (visit.actor, visit.actor_id) != ("staff", found.holder_id):
        raise StateError(
            "Its staff member agreed to this, so only they agree again, at their own link. They get a mail in time.",
            code="theirs",
        )
    return str(row.consent_id)


def _ended() -> StateError:
    return StateError("Nothing stands any more that could go on; connect the account again.", code="ended")


def _check_read(conn: sa.Connection, about: About, text_hash: str) -> None:
    if text_of(conn, about).hash != text_hash:
        raise StateError("The text is another one by now; read it and answer again.", code="changed")


def _check_unused(hub: Hub, visit: Visit, about: About, connection_id: str | None, row: sa.Row[Any]) -> None:
    """See that a consent is for this account, from this visitor, and that no other account goes by it."""
    if (row.actor, row.actor_id) != (visit.actor, visit.actor_id) and row.connection_id is None:
        raise UnknownId("consent", row.consent_id)
    wanted = (about.provider.name, about.level.name, about.holder_id)
    meant = (row.provider, row.level, row.account_holder_id) == wanted
    if not meant or row.connection_id not in (None, connection_id) or not _permits(hub, row):
        raise _nobody_agreed()


def _permits(hub: Hub, row: sa.Row[Any]) -> bool:
    return permits(row.state, row.purposes, row.expires_at, next(iter(row.purposes), Purpose.CONNECT), hub.clock())


def _nobody_agreed() -> StateError:
    return StateError("Nobody agreed to this use of the account yet; read what is asked and answer it.", code="consent")
