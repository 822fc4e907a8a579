"""What every column must say of itself: category, person, retention, export, erasure.

The data map, exports and erasure are read off these notes; a column without one stops the start and the build
(policy: the categories of information; `check_annotations`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase, MappedColumn, mapped_column

from hub.core.errors import HubError


class Category(StrEnum):
    """What kind of information, in the words of the policy."""

    IDENTIFIER = "identifier"  # an id without meaning outside the hub
    CONFIGURATION = "configuration"  # business rules, services, settings
    CONTACT = "contact"  # names, numbers and addresses of people
    APPOINTMENT = "appointment"  # what was booked, when, with whom
    AVAILABILITY = "availability"  # busy times and calendar identifiers
    CREDENTIAL = "credential"  # sealed tokens and passwords
    KEY = "key"  # wrapped keys
    TECHNICAL = "technical"  # states, versions, times of processing
    SECURITY = "security"  # sign-ins, network addresses, devices: what is needed to protect the hub
    CONSENT = "consent"  # what a person agreed to, and the text they saw
    MESSAGE = "message"  # what was sent to a person


class Link(StrEnum):
    """Whether and how a column leads to a person."""

    NONE = "none"
    CUSTOMER = "customer"
    STAFF = "staff"
    USER = "user"  # somebody with an account of the console


class Retention(StrEnum):
    """How long a value stays: the classes of the retention schedule."""

    INSTALLATION = "installation"  # as long as the installation
    BUSINESS = "business"  # as long as the business is a client
    CONNECTION = "connection"  # until the connection is disconnected or deleted
    BOOKING = "booking"  # with the booking
    PERSON = "person"  # until the person is erased
    PROCESSING = "processing"  # until the work is done, then 30 days
    USER = "user"  # until the console user is removed
    SIGN_IN = "sign_in"  # until the sign-in, link or key ends, then 30 days
    ADDRESS = "address"  # 90 days, then cut to its network
    SECURITY = "security"  # 400 days


class Erase(StrEnum):
    """What erasing the person does to a value."""

    NOTHING = "nothing"  # does not concern a person
    ROW = "row"  # the row is deleted
    CLEAR = "clear"  # the value is emptied, the row stays
    KEY = "key"  # unreadable, because the person's key is destroyed


@dataclass(frozen=True, slots=True)
class About:
    """The note of a column. ``export``: part of a person's own data package."""

    category: Category
    retention: Retention
    link: Link = Link.NONE
    export: bool = False
    erase: Erase = Erase.NOTHING


class Base(DeclarativeBase):
    """All tables of the main database."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def column(about: About, *args: Any, **options: Any) -> MappedColumn[Any]:
    """Return a mapped column that carries its note; otherwise as `mapped_column`."""
    return mapped_column(*args, info={"about": about}, **options)


INSTALLATION_TABLES = frozenset(
    {
        "api_key",
        "business",
        "console_session",
        "console_user",
        "lease",
        "one_time_link",
        "passkey",
        "heard_notice",
        "provider_setting",
        "recovery_code",
        "root_check",
        "root_secret",
        "rotation",
        "security_event",
    }
)
"""The closed list of tables whose rows belong to the installation and not to one business."""


def check_annotations(*metadatas: MetaData) -> None:
    """Raise HubError that names each column without a note and each table that belongs to nobody."""
    problems = []
    for metadata in metadatas:
        for table in metadata.sorted_tables:
            if "business_id" not in table.c and table.name not in INSTALLATION_TABLES:
                problems.append(f"table {table.name} has no business_id and is not in the installation's list")
            problems += [
                f"column {table.name}.{col.name} has no note"
                for col in table.columns
                if not isinstance(col.info.get("about"), About)
            ]
    if problems:
        raise HubError("Every column says what it holds: " + "; ".join(problems) + ".", code="unannotated")
