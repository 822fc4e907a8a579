"""The agency itself: the one row that the connections, mails and secrets of the installation belong to."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from hub.actions.record import note
from hub.core.changes import changed_meanwhile
from hub.core.errors import UnknownId
from hub.core.security import Kind, Visit
from hub.core.zones import check_zone
from hub.identity.name import clean_public_name
from hub.parts import Hub
from hub.store.business import AGENCY, Business, add_agency, change_row, find_business
from hub.store.database import Database
from hub.vault.keys import Keyring

FIRST_NAME = "Our agency"
"""What it is called until its owner says otherwise."""


@dataclass(frozen=True, slots=True)
class Agency:
    """What the agency says of itself: its name in mails to users, and the zone of times in them."""

    name: str
    zone: str
    version: int


def ensure_agency(database: Database, keyring: Keyring, now: int) -> None:
    """See that the agency's row and key are there: made at the first start, found at every other."""
    with database.reading() as conn:
        if conn.execute(select(Business.id).where(Business.id == AGENCY)).first() is not None:
            return
    with database.writing() as conn:
        add_agency(conn, FIRST_NAME, "UTC", now)
        try:
            keyring.business_key(conn, AGENCY)
        except UnknownId:
            keyring.make_business_key(conn, AGENCY)


def agency_name(database: Database) -> str:
    """Return what the agency calls itself."""
    with database.reading() as conn:
        return str(find_business(conn, AGENCY).name)


def get_agency(hub: Hub) -> Agency:
    """Return what the agency says of itself."""
    with hub.database.reading() as conn:
        row = find_business(conn, AGENCY)
    return Agency(row.name, row.zone, row.version)


def change_agency(hub: Hub, visit: Visit, *, version: int, name: str, zone: str) -> None:
    """Change name and zone of the agency. Raises InputError, and StateError (``changed``) when somebody was faster."""
    name, zone = clean_public_name("name", name), check_zone(zone)
    with hub.database.writing() as conn:
        if not change_row(conn, AGENCY, version, name=name, zone=zone):
            raise changed_meanwhile("agency")
        note(hub, conn, visit, Kind.AGENCY_CHANGED, detail="renamed")
