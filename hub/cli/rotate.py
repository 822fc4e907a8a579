"""`hub rotate`: new keys, while the hub works."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import click

from hub.actions.rotate import LEASE, Keys, Progress, finish_root, rotate
from hub.app import close_hub, create_hub
from hub.core.errors import InputError, StateError
from hub.parts import Hub
from hub.settings import Settings, load_settings
from hub.vault.roots import Root

_WORDS = {
    Keys.BUSINESS: "Keys of businesses: {done} keys of people and texts were sealed by new ones.",
    Keys.CONNECTION: "Keys of connections: {done} credentials were sealed by new ones.",
    Keys.DATA_ROOT: "The data root was rotated; {done} keys are wrapped by the new one.",
    Keys.CREDENTIAL_ROOT: "The credential root was rotated; {done} keys are wrapped by the new one.",
    Keys.INDEX: "Keys of hashes: people, users and links are found by new ones; {done} hashes were made anew.",
    Keys.DOORS: "Keys that sign links, forms and tickets: the new one signs from a minute after it was made.",
}


@click.command("rotate")
@click.option("--root", type=click.Choice([root.value for root in Root]), help="Rotate a root: data or credential.")
@click.option("--doors", is_flag=True, help="Rotate the keys that sign links, forms and tickets.")
@click.option("--index", is_flag=True, help="Rotate the keys of hashes by which people, users and events are found.")
@click.option("--finish", is_flag=True, help="With --root: delete its old files. With --doors: end old links now.")
def command(root: str | None, doors: bool, index: bool, finish: bool) -> None:
    """Make new keys and seal everything by them, while the hub works.

    Without an option: the keys of businesses and of connections. Whatever stops it, the same command goes on.
    """
    if doors + index + (root is not None) > 1:
        raise InputError("--root, --doors, --index", "one at a time.")
    if finish and root is None and not doors:
        raise InputError("--finish", "say what may go: --root data, --root credential or --doors.")
    settings = load_settings()
    with _hub(settings) as hub:
        if doors:
            _rotate(hub, Keys.DOORS, at_once=finish)
        elif index:
            _rotate(hub, Keys.INDEX)
        elif root is None:
            _rotate(hub, Keys.BUSINESS)
            if _has(settings, Root.CREDENTIAL):
                _rotate(hub, Keys.CONNECTION)
            else:
                click.echo("Keys of connections: not here. Type hub rotate where the broker has the credential root.")
        elif finish:
            found = finish_root(hub, Root(root))
            click.echo("\n".join(f"Deleted: {file}" for file in found) or "There is no old file.")
        else:
            _rotate(hub, Keys(f"{root}_root"))
            click.echo(
                "The old root lies beside the new one. Copy the new one to where you keep roots, make a backup, and "
                f"once no backup from before is needed type: hub rotate --root {root} --finish"
            )


def _rotate(hub: Hub, keys: Keys, *, at_once: bool = False) -> None:
    progress = _step(hub, keys, at_once=at_once)
    while keys is Keys.INDEX and progress.destroy_at is not None:
        click.echo("Waiting two minutes, until every process writes by the new key.")
        time.sleep(max(progress.destroy_at - time.time(), 1))
        progress = _step(hub, keys)
    click.echo(_WORDS[keys].format(done=progress.done))
    if progress.broken:
        click.echo(f"  {progress.broken} did not open before either and were left as they are: see docs/keys.md.")
    if progress.destroy_at is not None:
        when = datetime.fromtimestamp(progress.destroy_at, UTC).strftime("%Y-%m-%d %H:%M:%S")
        click.echo(f"  The old versions are destroyed after {when} UTC, by the clock or by this command.")
    elif keys is Keys.DOORS:
        click.echo("  The old version is destroyed: what it signed works no more.")


def _step(hub: Hub, keys: Keys, *, at_once: bool = False) -> Progress:
    for left in range(LEASE + 2, -1, -1):  # one that was killed keeps its lease for a while
        try:
            progress = rotate(hub, keys, at_once=at_once)
            assert progress is not None
            return progress
        except StateError as error:
            if error.code != "rotating" or not left:
                raise
        time.sleep(1)
    raise AssertionError("unreachable")


def _has(settings: Settings, root: Root) -> bool:
    file = settings.credential_root_file if root is Root.CREDENTIAL else settings.data_root_file
    return os.path.lexists(file)


@contextmanager
def _hub(settings: Settings) -> Iterator[Hub]:
    hub = create_hub(settings, broker_here=not settings.broker_is_apart or _has(settings, Root.CREDENTIAL))
    try:
        yield hub
    finally:
        close_hub(hub)
