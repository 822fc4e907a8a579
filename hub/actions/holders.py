"""Holders: the staff and resources of a business, added, listed and changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy import insert

from hub.actions.hours import check_hours, write_hours
from hub.core.changes import Rule, changed_meanwhile, check_changes, check_flag
from hub.core.hours import WeeklyHours
from hub.core.page import Page, check_limit, cut, read_cursor
from hub.core.text import clean_line
from hub.core.zones import check_zone
from hub.identity.email import canonical_email
from hub.identity.name import clean_name
from hub.parts import Hub
from hub.store import holder as store
from hub.store.booking import coming_of
from hub.store.business import find_client, rules_changed
from hub.store.ids import new_id
from hub.vault.cipher import Place
from hub.vault.texts import open_text, seal_text


class HolderKind(StrEnum):
    """What a holder is."""

    STAFF = "staff"  # a person
    RESOURCE = "resource"  # a room, chair or vehicle


@dataclass(frozen=True, slots=True)
class Holder:
    """A staff member or resource. ``email`` is empty unless it was asked for; ``has_email`` says if there is one.

    ``always_open``: the ``hours`` do not count. ``coming_bookings`` are those that are not over.
    """

    id: str
    kind: HolderKind
    name: str
    always_open: bool
    active: bool
    hours: WeeklyHours
    has_email: bool
    coming_bookings: int
    version: int
    email: str = field(default="", repr=False)

    @property
    def zone(self) -> str:
        """The IANA zone of the hours."""
        return self.hours.zone


def add_staff(hub: Hub, business_id: str, name: str, hours: WeeklyHours, *, email: str = "") -> str:
    """Add a staff member who works these hours, and return the id."""
    check_hours(hours)
    with hub.database.writing() as conn:
        find_client(conn, business_id)
        staff_id = _add_holder(hub, conn, business_id, HolderKind.STAFF, name, hours.zone, email)
        write_hours(conn, business_id, staff_id, hours)
    return staff_id


def add_resource(hub: Hub, business_id: str, name: str, hours: WeeklyHours | None = None) -> str:
    """Add a room, chair or vehicle, and return the id; without hours it can be used at any time."""
    if hours:
        check_hours(hours)
    with hub.database.writing() as conn:
        business = find_client(conn, business_id)
        zone = hours.zone if hours else business.zone
        resource_id = _add_holder(
            hub, conn, business_id, HolderKind.RESOURCE, name, zone, "", always_open=hours is None
        )
        if hours:
            write_hours(conn, business_id, resource_id, hours)
    return resource_id


def list_holders(
    hub: Hub,
    business_id: str,
    *,
    kind: HolderKind | None = None,
    after: str = "",
    limit: int = 50,
    search: str = "",
    with_email: bool = False,
) -> Page[Holder]:
    """Return staff and resources by name; ``search`` is a part of the name, in any case."""
    place: Any = read_cursor("holders", after, str, str)
    check_limit(limit)
    wanted = clean_line("search", search, 200)
    with hub.database.reading() as conn:
        find_client(conn, business_id)
        rows = store.list_rows(conn, business_id, kind or "", wanted, place, limit + 1)
        page = cut("holders", rows, limit, lambda row: (row.sort_name, row.id))
        return Page(_as_holders(hub, conn, business_id, page.items, with_email=with_email), page.next)


def get_holder(hub: Hub, business_id: str, holder_id: str, *, with_email: bool = False) -> Holder:
    """Return a staff member or resource, or raise UnknownId."""
    with hub.database.reading() as conn:
        find_client(conn, business_id)
        row = store.find_holder(conn, business_id, holder_id)
        return _as_holders(hub, conn, business_id, (row,), with_email=with_email)[0]


def change_holder(hub: Hub, business_id: str, holder_id: str, version: int, changes: Mapping[str, object]) -> Holder:
    """Change fields of a holder that is still as it was looked at, and return it as it is now.

    Fields: name, zone, always_open, active, email (empty: none). Who is switched off is offered no more; what is
    booked stays, and ``coming_bookings`` says how many that are. Raises InputError that names the field, StateError
    (``changed``) when somebody else was faster, UnknownId. What is so already is no change.
    """
    with hub.database.writing() as conn:
        find_client(conn, business_id)
        row = store.find_holder(conn, business_id, holder_id)
        values = check_changes(row.kind, changes, _RULES)
        if "email" in values and values["email"] == _open_email(hub, conn, row):
            del values["email"]  # sealed anew it would differ
        elif "email" in values:
            values["email"] = _seal_email(hub, conn, business_id, holder_id, values["email"])
        values = {name: value for name, value in values.items() if getattr(row, name) != value}
        if values and not store.change_row(conn, business_id, holder_id, version, **values):
            raise changed_meanwhile("staff member" if row.kind == HolderKind.STAFF else "resource")
        if values:
            rules_changed(conn, business_id)
        row = store.find_holder(conn, business_id, holder_id)
        return _as_holders(hub, conn, business_id, (row,), with_email=False)[0]


def _add_holder(
    hub: Hub,
    conn: sa.Connection,
    business_id: str,
    kind: HolderKind,
    name: str,
    zone: str,
    email: str,
    *,
    always_open: bool = False,
) -> str:
    holder_id = new_id()
    given = check_changes(kind, {"name": name, "email": email}, _RULES)
    sealed = _seal_email(hub, conn, business_id, holder_id, given["email"])
    ids = {"id": holder_id, "business_id": business_id, "kind": kind}
    values = {"name": given["name"], "zone": zone, "always_open": always_open, "active": True, "email": sealed}
    conn.execute(insert(store.Holder).values(**ids, **values))
    rules_changed(conn, business_id)
    return holder_id


def _as_holders(
    hub: Hub, conn: sa.Connection, business_id: str, rows: tuple[sa.Row[Any], ...], *, with_email: bool
) -> tuple[Holder, ...]:
    """Return rows with what stands beside them, in one query each however many there are."""
    ids = [row.id for row in rows]
    windows = store.windows_of(conn, business_id, ids)
    coming = coming_of(conn, business_id, ids, hub.clock())
    return tuple(
        Holder(
            id=row.id,
            kind=HolderKind(row.kind),
            name=row.name,
            always_open=row.always_open,
            active=row.active,
            hours=WeeklyHours(row.zone, tuple(windows[row.id])),
            has_email=row.email is not None,
            coming_bookings=coming.get(row.id, 0),
            version=row.version,
            email=_open_email(hub, conn, row) if with_email else "",
        )
        for row in rows
    )


def _seal_email(hub: Hub, conn: sa.Connection, business_id: str, holder_id: str, email: str) -> bytes | None:
    place = Place(business_id, "holder", holder_id, "email")
    return seal_text(conn, hub.keyring, place, email) if email else None


def _open_email(hub: Hub, conn: sa.Connection, row: sa.Row[Any]) -> str:
    place = Place(row.business_id, "holder", row.id, "email")
    return open_text(conn, hub.keyring, place, row.email) if row.email is not None else ""


_RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "name": lambda name, value: clean_name(name, clean_line(name, value, 1000)),
        "zone": lambda name, value: check_zone(clean_line(name, value, 100)),
        "always_open": check_flag,
        "active": check_flag,
        "email": lambda name, value: canonical_email(line) if (line := clean_line(name, value, 254)) else "",
    }
)
