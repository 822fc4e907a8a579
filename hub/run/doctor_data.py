"""What `hub doctor` says of what must not be lost: database, root keys, key store, backups."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection as Conn
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from hub.core.errors import Sealed, Unavailable
from hub.ledger.consistency import consistency
from hub.run.finding import Finding, bad, ok, warn
from hub.run.patient import Patient
from hub.store.database import Database
from hub.store.guard import Across
from hub.store.keys import PersonKey, find_root_check, holds_keys
from hub.store.person import Person
from hub.vault.roots import BOTH, Root, Roots, load_roots
from hub.vault.roots import check_roots as compare_roots

_SKEW, _MUCH = 2, 30


def check_database(patient: Patient) -> Iterator[Finding]:
    """Look whether the database is there, answers, and has the tables of this version."""
    opened = patient.database
    if opened.problem:
        yield bad("database", opened.problem, "Start it, or correct HUB_DATABASE_URL.")
        return
    if opened.database is None:
        if any(os.path.lexists(_file(patient, root)) for root in Root):
            yield bad(
                "database",
                "The root keys are there, but the database is not: was it moved or deleted?",
                "Put it back, or restore a backup (docs/install.md); with new keys it would be unreadable.",
            )
        else:
            yield warn("database", "There is none yet.", "Start the hub, which makes it: hub up.")
        return
    kind = "SQLite" if opened.database.is_sqlite else "PostgreSQL"
    if patient.revision == "current":
        yield ok("database", f"{kind} answers, and is up to date.")
    elif patient.revision == "newer":
        yield bad(
            "database",
            "A newer version of the hub has changed this database.",
            "Start that version, or restore a backup from before.",
        )
    elif patient.revision == "unreadable":
        yield bad("database", f"{kind} answers, but its tables cannot be read.", "Restore a backup (docs/install.md).")
    elif patient.revision == "behind":
        yield bad("database", "It is from an older version.", "Back it up, then type hub migrate, or start the hub.")
    else:
        yield warn(
            "database", f"{kind} answers, but holds no tables of the hub.", "Start the hub, or type hub migrate."
        )


def check_ledger(patient: Patient) -> Iterator[Finding]:
    """Look whether the ledger fits together."""
    if patient.data is None:
        return
    with patient.data.reading() as conn:
        found = consistency(conn)
    what = f"{found.placed} entries in one order; the newest {found.compared} were compared with what they are bound to"
    if found.missing or found.changed:
        yield bad(
            "ledger",
            f"{what}: {found.missing} places are empty, {found.changed} were changed past the hub.",
            "Find out who changed the database, and restore a backup from before (docs/keys.md#restore).",
        )
    else:
        yield ok("ledger", f"{what}.")


def check_time(patient: Patient) -> Iterator[Finding]:
    """Compare the database's clock with this machine's: holds, leases and sign-ins lapse by it."""
    database = patient.database.database
    if database is None or database.is_sqlite:
        return
    with database.reading() as conn:
        theirs = float(conn.execute(select(func.extract("epoch", func.clock_timestamp()))).scalar_one())
    skew = abs(theirs - time.time())
    what = f"The clocks of this machine and of the database differ by {skew:.1f} s."
    if skew > _MUCH:
        yield bad("time", what, "Let both keep time (NTP).")
    elif skew > _SKEW:
        yield warn("time", what, "Let both keep time (NTP).")
    else:
        yield ok("time", what)


def check_roots(patient: Patient) -> Iterator[Finding]:
    """Look whether the root keys are there, closed to others, and those of this database."""
    need = {Root.DATA} if patient.settings.broker_is_apart else BOTH
    for root in sorted(need):
        yield _check_root(patient, root)


def _check_root(patient: Patient, root: Root) -> Finding:
    file = _file(patient, root)
    known = _is_known(patient, root)
    if not os.path.lexists(file) and not known:
        return warn("keys", f"There is no {root} root key yet.", "Start the hub, which makes it: hub up.")
    try:
        roots: Roots = load_roots(patient.settings, {root})
        if known and patient.data is not None:
            compare_roots(patient.data, roots)
    except Sealed as error:
        return bad("keys", error.message, "See docs/operating.md#keys; without its root the hub does not start.")
    matches = "is that of the database" if known else "is there"
    return ok("keys", f"The {root} root key {matches}, and closed to others.")


def _is_known(patient: Patient, root: Root) -> bool:
    if patient.data is None:
        return False
    with patient.data.reading() as conn:
        return find_root_check(conn, root) is not None or holds_keys(conn, root)


def _file(patient: Patient, root: Root) -> Path:
    settings = patient.settings
    return settings.credential_root_file if root is Root.CREDENTIAL else settings.data_root_file


def check_keystore(patient: Patient) -> Iterator[Finding]:
    """Look whether the key store is there, is another database, and holds the keys of the persons."""
    settings, opened = patient.settings, patient.keystore
    persons = _persons(patient)
    if settings.keystore == settings.database:
        yield bad(
            "key store",
            "It is the same database as the data, so each backup would bring erased persons back.",
            "Give HUB_KEYSTORE_URL a database of its own.",
        )
    if opened.problem:
        yield bad("key store", opened.problem.replace("HUB_DATABASE_URL", "HUB_KEYSTORE_URL"), "Start it.")
        return
    keys = None if opened.database is None else _person_keys(opened.database)
    if persons and not keys:
        yield bad(
            "key store",
            f"It {'is missing' if keys is None else 'holds no keys'}, but the database has {persons} persons: their "
            "names and addresses cannot be read.",
            "Put back its newest copy (docs/install.md); check HUB_KEYSTORE_URL and HUB_DATA_DIR.",
        )
    elif keys is None:
        yield warn("key store", "There is none yet.", "Start the hub, which makes it: hub up.")
    else:
        yield ok("key store", f"It answers, and holds the keys of {keys} persons.")


def _persons(patient: Patient) -> int:
    if patient.data is None:
        return 0
    with patient.data.reading() as conn:
        return _count(conn, Person)


def _person_keys(database: Database) -> int | None:
    """Return how many persons have a key, or None where there is no table."""
    try:
        with database.reading() as conn:
            return _count(conn, PersonKey)
    except (Unavailable, DBAPIError):
        return None


def _count(conn: Conn, table: type[Person] | type[PersonKey]) -> int:
    counted = select(func.count()).select_from(table).execution_options(across=Across.OPERATOR)
    return int(conn.scalar(counted) or 0)
