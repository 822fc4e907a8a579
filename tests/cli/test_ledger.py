from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from hub.cli.ledger import command
from hub.core.ledger import EntryKind
from hub.ledger.append import append
from hub.store.business import AGENCY
from hub.store.database import Database

BUSINESS, CONNECTION = "b" * 26, "c" * 26


def test_the_newest_entries_are_lines_of_json(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_DATABASE_URL", database_url)
    with database.writing() as conn:
        append(conn, AGENCY, EntryKind.ROTATED, {"keys": 2}, at=7)
        append(conn, BUSINESS, EntryKind.CONNECTED, {"provider": "caldav"}, at=8, connection_id=CONNECTION)
        append(conn, BUSINESS, EntryKind.ERASED, {}, at=9)

    def said(*arguments: str) -> list[tuple[str, object]]:
        lines = CliRunner().invoke(command, arguments, catch_exceptions=False).output.splitlines()
        return [(one["kind"], one["content"]) for one in map(json.loads, lines)]

    assert said() == [("rotated", {"keys": 2})]
    mine = ("connected", {"provider": "caldav"})
    assert said("--business", BUSINESS, "--connection", CONNECTION) == [mine]
    assert sorted(said("--business", BUSINESS)) == sorted([mine, ("erased", {})])
    assert len(said("--business", BUSINESS, "--limit", "1")) == 1
