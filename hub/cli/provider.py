"""`hub provider`: what a provider must know of this installation once, such as the id and secret of an application."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from hub.actions.provider_settings import (
    ProviderView,
    configure_provider,
    get_provider,
    list_providers,
    redirect_address,
)
from hub.app import close_hub, create_hub
from hub.core.errors import InputError
from hub.core.security import OPERATOR
from hub.parts import Hub
from hub.settings import load_settings

_PUBLIC = "It is made of HUB_PUBLIC_URL."
_HERE = (
    "It is made of HUB_WEB_HOST and HUB_WEB_PORT as this shell has them; a hub that was started with others, or with "
    "HUB_PUBLIC_URL, has another. The console of the running hub shows its own under Settings, Providers."
)


@click.group("provider")
def command() -> None:
    """Enter settings of providers, such as the id and secret of a registered application."""


@command.command("list")
def list_() -> None:
    """List the providers that have settings, and what is missing."""
    with _hub() as hub:
        found = list_providers(hub)
    for one in found:
        missing = ", ".join(one.configuration.missing)
        click.echo(f"{one.provider.name:12}  {f'not set up: {missing}' if missing else 'set up'}")
    if not found:
        click.echo("No plugin asks for settings.")


@command.command("show")
@click.argument("name")
def show(name: str) -> None:
    """Show the settings of one. A secret is never shown, only whether there is one."""
    with _hub() as hub:
        found, known = get_provider(hub, name), hub.settings
    for line in _lines(found):
        click.echo(line)
    click.echo(f"Redirect address, to register there: {redirect_address(known)}")
    click.echo(_PUBLIC if known.public_url else _HERE)


@command.command("set")
@click.argument("name")
@click.argument("settings", nargs=-1, metavar="[NAME=VALUE]…")
@click.option("--secret-stdin", "secret", help="Name of one setting whose value is read from standard input.")
def set_(name: str, settings: tuple[str, ...], secret: str | None) -> None:
    """Enter settings; those that are not named stay as they are, and NAME= takes one away.

    Give a secret over standard input: what stands on a command line can be read by others on this machine.
    """
    changes = dict(_pair(one) for one in settings)
    with _hub() as hub:
        secrets = {one.name for one in get_provider(hub, name).provider.settings if one.secret}
        shown = sorted(one for one in secrets & set(changes) if changes[one])
        if shown:
            raise InputError(shown[0], f"A secret does not belong on the command line: --secret-stdin {shown[0]}.")
        if secret is not None:
            changes[secret] = sys.stdin.read().strip("\r\n")
        done = configure_provider(hub, OPERATOR, name, changes)
    missing = ", ".join(done.missing)
    click.echo(f"Stored. Still missing: {missing}." if missing else "Stored. Accounts can be connected now.")


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise InputError("settings", "Write each as NAME=VALUE.")
    return name, value


def _lines(found: ProviderView) -> Iterator[str]:
    known = found.configuration
    for one in found.provider.settings:
        if one.secret:
            said = "(entered, and not shown)" if one.name in known.given else "(missing)" if one.required else ""
        else:
            said = known.values[one.name] or ("(missing)" if one.required else "")
        default = " (default)" if not one.secret and one.name not in known.given and said == one.default else ""
        yield f"{one.name:16}  {said}{default if said else ''}".rstrip()


@contextmanager
def _hub() -> Iterator[Hub]:
    hub = create_hub(load_settings())
    try:
        yield hub
    finally:
        close_hub(hub)
