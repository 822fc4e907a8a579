"""The hub of some settings behind a real server, while the doctor looks at it."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from werkzeug.serving import make_server

from hub.app import close_hub, create_hub
from hub.settings import Settings
from hub.web.app import create_app
from hub.web.limits import Limiter

Wsgi = Callable[..., Any]


@contextmanager
def serving(
    settings: Settings, port: int, proxy: Callable[[Wsgi], Wsgi] = lambda app: app, tls: ssl.SSLContext | None = None
) -> Iterator[None]:
    """Serve the hub on a port of this machine, through a proxy that may change what passes."""
    hub = create_hub(settings)
    app = proxy(create_app(hub, Limiter("")))
    server = make_server("127.0.0.1", port, app, threaded=True, ssl_context=tls)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield
    server.shutdown()
    thread.join()
    server.server_close()
    close_hub(hub)
