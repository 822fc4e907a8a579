"""`hub outbox`: what could not be brought about, and another try."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import click
from rich.console import Console
from rich.table import Table

from hub.app import now
from hub.core.errors import InputError
from hub.settings import load_settings
from hub.store.database import Database, open_database
from hub.store.outbox import DEAD, RUNNING, UNKNOWN, WAITING, entries, replay

_COLUMNS = ("id", "business", "kind", "state", "attempts", "since (UTC)", "problem")


@click.group("outbox")
def command() -> None:
    """List what could not be brought about, and try it again."""


@command.command("list")
@click.option("--all", "everything", is_flag=True, help="Also what still waits or runs.")
def list_(everything: bool) -> None:
    """List effects that were given up (dead) or whose outcome is unknown."""
    states = (DEAD, UNKNOWN, WAITING, RUNNING) if everything else (DEAD, UNKNOWN)
    with _database() as database, database.reading() as conn:
        found = entries(conn, states)
    table = Table(*_COLUMNS, box=None)
    for entry in found:
        since = datetime.fromtimestamp(entry.made_at, UTC).strftime("%Y-%m-%d %H:%M:%S")
        table.add_row(
            entry.id, entry.business_id, entry.kind, entry.state, str(entry.attempts), since, entry.problem or "-"
        )
    if found:
        # A pipe has no width: rows stay whole there, for other programs to read.
        console = Console()
        Console(width=console.width if console.is_terminal else 250).print(table)
    else:
        click.echo("Nothing failed." if not everything else "The outbox is empty.")


@command.command("replay")
@click.argument("identifier", required=False)
@click.option("--all", "everything", is_flag=True, help="Every dead or unknown one.")
def replay_(identifier: str | None, everything: bool) -> None:
    """Try a dead or unknown effect again.

    One of unknown outcome may then happen twice: look at the provider first.
    """
    if (identifier is None) == (not everything):
        raise InputError("replay", "give the id of one effect (hub outbox list shows them), or --all.")
    with _database() as database, database.writing() as conn:
        count = replay(conn, now(), identifier)
    if identifier is not None and count == 0:
        raise InputError("replay", f"there is no dead or unknown effect {identifier!r}; hub outbox list shows them.")
    click.echo(f"{count} will be tried again.")


@contextmanager
def _database() -> Iterator[Database]:
    database = open_database(load_settings().database)
    try:
        yield database
    finally:
        database.close()
