"""`hub restore`: put a backup back, and erase again who was erased since."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from hub.actions.drill import open_everything
from hub.actions.effects import EFFECTS
from hub.actions.replay import Replayed, replay
from hub.app import close_hub, create_hub, now
from hub.core.errors import InputError
from hub.run.lock import only_one
from hub.run.restore import drill, restore
from hub.settings import Settings, load_settings

_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command("restore")
@click.argument("folder", required=False, type=_FOLDER)
@click.option("--keystore", type=_FOLDER, help="Folder with the copy of the key store, where there is none here.")
@click.option("--replace", is_flag=True, help="Put the backup in the place of the database that is there.")
@click.option("--replay", "replaying", is_flag=True, help="Erase again who was erased since, and open the hub.")
@click.option("--drill", "drilling", is_flag=True, help="Only try the backup, in a place that is thrown away.")
def command(folder: Path | None, keystore: Path | None, replace: bool, replaying: bool, drilling: bool) -> None:
    """Put a backup back, and erase again who was erased since.

    The newest backup in FOLDER is taken. The hub must be stopped, and is sealed until --replay.
    """
    if replaying == (folder is not None):
        raise InputError("restore", "name the folder of a backup, or say --replay once it was put back.")
    settings = load_settings()
    if folder is None:
        done = _replay(settings)
        click.echo(f"People erased again: {done.erased}. Sign-ins and mailed links ended: {done.sessions}.")
        click.echo(f"Effects that may have happened: {done.in_doubt} (hub outbox list; decide on each).")
        click.echo("The hub is open. Users and API keys that were removed since the backup are back: look at them.")
        return
    if drilling:
        click.echo(drill(settings, folder, _look, clock=now))
        return
    done_at = restore(settings, folder, keystore=keystore, replace=replace, clock=now)
    when = datetime.fromtimestamp(done_at.made_at, UTC).strftime("%Y-%m-%d %H:%M:%S")
    click.echo(f"{done_at.name} of {when} UTC was put back, and is sealed.")
    if done_at.before is not None:
        click.echo(f"What was there before: {done_at.before}; delete it when you need it no more.")
    click.echo("Next: hub restore --replay")


def _replay(settings: Settings) -> Replayed:
    with only_one(settings.data_dir.resolve()):
        hub = create_hub(settings, broker_here=settings.credential_root_file.exists())
        try:
            return replay(hub, EFFECTS)
        finally:
            close_hub(hub)


def _look(settings: Settings) -> str:
    """Replay in the copy and open what can be opened, as the drill does."""
    hub = create_hub(settings)
    try:
        done = replay(hub, EFFECTS)
        people, texts = open_everything(hub)
    finally:
        close_hub(hub)
    return f"The backup can be restored: {people} people and {texts} texts were opened, {done.erased} erased again."
