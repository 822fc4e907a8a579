"""Invariant 11: no statement reaches a business's rows without naming the business, or a reason for all of them."""

from __future__ import annotations

import ast
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import delete, event, exists, func, insert, literal, or_, select, text, union_all, update
from sqlalchemy.orm import aliased

from hub.actions.book import book
from hub.actions.cancel import cancel, lapse_expired_holds
from hub.actions.conflicts import find_conflicts
from hub.actions.connect import list_calendars
from hub.actions.effects import EFFECTS
from hub.actions.hold import hold
from hub.actions.holders import add_resource
from hub.actions.hours import add_time_off, set_holidays
from hub.actions.offer import offer
from hub.actions.people import open_person
from hub.actions.poll import poll_calendars
from hub.actions.reschedule import reschedule
from hub.core.calendar import Window
from hub.core.errors import HubError
from hub.jobs.perform import drain
from hub.jobs.periodic import forget_done_effects, forget_past_claims
from hub.store.annotate import INSTALLATION_TABLES, Base
from hub.store.booking import Booking, Claim, Occurrence, find_booking
from hub.store.business import Business
from hub.store.connection import Connection
from hub.store.database import Database, open_database
from hub.store.guard import Across
from hub.store.keys import KeyStoreBase
from tests.world import ADA, DAY, HOUR, MONDAY, make_world

MINE = "a" * 26
OTHER = aliased(Claim)
SOURCES = Path(__file__).parents[2] / "hub"


def mine(table: Any) -> Any:
    return table.business_id == MINE


REFUSED = {
    "a plain select": select(Claim.cell),
    "all columns": select(Claim),
    "all columns of the table": select(Claim.__table__),
    "a count": select(func.count()).select_from(Claim),
    "an exists": select(exists().where(Claim.cell > 0)),
    "an update": update(Booking).values(state="x"),
    "a delete": delete(Claim).where(Claim.cell == 1),
    "a join of which one side is named": select(Claim.cell).join(Occurrence).where(mine(Claim)),
    "a join on the business that names none": select(Claim.cell).join(
        Occurrence, Occurrence.business_id == Claim.business_id
    ),
    "an outer join": select(Occurrence.id)
    .outerjoin(Booking, Booking.id == Occurrence.booking_id)
    .where(mine(Occurrence)),
    "a subquery": select(Claim.cell).where(mine(Claim), Claim.occurrence_id.in_(select(Occurrence.id))),
    "a scalar subquery": select(select(func.max(Claim.cell)).scalar_subquery()),
    "a common table expression": select(select(Claim.cell).cte("all_of_them").c.cell),
    "a from clause": select(select(Claim.cell).subquery().c.cell),
    "a delete by a subquery": delete(Claim).where(mine(Claim), Claim.occurrence_id.in_(select(Occurrence.id))),
    "an update that reads another table": update(Booking)
    .where(mine(Booking), Occurrence.booking_id == Booking.id)
    .values(state="x"),
    "a union": union_all(select(Claim.cell).where(mine(Claim)), select(Claim.cell)),
    "a union within a condition": select(Business.id).where(
        Business.id.in_(union_all(select(Claim.holder_id).where(mine(Claim)), select(Claim.occurrence_id)))
    ),
    "a source beside one that is named": select(Claim.cell, select(Claim.holder_id).subquery()).where(mine(Claim)),
    "an insert from a select": insert(Claim).from_select(["cell"], select(Occurrence.from_at)),
    "a second look at the same table": select(OTHER.cell).join(Claim, Claim.cell == OTHER.cell).where(mine(Claim)),
    "the column compared with itself": select(Claim.cell).where(Claim.business_id == Claim.business_id),
    "every business but one": select(Claim.cell).where(Claim.business_id != MINE),
    "any business": select(Claim.cell).where(Claim.business_id.is_not(None)),
    "businesses from a letter on": select(Claim.cell).where(Claim.business_id > "a"),
    "businesses like a pattern": select(Claim.cell).where(Claim.business_id.like("%")),
    "text": text("select cell from claim"),
    "text as a column": select(text("cell from claim")),
    "text as a table": select(sa.literal_column("cell")).select_from(text("claim")),
    "text as a condition": select(Claim.cell).where(mine(Claim), text("1 = 1 or 2 = 2")),
}

