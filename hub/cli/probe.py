"""`hub probe`: would booking on this server be safe? Tried out before a client is connected."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator

import click
from rich.console import Console
from rich.table import Table

from hub.core.errors import HubError
from hub.run.probe import Result, Trial, Verdict, probing, results

SAFE, UNSAFE, NOT_TRIED = 0, 1, 2
_WORDS = {
    Verdict.WORKS: ("works", "green"),
    Verdict.LIMIT: ("limit", "yellow"),
    Verdict.UNSAFE: ("FAILS", "red"),
}


@click.command(
    "probe",
    help="Try a provider's server with a scratch calendar: would booking be safe?\n\n"
    "PROVIDER is the name of a plugin, such as caldav. The password comes from HUB_PROBE_PASSWORD or is asked for. "
    "Ends with 0: safe, 1: not safe, 2: could not be tried.",
)
@click.argument("provider")
@click.option("--url", required=True, help="Address of the server, or an e-mail address.")
@click.option("--user", required=True, help="User name.")
@click.option("--calendar", default="", help="Empty existing calendar to use, where none can be made.")
@click.option("--answer", multiple=True, metavar="NAME=VALUE", help="Further field of the connect form.")
@click.option("--allow", multiple=True, metavar="ORIGIN", help="Further private origin that the server leads to.")
def command(provider: str, url: str, user: str, calendar: str, answer: tuple[str, ...], allow: tuple[str, ...]) -> None:
    """Run the checks, print a table and a last sentence, and exit."""
    password = _password()
    answers = dict(part.partition("=")[::2] for part in answer)
    console = Console()
    seen: list[Result] = []
    problem = ""
    try:
        trial = Trial(provider, url, user, password, calendar, answers, allow)
        with _stopped_once(), probing(trial) as subject, console.status("Trying …") as status:
            for result in results(subject):
                seen.append(result)
                status.update(f"{len(seen)} checks done: {result.check.title}")
    except HubError as error:
        problem = error.message
    except KeyboardInterrupt:
        problem = "Stopped. Nothing was left on the server."
    except Exception as error:  # a fault of ours is no verdict on the server; its text may hold anything
        problem = f"The probe itself failed ({type(error).__name__})."
    if seen:
        console.print(_table(seen))
    raise SystemExit(_conclude(console, seen, problem))


@contextlib.contextmanager
def _stopped_once() -> Iterator[None]:
    """Take Ctrl-C and SIGTERM as the wish to end, and only the first: a second one would end the cleaning up."""
    before = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)}
    heard = [one for one, handler in before.items() if handler is not signal.SIG_IGN]  # ignored in the background

    def stop(_number: int, _frame: object) -> None:
        for one in heard:
            signal.signal(one, signal.SIG_IGN)
        os.write(2, b"\nStopping: what was made on the server is being removed.\n")
        raise KeyboardInterrupt

    for one in heard:
        signal.signal(one, stop)
    try:
        yield
    finally:
        for one in heard:
            signal.signal(one, before[one])


def _password() -> str:
    given = os.environ.pop("HUB_PROBE_PASSWORD", "")
    with contextlib.suppress(click.Abort):  # Ctrl-C, or nobody there to type
        given = given or click.prompt("Password", hide_input=True, err=True)
    if not given:
        click.echo("No password was given. Put it into the variable HUB_PROBE_PASSWORD, or type it.", err=True)
        raise SystemExit(NOT_TRIED)
    return given


def _table(seen: list[Result]) -> Table:
    table = Table("check", "result", "what it means", box=None)
    for one in seen:
        word, colour = _WORDS[one.verdict]
        meaning = "" if one.verdict is Verdict.WORKS else f"{one.check.why} Seen: {one.seen}."
        table.add_row(one.check.title, f"[{colour}]{word}[/]", meaning.replace("..", "."))
    return table


def _conclude(console: Console, seen: list[Result], problem: str) -> int:
    failing = [one for one in seen if one.verdict is Verdict.UNSAFE]
    limits = [one for one in seen if one.verdict is Verdict.LIMIT]
    if problem:
        console.print(f"[yellow]Could not be tried to the end:[/] {problem}", markup=True, highlight=False)
    if failing:
        console.print(
            f"[red]Booking on this server would not be safe:[/] {_count(len(failing), 'needed check')} failed."
        )
        return UNSAFE
    if problem:
        return NOT_TRIED
    more = f" See above for {_count(len(limits), 'limit')}." if limits else ""
    console.print(f"[green]Booking on this server is safe.[/]{more}")
    return SAFE


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
