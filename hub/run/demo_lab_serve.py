"""Makes the demo's lab and runs it, as a process of its own: ``python -m hub.run.demo_lab_serve FOLDER REDIRECT``.

The demo's calendar server is on its page too, so that everything that is not the hub is in one place.
"""

from __future__ import annotations

import json
import sys
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from hub.actions.provider_settings import configure_provider
from hub.core.errors import HubError, UnknownId
from hub.core.security import OPERATOR
from hub.parts import Hub
from hub.run.demo_calendars import DemoPlace
from hub.run.demo_lab import REACH
from hub.run.termination import termination
from hub.testing.lab.caldav.owner import CaldavOwner
from hub.testing.lab.control import known_sides, running_lab
from hub.testing.lab.side import Side

_CALDAV = "caldav"


def set_up_lab(hub: Hub, demo: Path) -> None:
    """Make the lab of a demo in this folder, and enter its applications as settings of the hub's providers.

    It runs for that moment alone. Where no stand-in is there, none is made.
    """
    names = _names()
    if not names:
        return
    with running_lab(demo / "lab", names) as lab:
        for side in lab.sides.values():
            with suppress(UnknownId):  # its plugin is off
                configure_provider(hub, OPERATOR, side.plugin, side.settings)
        known = {
            "port": urlsplit(lab.page).port,
            "origins": lab.origins,
            "titles": [side.title for side in lab.sides.values()],
            "tls": lab.authority is not None,
        }
        (demo / "lab" / REACH).write_text(json.dumps(known), "utf-8")


def serve_lab(demo: Path, redirect: str) -> None:
    """Run the lab until it is told to stop. Raises HubError when it cannot."""
    beside = {_CALDAV: _calendars(demo)}
    with termination() as stopped, running_lab(demo / "lab", _names(), redirect_urls=(redirect,), beside=beside):
        while not stopped():
            time.sleep(0.1)


def _names() -> list[str]:
    return [name for name in known_sides() if name != _CALDAV]


def _calendars(demo: Path) -> Side:
    """Return the demo's own calendar server as a side. It stands for itself: no faults."""
    place = DemoPlace(**json.loads((demo / "place.json").read_text("utf-8")))
    users = dict(line.split(":", 1) for line in (demo / "users").read_text("utf-8").split())
    return Side(_CALDAV, "CalDAV (Radicale)", CaldavOwner(f"{place.origin}/", users, place.zone))


def main() -> None:
    """Run the lab of the demo in the folder that the command line names."""
    try:
        serve_lab(Path(sys.argv[1]), sys.argv[2])
    except HubError as error:
        print(error.message, file=sys.stderr, flush=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
