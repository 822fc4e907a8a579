"""The bookings of one or several businesses as a list: filtered, searched, page by page."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import select

from hub.actions.people import Customer, open_people
from hub.core.booking import CalendarState, State
from hub.core.calendar import LAST
from hub.core.errors import InputError
from hub.core.page import Page, check_limit, cut, read_cursor
from hub.identity.email import canonical_email
from hub.identity.phone import canonical_phone
from hub.parts import Hub
from hub.store.booking import Booking
from hub.store.booking_list import Taken, find_listed, has_holder, holders_of_many
from hub.store.booking_list import list_bookings as read_bookings
from hub.store.business import Business
from hub.store.ids import is_id
from hub.store.person import Person, people_by_hash
from hub.vault.people import keyed_hashes

_LONGEST_SEARCH = 254
_LET_GO = 2
"""The version of a hold that was let go: made, then cancelled. A booking that was cancelled has a higher one."""


class Who(StrEnum):
    """What is known of the customer of a booking."""

    KNOWN = "known"
    NOBODY = "nobody"  # a hold: nobody has said who it is for
    ERASED = "erased"
    UNREADABLE = "unreadable"  # what is stored was tampered with


@dataclass(frozen=True, slots=True)
class BookingFilter:
    """Which bookings to list. What is left empty does not matter; without states: all but holds.

    ``start_from`` and ``start_until`` (UTC seconds) bound the start. ``attention``: coming ones that somebody must look
    at, because they are not confirmed, or their event is missing or clashes. ``search`` is a whole e-mail address, a
    whole telephone number, or the id of a booking: names are sealed and cannot be searched.
    """

    start_from: int | None = None
    start_until: int | None = None
    states: Collection[str] = ()
    calendar_states: Collection[str] = ()
    holder_id: str = ""
    service_id: str = ""
    attention: bool = False
    search: str = ""


@dataclass(frozen=True, slots=True)
class BookingRow:
    """A booking in a list. ``customer`` is the name, empty unless ``who`` is known. Times in UTC seconds.

    ``staff`` and ``resources`` are those whose time it has, or had.
    """

    id: str
    business_id: str
    service_id: str
    service: str
    start: int
    end: int
    zone: str
    state: State
    calendar_state: CalendarState
    problem: str
    staff: tuple[Taken, ...]
    resources: tuple[Taken, ...]
    who: Who
    customer: str
    attendance: str
    source: str
    version: int
    hold_until: int | None
    made_at: int
    changed_at: int


def list_bookings(
    hub: Hub,
    business_ids: str | Collection[str],
    filters: BookingFilter | None = None,
    *,
    newest: bool = False,
    after: str = "",
    limit: int = 50,
) -> Page[BookingRow]:
    """Return bookings of these businesses by start, the earliest or the ``newest`` first, from behind a cursor on.

    The number of queries does not grow with the bookings. Raises InputError for a filter, cursor or limit that is none.
    """
    given = [business_ids] if isinstance(business_ids, str) else sorted(business_ids)
    businesses = [one for one in given if is_id(one)]
    filters, name = filters or BookingFilter(), "latest bookings" if newest else "bookings"
    check_limit(limit)
    place = read_cursor(name, after, int, str)
    where = _conditions(filters, hub.clock())
    with hub.database.reading() as conn:
        if filters.search.strip():
            where.append(_search(hub, conn, businesses, filters.search.strip()))
        found = read_bookings(conn, businesses, *where, after=place, newest=newest, limit=limit + 1)
        page = cut(name, found, limit, lambda row: (row.starts_at, row.id))
        return Page(as_rows(hub, conn, businesses, page.items), page.next)


def find_row(hub: Hub, business_id: str, booking_id: str) -> BookingRow:
    """Return one booking as it would stand in the list, whatever its state. Raises UnknownId."""
    with hub.database.reading() as conn:
        return as_rows(hub, conn, [business_id], [find_listed(conn, business_id, booking_id)])[0]


def as_rows(
    hub: Hub, conn: sa.Connection, businesses: Collection[str], found: Collection[sa.Row[Any]]
) -> tuple[BookingRow, ...]:
    """Return bookings that were read by `hub.store.booking_list` with the names of customers and staff."""
    holders = holders_of_many(conn, businesses, [row.id for row in found])
    people = open_people(hub, conn, {(row.business_id, row.person_id) for row in found if row.person_id})
    return tuple(_row(row, holders.get(row.id, ()), people) for row in found)


def _row(row: sa.Row[Any], holders: tuple[Taken, ...], people: Mapping[tuple[str, str], Customer | None]) -> BookingRow:
    customer = people.get((row.business_id, row.person_id))
    return BookingRow(
        id=row.id,
        business_id=row.business_id,
        service_id=row.service_id,
        service=row.service,
        start=row.starts_at,
        end=row.ends_at,
        zone=row.zone,
        state=State(row.state),
        calendar_state=CalendarState(row.calendar_state),
        problem=row.problem,
        staff=tuple(one for one in holders if one.kind == "staff"),
        resources=tuple(one for one in holders if one.kind != "staff"),
        who=who_is(row, people),
        customer=customer.name if customer else "",
        attendance=row.attendance,
        source=row.source,
        version=row.version,
        hold_until=row.hold_until,
        made_at=row.made_at,
        changed_at=row.changed_at,
    )


def who_is(row: sa.Row[Any], people: Mapping[tuple[str, str], Customer | None]) -> Who:
    """Return what is known of a booking's customer; ``people`` as from `open_people`."""
    if row.person_id is None:
        a_hold = row.state in (State.HELD, State.LAPSED) or (row.state == State.CANCELLED and row.version == _LET_GO)
        return Who.NOBODY if a_hold else Who.ERASED
    known = row.business_id, row.person_id
    if known not in people:
        return Who.ERASED
    return Who.UNREADABLE if people[known] is None else Who.KNOWN