LET_THROUGH = {
    "a select": select(Claim.cell).where(mine(Claim)),
    "several businesses by name": select(Claim.cell).where(Claim.business_id.in_([MINE, "b"])),
    "the value on the left": select(Claim.cell).where(literal(MINE) == Claim.business_id),
    "an update": update(Booking).where(mine(Booking)).values(state="x"),
    "a delete": delete(Claim).where(mine(Claim)),
    "a join with both": select(Claim.cell)
    .join(Occurrence, Occurrence.id == Claim.occurrence_id)
    .where(mine(Claim), mine(Occurrence)),
    "a join on the business of which one side is named": select(Claim.cell)
    .join(Occurrence, Occurrence.business_id == Claim.business_id)
    .where(mine(Occurrence)),
    "an alias": select(OTHER.cell).where(mine(OTHER)),
    "the same table twice": select(OTHER.cell).join(Claim, Claim.cell == OTHER.cell).where(mine(Claim), mine(OTHER)),
    "a union": union_all(*(select(Claim.cell).where(mine(Claim)) for _ in range(2))),
    "a subquery": select(Claim.cell).where(
        mine(Claim), Claim.occurrence_id.in_(select(Occurrence.id).where(mine(Occurrence)))
    ),
    "a condition that leans on what is around it": select(Claim.cell).where(
        mine(Claim), ~exists().where(OTHER.business_id == Claim.business_id, OTHER.cell < Claim.cell)
    ),
    "an outer join that may find nothing": select(Occurrence.id)
    .outerjoin(Booking, Booking.id == Occurrence.booking_id)
    .where(mine(Occurrence), or_(mine(Booking), Booking.business_id.is_(None))),
    "a table of the installation": select(Business.id),
    "no table at all": select(literal(1)),
}


@pytest.fixture
def sqlite(tmp_path: Path, _sqlite_template: Path) -> Iterator[Database]:
    """The check is made before a dialect is asked: one kind of database is enough for it."""
    shutil.copy(_sqlite_template / "hub.sqlite", tmp_path / "hub.sqlite")
    database = open_database(f"sqlite:///{tmp_path / 'hub.sqlite'}")
    yield database
    database.close()


def sent_over(database: Database) -> list[str]:
    """Every statement that reaches the database from now on."""
    sent: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
    return sent


@pytest.mark.parametrize("statement", REFUSED.values(), ids=REFUSED)
def test_a_statement_that_does_not_name_its_business_is_not_sent(statement: Any, sqlite: Database) -> None:
    with sqlite.reading() as conn:
        sent = sent_over(sqlite)
        for _ in range(2):  # the verdict is remembered
            with pytest.raises(HubError) as caught:
                conn.execute(statement)
            assert caught.value.code == "scope"
        assert [one for one in sent if not one.startswith("BEGIN")] == []


@pytest.mark.parametrize("statement", LET_THROUGH.values(), ids=LET_THROUGH)
def test_a_statement_that_names_its_business_is_sent(statement: Any, sqlite: Database) -> None:
    with sqlite.writing() as conn:
        sent = sent_over(sqlite)
        conn.execute(statement)
        assert len(sent) == 1


def test_a_statement_that_spans_businesses_gives_a_reason_of_the_list(sqlite: Database) -> None:
    statement = select(Claim.cell)
    with sqlite.reading() as conn:
        for reason in Across:
            conn.execute(statement.execution_options(across=reason))
        conn.execute(statement, execution_options={"across": Across.RELAY})
        for excuse in ("the relay", True, Across.RELAY.value, None):
            with pytest.raises(HubError, match="claim"):
                conn.execute(statement.execution_options(across=excuse))


def test_a_refusal_names_every_table_and_no_value(sqlite: Database) -> None:
    statement = select(Claim.cell).join(Occurrence).where(Occurrence.booking_id == "a secret")
    with sqlite.reading() as conn, pytest.raises(HubError) as caught:
        conn.execute(statement)
    assert caught.value.message == "A statement over claim, occurrence does not name its business."


def test_a_reason_of_one_statement_does_not_excuse_the_next(sqlite: Database) -> None:
    with sqlite.reading() as conn:
        conn.execute(select(Claim.cell).execution_options(across=Across.RELAY))
        with pytest.raises(HubError):
            conn.execute(select(Claim.cell))


