"""What a process does when it is killed while it mails: ``python -m tests.crash.mailing book``.

The business, its service and the mail server were set up before; the ids stand in ``scenario.json``. The server goes on
when the process dies.
"""

from __future__ import annotations

import json
import sys

from hub.actions.book import book
from hub.actions.effects import EFFECTS
from hub.actions.hold import hold
from hub.actions.people import Customer
from hub.app import close_hub, create_hub
from hub.jobs.perform import drain
from hub.settings import load_settings

ADA = Customer("Ada Lovelace", email="ada@example.com")


def main() -> None:
    """Book a time and do all that follows."""
    assert sys.argv[1] == "book"
    hub = create_hub(load_settings())
    scene = json.loads((hub.settings.data_dir / "scenario.json").read_text())
    held = hold(hub, scene["business"], scene["service"], scene["start"], zone="UTC")
    book(hub, scene["business"], held.booking_id, ADA)
    drain(hub, EFFECTS)
    close_hub(hub)


if __name__ == "__main__":
    main()
