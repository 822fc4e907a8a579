"""`hub up`: start the hub and keep it running."""

from __future__ import annotations

import click

from hub.run.supervisor import run_hub
from hub.settings import load_settings


@click.command("up")
@click.option("--separate-broker", is_flag=True, help="Keep the credentials in a process of their own, the broker.")
def command(separate_broker: bool) -> None:
    """Start the hub and keep it running.

    Starts Valkey (unless HUB_QUEUE_URL names a server), the web server, the workers and the clock, starts each again
    when it ends, and stops them all on Ctrl-C or SIGTERM.
    """
    run_hub(load_settings(), separate_broker=separate_broker)
