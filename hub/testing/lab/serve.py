"""Serve a WSGI application on loopback, in threads of this process."""

from __future__ import annotations

import io
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

Application = Callable[..., Any]


class Silence(ConnectionAbortedError):
    """Raised by an application that is to close the connection without an answer."""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is its own affair."""


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: addresses hold codes and names."""

    def get_environ(self) -> dict[str, Any]:
        """Return what the standard library says, and the target as it was sent: ``%2F`` in an id is no slash."""
        return {**super().get_environ(), "REQUEST_URI": self.path}

    def address_string(self) -> str:
        """Return the address; its name is nobody's affair."""
        return str(self.client_address[0])


@contextmanager
def serve(application: Application, *, port: int = 0, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Serve the application and yield its origin, ``http://127.0.0.1:port`` or with ``tls`` ``https://localhost:port``.

    ``port`` 0 takes one that is free.
    """
    server = _Server(("127.0.0.1", port), _Quiet)
    server.set_app(_read_first(application))
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        taken = server.server_address[1]
        yield f"https://localhost:{taken}" if tls else f"http://127.0.0.1:{taken}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def _read_first(application: Application) -> Application:
    """Read each request to its end before it is answered: a socket closed with bytes unread cuts the answer off."""

    def reading(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        length = environ.get("CONTENT_LENGTH") or "0"
        body = environ["wsgi.input"].read(int(length)) if length.isdigit() else b""
        return application({**environ, "wsgi.input": io.BytesIO(body)}, start_response)

    return reading
