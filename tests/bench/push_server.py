"""The product's application under its own server, and a worker beside it, for `tests.bench.push`.

``python -m tests.bench.push_server web DATABASE KEYSTORE FOLDER PORT`` serves, with one more room behind the same
guard: a route that does nothing. ``… worker DATABASE KEYSTORE FOLDER`` brings about what is due until its input ends,
and then says how often it looked.
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

from flask import Flask, Response

from hub.actions.effects import EFFECTS
from hub.actions.poll import poll_calendars
from hub.jobs.perform import drain
from hub.parts import Hub
from hub.settings import Settings
from hub.store.database import open_database
from hub.web.app import create_app
from hub.web.door import Rate, Who
from hub.web.limits import Limiter
from hub.web.route import doors_of, room_of, route
from hub.web.server import serve
from tests.bench.race import Place
from tests.world import Calendars, make_hub


def now() -> int:
    """Return the time in UTC seconds."""
    return int(time.time())


def open_hub(place: Place, calendars: Calendars) -> Hub:
    """Return the hub of a place."""
    database, keystore = open_database(place.database), open_database(place.keystore)
    return make_hub(database, keystore, Path(place.folder), calendars, now)


def web(place: Place, port: int) -> None:
    """Serve until SIGTERM."""

    def empty() -> Response:
        """Do nothing, and answer as the door for notifications does."""
        return Response(status=202, mimetype="text/plain")

    rows = (route("bench", "/bench/empty", empty, "POST", Who.PROVIDER, rate=Rate.PUSH, json=True),)

    def make() -> Flask:
        more = [(room_of("bench", rows), doors_of(rows))]
        return create_app(open_hub(place, Calendars()), Limiter(""), more=more)

    serve(Settings(data_dir=Path(place.folder), web_port=port), make)


def worker(place: Place) -> None:
    """Do what clock and worker do until the input ends."""
    calendars, over = Calendars(), threading.Event()
    hub = open_hub(place, calendars)
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    polled = 0.0
    while not over.is_set():
        if time.monotonic() - polled > 5:
            poll_calendars(hub)
            polled = time.monotonic()
        drain(hub, EFFECTS)
        time.sleep(0.25)
    print(calendars.calls.count("hub_changes"), flush=True)


if __name__ == "__main__":
    here = Place(*sys.argv[2:5])
    if sys.argv[1] == "web":
        web(here, int(sys.argv[5]))
    else:
        worker(here)
