"""`hub demo`: show a booking on a real CalDAV server."""

from __future__ import annotations

import signal

import click

from hub.run.demo import run_demo


@click.command("demo", help="Show a booking on a real CalDAV server, from connecting to cancelling.")
def command() -> None:
    """Exit 0, or 1 after naming the step that failed."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # to stop and remove everything as after Ctrl-C
    raise SystemExit(0 if run_demo(click.echo) else 1)
