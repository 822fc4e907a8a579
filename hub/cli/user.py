"""`hub user`: who may sign in to the console, and the operator's way back in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import click
from rich.console import Console
from rich.table import Table

from hub.actions.account import OPERATOR_USER
from hub.actions.account_mail import LinkKind, link_url
from hub.actions.invite import invite
from hub.actions.reset import make_reset_link
from hub.actions.users import dismiss_user, find_user_id, list_users, remove_second_factor
from hub.app import close_hub, create_hub
from hub.core.role import Role
from hub.core.security import OPERATOR
from hub.parts import Hub
from hub.settings import load_settings

_COLUMNS = ("address", "name", "role", "businesses", "second factor", "last seen (UTC)", "id")
_ROLES = [str(one) for one in Role]


@click.group("user")
def command() -> None:
    """Say who may sign in to the console; invite, let back in, dismiss."""


@command.command("list")
def list_() -> None:
    """List who may sign in."""
    with _hub() as hub:
        found = list_users(hub, OPERATOR_USER)
    table = Table(*_COLUMNS, box=None)
    for one in found:
        where = "all" if one.everywhere else str(len(one.businesses))
        table.add_row(
            one.email, one.name, one.role, where, "yes" if one.second_factor else "no", _when(one.seen_at), one.id
        )
    if not found:
        click.echo("Nobody may sign in yet: hub user add invites the first owner.")
        return
    console = Console()
    Console(width=console.width if console.is_terminal else 250).print(table)


@command.command("add")
@click.argument("email")
@click.option("--role", type=click.Choice(_ROLES), default=_ROLES[0], show_default=True, help="What they will be.")
@click.option("--business", "businesses", multiple=True, help="Id of a business to limit them to. May be repeated.")
def add(email: str, role: str, businesses: tuple[str, ...]) -> None:
    """Invite somebody, and print the link with which they choose a name and a password."""
    with _hub() as hub:
        made = invite(hub, OPERATOR, OPERATOR_USER, email, role, everywhere=not businesses, businesses=businesses)
        url = link_url(hub, LinkKind.INVITATION, made.token)
    click.echo(f"This link makes an account for {made.email}. It works once, for seven days:\n{url}")


@command.command("reset")
@click.argument("email")
@click.option("--without-second-factor", is_flag=True, help="Also turn off app codes and passkeys: both are lost.")
def reset(email: str, without_second_factor: bool) -> None:
    """Print a link with which somebody sets a new password.

    The second factor stays, unless you say that it is lost. Be sure who asks you.
    """
    with _hub() as hub:
        user_id = find_user_id(hub, email)
        if without_second_factor:
            remove_second_factor(hub, OPERATOR, user_id)
        url = link_url(hub, LinkKind.RESET, make_reset_link(hub, user_id))
    click.echo(f"This link sets a new password. It works once, for an hour:\n{url}")


@command.command("dismiss")
@click.argument("email")
def dismiss(email: str) -> None:
    """End every way in that somebody has: sessions, API keys, links. The last owner stays."""
    with _hub() as hub:
        dismiss_user(hub, OPERATOR, OPERATOR_USER, find_user_id(hub, email))
    click.echo("Dismissed: their sessions, API keys and links have ended.")


@contextmanager
def _hub() -> Iterator[Hub]:
    hub = create_hub(load_settings())
    try:
        yield hub
    finally:
        close_hub(hub)


def _when(instant: int | None) -> str:
    return "-" if instant is None else datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%d %H:%M")
