"""Statements that are built once: with other values each time, for lists too, and guarded like any other."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import select, update

from hub.core.errors import HubError
from hub.store.holder import Holder
from hub.store.prepared import MANY, prepared
from tests.store.conftest import Rows


def test_a_statement_is_built_once_and_run_with_other_values_each_time(rows: Rows) -> None:
    built = []

    @prepared
    def one(business_id: Any, holder_id: Any) -> sa.Executable:
        built.append(1)
        return select(Holder.id).where(Holder.business_id == business_id, Holder.id == holder_id)

    adas, bens = rows.holders[rows.ada], rows.holders[rows.ben]
    with rows.database.reading() as conn:
        found = [one(conn, business_id=rows.ada, holder_id=holder).scalar_one_or_none() for holder in (*adas, bens[0])]
    assert found == [*adas, None]
    assert built == [1]


def test_a_list_may_have_any_length(rows: Rows) -> None:
    @prepared
    def some(business_id: Any, holders: Any = MANY) -> sa.Executable:
        return select(Holder.id).where(Holder.business_id == business_id, Holder.id.in_(holders)).order_by(Holder.id)

    adas = rows.holders[rows.ada]
    with rows.database.reading() as conn:
        for wanted in (adas, adas[:1], [], adas[1:]):
            assert list(some(conn, business_id=rows.ada, holders=wanted).scalars()) == wanted


def test_columns_of_an_update_are_those_that_are_given_and_their_names_do_not_clash(rows: Rows) -> None:
    @prepared
    def change(business_id: Any, name: Any) -> sa.Executable:
        return update(Holder).where(Holder.business_id == business_id, Holder.name == name)

    with rows.database.writing() as conn:
        before = conn.execute(select(Holder.__table__).where(Holder.business_id == rows.ada)).all()[0]
        changed = change(conn, business_id=rows.ada, name=before.name, zone="Asia/Tokyo").rowcount
        after = conn.execute(select(Holder.__table__).where(Holder.business_id == rows.ada)).all()
    assert changed == [row.zone for row in after].count("Asia/Tokyo") > 0


def test_one_that_does_not_name_its_business_is_refused_each_time(rows: Rows) -> None:
    @prepared
    def anybodys(holder_id: Any) -> sa.Executable:
        return select(Holder.name).where(Holder.id == holder_id)

    for _ in range(3):
        with rows.database.reading() as conn, pytest.raises(HubError, match="does not name its business"):
            anybodys(conn, holder_id=rows.holders[rows.ada][0])
