from __future__ import annotations

import pytest
from sqlalchemy import select

from hub.core.errors import Unavailable
from hub.store.business import AGENCY
from hub.store.database import Database
from hub.store.guard import Across
from hub.store.key_use import CallRefusal
from hub.vault.refusals import record_refusal
from tests.vault.conftest import NOW

BUSINESS, CONNECTION = "b" * 26, "c" * 26


def record(database: Database, business: str = BUSINESS, connection: str = CONNECTION, reason: str = "purpose") -> None:
    record_refusal(database, business, connection, hook="hub_changes", purpose="protect", reason=reason, now=NOW)


def counts(database: Database) -> list[tuple[str, str, int]]:
    statement = select(CallRefusal.business_id, CallRefusal.reason, CallRefusal.calls)
    with database.reading() as conn:
        return sorted(tuple(row) for row in conn.execute(statement.execution_options(across=Across.OPERATOR)))


def test_a_loop_of_refused_calls_is_one_row_a_minute(database: Database) -> None:
    for _ in range(20):
        record(database)
    record(database, AGENCY)
    assert counts(database) == [(AGENCY, "purpose", 1), (BUSINESS, "purpose", 20)]


def test_a_reason_that_a_plugin_wrote_in_words_is_not_kept(database: Database) -> None:
    record(database, reason="Ada Lovelace may not")
    assert counts(database) == [(BUSINESS, "other", 1)]


def test_what_is_no_id_is_not_kept(database: Database) -> None:
    record(database, connection="Ada's calendar")
    record(database, business="ada@example.com")
    assert counts(database) == []


def test_where_the_store_is_down_nothing_is_raised(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(self: Database) -> None:
        raise Unavailable("gone")

    with monkeypatch.context() as patched:
        patched.setattr(Database, "writing", unreachable)
        record(database)
    assert counts(database) == []
