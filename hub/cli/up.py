"""`hub up`: start the hub and keep it running."""

from __future__ import annotations

from collections.abc import Callable

import click

from hub.run.child import Program
from hub.run.demo_calendars import DemoPlace, calendar_program, demo_environment, find_place, folder_of
from hub.run.demo_lab import DemoLab, find_lab, lab_environment, lab_program, taken_port
from hub.run.supervisor import READY, run_hub
from hub.settings import Settings, load_settings

_TRY_THE_LAB = (
    "  Connect one more calendar in the console and sign in at the stand-in. Then be the staff on the lab's page: add",
    "  an event, move one that the hub wrote, take the permission back, and watch the console.",
)


@click.command("up")
@click.option("--demo", is_flag=True, help="At the first start, add a demo business with a calendar server of its own.")
@click.option("--separate-broker", is_flag=True, help="Keep the credentials in a process of their own, the broker.")
def command(demo: bool, separate_broker: bool) -> None:
    """Start the hub and keep it running.

    Starts Valkey (unless HUB_QUEUE_URL names a server), the web server, the workers and the clock, starts each again
    when it ends, and stops them all on Ctrl-C or SIGTERM.
    """
    settings = load_settings()
    if demo:
        _make_demo(settings)
    place = find_place(settings)
    lab = None if place is None else _lab(settings)
    beside, environment = _demo(settings, place, lab)
    say = _saying(settings, place, lab)
    run_hub(settings, separate_broker=separate_broker, beside=beside, environment=environment, say=say)


def _lab(settings: Settings) -> DemoLab | None:
    """Return the demo's lab, or None where there is none or it cannot run now: the hub starts all the same."""
    lab = find_lab(folder_of(settings))
    taken = 0 if lab is None else taken_port(lab)
    if taken:
        click.echo(f"The demo's lab is left out: another program listens on port {taken}. Stop that, and start again.")
    return None if taken else lab


def _demo(settings: Settings, place: DemoPlace | None, lab: DemoLab | None) -> tuple[list[Program], dict[str, str]]:
    """Return what runs beside the hub for the demo, and what its processes need to know of that."""
    if place is None:
        return [], {}
    folder = folder_of(settings)
    beside, environment = [calendar_program(folder, place)], demo_environment(settings, place)
    if lab is not None:
        allowed = settings.model_copy(update={"egress_allow": (*settings.egress_allow, place.origin)})
        environment |= lab_environment(allowed, folder, lab)
        beside.append(lab_program(folder, lab, f"{settings.base_url}/connect/return"))
    return beside, environment


def _make_demo(settings: Settings) -> None:
    from hub.run.demo_business import make_demo, may_make_demo  # what makes it is large, and needed once

    if may_make_demo(settings):
        click.echo("Making the demo business: calendars, staff, services, appointments …")
        make_demo(settings)


def _saying(settings: Settings, place: DemoPlace | None, lab: DemoLab | None) -> Callable[[str], None]:
    def say(line: str) -> None:
        print(line, flush=True)
        if line.startswith(READY):
            for more in _welcome(settings, place, lab, line.removeprefix(READY).strip().rstrip("/")):
                print(more, flush=True)

    return say


def _welcome(settings: Settings, place: DemoPlace | None, lab: DemoLab | None, address: str) -> list[str]:
    """Return what to try first, after the line that names the address."""
    if place is not None:
        return [
            "",
            f"  Console       {address}/console",
            f"  Sign in as    {place.email}   password  {place.password}",
            f"  Booking page  {address}/b/willow-street-physio",
            f"  API           {address}/api/docs",
            f"  Calendars     {place.origin}/   (ada or ben, password {place.calendar_password})",
            *([] if lab is None else [f"  The lab       {lab.page}   ({', '.join(lab.titles)}: stand-ins here)"]),
            "",
            "  Try this: book a first visit on the booking page, then look at it in the console's week view, read the",
            "  mails that were kept under Mails, and see the event come into the calendar of who was booked.",
            *([] if lab is None else _TRY_THE_LAB),
            "  Ctrl-C stops the hub; `scripts/up --empty` with another HUB_DATA_DIR starts without the demo.",
            "",
        ]
    file = settings.data_dir.resolve() / "setup-code"
    if not file.is_file():
        return []
    return [
        "",
        f"  Nobody owns this hub yet. Open {address}/first-run and give the set-up code:",
        f"      {file.read_text('utf-8').strip()}",
        "",
    ]
