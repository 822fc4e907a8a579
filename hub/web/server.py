"""The web server: gunicorn with threads, as a library and without a configuration of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from hub.core.errors import HubError
from hub.settings import Settings

if TYPE_CHECKING:  # loaded in the forked process only
    from flask import Flask

CANNOT_LOAD = 4
"""The exit code by which a gunicorn worker tells its master not to start another one."""


def serve(
    settings: Settings,
    make_app: Callable[[], Flask],
    *,
    listener: int | None = None,
    after_fork: Callable[[], None] = lambda: None,
    ready: Callable[[], None] = lambda: None,
) -> None:
    """Serve until SIGTERM; requests in hand end first. ``make_app`` and both callbacks run in the forked process.

    ``listener`` is the number of an inherited listening socket, in place of the address in the settings.
    """
    host = f"[{settings.web_host}]" if ":" in settings.web_host else settings.web_host
    options = {
        "bind": f"{host}:{settings.web_port}" if listener is None else f"fd://{listener}",
        "worker_class": "gthread",
        "workers": 1,
        "threads": settings.web_threads,
        "graceful_timeout": 5,
        "control_socket_disable": True,
        "loglevel": "warning",
        "logger_class": _Log,
        "post_fork": lambda server, worker: after_fork(),
        "post_worker_init": lambda worker: ready(),
    }
    _Server(options, make_app).run()


class _Log(Logger):
    """Gunicorn's log without a way out of its own: what it says goes where this process logs (`hub.logs`)."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for log in (self.error_log, self.access_log):
            log.handlers.clear()
            log.propagate = True


class _Server(BaseApplication):
    def __init__(self, options: dict[str, Any], make_app: Callable[[], Flask]) -> None:
        self._options, self._make_app = options, make_app
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        try:
            return self._make_app()
        except HubError as error:
            print(error.message, file=sys.stderr, flush=True)
            sys.exit(CANNOT_LOAD)
