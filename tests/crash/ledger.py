"""What is killed in the middle of the ledger's work: ``python -m tests.crash.ledger NAME``."""

from __future__ import annotations

import sys

from hub.ledger.collect import collect
from hub.ledger.sequence import sequence
from hub.settings import load_settings
from hub.store.database import Database, open_database

AFTER = 1_800_000_060


def _sequence(database: Database) -> None:
    sequence(database, batch=3)


def _collect(database: Database) -> None:
    collect(database, AFTER, batch=2)


if __name__ == "__main__":
    {"sequence": _sequence, "collect": _collect}[sys.argv[1]](open_database(load_settings().database))
