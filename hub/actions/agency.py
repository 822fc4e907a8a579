"""The agency itself: the one row that the connections, mails and secrets of the installation belong to."""

from __future__ import annotations

from sqlalchemy import select

from hub.core.errors import UnknownId
from hub.store.business import AGENCY, Business, add_agency, find_business
from hub.store.database import Database
from hub.vault.keys import Keyring

FIRST_NAME = "Our agency"
"""What it is called until its owner says otherwise."""


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
