"""`hub mail-bounce`: a mail that came back, from standard input."""

from __future__ import annotations

import sys

import click

from hub.core.bounce import LARGEST
from hub.core.errors import Unavailable
from hub.settings import load_settings

_LATER = 75
"""The exit code by which a mail server knows that it should deliver again later (EX_TEMPFAIL)."""


@click.command("mail-bounce")
def command() -> None:
    """Take in a mail that came back, from standard input.

    It is a delivery report (RFC 3464). The mail that it is about is marked, and the staff are told.
    """
    from hub.actions.bounce import take_bounce
    from hub.app import close_hub, create_hub

    raw = sys.stdin.buffer.read(LARGEST + 1)
    try:
        hub = create_hub(load_settings())
        try:
            found = take_bounce(hub, raw)
        finally:
            close_hub(hub)
    except Unavailable as error:
        click.echo(error.message, err=True)
        sys.exit(_LATER)
    click.echo("Nothing to mark." if found is None else f"Mail {found.mail_id} came back.")
