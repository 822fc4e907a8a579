"""The web application: every door in one place, behind one guard."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from apiflask import APIFlask
from flask import Blueprint
from werkzeug.middleware.proxy_fix import ProxyFix

from hub.parts import Hub
from hub.web.access.room import access
from hub.web.account.room import account
from hub.web.api.document import describe_api
from hub.web.api.room import api
from hub.web.assets import assets
from hub.web.booking.room import booking
from hub.web.console.room import console
from hub.web.current import keep_parts
from hub.web.door import Door
from hub.web.guard import guard_doors
from hub.web.headers import protect_answers
from hub.web.health import health
from hub.web.leaks import stop_leaks
from hub.web.limits import Limiter
from hub.web.metrics import Requests, metrics
from hub.web.offsite.room import offsite
from hub.web.pages import prepare_pages
from hub.web.refusals import answer_refusals
from hub.web.staff.room import staff
from hub.web.table import TABLE
from hub.web.watch import watch
from hub.web.webhooks.room import webhooks

LARGEST = 512 * 1024
"""Bytes that a request may bring."""


def create_app(
    hub: Hub, limiter: Limiter | None = None, *, more: Collection[tuple[Blueprint, Collection[Door]]] = ()
) -> APIFlask:
    """Return the application of a hub. Raises HubError when a route has no row in the table of doors.

    ``limiter`` counts how often somebody came, over the hub's queue unless given. ``more`` are further rooms with
    their doors, for measurements: they stand behind the same guard.
    """
    bare: dict[str, Any] = {"static_folder": None, "docs_path": None, "spec_path": None, "json_errors": False}
    app = APIFlask("hub.web", **bare)
    app.config.update(MAX_CONTENT_LENGTH=LARGEST, MAX_FORM_MEMORY_SIZE=LARGEST, MAX_FORM_PARTS=2000)
    keep_parts(app, hub, limiter or Limiter(hub.settings.queue))
    requests = Requests()
    watch(app, requests)
    stop_leaks(app, hub, requests)
    prepare_pages(app)
    answer_refusals(app)
    protect_answers(app)
    describe_api(app)
    for blueprint in (
        assets(),
        health(hub),
        metrics(hub, requests),
        access(),
        account(),
        api(),
        booking(),
        offsite(),
        console(),
        staff(),
        webhooks(),
        *(room for room, _ in more),
    ):
        app.register_blueprint(blueprint)
    guard_doors(app, (*TABLE, *(door for _, doors in more for door in doors)))
    if hub.settings.proxies:
        count = hub.settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count)  # type: ignore[method-assign]
    return app