def _conditions(filters: BookingFilter, now: int) -> list[sa.ColumnElement[bool]]:
    for field, given, known in (
        ("state", filters.states, set(State)),
        ("calendar_state", filters.calendar_states, set(CalendarState)),
    ):
        if set(given) - known:
            raise InputError(field, f"Choose from {', '.join(sorted(known))}.")
    where: list[sa.ColumnElement[bool]] = []
    for field, bound in (("from", filters.start_from), ("until", filters.start_until)):
        if bound is not None and not -LAST <= bound <= LAST:
            raise InputError(field, "Give UTC seconds within the years that calendars know.")
    if filters.start_from is not None:
        where.append(Booking.starts_at >= filters.start_from)
    if filters.start_until is not None:
        where.append(Booking.starts_at < filters.start_until)
    if filters.states:
        where.append(Booking.state.in_(filters.states))
    else:
        where.append(Booking.state.not_in((State.HELD, State.LAPSED)))
        where.append(sa.or_(Booking.state != State.CANCELLED, Booking.version > _LET_GO))
    if filters.calendar_states:
        where.append(Booking.calendar_state.in_(filters.calendar_states))
    if filters.holder_id:
        where.append(has_holder(filters.holder_id) if is_id(filters.holder_id) else sa.false())
    if filters.service_id:
        where.append(Booking.service_id == filters.service_id if is_id(filters.service_id) else sa.false())
    if filters.attention:
        wrong = Booking.calendar_state.in_((CalendarState.FAILED, CalendarState.CONFLICT))
        where.append(Booking.ends_at > now)
        where.append(sa.or_(Booking.state == State.REQUESTED, wrong))
    return where


def _search(hub: Hub, conn: sa.Connection, businesses: Collection[str], text: str) -> sa.ColumnElement[bool]:
    """Return the condition that a booking is the one named, or of the customer with that address or number.

    Each business has hashes of its own, so nobody is found through the bookings of another one.
    """
    if is_id(text.lower()):
        return Booking.id == text.lower()
    if len(text) > _LONGEST_SEARCH:
        raise _cannot_search()
    canonical: dict[str, str] = {}
    column, kind = (Person.email_hash, "email") if "@" in text else (Person.phone_hash, "phone")
    with suppress(InputError):
        if kind == "email":
            canonical = dict.fromkeys(businesses, canonical_email(text))
    for business, region in _regions(conn, businesses) if kind == "phone" else ():
        with suppress(InputError):
            canonical[business] = canonical_phone(text, region)
    if businesses and not canonical:
        raise _cannot_search()
    hashes = {business: keyed_hashes(hub.keyring, business, kind, value) for business, value in canonical.items()}
    return Booking.person_id.in_(people_by_hash(conn, hashes, column))


def _regions(conn: sa.Connection, businesses: Collection[str]) -> list[tuple[str, str]]:
    statement = select(Business.id, Business.region).where(Business.id.in_(businesses))
    return [(row.id, row.region) for row in conn.execute(statement)]


def _cannot_search() -> InputError:
    return InputError("search", "Give a whole e-mail address, a whole telephone number, or the id of a booking.")
