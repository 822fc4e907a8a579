"""Fifty clients at once from two processes: one wins, the others are refused, and nobody sees an error.

Short here; `scripts/bench race` runs twenty rounds of each. The naive strategy must fail in the same test bed, or the
test bed proves nothing.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.store.database import open_database
from hub.store.schema import migrate
from tests.bench.race import CASES, CONTROL, Case, Place, race

ROUNDS, CLIENTS = 2, 50


@pytest.fixture
def place(database_url: str, tmp_path: Path) -> Place:
    found = Place(database_url, f"sqlite:///{tmp_path / 'keystore.sqlite'}", str(tmp_path))
    database, keystore = open_database(found.database), open_database(found.keystore)
    migrate(database, keystore)
    database.close()
    keystore.close()
    return found


@pytest.mark.burst
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_burst_books_what_there_is_and_refuses_the_rest(place: Place, case: Case) -> None:
    row = race(place, case, ROUNDS, CLIENTS, "test")
    assert row.booked == (case.expected,) * ROUNDS
    assert row.double_rounds == 0
    assert row.errors == 0


@pytest.mark.burst
def test_checking_and_then_inserting_double_books_in_the_same_test_bed(place: Place) -> None:
    row = race(place, CONTROL, ROUNDS, CLIENTS, "test")
    assert row.double_rounds > 0
    assert max(row.booked) > 1
