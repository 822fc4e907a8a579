"""The stand-in as one WSGI application: the consent page, the token endpoint, the keys, revoking, and the API."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from hub.testing.lab.google import consent, faults, tokens, wellknown
from hub.testing.lab.google.api import answered, understood
from hub.testing.lab.google.document import SERVICE
from hub.testing.lab.google.errors import GoogleError
from hub.testing.lab.google.push import Pushes
from hub.testing.lab.google.state import Client, GoogleState, Person
from hub.testing.lab.keeping import kept, nothing
from hub.testing.lab.serve import serve
from hub.testing.lab.switches import Fault

AUTHORIZE, TOKEN, REVOKE, CERTS = "/o/oauth2/v2/auth", "/token", "/revoke", "/oauth2/v3/certs"
DISCOVERY, RISC = "/.well-known/openid-configuration", "/.well-known/risc-configuration"
ADA = Person("100000000000000000001", "ada@example.com", "Ada")
BEN = Person("100000000000000000002", "ben@example.com", "Ben", note="in New York", zone="America/New_York")
CLIENT = Client("lab-client", "lab-secret", ("http://127.0.0.1/connect/return",))
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
_CSP = "default-src 'none'; style-src 'unsafe-inline'"


class GoogleLab:
    """The stand-in. ``origin`` is where it is served; until then, its issuer is Google's own."""

    def __init__(
        self,
        client: Client = CLIENT,
        people: tuple[Person, ...] = (ADA, BEN),
        clock: Callable[[], int] = lambda: int(time.time()),
    ) -> None:
        self.state = GoogleState(client, people, clock)
        self.pushes = Pushes(self.state)
        self.origin = "https://accounts.google.com"

    @property
    def settings(self) -> dict[str, str]:
        """What the provider's settings in the hub are for this stand-in."""
        client = self.state.client
        return {"client_id": client.id, "client_secret": client.secret} | addresses(self.origin)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request."""
        request = Request(environ)
        request.max_content_length = 2_000_000
        try:
            response = self._answer(request, _raw_path(environ))
        except HTTPException as error:
            response = error.get_response()
        response.headers.extend(_HEADERS)
        return response(environ, start_response)

    def _answer(self, request: Request, path: str) -> Response:
        state = self.state
        state.note(request.method, path)
        if path == AUTHORIZE:
            return self._consent(request)
        wrong = faults.instead(state.switches, request.method, path)
        if wrong is not None:
            return wrong
        match request.method, path:
            case "POST", str(where) if where == TOKEN:
                return self._token(request)
            case "POST", str(where) if where == REVOKE:
                return self._revoke(request)
            case "GET", str(where) if where == CERTS:
                return _json(tokens.jwks(state.folder))
            case "GET", str(where) if where == DISCOVERY:
                return _json(wellknown.openid(self.origin, addresses(self.origin)))
            case "GET", str(where) if where == RISC:
                return _json(wellknown.risc(self.origin, addresses(self.origin)))
        if path.startswith(SERVICE):
            return self._api(request, path)
        return Response("Not Found", 404, content_type="text/plain")

    def _consent(self, request: Request) -> Response:
        try:
            if request.method == "POST":
                form = request.form
                return redirect(consent.decide(self.state, self.origin, form.to_dict(), form.getlist("scope")), 302)
            page = consent.ask(self.state, request.args.to_dict())
        except consent.AskedWrong as problem:
            return _page(consent.wrong(str(problem)), 400)
        return _page(page, 200)

    def _token(self, request: Request) -> Response:
        given = request.authorization
        basic = (given.username or "", given.password or "") if given and given.type == "basic" else None
        try:
            return _json(tokens.answer(self.state, self.origin, request.form.to_dict(), basic))
        except tokens.TokenError as error:
            return _json(error.body, error.status)

    def _revoke(self, request: Request) -> Response:
        switches = self.state.switches
        match switches.takes("POST", REVOKE, Fault.REVOKE_DOWN, Fault.REVOKE_LIES):
            case Fault.REVOKE_DOWN:
                return _json({"error": "service_unavailable"}, 503)
            case Fault.REVOKE_LIES:
                return _json({})
        ended = tokens.revoke(self.state, request.values.get("token", ""))
        if ended is not None:
            self.pushes.drop(ended.sub, ended.client)
            return _json({})
        if not request.values.get("token"):
            return _json({"error": "invalid_request", "error_description": "The token is missing"}, 400)
        return _json({"error": "invalid_token", "error_description": "This token is over"}, 400)

    def _api(self, request: Request, path: str) -> Response:
        state, verb = self.state, request.method
        try:
            faults.refuse(state.switches, verb, path)
            call = understood(state, request, path)
            faults.refuse_call(state.switches, verb, path, call)
            found = answered(state, self.pushes, call)
        except GoogleError as error:
            return faults.failed(error)
        lost = faults.lose_answer(state.switches, verb, path, call)
        if lost is not None:
            return lost
        found = faults.lied(state.switches, verb, path, call, found, state.lie)
        if found is None:
            return Response(status=204)
        etag = found.get("etag") if isinstance(found, dict) else None
        if verb == "GET" and etag and request.headers.get("If-None-Match") == etag:
            return Response(status=304, headers={"ETag": etag})
        return _json(found, etag=etag if isinstance(etag, str) else "")


@contextmanager
def google(lab: GoogleLab | None = None, *, port: int = 0, keep: Callable[[], None] = nothing) -> Iterator[GoogleLab]:
    """Serve a stand-in on loopback until the block ends. ``keep`` is called before it answers what changed it."""
    lab = lab or GoogleLab()
    with serve(kept(lab, keep), port=port) as origin:
        lab.origin = lab.pushes.base = origin
        try:
            yield lab
        finally:
            lab.pushes.close()


def addresses(origin: str) -> dict[str, str]:
    """Return the provider's settings that name addresses, for a stand-in at an origin."""
    return {
        "issuer": origin,
        "authorize_url": origin + AUTHORIZE,
        "token_url": origin + TOKEN,
        "revoke_url": origin + REVOKE,
        "keys_url": origin + CERTS,
        "api_url": origin,
    }


def _raw_path(environ: dict[str, Any]) -> str:
    """Return the path as it was sent, still encoded: an id of a calendar may hold a slash."""
    raw = str(environ.get("RAW_URI") or environ.get("REQUEST_URI") or "")
    return raw.partition("?")[0] if raw.startswith("/") else str(environ.get("PATH_INFO", "/"))


def _json(body: Any, status: int = 200, *, etag: str = "") -> Response:
    response = Response(json.dumps(body), status, content_type="application/json; charset=UTF-8")
    if etag:
        response.headers["ETag"] = etag
    return response


def _page(text: str, status: int) -> Response:
    return Response(text, status, headers={"Content-Security-Policy": _CSP}, content_type="text/html; charset=UTF-8")
