"""`hub work`: one process of the hub. `hub up` runs these; where it is outgrown, containers do."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import click

from hub.run.parent import die_with_parent, tell_ready
from hub.run.termination import termination
from hub.settings import Settings, load_settings

if TYPE_CHECKING:  # the master of the web server does not load it
    from flask import Flask


@click.group("work")
def command() -> None:
    """Run one process of the hub: web, worker or clock."""


@command.command("web")
@click.option("--listener", type=int, help="Number of an inherited socket to serve on; `hub up` gives it.")
def web(listener: int | None) -> None:
    """Serve browsers and programs."""
    # Imported here, as in the other two: each process loads what it needs, and the master of the web server little.
    from hub.web.server import serve

    settings = _settings()

    def make_app() -> Flask:
        from hub.app import create_hub
        from hub.web.app import create_app

        return create_app(create_hub(settings))

    serve(settings, make_app, listener=listener, after_fork=die_with_parent, ready=tell_ready)


@command.command("worker")
def worker() -> None:
    """Bring about what the outbox holds."""
    from hub.actions.effects import EFFECTS
    from hub.app import close_hub, create_hub
    from hub.jobs.worker import run_worker

    hub = create_hub(_settings())
    run_worker(hub, EFFECTS, ready=tell_ready)
    close_hub(hub)


@command.command("clock")
def clock() -> None:
    """Hand due work to the workers and keep the schedule; a second one waits until the first is gone."""
    from hub.actions.effects import EFFECTS
    from hub.app import close_hub, create_hub
    from hub.jobs.clock import run_clock
    from hub.jobs.periodic import PERIODIC

    with termination() as stopped:
        hub = create_hub(_settings())
        run_clock(hub, EFFECTS, PERIODIC, stopped=stopped, ready=tell_ready)
        close_hub(hub)


def _settings() -> Settings:
    settings = load_settings()
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it tells each process that there was nothing to do
    return settings
