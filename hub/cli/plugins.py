"""`hub plugins`: what was found, whether it takes part, and why not."""

from __future__ import annotations

from pathlib import Path

import click

from hub.registry import Registry, installed
from hub.settings import load_settings


@click.command("plugins", help="List the plugins: on, off or broken, and why.")
def command() -> None:
    """Print one line a plugin: name, status, where it came from, reason."""
    settings = load_settings()
    folder = settings.plugins_dir if settings.plugins_dir != Path("") else None
    records = Registry(installed(folder), off=settings.plugins_off).records
    if not records:
        click.echo("No plugins are installed. See docs/writing-a-plugin.md.")
        return
    names = max(len(record.name) for record in records)
    sources = max(len(record.source) for record in records)
    for record in records:
        line = f"{record.name:{names}}  {record.status:6}  {record.source:{sources}}  {record.reason}"
        click.echo(line.rstrip())
