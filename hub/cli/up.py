"""`hub up`: start the hub and keep it running."""

from __future__ import annotations

import click

from hub.run.supervisor import run_hub
from hub.settings import load_settings


@click.command("up")
def command() -> None:
    """Start the hub and keep it running.

    Starts Valkey (unless HUB_QUEUE_URL names a server), the web server, the workers and the clock, starts each again
    when it ends, and stops them all on Ctrl-C or SIGTERM.
    """
    run_hub(load_settings())
