"""`hub plugin`: begin a plugin of one's own."""

from __future__ import annotations

from pathlib import Path

import click

from hub.testing.scaffold.write import MARK, left_to_fill_in, new_plugin


@click.group("plugin")
def command() -> None:
    """Begin a plugin for another provider."""


@command.command("new")
@click.argument("name")
@click.option("--title", default="", help="How people call the provider.")
@click.option("--folder", type=click.Path(path_type=Path), default=Path(), help="Where the new folder goes.")
def new(name: str, title: str, folder: Path) -> None:
    """Write a whole distribution hub-NAME whose tests say what is left to fill in.

    Nothing is ever overwritten.
    """
    made = new_plugin(name, folder, title=title)
    places = left_to_fill_in(made)
    click.echo(f"Written to {made}. What only you know is marked {MARK}, in {len(places)} places:")
    for place in places:
        click.echo(f"  {place}")
    click.echo("Its tests run at once, and say at each place what to do:")
    click.echo(f"  cd {made} && python -m pytest -rxs")
