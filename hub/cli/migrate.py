"""`hub migrate`: bring the databases up to date."""

from __future__ import annotations

from contextlib import closing

import click

from hub.settings import load_settings
from hub.store.database import open_database
from hub.store.schema import is_current, migrate


@click.command("migrate", help="Bring the database to the state that this version needs.")
@click.option("--check", is_flag=True, help="Only say whether it is; exit 1 if not.")
def command(check: bool) -> None:
    """Migrate, or only look."""
    settings = load_settings()
    with closing(open_database(settings.database)) as database, closing(open_database(settings.keystore)) as keystore:
        if not check:
            migrate(database, keystore)
        current = is_current(database)
    click.echo("The database is up to date." if current else "The database is out of date: type hub migrate.")
    raise SystemExit(0 if current else 1)
