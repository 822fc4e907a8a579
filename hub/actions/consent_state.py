"""Add a state to a consent, with its entry in the ledger: in the transaction of what it permits or ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.actions.record import hash_address
from hub.core.consent_record import (
    CHANNELS,
    RETENTION,
    SCHEMA,
    WITHDRAWAL,
    Channel,
    ConsentState,
    check_until,
    data_of,
    record_hash,
)
from hub.core.consent_text import ConsentText, consent_text
from hub.core.ledger import EntryKind
from hub.core.provider import ConnectLevel, Provider
from hub.core.security import Visit
from hub.ledger.append import append
from hub.parts import Hub
from hub.store.business import AGENCY, find_business
from hub.store.connection import set_consent
from hub.store.consent import add_state, lock_consent, newest_state, put_text
from hub.store.ids import new_id

_KINDS = {
    ConsentState.REQUESTED: EntryKind.CONSENT_REQUESTED,
    ConsentState.GIVEN: EntryKind.CONSENT_GIVEN,
    ConsentState.REFUSED: EntryKind.CONSENT_REFUSED,
    ConsentState.WITHDRAWN: EntryKind.CONSENT_WITHDRAWN,
    ConsentState.EXPIRED: EntryKind.CONSENT_EXPIRED,
    ConsentState.INVALIDATED: EntryKind.CONSENT_EXPIRED,
}


@dataclass(frozen=True, slots=True)
class About:
    """What a consent is asked for: an account at a provider, at a level. ``holder_id`` is whose account it is."""

    business_id: str
    provider: Provider
    level: ConnectLevel
    holder_id: str | None = None


def text_of(conn: sa.Connection, about: About) -> ConsentText:
    """Return the text that is shown now for such an account. Raises UnknownId."""
    agency, business = find_business(conn, AGENCY), find_business(conn, about.business_id)
    return consent_text(agency.name, business.name, about.provider, about.level)


def ask(hub: Hub, conn: sa.Connection, visit: Visit, about: About, *, via: str = "", until: int | None = None) -> str:
    """Begin a consent, `ConsentState.REQUESTED`, with the text that is shown now; return its id.

    ``until`` (UTC seconds) is when it ends by itself. Raises InputError (``until``).
    """
    text, now = text_of(conn, about), hub.clock()
    check_until(until, now)
    named = {"hash": text.hash, "language": text.language, "template": text.template, "text": text.text}
    put_text(conn, about.business_id, now, **named)
    values: dict[str, Any] = {
        "consent_id": new_id(),
        "number": 1,
        "business_id": about.business_id,
        "receipt_id": new_id(),
        "schema_version": SCHEMA,
        "state": ConsentState.REQUESTED,
        "reason": "",
        "at": now,
        "expires_at": until,
        "connection_id": None,
        "provider": about.provider.name,
        "level": about.level.name,
        "purposes": sorted(about.level.purposes),
        "withdrawn": [],
        "data": data_of(about.provider, about.level),
        "controllers": [about.business_id] if about.business_id == AGENCY else [about.business_id, AGENCY],
        "recipients": [f"provider:{about.provider.name}"],
        "retention": RETENTION,
        "jurisdiction": find_business(conn, about.business_id).region,
        "withdrawal": WITHDRAWAL,
        "text_hash": text.hash,
        "language": text.language,
        "account_holder_id": about.holder_id,
        "scopes": list(about.level.scopes),
        "holder_id": visit.actor_id if visit.actor == "staff" else None,
        "user_id": visit.actor_id if visit.actor == "user" else None,
        **_proof(hub, visit, via),
    }
    _add(conn, values)
    return str(values["consent_id"])


def change(
    hub: Hub,
    conn: sa.Connection,
    visit: Visit,
    business_id: str,
    consent_id: str,
    state: ConsentState,
    *,
    via: str = "",
    reason: str = "",
    purposes: Sequence[str] | None = None,
    **values: Any,
) -> None:
    """Add the next state. ``purposes`` are those that are left of those before; none are left but of a given one.

    Who answered stays as it was; ``visit`` is who changes it, and ``values`` are further columns that change.
    """
    row = locked_state(conn, business_id, consent_id)
    before: dict[str, Any] = {str(name): value for name, value in row._mapping.items()}
    left = (before["purposes"] if purposes is None else sorted(purposes)) if state is ConsentState.GIVEN else []
    new = {"number": row.number + 1, "state": state, "reason": reason, "at": hub.clock(), "purposes": left}
    new["withdrawn"] = sorted(set(row.purposes) - set(left)) if row.state == ConsentState.GIVEN else []
    _add(conn, {**before, **new, **_proof(hub, visit, via), **values})


def locked_state(conn: sa.Connection, business_id: str, consent_id: str) -> sa.Row[Any]:
    """Return the newest state of a consent, to which nobody else adds one meanwhile. Raises UnknownId."""
    lock_consent(conn, consent_id)
    return newest_state(conn, business_id, consent_id)


def end_consent(
    hub: Hub,
    conn: sa.Connection,
    visit: Visit,
    business_id: str,
    consent_id: str | None,
    state: ConsentState = ConsentState.WITHDRAWN,
    *,
    via: str = "",
    reason: str = "",
) -> bool:
    """End a consent that is given, and tell whether it was. None is the consent of an account that has none."""
    if consent_id is None or locked_state(conn, business_id, consent_id).state != ConsentState.GIVEN:
        return False
    change(hub, conn, visit, business_id, consent_id, state, via=via, reason=reason)
    return True


def allow(
    hub: Hub,
    conn: sa.Connection,
    visit: Visit,
    about: About,
    connection_id: str,
    *,
    until: int | None = None,
    **values: Any,
) -> str:
    """Give a consent for an account that is connected, in the name of whoever connected it; return its id."""
    consent_id = ask(hub, conn, visit, about, until=until)
    change(hub, conn, visit, about.business_id, consent_id, ConsentState.GIVEN, connection_id=connection_id, **values)
    set_consent(conn, about.business_id, connection_id, consent_id)
    return consent_id


def _proof(hub: Hub, visit: Visit, via: str) -> dict[str, Any]:
    actor = visit.actor or "operator"
    return {
        "channel": CHANNELS.get(actor, Channel.OPERATOR),
        "actor": actor,
        "actor_id": visit.actor_id,
        "via": via,
        "network_hash": hash_address(hub, visit.address),
    }


def _add(conn: sa.Connection, values: dict[str, Any]) -> None:
    add_state(conn, values)
    state = ConsentState(values["state"])
    kind = EntryKind.CONSENT_WITHDRAWN if values["withdrawn"] and state is ConsentState.GIVEN else _KINDS[state]
    said = {
        **{name: values[name] for name in ("consent_id", "number", "receipt_id", "text_hash", "provider", "channel")},
        **{name: list(values[name]) for name in ("purposes", "withdrawn")},
        "state": str(state),
        "record_hash": record_hash(values),
    }
    about = {name: values[name] or "" for name in ("connection_id", "holder_id", "user_id")}
    append(conn, values["business_id"], kind, said, at=values["at"], **about)
