"""A small Acme on loopback: calendars of iCalendar objects, with entity tags, conditions and a list of changes."""

from __future__ import annotations

import contextlib
import json
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOKEN = "acme-token-of-ada-0123456789"  # noqa: S105 - of a server that lives for one test


@dataclass
class Acme:
    """The server's memory. ``cursors`` says how many changes there were when each was handed out."""

    url: str = ""
    token: str = TOKEN
    calendars: dict[str, dict[str, tuple[str, str]]] = field(default_factory=lambda: {"ada": {}})
    changed: list[tuple[str, str]] = field(default_factory=list)
    cursors: dict[str, int] = field(default_factory=dict)

    def changes(self, calendar: str, cursor: str | None) -> dict[str, object] | None:
        """Return what changed since the cursor, all without one, None for one that is not known."""
        if cursor is not None and cursor not in self.cursors:
            return None
        events = self.calendars[calendar]
        uids = list(events)
        if cursor is not None:
            since = self.changed[self.cursors[cursor] :]
            uids = list(dict.fromkeys(uid for where, uid in since if where == calendar))
        following = secrets.token_hex(8)
        self.cursors[following] = len(self.changed)
        listed = [{"uid": uid, "ical": events[uid][1] if uid in events else None} for uid in uids]
        return {"events": listed, "cursor": following}


@contextlib.contextmanager
def running() -> Iterator[Acme]:
    """Serve an Acme with one empty calendar, `ada`, until the block ends."""
    acme = Acme()

    class Handler(_Handler):
        memory = acme

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    acme.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield acme
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    memory: Acme
    turn = threading.Lock()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Answer every method alike."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        path, _, query = self.path.partition("?")
        parts = path.strip("/").split("/")
        with self.turn:
            if self.headers["Authorization"] != f"Bearer {self.memory.token}":
                self._say(401)
            elif parts[:2] == ["v1", "calendars"]:
                self._calendars(parts[2:], query, body)
            elif (self.command, path) == ("GET", "/v1/me"):
                self._say(200, {"email": "ada@example.com"})
            elif (self.command, path) == ("DELETE", "/v1/token"):
                self.memory.token = ""
                self._say(204)
            else:
                self._say(404)

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - the names of http.server

    def _calendars(self, parts: list[str], query: str, body: str) -> None:
        calendars = self.memory.calendars
        match self.command, parts:
            case "GET", []:
                listed = [{"id": one, "name": one, "zone": "Europe/Berlin", "writable": True} for one in calendars]
                self._say(200, {"calendars": listed})
            case "POST", []:
                calendars[name := json.loads(body)["name"]] = {}
                self._say(201, {"id": name})
            case _, [name, *_rest] if name not in calendars:
                self._say(404)
            case "DELETE", [name]:
                del calendars[name]
                self._say(204)
            case "GET", [name, "events"]:
                self._say(200, {"events": [{"uid": uid, "ical": one[1]} for uid, one in calendars[name].items()]})
            case "GET", [name, "changes"]:
                answer = self.memory.changes(name, query.removeprefix("cursor=") if query else None)
                self._say(410 if answer is None else 200, answer)
            case method, [name, "events", uid]:
                self._event(method, name, uid, body)
            case _:
                self._say(405)

    def _event(self, method: str, calendar: str, uid: str, body: str) -> None:
        events = self.memory.calendars[calendar]
        etag, text = events.get(uid, ("", ""))
        wanted = self.headers["If-Match"]
        if wanted is not None and (not etag or wanted not in (etag, "*")):
            self._say(412)
        elif method == "PUT":
            etag = f'"{secrets.token_hex(8)}"'
            events[uid] = (etag, body)
            self.memory.changed.append((calendar, uid))
            self._say(200, etag=etag)
        elif not etag:
            self._say(404)
        elif method == "GET":
            self._say(200, text, etag=etag)
        else:
            del events[uid]
            self.memory.changed.append((calendar, uid))
            self._say(204)

    def _say(self, status: int, body: object = None, etag: str = "") -> None:
        data = b"" if body is None else body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        if etag:
            self.send_header("ETag", etag)
        self.send_header("Content-Type", "text/calendar" if isinstance(body, str) else "application/json")
        if status != 204:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
