"""`hub backup`: copy data and key store, while the hub runs."""

from __future__ import annotations

from pathlib import Path

import click

from hub.actions.vault_state import note_root_copies
from hub.app import close_hub, create_hub, now
from hub.core.errors import InputError
from hub.run.backup import back_up
from hub.settings import load_settings


@click.command("backup")
@click.argument("folder", required=False, type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--keystore",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the one copy of the key store; keystore in FOLDER unless given.",
)
@click.option("--roots-kept", is_flag=True, help="Note that copies of the present root keys are kept elsewhere.")
def command(folder: Path | None, keystore: Path | None, roots_kept: bool) -> None:
    """Copy data and key store, while the hub runs.

    The data go into a new folder below FOLDER, the key store over its last copy. Root keys are never copied: keep
    those offline, apart from everything else.
    """
    if folder is None and not roots_kept:
        raise InputError("backup", "name the folder that the backup goes to.")
    settings = load_settings()
    if roots_kept:
        hub = create_hub(settings)
        try:
            click.echo(f"Noted: copies of the root keys are kept ({', '.join(note_root_copies(hub))}).")
        finally:
            close_hub(hub)
    if folder is None:
        return
    made = back_up(settings, folder, keystore=keystore, clock=now)
    click.echo(f"Data:      {made.data}")
    click.echo(f"Key store: {made.keystore} (this copy alone; an older one would bring erased people back)")
    click.echo("Root keys: not copied. Keep them offline, apart from these.")
