"""`hub work`: one process of the hub. `hub up` runs these; where it is outgrown, containers do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hub.core.errors import InputError
from hub.logs import set_up_logs
from hub.run.parent import die_with_parent, tell_ready
from hub.run.termination import termination
from hub.settings import Settings, load_settings

if TYPE_CHECKING:  # the master of the web server does not load it
    from flask import Flask


@click.group("work")
def command() -> None:
    """Run one process of the hub: web, worker, clock or broker."""


@command.command("web")
@click.option("--listener", type=int, help="Number of an inherited socket to serve on; `hub up` gives it.")
def web(listener: int | None) -> None:
    """Serve browsers and programs."""
    # Imported here, as in the others: each process loads what it needs, and the master of the web server little.
    from hub.web.server import serve

    settings = _settings("web")

    def make_app() -> Flask:
        from hub.actions.first_run import first_run_needed, setup_code
        from hub.app import create_hub
        from hub.web.app import create_app

        hub = create_hub(settings)
        if first_run_needed(hub):
            setup_code(hub)  # there before anybody can come: `hub up` shows it
        return create_app(hub)

    serve(settings, make_app, listener=listener, after_fork=die_with_parent, ready=tell_ready)


@command.command("worker")
def worker() -> None:
    """Bring about what the outbox holds."""
    from hub.actions.effects import EFFECTS
    from hub.app import close_hub, create_hub
    from hub.jobs.sealed import wait_for_replay
    from hub.jobs.worker import run_worker

    hub = create_hub(_settings("worker"))
    with termination() as stopped:
        may = wait_for_replay(hub, stopped, ready=tell_ready)
    if may:
        run_worker(hub, EFFECTS, ready=tell_ready)
    close_hub(hub)


@command.command("clock")
def clock() -> None:
    """Hand due work to the workers and keep the schedule; a second one waits until the first is gone."""
    from hub.actions.effects import EFFECTS
    from hub.app import close_hub, create_hub
    from hub.jobs.clock import run_clock
    from hub.jobs.periodic import PERIODIC
    from hub.jobs.sealed import wait_for_replay

    with termination() as stopped:
        hub = create_hub(_settings("clock"))
        wait_for_replay(hub, stopped, ready=tell_ready)
        run_clock(hub, EFFECTS, PERIODIC, stopped=stopped, ready=tell_ready)
        close_hub(hub)


@command.command("broker")
def broker() -> None:
    """Keep the credentials and speak to the providers, for the processes that ask at HUB_BROKER_SOCKET."""
    from hub.app import close_hub, create_hub
    from hub.run.broker_place import check_place
    from hub.run.broker_server import serve_broker
    from hub.vault.wire import user_ids

    settings = _settings("broker")
    if not settings.broker_is_apart:
        raise InputError(
            "setting broker_socket",
            "a broker of its own needs a path to listen at: set HUB_BROKER_SOCKET here and in all other processes.",
        )
    users = user_ids(settings.broker_users)
    check_place(settings.broker_socket, shared=bool(users))  # before there is a hub: what is wrong is said at once
    with termination() as stopped:
        hub = create_hub(settings, broker_here=True)
        max_bytes = settings.egress_max_bytes
        place = settings.broker_socket
        serve_broker(hub.broker, place, max_bytes=max_bytes, stopped=stopped, ready=tell_ready, users=users)
        close_hub(hub)


def _settings(process: str) -> Settings:
    settings = load_settings()
    set_up_logs(settings.log_level, as_json=settings.log_json, process=process)
    return settings
