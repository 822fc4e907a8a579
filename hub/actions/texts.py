"""The texts that customers agree to when they book: which are in use, who agreed to which, and how they change."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.core.consent import LANGUAGE, TextPurpose, check_language, default_text, text_hash
from hub.core.errors import InputError, StateError
from hub.core.text import clean_lines
from hub.parts import Hub
from hub.store.agreement import add_agreements, put_in_use, put_out_of_use, texts_by_hash, texts_of
from hub.store.business import Business, find_client, lock_business

LONGEST = 5000
_HASH = re.compile("[0-9a-f]{64}")
_GRACE = 86_400
"""Seconds for which a text that was replaced may still be agreed to: a page with it may be open."""


@dataclass(frozen=True, slots=True)
class ConsentText:
    """A text as customers see it. ``until`` is when it went out of use (UTC seconds), None while it is in use."""

    hash: str
    purpose: TextPurpose
    language: str
    text: str
    made_at: int
    until: int | None = None

    @property
    def is_required(self) -> bool:
        """Whether nobody can book without agreeing to it."""
        return self.purpose.is_required


def current_texts(hub: Hub, business_id: str) -> tuple[ConsentText, ...]:
    """Return the texts in use, the one that must be agreed to first.

    A business that is older than such texts gets ours at the first look.
    """
    with hub.database.reading() as conn:
        business = find_client(conn, business_id)
        rows = texts_of(conn, business_id)
    if missing := _never_set(rows):
        with hub.database.writing() as conn:
            lock_business(conn, business_id)
            rows = texts_of(conn, business_id)
            for purpose in missing & _never_set(rows):  # two may look for the first time at once
                _use(conn, business_id, purpose, LANGUAGE, default_text(purpose, business.name), hub.clock())
            rows = texts_of(conn, business_id)
    return _in_order([row for row in rows if row.until is None])


def text_history(hub: Hub, business_id: str) -> tuple[ConsentText, ...]:
    """Return every text that a business ever had in use, the newest first."""
    with hub.database.reading() as conn:
        find_client(conn, business_id)
        return tuple(_as_text(row) for row in texts_of(conn, business_id))


def set_text(
    hub: Hub,
    business_id: str,
    purpose: TextPurpose,
    text: str | None,
    *,
    language: str = LANGUAGE,
    was: str | None = None,
) -> tuple[ConsentText, ...]:
    """Take a text into use instead of the one before, and return the texts now in use.

    None asks for nothing any more, which only goes where agreeing is free. ``was`` is the hash of the text that was
    looked at, empty for none: another one in use by now is a StateError. What was agreed to stays as it is.
    """
    if text is None and purpose.is_required:
        raise InputError("text", "Nobody can book without a text to agree to; write another one instead.")
    cleaned = clean_lines("text", text, LONGEST, least=10) if text is not None else None
    check_language(language)
    now = hub.clock()
    current_texts(hub, business_id)  # so that ours stand in the history, with which others may have booked
    with hub.database.writing() as conn:
        lock_business(conn, business_id)
        before = {row.purpose: row.hash for row in texts_of(conn, business_id, current=True)}
        if was is not None and before.get(purpose, "") != was:
            raise StateError("Somebody else changed this text meanwhile; look at it again.", code="changed")
        if cleaned is None:
            put_out_of_use(conn, business_id, purpose, now)
        else:
            _use(conn, business_id, purpose, language, cleaned, now)
        return _in_order(texts_of(conn, business_id, current=True))


def write_first_texts(conn: sa.Connection, business_id: str, name: str, now: int) -> None:
    """Take our own texts into use for a business that is being made, so that nobody's first look has to."""
    for purpose in TextPurpose:
        _use(conn, business_id, purpose, LANGUAGE, default_text(purpose, name), now)


def rename_in_texts(conn: sa.Connection, business: Business, name: str, now: int) -> None:
    """Let our own texts that are in use name the business as it is called from now on."""
    for row in texts_of(conn, business.id, current=True):
        purpose = TextPurpose(row.purpose)
        if row.text == default_text(purpose, business.name):
            _use(conn, business.id, purpose, LANGUAGE, default_text(purpose, name), now)


def check_agreements(conn: sa.Connection, business_id: str, agreements: Mapping[str, bool], now: int) -> None:
    """Raise InputError unless these (hash: whether agreed) were shown within a day, and what must be given is.

    A text that must be agreed to has to be among them.
    """
    shown = texts_by_hash(conn, business_id, [one for one in agreements if _HASH.fullmatch(one)])
    recent = {row.hash for row in shown if row.until is None or row.until > now - _GRACE}
    if recent != set(agreements):
        raise InputError("agreements", "A text that was agreed to is not in use; load the page again and read it anew.")
    for purpose in TextPurpose:
        given = [agreements[row.hash] is True for row in shown if row.purpose == purpose]
        if purpose.is_required and not (given and all(given)):
            raise InputError(
                "agreements", "Please agree to how your details are used; it is needed for the appointment."
            )


def note_agreements(
    conn: sa.Connection,
    business_id: str,
    booking_id: str,
    person_id: str,
    agreements: Mapping[str, bool],
    channel: str,
    now: int,
) -> None:
    """Write down, in the booking's transaction, which texts (by hash) a customer saw and whether they agreed.

    ``channel`` is the door: ``page``, ``api``. Raises InputError as `check_agreements`. Nothing is ever changed here.
    """
    check_agreements(conn, business_id, agreements, now)
    same = {"business_id": business_id, "booking_id": booking_id, "person_id": person_id, "channel": channel, "at": now}
    add_agreements(
        conn, [{**same, "text_hash": one, "given": given is True} for one, given in sorted(agreements.items())]
    )


def _use(conn: sa.Connection, business_id: str, purpose: TextPurpose, language: str, text: str, now: int) -> None:
    """Take a text into use; the one before goes out of use, unless it is the same."""
    wanted = text_hash(purpose, language, text)
    if any(row.hash == wanted for row in texts_of(conn, business_id, current=True)):
        return
    put_out_of_use(conn, business_id, purpose, now)
    put_in_use(conn, business_id, now, hash=wanted, purpose=purpose, language=language, text=text)


def _never_set(rows: list[sa.Row[Any]]) -> set[TextPurpose]:
    return set(TextPurpose) - {TextPurpose(row.purpose) for row in rows}


def _in_order(rows: list[sa.Row[Any]]) -> tuple[ConsentText, ...]:
    order = list(TextPurpose)
    return tuple(sorted((_as_text(row) for row in rows), key=lambda one: order.index(one.purpose)))


def _as_text(row: sa.Row[Any]) -> ConsentText:
    return ConsentText(row.hash, TextPurpose(row.purpose), row.language, row.text, row.made_at, row.until)
