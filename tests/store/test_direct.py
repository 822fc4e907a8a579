"""Statements on the driver's own cursor: the same values, the same errors, and seen by whoever looks."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError, MultipleResultsFound, NoResultFound

from hub.core.errors import HubError
from hub.store.business import Business
from hub.store.database import Database
from hub.store.direct import send
from hub.store.guard import Across
from hub.store.holder import DayOverride, Holder
from hub.store.ids import new_id
from hub.store.prepared import MANY, prepared
from tests.store.conftest import Rows

DAY = date(2027, 3, 15)


@prepared
def holders(business_id: Any, holders: Any = MANY) -> sa.Executable:
    mine = Holder.business_id == business_id, Holder.id.in_(holders)
    return select(Holder.__table__).where(*mine).order_by(Holder.id)


@prepared
def days(business_id: Any, day: Any) -> sa.Executable:
    return select(DayOverride.__table__).where(DayOverride.business_id == business_id, DayOverride.day == day)


add_day = prepared(lambda: insert(DayOverride))


@prepared
def change(business_id: Any, holder: Any) -> sa.Executable:
    mine = Holder.business_id == business_id, Holder.id == holder
    return update(Holder).where(*mine).returning(*Holder.__table__.c)


def test_values_go_in_and_come_out_by_their_types(rows: Rows) -> None:
    ada = rows.holders[rows.ada][0]
    with rows.database.writing() as conn:
        add_day(conn, business_id=rows.ada, holder_id=ada, day=DAY, windows=[[540, 600]])
        changed = change(conn, business_id=rows.ada, holder=ada, email=b"\0sealed", active=False).one()
    assert (changed.email, changed.active, changed.always_open) == (b"\0sealed", False, changed.always_open)
    with rows.database.reading() as conn:
        (day,) = days(conn, business_id=rows.ada, day=DAY)
        wanted = {"business_id": rows.ada, "holders": rows.holders[rows.ada]}
        direct = holders(conn, **wanted)
        usual = conn.execute(select(Holder.__table__).where(Holder.business_id == rows.ada).order_by(Holder.id)).all()
    assert (day.day, day.windows) == (DAY, [[540, 600]])
    assert [one._asdict() for one in direct] == [one._asdict() for one in usual]
    assert [[type(value) for value in one] for one in direct] == [[type(value) for value in one] for one in usual]


def test_rows_are_counted_and_taken_as_from_any_other_statement(rows: Rows) -> None:
    ids = rows.holders[rows.ada]
    with rows.database.reading() as conn:
        some = holders(conn, business_id=rows.ada, holders=ids)
        none = holders(conn, business_id=rows.ada, holders=["x"])
    assert (some.scalars().all(), some.scalars().first(), some.scalar(), len(some.all())) == (ids, ids[0], ids[0], 3)
    assert (none.first(), none.scalar(), none.scalars().first(), none.one_or_none()) == (None, None, None, None)
    assert none.scalar_one_or_none() is None
    for take in (some.one, some.one_or_none, some.scalar_one):
        with pytest.raises(MultipleResultsFound):
            take()
    with pytest.raises(NoResultFound):
        none.one()


def test_plain_rows_have_no_names(rows: Rows) -> None:
    plain = prepared(lambda business_id: select(Holder.id).where(Holder.business_id == business_id), named=False)
    with rows.database.reading() as conn:
        assert sorted(plain(conn, business_id=rows.ada)) == [(one,) for one in rows.holders[rows.ada]]


@pytest.mark.parametrize("length", [0, 1, 2, 3, 5, 8, 9, 512, 513])
def test_a_list_of_any_length_finds_what_is_in_it_once(rows: Rows, length: int) -> None:
    ids = rows.holders[rows.ada]
    wanted = (ids + [new_id() for _ in range(length)])[:length]
    with rows.database.reading() as conn:
        assert holders(conn, business_id=rows.ada, holders=wanted).scalars() == ids[:length]


def test_an_error_is_the_usual_one_and_holds_no_values(rows: Rows) -> None:
    given = {"business_id": rows.ada, "holder_id": rows.holders[rows.ada][0], "day": DAY, "windows": [["secret"]]}
    with rows.database.writing() as conn:
        add_day(conn, **given)
    with pytest.raises(IntegrityError) as caught, rows.database.writing() as conn:
        add_day(conn, **given)
    assert "secret" not in str(caught.value)
    with rows.database.reading() as conn:
        assert len(days(conn, business_id=rows.ada, day=DAY)) == 1


def test_a_command_that_the_database_does_not_know_raises_its_error(database: Database) -> None:
    with pytest.raises(DBAPIError), database.engine.connect() as conn:
        send(conn, "NONSENSE")


def test_whoever_looks_at_what_is_sent_sees_these_statements_too(rows: Rows) -> None:
    sent: list[str] = []
    with rows.database.reading() as conn:
        first = holders(conn, business_id=rows.ada, holders=rows.holders[rows.ada])
    event.listen(rows.database.engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
    with rows.database.reading() as conn:
        assert holders(conn, business_id=rows.ada, holders=rows.holders[rows.ada]) == first
    assert [one.startswith("SELECT holder") for one in sent if not one.startswith("BEGIN")] == [True]


def test_a_reason_that_a_connection_has_for_spanning_businesses_is_not_kept_for_others(rows: Rows) -> None:
    anybodys = prepared(lambda: select(Holder.id))
    with rows.database.reading() as conn:
        assert len(anybodys(conn.execution_options(across=Across.OPERATOR))) == 6
    with rows.database.reading() as conn, pytest.raises(HubError, match="does not name its business"):
        anybodys(conn)


def test_it_begins_a_transaction_like_any_other_statement(rows: Rows) -> None:
    rename = prepared(lambda business_id: update(Business).where(Business.id == business_id))
    with rows.database.engine.connect() as conn:
        rename(conn, business_id=rows.ada, name="gone")
        assert conn.in_transaction()
    with rows.database.reading() as conn:
        assert conn.scalar(select(Business.name).where(Business.id == rows.ada)) != "gone"
