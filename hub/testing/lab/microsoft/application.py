"""The stand-in as a whole: one application for sign-in and Graph, served over TLS, and its pages without."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from hub.testing.lab.keeping import kept, nothing
from hub.testing.lab.microsoft.call import Call
from hub.testing.lab.microsoft.failures import INSTEAD, LIES, Problem, Reply, instead
from hub.testing.lab.microsoft.graph import Graph
from hub.testing.lab.microsoft.items import Item
from hub.testing.lab.microsoft.pages import Pages, chosen
from hub.testing.lab.microsoft.people import people
from hub.testing.lab.microsoft.signin import Client, SignIn
from hub.testing.lab.microsoft.subscriptions import Subscriptions
from hub.testing.lab.microsoft.tokens import Tokens
from hub.testing.lab.serve import Silence, serve
from hub.testing.lab.switches import Fault, Switches

_VERSION = "/v1.0"
_WRITES = frozenset({"POST", "PATCH", "DELETE"})
_LARGEST = 4_000_000


class Microsoft:
    """The state of the stand-in, and the WSGI application. ``seen`` is what arrived at Graph: method and path."""

    def __init__(
        self,
        *,
        redirect_urls: Sequence[str] = (),
        client_id: str = "lab-client",
        client_secret: str = "lab-secret",  # noqa: S107 - of a stand-in on this machine
        clock: Callable[[], float] = time.time,
        trust: str = "",
        folder: Path | None = None,
    ) -> None:
        self.clock, self.switches = clock, Switches()
        self.people, self.tokens = people(clock), Tokens(clock, folder)
        self.client = Client(client_id, client_secret, "Frontdesk", tuple(redirect_urls))
        self.subscriptions = Subscriptions(clock, self.switches, trust)
        self.signin = SignIn(self.tokens, self.client, clock, self.switches)
        self.pages = Pages(self.people, self.tokens, self.client, clock)
        self.graph = Graph(self.people, self.tokens, self.subscriptions, clock, self.switches)
        self.seen: list[tuple[str, str]] = []
        self._lies = 0
        for person in self.people.values():
            person.mailbox.listen(self._changed(person.id))

    @property
    def origin(self) -> str:
        """Where it is, for programs."""
        return self.signin.origin

    @property
    def settings(self) -> Mapping[str, str]:
        """What the provider's settings of a hub must be."""
        return {
            "client_id": self.client.id,
            "client_secret": self.client.secret,
            "authority": f"{self.origin}/common",
            "graph": self.origin,
        }

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request (PEP 3333)."""
        reply = self._answer(environ)
        data = reply.data()
        kind = [("Content-Type", reply.kind)] if data else []
        headers = [*kind, ("Content-Length", str(len(data))), *reply.headers.items()]
        start(f"{reply.status} {HTTPStatus(reply.status).phrase}", headers)
        return [data]

    def _answer(self, environ: Mapping[str, Any]) -> Reply:
        method, path = environ["REQUEST_METHOD"], str(environ["PATH_INFO"])
        asked = parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)
        length = min(int(environ.get("CONTENT_LENGTH") or 0), _LARGEST)
        body = environ["wsgi.input"].read(length) if length else b""
        if path.startswith(f"{_VERSION}/"):
            headers = {
                name.removeprefix("HTTP_").replace("_", "-").lower(): str(value)
                for name, value in environ.items()
                if name.startswith("HTTP_") or name == "CONTENT_TYPE"
            }
            inside = path.removeprefix(_VERSION)
            self.seen.append((method, f"{path}?{environ.get('QUERY_STRING', '')}"))
            return self._graph(Call(method, inside, f"{self._here(environ)}{path}", asked, headers, body))
        form = chosen(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        with self.tokens.lock:
            return self._identity(method, path, chosen(asked), form, environ.get("HTTP_AUTHORIZATION", ""))

    def _identity(
        self, method: str, path: str, asked: dict[str, str], form: dict[str, str], authorization: str
    ) -> Reply:
        tenant, _, rest = path.removeprefix("/").partition("/")
        if (method, rest) == ("POST", "oauth2/v2.0/token"):
            fault = self.switches.takes(method, path, Fault.DOWN, Fault.HTML, Fault.BROKEN)
            if fault is Fault.BROKEN:
                raise Silence
            if fault is not None:
                return instead(fault, self.switches, self.clock())
            return self.signin.token(form, authorization)
        answers: Mapping[tuple[str, str], Callable[[], Reply]] = {
            ("GET", "v2.0/.well-known/openid-configuration"): lambda: self.signin.discovery(tenant),
            ("GET", "discovery/v2.0/keys"): self.signin.keys,
            ("GET", "oauth2/v2.0/authorize"): lambda: self.pages.authorize(tenant, asked),
            ("POST", "oauth2/v2.0/authorize"): lambda: self.pages.answered(form),
            ("GET", "v2.0/adminconsent"): lambda: self.pages.admin(tenant, asked),
            ("POST", "v2.0/adminconsent"): lambda: self.pages.admin_answered(form),
        }
        answer = answers.get((method, rest))
        return answer() if answer else Reply(404, {"error": "not_found"})

    def _graph(self, call: Call) -> Reply:
        try:
            grant = self.graph.enter(call)
        except Problem as problem:
            return problem.reply(self.clock())
        try:
            fault = self.switches.takes(call.method, call.path, *INSTEAD, Fault.BROKEN, Fault.SLOW, Fault.LYING)
            if fault in INSTEAD:
                return instead(fault, self.switches, self.clock())
            if fault is Fault.BROKEN:
                raise Silence
            if fault is Fault.SLOW:
                self.switches.linger()
            if fault is Fault.LYING and call.method == "GET":
                return self._lie(call)
            after = self.switches.takes(call.method, call.path, Fault.WRITE_THEN_SILENCE, Fault.WRITE_THEN_DOWN)
            try:
                reply = self.graph.answer(call, grant)
            except Problem as problem:
                reply = problem.reply(self.clock())
            if after is not None and call.method in _WRITES and reply.status < 300:
                if after is Fault.WRITE_THEN_SILENCE:
                    raise Silence
                return Problem(500, "ErrorInternalServerError", "Something went wrong.").reply(self.clock())
            return reply
        finally:
            self.graph.leave(grant)

    def _here(self, environ: Mapping[str, Any]) -> str:
        """Return at which of its two addresses it was asked."""
        tls = self.signin.origin.endswith(f":{environ['SERVER_PORT']}")
        return self.signin.origin if tls else self.signin.pages

    def _lie(self, call: Call) -> Reply:
        """Return the next lie; the last one is a page without end."""
        self._lies = (self._lies + 1) % (len(LIES) + 1)
        if self._lies == len(LIES):
            return Reply(200, {"value": [], "@odata.nextLink": f"{call.here}?$skip=0"})
        return Reply(200, LIES[self._lies])

    def _changed(self, account: str) -> Callable[[Item, str], None]:
        return lambda item, kind: self.subscriptions.changed(account, item, kind)


@contextmanager
def running(
    state: Microsoft, tls: ssl.SSLContext, *, ports: tuple[int, int] = (0, 0), keep: Callable[[], None] = nothing
) -> Iterator[Microsoft]:
    """Serve it until the block ends: over TLS for programs, as msal wants it, and without for people's browsers.

    ``keep`` is called before each answer that follows a change.
    """
    served = kept(state, keep)
    with serve(served, port=ports[0], tls=tls) as origin, serve(served, port=ports[1]) as pages:
        state.signin.origin, state.signin.pages = origin, pages
        try:
            yield state
        finally:
            state.subscriptions.close()
