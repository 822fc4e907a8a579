from __future__ import annotations

import pytest

from hub.core.errors import UnknownId
from hub.store.business import add_business, find_business
from hub.store.database import Database


def test_a_business_is_found_as_it_was_added_and_careful_with_uncertain_times(database: Database) -> None:
    with database.writing() as conn:
        ada = add_business(conn, "Ada's Practice", "Europe/Berlin", 1_800_000_000)
        ben = add_business(conn, "Ben's Garage", "America/New_York", 1_800_000_001)
    assert ada != ben
    with database.reading() as conn:
        found = find_business(conn, ada)
    assert (found.id, found.name, found.zone, found.made_at) == (ada, "Ada's Practice", "Europe/Berlin", 1_800_000_000)
    assert found.tentative_is_busy
    assert found.unanswered_is_busy


@pytest.mark.parametrize("identifier", ["", "no-such-business", "%", "a" * 26])
def test_a_business_that_is_not_there_is_unknown(database: Database, identifier: str) -> None:
    with database.writing() as conn:
        add_business(conn, "Ada's Practice", "Europe/Berlin", 0)
    with database.reading() as conn, pytest.raises(UnknownId) as caught:
        find_business(conn, identifier)
    assert caught.value.kind == "business"
