from __future__ import annotations

import pytest
import sqlalchemy as sa

from hub.core.errors import UnknownId
from hub.store.connection import Granted, add_connection, find_for_account, find_for_call
from hub.store.consent import Consent, ConsentText, newest_state, overdue, put_text, states_of, texts
from hub.store.database import Database
from hub.store.guard import Across
from hub.store.ids import new_id
from hub.store.schema import migrate
from tests.consents import give, then
from tests.store.conftest import NOW, Rows


def connection(rows: Rows, business_id: str) -> tuple[str, str]:
    """Make a connection with a consent, and return both ids."""
    made = new_id()
    with rows.database.writing() as conn:
        add_connection(conn, business_id, made, "dav", Granted("full", (), ["connect", "protect"]), NOW)
        return made, give(conn, business_id, made, NOW)


@pytest.mark.parametrize("change", ["update", "delete", "replace"])
@pytest.mark.parametrize("table", [Consent, ConsentText], ids=["consent", "text"])
def test_a_state_and_a_text_stay_as_they_were_written(rows: Rows, table: type[Consent], change: str) -> None:
    connection(rows, rows.ada)
    with rows.database.writing() as conn:
        put_text(conn, rows.ada, NOW, hash="h", language="en", template="t", text="May it?")
    column = "state" if table is Consent else "text"
    statement: str = {
        "update": f"UPDATE {table.__tablename__} SET {column} = 'other'",
        "delete": f"DELETE FROM {table.__tablename__}",
        "replace": f"INSERT OR REPLACE INTO {table.__tablename__} SELECT * FROM {table.__tablename__}",
    }[change]
    if change == "replace" and (table is ConsentText or not rows.database.is_sqlite):
        pytest.skip("only SQLite replaces, and a text is what its hash says")
    with pytest.raises(sa.exc.IntegrityError, match="never changed"), rows.database.engine.begin() as raw:
        raw.exec_driver_sql(statement)


def test_the_newest_state_is_what_an_account_goes_by(rows: Rows) -> None:
    made, consent_id = connection(rows, rows.ada)
    with rows.database.writing() as conn:
        for found in (find_for_call(conn, rows.ada, made), find_for_account(conn, rows.ada, made)):
            assert found is not None
            assert (found.consent_state, found.consent_purposes) == ("given", ["connect", "protect"])
        then(conn, rows.ada, consent_id, 2, state="given", purposes=["connect"], expires_at=NOW + 9)
        then(conn, rows.ada, consent_id, 3)
        row = find_for_call(conn, rows.ada, made)
        assert row is not None
        assert (row.consent_state, row.consent_purposes, row.consent_until) == ("withdrawn", [], None)
        assert newest_state(conn, rows.ada, consent_id).number == 3


def test_a_connection_without_a_consent_has_none(rows: Rows) -> None:
    made = new_id()
    with rows.database.writing() as conn:
        add_connection(conn, rows.ada, made, "dav", Granted("full", (), ["connect"]), NOW)
        row = find_for_call(conn, rows.ada, made)
    assert row is not None
    assert (row.consent_state, row.consent_purposes) == (None, None)


def test_the_consent_of_another_business_counts_for_nothing(rows: Rows) -> None:
    _, theirs = connection(rows, rows.ben)
    mine, _ = connection(rows, rows.ada)
    with rows.database.writing() as conn:
        conn.execute(
            sa.text("UPDATE connection SET consent_id = :theirs WHERE id = :mine").execution_options(
                across=Across.OPERATOR
            ),
            {"theirs": theirs, "mine": mine},
        )
        row = find_for_call(conn, rows.ada, mine)
        assert row is not None
        assert row.consent_state is None
        with pytest.raises(UnknownId):
            newest_state(conn, rows.ada, theirs)
        assert states_of(conn, rows.ada, consent_id=theirs) == []


def test_states_come_newest_first_of_one_of_an_account_or_of_a_staff_member(rows: Rows) -> None:
    made, one = connection(rows, rows.ada)
    _, other = connection(rows, rows.ada)
    with rows.database.writing() as conn:
        then(conn, rows.ada, one, 2, account_holder_id="h" * 26)
        order = [(row.consent_id, row.number) for row in states_of(conn, rows.ada)]
        assert order == sorted(order, reverse=True)
        assert {each for each, _ in order} == {one, other}
        assert [row.number for row in states_of(conn, rows.ada, consent_id=one)] == [2, 1]
        assert [row.number for row in states_of(conn, rows.ada, connection_id=made)] == [2, 1]
        assert [row.number for row in states_of(conn, rows.ada, holder_id="h" * 26)] == [2, 1]


def test_what_is_over_or_was_never_used_is_found_in_all_businesses(rows: Rows) -> None:
    _, mine = connection(rows, rows.ada)
    _, theirs = connection(rows, rows.ben)
    connection(rows, rows.ada)
    with rows.database.writing() as conn:
        then(conn, rows.ada, mine, 2, state="given", expires_at=NOW + 5, connection_id="c" * 26, at=NOW)
        then(conn, rows.ben, theirs, 2, state="given", at=NOW)
        assert overdue(conn, NOW + 4, NOW, 9) == []
        found = {row.consent_id for row in overdue(conn, NOW + 5, NOW + 1, 9)}
    assert found == {mine, theirs}


def test_a_text_is_kept_once_for_each_business(rows: Rows) -> None:
    with rows.database.writing() as conn:
        for business in (rows.ada, rows.ada, rows.ben):
            put_text(conn, business, NOW, hash="h", language="en", template="t", text="May it?")
        assert texts(conn, rows.ada, ["h", "other"])["h"].text == "May it?"
        assert list(texts(conn, rows.ada, ["h", "other"])) == ["h"]


def test_accounts_from_before_get_a_consent_that_says_so(database: Database, keystore: Database) -> None:
    migrate(database, keystore, "0002")
    state = {
        "holder_id": None,
        "provider": "dav",
        "level": "full",
        "account_name": "a",
        "epoch": 1,
        "health_reason": "",
    }
    state |= {"settings": "{}", "origins": "[]", "purposes": '["connect"]', "health_at": NOW + 5, "made_at": NOW}
    with database.engine.begin() as raw:
        raw.execute(
            sa.text(
                "INSERT INTO business (id, name, zone, tentative_is_busy, unanswered_is_busy, made_at) "
                "VALUES ('b', 'Ada', 'UTC', true, true, 0)"
            ).execution_options(across=Across.OPERATOR)
        )
        for made, health in (("live", "ok"), ("over", "disconnected")):
            values = {**state, "id": made, "business_id": "b", "health": health}
            table = sa.table("connection", *(sa.column(name) for name in values))
            raw.execute(sa.insert(table).values(values))
    migrate(database, keystore)
    with database.reading() as conn:
        live, over = (find_for_call(conn, "b", made) for made in ("live", "over"))
        assert live is not None
        assert over is not None
        assert (live.consent_state, live.consent_purposes) == ("given", ["connect"])
        assert over.consent_state == "withdrawn"
        rows = {row.connection_id: row for row in states_of(conn, "b")}
    assert (rows["live"].channel, rows["live"].at, rows["over"].at) == ("migrated", NOW, NOW + 5)
    migrate(database, keystore, "0002")
    assert "consent" not in sa.inspect(database.engine).get_table_names()
    migrate(database, keystore)
