"""Consents as people see them: what was asked, what was answered and what became of it; and the receipt of each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from hub.core.consent_record import ConsentState, withdrawable
from hub.core.errors import PluginBroken, UnknownId
from hub.core.purpose import Purpose
from hub.parts import Hub
from hub.store.business import find_business
from hub.store.consent import states_of, texts
from hub.store.holder import names_of
from hub.store.user import user_names

PROFILE = "https://w3id.org/dpv/schema/dpv-27560"
_CONTEXT = {"dpv": "https://w3id.org/dpv#", "dct": "http://purl.org/dc/terms/", "hub": "urn:frontdesk:consent:"}


@dataclass(frozen=True, slots=True)
class StateView:
    """One state. ``purposes`` are those that it permitted, ``withdrawn`` those that it took out; ``by`` is who.

    ``at`` is in UTC seconds, ``channel`` and ``reason`` are machine words.
    """

    number: int
    state: ConsentState
    at: int
    reason: str
    channel: str
    by: str
    purposes: tuple[str, ...]
    withdrawn: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConsentView:
    """A consent with all of its states, the newest first. ``asked`` are the purposes of the text that was read.

    ``text`` is empty for an account that was connected before texts were kept. ``holder`` is the staff member whose
    account it is; ``can_stop`` are the purposes that can be withdrawn alone now.
    """

    id: str
    receipt_id: str
    connection_id: str | None
    provider: str
    title: str
    level_title: str
    holder_id: str | None
    holder: str
    by: str
    state: ConsentState
    expires_at: int | None
    asked: tuple[str, ...]
    purposes: tuple[str, ...]
    can_stop: tuple[str, ...]
    text: str
    text_hash: str
    language: str
    states: tuple[StateView, ...]


def list_consents(
    hub: Hub, business_id: str, *, holder_id: str = "", connection_id: str = ""
) -> tuple[ConsentView, ...]:
    """Return the consents of a business, the newest first, also those that were refused or ended.

    With ``holder_id`` those that this staff member answered or whose account it is about, with ``connection_id`` those
    that the account ever went by. Raises UnknownId.
    """
    with hub.database.reading() as conn:
        find_business(conn, business_id)
        rows = states_of(conn, business_id, holder_id=holder_id, connection_id=connection_id)
        return _views(hub, conn, business_id, rows)


def get_consent(hub: Hub, business_id: str, consent_id: str, *, holder_id: str = "") -> ConsentView:
    """Return one consent; with ``holder_id`` one that has nothing to do with that staff member is unknown."""
    with hub.database.reading() as conn:
        return _views(hub, conn, business_id, _own(conn, business_id, consent_id, holder_id))[0]


def consent_receipt(hub: Hub, business_id: str, consent_id: str, *, holder_id: str = "") -> dict[str, Any]:
    """Return the receipt of a consent: facts alone, under the names of ISO/IEC TS 27560 in the W3C's DPV.

    Nobody's name stands in it, no network and no device. Raises UnknownId.
    """
    with hub.database.reading() as conn:
        rows = _own(conn, business_id, consent_id, holder_id)
        kept = texts(conn, business_id, [rows[0].text_hash])
    new, old = rows[0], rows[-1]
    text = kept[old.text_hash].text if old.text_hash in kept else ""
    record = {
        "@type": "dpv:ConsentRecord",
        "dct:identifier": new.consent_id,
        "dct:conformsTo": f"{PROFILE}#record",
        "hub:schemaVersion": new.schema_version,
        "dpv:hasDataSubject": {"@id": _subject(new)},
        "dpv:hasDataController": [f"hub:business:{one}" for one in new.controllers],
        "dpv:hasJurisdiction": [f"loc:{new.jurisdiction}"] if new.jurisdiction else [],
        "dpv:hasNotice": {
            "dct:language": new.language,
            "hub:sha256": new.text_hash,
            "hub:text": text,
        },
        "dpv:hasProcess": {
            "hub:provider": new.provider,
            "hub:level": new.level,
            "dpv:hasPurpose": [f"hub:purpose:{one}" for one in old.purposes or old.withdrawn],
            "dpv:hasPersonalData": [f"hub:data:{one}" for one in new.data],
            "dpv:hasRecipient": list(new.recipients),
            "dpv:hasStorageCondition": {"@type": "dpv:StorageDuration", "hub:until": new.retention},
            "hub:scopes": list(new.scopes),
        },
        "hub:withdrawalMethod": new.withdrawal,
        "hub:connection": new.connection_id or "",
        "dpv:hasConsentStatus": [_status(row) for row in reversed(rows)],
    }
    return {
        "@context": _CONTEXT,
        "@type": "dpv:ConsentReceipt",
        "dct:identifier": new.receipt_id,
        "dct:conformsTo": f"{PROFILE}#receipt",
        "dct:created": _instant(hub.clock()),
        "dpv:hasRecordOfActivity": record,
    }


def _own(conn: sa.Connection, business_id: str, consent_id: str, holder_id: str) -> list[sa.Row[Any]]:
    rows = states_of(conn, business_id, consent_id=consent_id)
    about = {(row.holder_id, row.account_holder_id) for row in rows}
    if not rows or (holder_id and not any(holder_id in each for each in about)):
        raise UnknownId("consent", consent_id)
    return rows


def _subject(row: sa.Row[Any]) -> str:
    """Return the id of who answered; it means nothing outside the hub."""
    if row.holder_id is not None:
        return f"hub:staff:{row.holder_id}"
    return f"hub:user:{row.user_id}" if row.user_id is not None else "hub:operator"


def _status(row: sa.Row[Any]) -> dict[str, Any]:
    said: dict[str, Any] = {
        "@type": f"dpv:Consent{row.state.capitalize()}",
        "hub:number": row.number,
        "dpv:isIndicatedAtTime": _instant(row.at),
        "dpv:isIndicatedBy": f"hub:{row.actor}",
        "hub:channel": row.channel,
        "dpv:hasPurpose": [f"hub:purpose:{one}" for one in row.purposes],
    }
    if row.withdrawn:
        said["hub:withdrawn"] = [f"hub:purpose:{one}" for one in row.withdrawn]
    if row.expires_at is not None:
        said["dpv:hasDuration"] = {"@type": "dpv:UntilTimeDuration", "hub:until": _instant(row.expires_at)}
    if row.reason:
        said["hub:reason"] = row.reason
    return said


def _views(hub: Hub, conn: sa.Connection, business_id: str, rows: Iterable[sa.Row[Any]]) -> tuple[ConsentView, ...]:
    found = list(rows)
    kept = texts(conn, business_id, [row.text_hash for row in found])
    holders = {one for row in found for one in (row.holder_id, row.account_holder_id) if one is not None}
    users = {row.actor_id for row in found if row.actor == "user"}
    names = names_of(conn, business_id, holders) | user_names(conn, users)
    made = []
    for _, group in groupby(found, lambda row: row.consent_id):
        states = list(group)
        made.append(_view(hub, states, names, kept))
    return tuple(made)


def _view(hub: Hub, rows: list[sa.Row[Any]], names: Mapping[str, str], kept: Mapping[str, sa.Row[Any]]) -> ConsentView:
    new, old = rows[0], rows[-1]
    title, levels = new.provider, dict[str, str]()
    try:
        declared = hub.registry.provider(new.provider)
        title, levels = declared.title, {one.name: one.title for one in declared.levels}
    except PluginBroken:
        pass
    can_stop = withdrawable(new.purposes) if new.state == ConsentState.GIVEN and new.connection_id else frozenset()
    return ConsentView(
        id=new.consent_id,
        receipt_id=new.receipt_id,
        connection_id=next((row.connection_id for row in rows if row.connection_id), None),
        provider=new.provider,
        title=title,
        level_title=levels.get(new.level, new.level),
        holder_id=new.account_holder_id,
        holder=names.get(new.account_holder_id or "", ""),
        by=names.get(new.holder_id or new.user_id or "", ""),
        state=ConsentState(new.state),
        expires_at=new.expires_at,
        asked=_ordered(old.purposes or old.withdrawn),
        purposes=_ordered(new.purposes),
        can_stop=_ordered(can_stop),
        text=kept[new.text_hash].text if new.text_hash in kept else "",
        text_hash=new.text_hash,
        language=new.language,
        states=tuple(_state(row, names) for row in rows),
    )


def _state(row: sa.Row[Any], names: Mapping[str, str]) -> StateView:
    by = names.get(row.actor_id, "")
    return StateView(
        row.number,
        ConsentState(row.state),
        row.at,
        row.reason,
        row.channel,
        by,
        _ordered(row.purposes),
        _ordered(row.withdrawn),
    )


def _ordered(purposes: Collection[str]) -> tuple[str, ...]:
    """Return purposes in the order in which an account is used for them."""
    return tuple(str(one) for one in Purpose if one in purposes)


def _instant(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
