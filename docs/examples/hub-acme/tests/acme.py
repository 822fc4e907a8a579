"""A small, strict Acme on loopback: iCalendar objects with entity tags, a list of changes, hooks that tell of them."""

from __future__ import annotations

import contextlib
import json
import secrets
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import requests
from werkzeug import Request, Response

from hub.testing.lab.faulted import COMMON, with_faults
from hub.testing.lab.serve import serve
from hub.testing.lab.switches import Fault, Switches

TOKEN = "acme-token-of-ada-0123456789"  # noqa: S105 - of a server that lives for one test
KNOWN = COMMON | {
    *(Fault.GONE, Fault.CHANGED, Fault.LYING),
    *(Fault.PUSH_DROPPED, Fault.PUSH_TWICE, Fault.REVOKE_DOWN, Fault.REVOKE_LIES),
}
LIES = {"events": [{"uid": ["a"], "ical": 7}], "cursor": 9, "calendars": {"id": "ada"}, "id": [], "until": "soon"}


@dataclass
class Acme:
    """The server's memory: which tokens it takes, and how many changes there were when each cursor was handed out."""

    url: str = ""
    tokens: set[str] = field(default_factory=lambda: {TOKEN})
    calendars: dict[str, dict[str, tuple[str, str]]] = field(default_factory=lambda: {"ada": {}})
    changed: list[tuple[str, str]] = field(default_factory=list)
    cursors: dict[str, int] = field(default_factory=dict)
    hooks: dict[str, dict[str, Any]] = field(default_factory=dict)
    seen: list[tuple[str, str]] = field(default_factory=list)
    switches: Switches = field(default_factory=Switches)
    turn: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        """Answer a request (WSGI)."""
        request = Request(environ)
        lies = self.switches.takes(request.method, request.path, Fault.LYING)
        with self.turn:
            answer = Response(json.dumps(LIES), mimetype="application/json") if lies else self._answer(request)
        return answer(environ, start)

    def new_token(self) -> str:
        """Make one more token, as Ada does in her settings."""
        self.tokens.add(token := secrets.token_hex(16))
        return token

    def _answer(self, request: Request) -> Response:
        body = request.get_data(as_text=True)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.tokens:
            return Response(status=401)
        match request.method, request.path.strip("/").split("/"):
            case "GET", ["v1", "me"]:
                return _json({"email": "ada@example.com"})
            case "DELETE", ["v1", "token"]:
                return self._end(token)
            case "GET", ["v1", "calendars"]:
                listed = [{"id": one, "name": one, "zone": "Europe/Berlin", "writable": True} for one in self.calendars]
                return _json({"calendars": listed})
            case "POST", ["v1", "calendars"]:
                self.calendars[name := json.loads(body)["name"]] = {}
                return _json({"id": name}, 201)
            case _, ["v1", "calendars", name, *_rest] if name not in self.calendars:
                return Response(status=404)
            case "DELETE", ["v1", "calendars", name]:
                del self.calendars[name]
                return Response(status=204)
            case "GET", ["v1", "calendars", name, "events"]:
                events = self.calendars[name].items()
                return _json({"events": [{"uid": uid, "ical": text} for uid, (_etag, text) in events]})
            case "GET", ["v1", "calendars", name, "changes"]:
                return self._changes(name, request.args.get("cursor"))
            case "POST", ["v1", "calendars", name, "hooks"]:
                hook = {"id": secrets.token_hex(8), "calendar": name, **json.loads(body)}
                self.hooks[hook["id"]] = hook
                return _json({"id": hook["id"], "until": hook["until"]}, 201)
            case "DELETE", ["v1", "calendars", _, "hooks", hook_id]:
                return Response(status=204 if self.hooks.pop(hook_id, None) else 404)
            case method, ["v1", "calendars", name, "events", uid]:
                return self._event(method, name, uid, body, request.headers.get("If-Match"))
            case _:
                return Response(status=405)

    def _end(self, token: str) -> Response:
        fault = self.switches.takes("DELETE", "/token", Fault.REVOKE_DOWN, Fault.REVOKE_LIES)
        if fault is None:
            self.tokens.remove(token)
        return Response(status=503 if fault is Fault.REVOKE_DOWN else 204)

    def _changes(self, calendar: str, cursor: str | None) -> Response:
        too_old = cursor is not None and self.switches.takes("GET", "/changes", Fault.GONE)
        if too_old or (cursor is not None and cursor not in self.cursors):
            return Response(status=410)
        events = self.calendars[calendar]
        uids = list(events)
        if cursor is not None:
            since = self.changed[self.cursors[cursor] :]
            uids = list(dict.fromkeys(uid for where, uid in since if where == calendar))
        following = secrets.token_hex(8)
        self.cursors[following] = len(self.changed)
        listed = [{"uid": uid, "ical": events[uid][1] if uid in events else None} for uid in uids]
        return _json({"events": listed, "cursor": following})

    def _event(self, method: str, calendar: str, uid: str, body: str, wanted: str | None) -> Response:
        events = self.calendars[calendar]
        etag, text = events.get(uid, ("", ""))
        failing = wanted is not None and self.switches.takes(method, "/events", Fault.CHANGED)
        if failing or (wanted is not None and (not etag or wanted not in (etag, "*"))):
            return Response(status=412)
        if method == "PUT":
            events[uid] = (etag := f'"{secrets.token_hex(8)}"', body)
            self._tell(calendar, uid)
            return Response(status=200, headers={"ETag": etag})
        if not etag:
            return Response(status=404)
        if method == "GET":
            return Response(text, headers={"ETag": etag}, mimetype="text/calendar")
        del events[uid]
        self._tell(calendar, uid)
        return Response(status=204)

    def _tell(self, calendar: str, uid: str) -> None:
        """Remember the change, and tell the hooks of it as soon as the answer is on its way."""
        self.changed.append((calendar, uid))
        fault = self.switches.takes("PUSH", "/hooks", Fault.PUSH_DROPPED, Fault.PUSH_TWICE)
        times = 1 if fault is None else {Fault.PUSH_DROPPED: 0, Fault.PUSH_TWICE: 2}[fault]
        for hook in [one for one in self.hooks.values() if one["calendar"] == calendar] * times:
            news = {"hook": hook["id"], "secret": hook["secret"], "news": "changed"}
            threading.Thread(target=_post, args=(hook["url"], news), daemon=True).start()


@contextlib.contextmanager
def running() -> Iterator[Acme]:
    """Serve an Acme with one empty calendar, `ada`, until the block ends."""
    acme = Acme()
    answering = with_faults(acme, acme.switches)

    def application(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        acme.seen.append((environ["REQUEST_METHOD"], environ["PATH_INFO"]))
        return answering(environ, start)

    with serve(application) as acme.url:
        yield acme


def _post(url: str, news: dict[str, str]) -> None:
    with contextlib.suppress(requests.RequestException), requests.Session() as session:
        session.trust_env = False
        session.post(url, json=news, timeout=5)


def _json(value: object, status: int = 200) -> Response:
    return Response(json.dumps(value), status, mimetype="application/json")
