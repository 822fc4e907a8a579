"""A server that says what a test tells it to, and remembers who asked with what."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PRINCIPAL = "<D:current-user-principal><D:href>{}</D:href></D:current-user-principal>"
HOME = "<C:calendar-home-set><D:href>{}</D:href></C:calendar-home-set>"
ADDRESS = "<C:calendar-user-address-set><D:href>mailto:Ada@Example.com</D:href></C:calendar-user-address-set>"
CALENDAR = "<D:resourcetype><D:collection/><C:calendar/></D:resourcetype>"


@dataclass
class Script:
    """``answers`` maps a path to (status, headers, body); ``challenge`` is asked of whoever is not signed in."""

    port: int
    answers: dict[str, tuple[int, dict[str, str], str]] = field(default_factory=dict)
    challenge: str = ""
    accept: Callable[[str], bool] = lambda authorization: True
    seen: list[tuple[str, str, str]] = field(default_factory=list)

    def url(self, host: str = "127.0.0.1", path: str = "/") -> str:
        return f"http://{host}:{self.port}{path}"

    def say(self, path: str, *properties: str) -> None:
        """Answer a PROPFIND of that path with these properties."""
        body = (
            '<?xml version="1.0"?><D:multistatus xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:response>'
            f"<D:href>{path}</D:href><D:propstat><D:prop>{''.join(properties)}</D:prop>"
            "<D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response></D:multistatus>"
        )
        self.answers[path] = (207, {"Content-Type": "application/xml"}, body)

    def redirect(self, path: str, target: str, status: int = 302) -> None:
        self.answers[path] = (status, {"Location": target}, "")


@contextlib.contextmanager
def scripted() -> Iterator[Script]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None: ...

        def do_PROPFIND(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            authorization = self.headers.get("Authorization", "")
            script.seen.append((self.headers["Host"], self.path, authorization))
            status, headers, body = script.answers.get(self.path, (404, {}, ""))
            signed_in = authorization and script.accept(authorization)
            if script.challenge and status == 207 and not signed_in:
                status, headers, body = 401, {"WWW-Authenticate": script.challenge}, ""
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    script = Script(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
