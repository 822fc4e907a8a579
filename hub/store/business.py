"""Businesses: the clients of the agency, and the border that every other row lies within."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Connection,
    Executable,
    Integer,
    Row,
    String,
    Text,
    and_,
    func,
    insert,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped

from hub.core.errors import UnknownId
from hub.store.annotate import About, Base, Category, Retention, column
from hub.store.ids import LENGTH, is_id, new_id
from hub.store.prepared import prepared

AGENCY = "agency"
"""The id of the agency's own row."""

_ID = About(Category.IDENTIFIER, Retention.BUSINESS)
_RULE = About(Category.CONFIGURATION, Retention.BUSINESS)
_STATE = About(Category.TECHNICAL, Retention.BUSINESS)


class Business(Base):
    """A client of the agency. ``zone`` is its IANA zone; the two flags are its policy for uncertain times.

    ``slug`` is the address of its booking page, None for no page. ``region`` (ISO 3166) reads local phone numbers.
    ``cancel_notice`` is how long before the start (seconds) a customer may still move or cancel by the link.
    ``reminders`` are seconds before the start. ``follow_calendar``: a booking whose event staff move or delete in their
    calendar is moved or cancelled; else they are only told. ``embed_origins`` may show its booking page in a frame.
    ``version`` counts changes: what was read at an older one is not written over. ``rules`` is another word after each
    change of what decides its times (`rules_changed`). The row with the id `AGENCY` is the agency itself, which has the
    connections and mails of the installation, and no page.
    """

    __tablename__ = "business"

    id: Mapped[str] = column(_ID, String(LENGTH), primary_key=True)
    name: Mapped[str] = column(_RULE, Text)
    zone: Mapped[str] = column(_RULE, Text)
    tentative_is_busy: Mapped[bool] = column(_RULE)
    unanswered_is_busy: Mapped[bool] = column(_RULE)
    slug: Mapped[str | None] = column(_RULE, Text, nullable=True, unique=True)
    region: Mapped[str] = column(_RULE, Text, server_default="US")
    email: Mapped[str] = column(_RULE, Text, server_default="")
    phone: Mapped[str] = column(_RULE, Text, server_default="")
    place: Mapped[str] = column(_RULE, Text, server_default="")
    follow_calendar: Mapped[bool] = column(_RULE, server_default=true())
    cancel_notice: Mapped[int] = column(_RULE, Integer, server_default="0")
    reminders: Mapped[list[int]] = column(_RULE, JSON, server_default="[]")
    embed_origins: Mapped[list[str]] = column(_RULE, JSON, server_default="[]")
    contact_proof: Mapped[str] = column(_RULE, Text, server_default="second")
    version: Mapped[int] = column(_STATE, Integer, server_default="1")
    rules: Mapped[str] = column(_STATE, Text, server_default="")
    made_at: Mapped[int] = column(_STATE, BigInteger)


def add_business(conn: Connection, name: str, zone: str, now: int, **details: Any) -> str:
    """Insert a business and return its id. Tentative and unanswered times count as busy until it says otherwise."""
    business_id = new_id()
    values = {"id": business_id, "name": name, "zone": zone, "made_at": now}
    conn.execute(insert(Business).values({"tentative_is_busy": True, "unanswered_is_busy": True} | details | values))
    return business_id


def change_row(conn: Connection, business_id: str, version: int | None, **values: Any) -> bool:
    """Change a business that is still at that version, or at any; count the version up, and tell whether it was."""
    statement = update(Business).where(Business.id == business_id)
    if version is not None:
        statement = statement.where(Business.version == version)
    return conn.execute(statement.values(**values, version=Business.version + 1)).rowcount == 1


def rules_changed(conn: Connection, business_id: str) -> None:
    """Say that services of a business changed, their holders, or when these work; in the transaction of the change.

    What processes keep of them in memory (`hub.actions.rules`) is kept under this word, which never comes twice.
    """
    _stamp(conn, business_id=business_id, rules=new_id())


def list_rows(
    conn: Connection, visible: Collection[str] | None, search: str, after: tuple[str, str] | None, limit: int
) -> list[Row[Any]]:
    """Return clients by name, with ``sort_name``, from after a (sort name, id) on; ``visible`` None means all."""
    sort_name = func.lower(Business.name)
    statement = select(Business.__table__, sort_name.label("sort_name")).where(Business.id != AGENCY)
    if visible is not None:
        statement = statement.where(Business.id.in_(sorted(visible)))
    if search:
        statement = statement.where(Business.name.icontains(search, autoescape=True))
    if after:
        statement = statement.where(or_(sort_name > after[0], and_(sort_name == after[0], Business.id > after[1])))
    return list(conn.execute(statement.order_by(sort_name, Business.id).limit(limit)).all())


def slugs_like(conn: Connection, slug: str) -> set[str]:
    """Return the slugs in use that are this one or begin with it and a hyphen."""
    statement = select(Business.slug).where(or_(Business.slug == slug, Business.slug.startswith(f"{slug}-")))
    return {str(one) for one in conn.execute(statement).scalars()}


def find_by_slug(conn: Connection, slug: str) -> Business:
    """Return the row of the business whose booking page has that address, or raise UnknownId."""
    row = conn.execute(select(Business.__table__).where(Business.slug == slug)).one_or_none()
    if row is None:
        raise UnknownId("page", slug)
    return row  # type: ignore[return-value]  # a row has the same attributes as the class


def add_agency(conn: Connection, name: str, zone: str, now: int) -> None:
    """Insert the agency's own row, unless it is there."""
    dialect = postgresql if conn.dialect.name == "postgresql" else sqlite
    values = {"id": AGENCY, "name": name, "zone": zone, "made_at": now}
    statement = dialect.insert(Business).values(**values, tentative_is_busy=True, unanswered_is_busy=True)
    conn.execute(statement.on_conflict_do_nothing())


def lock_business(conn: Connection, business_id: str) -> None:
    """Lock a business until the transaction ends, after any holders: for what a business has once at most."""
    conn.execute(select(Business.id).where(Business.id == business_id).with_for_update(key_share=True)).all()


def find_business(conn: Connection, business_id: str) -> Business:
    """Return the business's row, or raise UnknownId."""
    if business_id != AGENCY and not is_id(business_id):
        raise UnknownId("business", business_id)
    row = _one(conn, business_id=business_id).one_or_none()
    if row is None:
        raise UnknownId("business", business_id)
    return row  # type: ignore[return-value]  # a row has the same attributes as the class


def find_client(conn: Connection, business_id: str) -> Business:
    """Return the row of a business that is a client, or raise UnknownId: the agency's own row is none."""
    if business_id == AGENCY:
        raise UnknownId("business", business_id)
    return find_business(conn, business_id)


@prepared
def _one(business_id: Any) -> Executable:
    return select(Business.__table__).where(Business.id == business_id)


@prepared
def _stamp(business_id: Any) -> Executable:
    return update(Business).where(Business.id == business_id)
