"""The wording of mails: the hub's own, or a business's in place of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import sqlalchemy as sa

from hub.core.errors import InputError
from hub.core.mail import CONNECTION_KINDS, REQUIRED, VARIABLES, MailKind, Reader, Text, check_text, fill, reader_of
from hub.core.mail_defaults import DEFAULTS
from hub.parts import Hub
from hub.store.business import AGENCY, find_business
from hub.store.mail import drop_text, find_text, own_texts, put_text

SAMPLE: Mapping[str, str] = MappingProxyType(
    {
        "account_name": "ada@example.com",
        "accounts": "Ada's Practice: ada@example.com, since Monday, 15 March 2027. Connect the account again.",
        "agency_name": "Our agency",
        "asked_by": "Ben Barnes",
        "book_link": "https://hub.example.com/b/adas-practice",
        "bookings": "- Tuesday, 16 March 2027, 14:00 to 14:30 CET (Europe/Berlin): Check-up",
        "business_email": "hello@example.com",
        "business_name": "Ada's Practice",
        "business_phone": "030 901820",
        "changes": "Something else stands over this appointment now:\n"
        "- Tuesday, 16 March 2027, 14:00 to 14:30 CET (Europe/Berlin): Check-up",
        "code": "123456",
        "customer_email": "grace@example.com",
        "customer_name": "Grace Hopper",
        "customer_phone": "+1 202-555-0143",
        "hours": "1 hour",
        "link": "https://hub.example.com/link/…",
        "manage_link": "https://hub.example.com/b/manage/…",
        "meanwhile": "Until then no new times of Ada Lovelace are offered.",
        "objects": "the name of an account and of its calendars",
        "old_when": "Monday, 15 March 2027, 08:00 to 08:30 CET (Europe/Berlin)",
        "place": "1 Example Street",
        "problem": "Something else stands in the calendar at that time.",
        "reader_name": "Ada Lovelace",
        "reason": "The time turned out to be taken.",
        "seen_at": "Monday, 15 March 2027, 08:00 CET (Europe/Berlin)",
        "since": "Monday, 15 March 2027, 08:00 CET (Europe/Berlin)",
        "service_name": "Check-up",
        "staff_names": "Ada Lovelace",
        "until": "Monday, 22 March 2027, 08:00 CET (Europe/Berlin)",
        "why": "support",
        "when": "Tuesday, 16 March 2027, 14:00 to 14:30 CET (Europe/Berlin)",
    }
)
"""Values for looking at a text before it is used."""


@dataclass(frozen=True, slots=True)
class TextView:
    """A kind of mail and its wording. ``own``: the business's and not the hub's. Variables are sorted by name."""

    kind: MailKind
    reader: Reader
    subject: str
    body: str
    own: bool
    variables: tuple[str, ...]
    required: tuple[str, ...]


def list_texts(hub: Hub, business_id: str) -> list[TextView]:
    """Return the wording of every kind of mail that a business (or the agency) sends."""
    with hub.database.reading() as conn:
        find_business(conn, business_id)
        own = own_texts(conn, business_id)
        return [_view(kind, text_of(conn, business_id, kind), kind in own) for kind in _kinds(business_id)]


def get_text(hub: Hub, business_id: str, kind: MailKind) -> TextView:
    """Return the wording of one kind of mail. Raises InputError for a kind that this business does not send."""
    _check(business_id, kind)
    with hub.database.reading() as conn:
        find_business(conn, business_id)
        own = kind in own_texts(conn, business_id)
        return _view(kind, text_of(conn, business_id, kind), own)


def set_text(hub: Hub, business_id: str, kind: MailKind, subject: str, body: str) -> None:
    """Let a business say it in its own words. Raises InputError that names a variable without which it is of no use."""
    _check(business_id, kind)
    text = check_text(kind, subject, body)
    with hub.database.writing() as conn:
        find_business(conn, business_id)
        put_text(conn, business_id, kind, text.subject, text.body)


def reset_text(hub: Hub, business_id: str, kind: MailKind) -> None:
    """Go back to the hub's own words."""
    with hub.database.writing() as conn:
        find_business(conn, business_id)
        drop_text(conn, business_id, kind)


def preview_text(kind: MailKind, subject: str, body: str) -> Text:
    """Return what a reader would see, with invented values. Raises InputError as `set_text` does."""
    return fill(kind, check_text(kind, subject, body), SAMPLE)


def text_of(conn: sa.Connection, business_id: str, kind: MailKind) -> Text:
    """Return the wording that counts for a business now."""
    row = find_text(conn, business_id, kind)
    return DEFAULTS[kind] if row is None else Text(row.subject, row.body)


def _kinds(business_id: str) -> list[MailKind]:
    if business_id == AGENCY:
        return [kind for kind in MailKind if reader_of(kind) is Reader.USER or kind in CONNECTION_KINDS]
    return [kind for kind in MailKind if reader_of(kind) is not Reader.USER]


def _check(business_id: str, kind: MailKind) -> None:
    if kind not in _kinds(business_id):
        raise InputError("kind", "Mails about accounts are worded by the agency, all others by the business.")


def _view(kind: MailKind, text: Text, own: bool) -> TextView:
    variables, required = tuple(sorted(VARIABLES[kind])), tuple(sorted(REQUIRED[kind]))
    return TextView(kind, reader_of(kind), text.subject, text.body, own, variables, required)
