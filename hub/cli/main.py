"""The `hub` command: a table of sub-commands, each in a file of its own and loaded when it is called."""

from __future__ import annotations

import gc
import sys
from importlib import import_module

import click

from hub.core.errors import HubError
from hub.run.memory import close_memory

COMMANDS = {
    "backup": "Copy data and key store, while the hub runs.",
    "demo": "Show a booking on a real CalDAV server, from connecting to cancelling.",
    "doctor": "Explain what is wrong with this installation, and how to mend it.",
    "lab": "Run stand-ins for providers on this machine, for people without accounts there.",
    "ledger": "Print the newest entries of the ledger, a line of JSON each.",
    "mail-bounce": "Take in a mail that came back, from standard input.",
    "migrate": "Bring the database to the state that this version needs.",
    "outbox": "List what could not be brought about, and try it again.",
    "plugin": "Begin a plugin for another provider.",
    "plugins": "List the plugins: on, off or broken, and why.",
    "probe": "Try a provider's server with a scratch calendar: would booking be safe?",
    "provider": "Enter settings of providers, such as the id and secret of a registered application.",
    "restore": "Put a backup back, and erase again who was erased since.",
    "rotate": "Make new keys and seal everything by them, while the hub works.",
    "up": "Start the hub and keep it running.",
    "user": "Say who may sign in to the console; invite, let back in, dismiss.",
    "work": "Run one process of the hub: web, worker, clock or broker.",
}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command = import_module(f"hub.cli.{name.replace('-', '_')}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


@click.command(cls=_Lazy, help="Frontdesk, a self-hosted integration hub.")
@click.version_option(package_name="frontdesk-hub")
def cli() -> None:
    """Hold the sub-commands together."""


def main() -> None:
    """Run the command line; a hub error is one sentence and exit code 1, without a traceback."""
    # What imports make stays: looking through it as often as Python does by itself takes a fifth of each start.
    gc.set_threshold(50_000, 20, 20)
    close_memory()
    problem, code = "", 0
    try:
        code = cli(standalone_mode=False) or 0
    except HubError as error:
        problem, code = error.message, 1
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        problem, code = "Interrupted.", 130  # 1 would mean that something was tried and failed
    if problem:
        click.secho(problem, fg="red", err=True)
    sys.exit(code)
