"""What a process does when it is killed while it watches a calendar: ``python -m tests.crash.watching open``.

The business, its staff member and the account were set up before. The provider's channels stand in ``watches.json``:
they stay when the process dies.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from hub.actions.effects import EFFECTS
from hub.actions.watch import keep_watches
from hub.app import close_hub, create_hub
from hub.core.push import Channel
from hub.jobs.perform import drain
from hub.settings import load_settings
from tests.world import MONDAY, Calendars


def lasting(folder: Path) -> Calendars:
    """Return the fake provider with the channels that were made in other processes; those made now are kept."""
    calendars, file = Calendars(), folder / "watches.json"
    if file.exists():
        known = json.loads(file.read_text())
        calendars.watches = {name: (ref, Channel(**channel)) for name, (ref, channel) in known.items()}

    def keep(hook: str) -> None:
        if hook == "after watch":
            made = {name: (ref, asdict(channel)) for name, (ref, channel) in calendars.watches.items()}
            file.write_text(json.dumps(made))

    calendars.fail = keep
    return calendars


def main() -> None:
    """Do what the clock and a worker do."""
    assert sys.argv[1] == "open"
    settings = load_settings()
    hub = create_hub(settings, clock=lambda: MONDAY, plugins=[lasting(settings.data_dir).candidate()])
    keep_watches(hub)
    drain(hub, EFFECTS)
    close_hub(hub)


if __name__ == "__main__":
    main()
