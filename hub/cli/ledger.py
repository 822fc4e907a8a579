"""`hub ledger`: what was recorded last, as lines of JSON."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import asdict

import click

from hub.ledger.read import LIMIT, entries_about
from hub.settings import load_settings
from hub.store.business import AGENCY
from hub.store.database import open_database


@click.command("ledger")
@click.option("--business", default=AGENCY, help="Whose entries; without it those of the installation.")
@click.option("--connection", default="", help="Only those about this connection.")
@click.option("--before", default="", help="Only entries older than the one with this id.")
@click.option("--limit", default=LIMIT, type=click.IntRange(1, 10_000), help="How many at most.")
def command(business: str, connection: str, before: str, limit: int) -> None:
    """Print the newest entries of the ledger, a line of JSON each."""
    with closing(open_database(load_settings().database)) as database, database.reading() as conn:
        found = entries_about(conn, business, connection_id=connection, before=before, limit=limit)
    for one in found:
        click.echo(json.dumps(asdict(one), sort_keys=True))
