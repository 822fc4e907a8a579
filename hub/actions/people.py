"""The people of a business: found by keyed hash, kept sealed under a key of their own."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import sqlalchemy as sa

from hub.core.errors import InputError, Tampered
from hub.identity.email import canonical_email
from hub.identity.name import clean_name
from hub.identity.phone import canonical_phone
from hub.parts import Hub
from hub.store.business import lock_business
from hub.store.ids import new_id
from hub.store.person import add_person, find_people, find_person, person_by_hash
from hub.vault.people import PersonFields, fields_of_many, keyed_hashes, new_person_fields, person_fields

_FIRST = 1
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, repr=False)
class Customer:
    """Who books: as typed. At least one of e-mail address and number; ``region`` (ISO 3166) reads a local number."""

    name: str
    email: str = ""
    phone: str = ""
    region: str = "US"


@dataclass(frozen=True, slots=True, repr=False)
class Checked:
    """A customer's fields in canonical form."""

    name: str
    email: str | None
    phone: str | None


def check_customer(customer: Customer) -> Checked:
    """Return the customer's fields in canonical form; raise InputError that names the field."""
    name = clean_name("name", customer.name)
    email = canonical_email(customer.email) if customer.email else None
    phone = canonical_phone(customer.phone, customer.region) if customer.phone else None
    if email is None and phone is None:
        raise InputError("email", "Give an e-mail address or a phone number, so that you can be reached.")
    return Checked(name, email, phone)


def find_or_add_person(hub: Hub, conn: sa.Connection, business_id: str, customer: Checked) -> str:
    """Return the id of the person known under that address or number, or of a new one. ``conn`` is writing."""
    emails, phones = (
        keyed_hashes(hub.keyring, business_id, kind, value) if value else [None]
        for kind, value in (("email", customer.email), ("phone", customer.phone))
    )
    known = _known(conn, business_id, emails, phones)
    if not known:
        lock_business(conn, business_id)  # or the same new customer, twice at once, would be two people
        known = _known(conn, business_id, emails, phones)
    if known:
        return known
    person_id = new_id()
    fields = new_person_fields(conn, hub.keyring, business_id, person_id)
    given = {"name": customer.name, "email": customer.email, "phone": customer.phone}
    sealed = {field: fields.seal(field, value, _FIRST) for field, value in given.items() if value is not None}
    add_person(
        conn,
        id=person_id,
        business_id=business_id,
        email_hash=emails[0],
        phone_hash=phones[0],
        version=_FIRST,
        made_at=hub.clock(),
        **sealed,
    )
    return person_id


def _known(
    conn: sa.Connection, business_id: str, emails: Sequence[str | None], phones: Sequence[str | None]
) -> str | None:
    """Return who is known under one of the hashes, the oldest first. There is one of each but for a rotation."""
    pairs = zip_longest(emails, phones)
    return min((one for pair in pairs if (one := person_by_hash(conn, business_id, *pair))), default=None)


def open_person(hub: Hub, business_id: str, person_id: str) -> Customer:
    """Return a person's name and addresses in the clear, for a message or an event that is about to be written."""
    with hub.database.reading() as conn:
        row = find_person(conn, business_id, person_id)
        fields = person_fields(conn, hub.keyring, business_id, person_id)
    return _opened(fields, row)


def open_people(
    hub: Hub, conn: sa.Connection, wanted: Collection[tuple[str, str]]
) -> dict[tuple[str, str], Customer | None]:
    """Return many people in the clear, by (business, person), in a number of queries that does not grow with them.

    Those who were erased are missing. One whose fields were tampered with is None, so that a list can be shown all the
    same.
    """
    if not wanted:
        return {}
    rows = find_people(conn, {one for one, _ in wanted}, {one for _, one in wanted})
    keys = fields_of_many(conn, hub.keyring, wanted)
    found: dict[tuple[str, str], Customer | None] = {}
    for row in rows:
        known = row.business_id, row.id
        if known in keys:
            try:
                found[known] = _opened(keys[known], row)
            except Tampered:
                _log.error("the fields of person %s cannot be opened: they were tampered with", row.id)
                found[known] = None
    return found


def _opened(fields: PersonFields, row: sa.Row[Any]) -> Customer:
    opened = {
        field: fields.open(field, sealed, row.version)
        for field, sealed in (("name", row.name), ("email", row.email), ("phone", row.phone))
        if sealed is not None
    }
    return Customer(opened["name"], opened.get("email", ""), opened.get("phone", ""))