def test_no_code_of_the_hub_speaks_to_the_database_past_the_check() -> None:
    """The guard does not see `exec_driver_sql`, raw connections and cursors of the driver.

    In `direct` they send what was looked at when it was compiled, and begin transactions; in `dump` they copy, make and
    drop databases.
    """
    past = {"exec_driver_sql", "raw_connection", "driver_connection", "dbapi_connection", "connection.cursor"}
    found = {
        (path.name, name)
        for path in SOURCES.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        for name in (node.attr, f"{getattr(node.value, 'attr', '')}.{node.attr}")
        if name in past
    }
    assert found == {
        ("direct.py", "connection.cursor"),
        ("direct.py", "exec_driver_sql"),
        ("dump.py", "connection.cursor"),
        ("dump.py", "exec_driver_sql"),
    }


SCOPED = {
    table.name
    for metadata in (Base.metadata, KeyStoreBase.metadata)
    for table in metadata.sorted_tables
    if table.name not in INSTALLATION_TABLES
}
SPANNING = {
    ("RELAY", "outbox"),
    ("SWEEP", "booking"),
    ("SWEEP", "claim"),
    ("SWEEP", "calendar connection outbox"),
    ("SWEEP", "outbox"),
    ("WATCH", "credential"),
}
"""What a whole life of bookings asks over all businesses, and why: the clock's work, and the watch over live tokens."""


def test_every_statement_in_the_life_of_a_booking_names_its_business_or_a_reason(
    database: Database, keystore: Database, tmp_path: Path
) -> None:
    """Checked on the SQL and the values that are sent, and not by the guard's own reasoning."""
    spanning: set[tuple[str, str]] = set()
    unnamed: list[str] = []
    seen: set[str] = set()

    def look(_c: Any, _cursor: Any, sql: str, values: Any, context: Any, _many: bool) -> None:
        tables = {name for name in SCOPED if re.search(rf"\b{name}\b", re.sub(r"\S+\.|\bAS \S+", " ", sql))}
        tables |= {name for name in SCOPED if re.search(rf"(FROM|JOIN|INTO|UPDATE) {name}\b", sql)}
        if not tables:
            return
        seen.update(tables)
        across = context.execution_options.get("across")
        if across is not None:
            spanning.add((across.name, " ".join(sorted(tables))))
            return
        rows = values if isinstance(values, list) else [values]
        given = [list(row.values()) if isinstance(row, dict) else list(row) for row in rows]
        if "business_id" not in sql or not all(world.business in row for row in given):
            unnamed.append(sql)

    world = make_world(database, keystore, tmp_path)
    for one in (database, keystore):
        event.listen(one.engine, "before_cursor_execute", look)
    hub, business = world.hub, world.business
    ada, ben = world.staff(), world.staff()
    room = add_resource(hub, business, "Room 1")
    add_time_off(hub, business, ben, MONDAY, MONDAY + HOUR)
    set_holidays(hub, business, [])
    service = world.service(ada, ben, resources=((room,),), after=300)
    ten = MONDAY + 2 * HOUR
    offer(hub, business, service, Window(MONDAY, MONDAY + DAY))
    hold(hub, business, service, ten + 3 * HOUR, zone="Europe/Berlin", idempotency_key="k")
    booked = hold(hub, business, service, ten, zone="Europe/Berlin").booking_id
    book(hub, business, booked, ADA)
    drain(hub, EFFECTS)
    reschedule(hub, business, booked, ten + HOUR)
    poll_calendars(hub)
    drain(hub, EFFECTS)
    with database.reading() as conn:
        person = find_booking(conn, business, booked).person_id
        connection = conn.execute(select(Connection.id).where(Connection.business_id == business)).scalars().first()
    open_person(hub, business, person)
    list_calendars(hub, business, str(connection))
    with database.writing() as conn:
        find_conflicts(conn, business, ada, world.clock())
    cancel(hub, business, booked)
    world.clock.now += HOUR
    lapse_expired_holds(hub)
    world.clock.now += 40 * DAY
    poll_calendars(hub)
    forget_past_claims(hub)
    forget_done_effects(hub)
    hub.broker.close()
    assert unnamed == []
    assert spanning == SPANNING
    assert {"booking", "claim", "occurrence", "outbox", "person", "person_key", "busy_time", "time_off"} <= seen


def test_a_statement_that_passed_does_not_excuse_one_that_is_made_from_it(sqlite: Database) -> None:
    passed = select(Claim.cell).where(mine(Claim))
    with sqlite.reading() as conn:
        for _ in range(2):
            conn.execute(passed).all()
        with pytest.raises(HubError, match="occurrence"):
            conn.execute(passed.join(Occurrence, Occurrence.id == Claim.occurrence_id))
