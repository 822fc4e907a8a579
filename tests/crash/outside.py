"""What a process does that is killed over an event changed outside: ``python -m tests.crash.outside look``.

The booking was made before, and its event was moved or deleted at the real server. ``tell`` only does what waits.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace

from hub.actions.effects import EFFECTS
from hub.actions.sync import sync_calendar
from hub.app import close_hub, create_hub, now
from hub.core.outside import DELAY
from hub.jobs.perform import drain
from hub.settings import load_settings


def main() -> None:
    """Look at the calendar, and after the time for which a deleted event is left alone do all that follows."""
    hub = create_hub(load_settings())
    where = json.loads((hub.settings.data_dir / "outside.json").read_text())
    if sys.argv[1] == "look":
        sync_calendar(hub, where["business"], where["calendar"])
    later = now() + DELAY + 1
    drain(replace(hub, clock=lambda: later), EFFECTS)
    close_hub(hub)


if __name__ == "__main__":
    main()
