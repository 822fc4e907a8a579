"""`hub lab`: stand-ins for providers on this machine, and a page on which to play the other side."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import click

from hub.actions.provider_settings import redirect_address
from hub.run.parent import tell_ready
from hub.run.termination import termination
from hub.settings import load_settings
from hub.testing.lab.control import Lab, running_lab


@click.command("lab")
@click.argument("names", nargs=-1, metavar="[NAME]…")
@click.option("--folder", type=click.Path(path_type=Path), help="Where it keeps its ports, certificate and accounts.")
@click.option("--redirect", multiple=True, metavar="URL", help="Address that people may be sent back to.")
def command(names: tuple[str, ...], folder: Path | None, redirect: tuple[str, ...]) -> None:
    """Run stand-ins for providers on this machine, for people without accounts there.

    NAME is caldav, google or microsoft; without one, all run. What happens in them stays in the folder. Ctrl-C stops.
    """
    settings = load_settings()
    data = settings.data_dir.resolve()
    folder = (folder or data.with_name(f"{data.name}-lab")).resolve()  # not in it: the demo is made in an empty one
    redirects = redirect or (redirect_address(settings),)
    with termination() as stopped, running_lab(folder, names, redirect_urls=redirects) as lab:
        for line in _lines(lab):
            click.echo(line)
        tell_ready()
        while not stopped():
            time.sleep(0.1)


def _lines(lab: Lab) -> Iterator[str]:
    yield f"The lab is ready: {lab.page}"
    for name, side in lab.sides.items():
        yield ""
        yield f"  {side.title}"
        for one in side.provider.accounts():
            yield f"    account  {one.name}{f' ({one.note})' if one.note else ''}"
        for note in side.notes:
            yield f"    {note}"
        hints = lab.hints.get(name, ())
        if hints:
            yield "    A hub of your own uses it after:"
            yield from (f"      {line}" for line in hints)
        elif side.origins:
            yield f"    A hub of your own may reach it after: export HUB_EGRESS_ALLOW={','.join(side.origins)}"
