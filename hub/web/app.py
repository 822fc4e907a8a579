"""The web application: every door in one place."""

from __future__ import annotations

from flask import Flask

from hub.parts import Hub
from hub.web.health import health


def create_app(hub: Hub) -> Flask:
    """Return the application of a hub."""
    app = Flask("hub.web", static_folder=None)
    app.register_blueprint(health(hub))
    return app
