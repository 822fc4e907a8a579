"""The product's application under its own server, with one more room for `tests.bench.http`, behind the same guard.

``python -m tests.bench.http_server FOLDER PORT NOW``: NOW, in UTC seconds, is what its clock shows.
"""

from __future__ import annotations

import sys
from pathlib import Path

from flask import Flask, Response, request
from sqlalchemy import event

from hub.core.role import Right
from hub.parts import Hub
from hub.settings import Settings
from hub.store.database import open_database
from hub.store.guard import Across
from hub.web.app import create_app
from hub.web.door import Rate, Who
from hub.web.limits import Limiter
from hub.web.route import Route, doors_of, room_of, route
from hub.web.server import serve
from tests.world import Calendars, make_hub


class Uncounted(Limiter):
    """Counts every hit as the product does, and refuses none: a bench comes more often than anybody may."""

    def hit(self, rate: str, *who: str) -> bool:
        """Count a hit."""
        super().hit(rate, *who)
        return True


def main(folder: Path, port: int, now: int) -> None:
    """Serve until SIGTERM."""
    calendars = Calendars()

    def make() -> Flask:
        database, keystore = (open_database(f"sqlite:///{folder / name}.sqlite") for name in ("hub", "keystore"))
        hub = make_hub(database, keystore, folder, calendars, lambda: now)
        rows = _rows(hub, calendars, folder)
        return create_app(hub, Uncounted(""), more=[(room_of("bench", rows), doors_of(rows))])

    serve(Settings(data_dir=folder, web_port=port), make)


def _rows(hub: Hub, calendars: Calendars, folder: Path) -> tuple[Route, ...]:
    kept = {"bytes": b""}
    counts = {"commits": 0}
    bare = open_database(f"sqlite:///{folder / 'bare.sqlite'}")
    with bare.writing() as conn:
        conn.execution_options(across=Across.OPERATOR).exec_driver_sql("CREATE TABLE made (n INTEGER)")
    event.listen(hub.database.engine, "commit", lambda conn: counts.update(commits=counts["commits"] + 1))

    def read(business_id: str) -> Response:
        """Send the bytes that were kept."""
        return Response(kept["bytes"], content_type="application/json")

    def keep(business_id: str) -> Response:
        """Keep bytes."""
        kept["bytes"] = request.get_data()
        return Response(status=204)

    def calls(business_id: str) -> dict[str, int]:
        """Say how often the provider was called, and how often something was committed."""
        return {"calls": len(calendars.calls), **counts}

    def commit(business_id: str, times: int) -> dict[str, int]:
        """Make so many durable commits, of one row each, as the product makes them."""
        for number in range(times):
            with bare.writing() as conn:
                conn.execution_options(across=Across.OPERATOR).exec_driver_sql("INSERT INTO made VALUES (?)", (number,))
        return {"made": times}

    at, view = "/bench/<business_id>", Right.VIEW
    return (
        route("bench", f"{at}/bytes", read, "GET", Who.KEY, view, rate=Rate.API),
        route("bench", f"{at}/bytes", keep, "PUT", Who.KEY, view, rate=Rate.API),
        route("bench", f"{at}/calls", calls, "GET", Who.KEY, view, rate=Rate.NONE),
        route("bench", f"{at}/commits/<int:times>", commit, "POST", Who.KEY, view, rate=Rate.API),
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
