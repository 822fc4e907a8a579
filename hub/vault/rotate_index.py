"""Make keyed hashes anew, by which people, users, links and calendars are found, while lookups ask by the old ones too.

The names of events in calendars are not kept, so their hashes cannot be made anew: each calendar is read whole at its
next turn, which replaces them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam, select, update

from hub.core.errors import StateError, Tampered, UnknownId
from hub.store.booking_contact import BookingContact
from hub.store.business import AGENCY
from hub.store.calendar import Calendar
from hub.store.crash import CrashPoint, crash_point
from hub.store.guard import Across
from hub.store.person import Person
from hub.store.rotation import newest_versions
from hub.store.sign_in import OneTimeLink
from hub.store.user import ConsoleUser
from hub.vault.cipher import Place
from hub.vault.names import calendar_hashes, open_calendar
from hub.vault.people import PersonFields, fields_of_many, keyed_hash, keyed_hashes
from hub.vault.rotate import Vault
from hub.vault.sealed_texts import Batch
from hub.vault.texts import open_text

_KINDS = ("email", "phone")
_Row = sa.Row[*tuple[Any, ...]]
_PUT = update(Person).where(
    Person.business_id == bindparam("its_business"),
    Person.id == bindparam("its_id"),
    Person.version == bindparam("its_version"),
)


def rehash_people(vault: Vault, limit: int) -> Iterator[Batch]:
    """Make the hashes of people anew, and those by which their bookings are counted, a batch a step.

    Raises StateError, as the others do, on a machine whose clock is behind.
    """
    _check(vault)
    after: str | None = ""
    while after is not None:
        batch = _people(vault, after, limit)
        if batch.done:
            crash_point(CrashPoint.ROTATE_HASHES_AFTER_COMMIT)
        yield batch
        after = batch.last


def rehash_users(vault: Vault) -> Iterator[Batch]:
    """Make the hashes of users, and of links that were mailed to somebody, anew; one a step."""
    _check(vault)
    for table in (ConsoleUser, OneTimeLink):
        with vault.database.reading() as conn:
            rows = conn.execute(
                select(table.id, table.email, table.email_hash).where(table.email.is_not(None)).order_by(table.id)
            ).all()
        for row in rows:
            yield _user(vault, table, row)


def rehash_calendars(vault: Vault, limit: int) -> Iterator[Batch]:
    """Make the hashes anew by which calendars are found within their account, a batch a step."""
    _check(vault)
    with vault.database.reading() as conn:
        businesses = sorted(newest_versions(conn))
    for business in businesses:
        after: str | None = ""
        while after is not None:
            batch = _calendars(vault, business, after, limit)
            if batch.done:
                crash_point(CrashPoint.ROTATE_HASHES_AFTER_COMMIT)
            yield batch
            after = batch.last


def read_calendars_anew(vault: Vault) -> Iterator[Batch]:
    """Let each calendar be read whole at its next turn. What is being read now is thrown away by that."""
    with vault.database.writing() as conn:
        known = update(Calendar).where(Calendar.cursor.is_not(None)).values(cursor=None)
        conn.execute(known.execution_options(across=Across.OPERATOR))
    yield Batch(0)


def _check(vault: Vault) -> None:
    """Make sure that what is made anew is made by the newest key: what is not would be lost with the old one."""
    if not vault.keyring.writes_newest_index():
        raise StateError("The clock of this machine is behind the one that made the new key; set it, and go on.")


def _calendars(vault: Vault, business: str, after: str, limit: int) -> Batch:
    mine = Calendar.business_id == business, Calendar.names.is_not(None), Calendar.id > after
    with vault.database.writing() as conn:
        rows = conn.execute(select(Calendar.__table__).where(*mine).order_by(Calendar.id).limit(limit)).all()
        done = broken = 0
        for row in rows:
            try:
                ref = open_calendar(conn, vault.keyring, row).ref
            except (Tampered, UnknownId):
                broken += 1
                continue
            newest = calendar_hashes(vault.keyring, business, ref)[0]
            if row.ref_hash != newest:
                one = Calendar.business_id == business, Calendar.id == row.id
                done += conn.execute(update(Calendar).where(*one).values(ref_hash=newest)).rowcount
        if done:
            crash_point(CrashPoint.ROTATE_HASHES_BEFORE_COMMIT)
    return Batch(done, broken, rows[-1].id if rows else None)


def _people(vault: Vault, after: str, limit: int) -> Batch:
    # All businesses together, in the order of the primary key: a business's own would be sorted for each batch.
    statement = select(Person.__table__).where(Person.id > after).order_by(Person.id).limit(limit)
    with vault.database.reading() as conn:
        rows = conn.execute(statement.execution_options(across=Across.OPERATOR)).all()
        fields = fields_of_many(conn, vault.keyring, [(row.business_id, row.id) for row in rows])
    done = broken = 0
    changed: list[dict[str, Any]] = []
    contacts: dict[str, dict[str, str]] = {}
    for row in rows:
        found = _hashes(vault, fields.get((row.business_id, row.id)), row)
        if found is None:
            broken += 1
            continue
        for newest, *older in found.values():
            contacts.setdefault(row.business_id, {}).update(dict.fromkeys(older, newest))
        values = {f"{kind}_hash": one[0] for kind, one in found.items()}
        if any(getattr(row, name) != value for name, value in values.items()):
            same = {"its_business": row.business_id, "its_id": row.id, "its_version": row.version}
            changed.append({"email_hash": row.email_hash, "phone_hash": row.phone_hash, **values, **same})
    if changed or contacts:
        with vault.database.writing() as conn:
            if changed:
                done = conn.execute(_PUT, changed).rowcount
            for business, known in contacts.items():
                _recount(conn, business, known)
            if done:
                crash_point(CrashPoint.ROTATE_HASHES_BEFORE_COMMIT)
    return Batch(done, broken, rows[-1].id if rows else None)


def _hashes(vault: Vault, fields: PersonFields | None, row: _Row) -> dict[str, list[str]] | None:
    """Return the hashes of a person by kind, the newest first; None for one who does not open, or was erased."""
    if fields is None:
        return None
    given = {kind: getattr(row, kind) for kind in _KINDS}
    try:
        return {
            kind: keyed_hashes(vault.keyring, fields.business, kind, fields.open(kind, sealed, row.version))
            for kind, sealed in given.items()
            if sealed is not None
        }
    except Tampered:
        return None


def _recount(conn: sa.Connection, business: str, contacts: dict[str, str]) -> None:
    mine = BookingContact.business_id == business
    known = select(BookingContact.contact_hash).where(mine, BookingContact.contact_hash.in_(list(contacts)))
    for old in sorted(set(conn.execute(known).scalars())):
        same = mine, BookingContact.contact_hash == old
        conn.execute(update(BookingContact).where(*same).values(contact_hash=contacts[old]))


def _user(vault: Vault, table: type[ConsoleUser] | type[OneTimeLink], row: _Row) -> Batch:
    with vault.database.writing() as conn:
        try:
            email = open_text(conn, vault.keyring, Place(AGENCY, table.__tablename__, row.id, "email"), row.email)
        except (Tampered, UnknownId):
            return Batch(0, broken=1)
        newest = keyed_hash(vault.keyring, AGENCY, "email", email)
        if newest == row.email_hash:
            return Batch(0)
        for each in (ConsoleUser, OneTimeLink):  # also what was asked for by somebody who is a user
            same = each.email_hash == row.email_hash
            conn.execute(update(each).where(same).values(email_hash=newest))
        return Batch(1)
