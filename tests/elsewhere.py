"""A provider that asks owners on its own pages: a strict authorization server on loopback, and a plugin for it.

The server keeps to RFC 6749 and 7636: a redirect address letter by letter, S256 alone, a code once, for the verifier
that it was asked for with.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from hub.core.provider import (
    CONNECTION_HOST,
    AuthScheme,
    ConnectLevel,
    DataCategory,
    Form,
    Grant,
    Operation,
    Provider,
    Redirect,
    Revocation,
    SettingField,
)
from hub.core.purpose import CALENDAR_PURPOSES, Purpose
from hub.plugin import Account, Busy, Calendar, Refused, Window, hookimpl
from hub.registry import Candidate, Registry
from hub.testing.lab.serve import serve
from hub.vault.broker import Broker
from tests.world import Calendars, World, _Plugin

SECRET = "canary-client-secret"
RETURN = "http://127.0.0.1:8000/connect/return"
BUSY = frozenset({Purpose.CONNECT, Purpose.SHOW_CALENDARS, Purpose.CHECK_AVAILABILITY, Purpose.PREVENT_CONFLICTS})


@dataclass
class Elsewhere:
    """The authorization server. ``account`` signs in and agrees, unless ``error`` is what it answers."""

    origin: str = ""
    returns_to: str = RETURN
    account: str = "ada@example.com"
    error: str = ""
    scopes: str = ""
    codes: dict[str, tuple[str, str]] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)

    def visit(self, url: str) -> str:
        """Do what an owner in a browser does who agrees: return the address to which they are sent back."""
        assert url.startswith(f"{self.origin}/authorize?"), url
        asked = {name: value for name, (value,) in parse_qs(urlsplit(url).query, keep_blank_values=True).items()}
        assert asked["redirect_uri"] == self.returns_to, "the redirect address is not the registered one"
        assert (asked["client_id"], asked["response_type"]) == ("app-1", "code")
        assert (asked["code_challenge_method"], len(asked["code_challenge"])) == ("S256", 43)
        given = {"state": asked["state"], "iss": self.origin}
        if self.error:
            return f"{asked['redirect_uri']}?{urlencode({'error': self.error, **given})}"
        code = secrets.token_urlsafe(16)
        self.codes[code] = (asked["code_challenge"], asked["scope"])
        return f"{asked['redirect_uri']}?{urlencode({'code': code, **given})}"

    def __call__(self, environ: dict[str, Any], start: Any) -> list[bytes]:
        """Answer at the token endpoint; a browser that asks to authorize is sent back as one that agreed."""
        if environ["PATH_INFO"] == "/authorize":
            back = self.visit(f"{self.origin}/authorize?{environ['QUERY_STRING']}")
            start("303 See Other", [("Location", back), ("Content-Length", "0")])
            return [b""]
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)).decode()
        asked = {name: values[0] for name, values in parse_qs(body).items()}
        self.asked.append(asked)
        challenge, scope = self.codes.pop(asked.get("code", ""), ("", ""))
        right = s256(asked.get("code_verifier", "")) == challenge and asked.get("client_secret") == SECRET
        answer = {"error": "invalid_grant"}
        if right and asked.get("redirect_uri") == self.returns_to:
            token = f"at-{secrets.token_urlsafe(16)}"
            answer = {"access_token": token, "account": self.account, "scope": self.scopes or scope}
        start("200 OK" if "access_token" in answer else "400 Bad Request", [("Content-Type", "application/json")])
        return [json.dumps(answer).encode()]


def s256(verifier: str) -> str:
    """Return the challenge of a verifier (RFC 7636, 4.2)."""
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


class ElsewherePlugin(_Plugin):
    """The plugin: the calendars of the world, and a provider that asks on its own pages."""

    fields: tuple[SettingField, ...] = (
        SettingField("client_id", "Client id"),
        SettingField("client_secret", "Client secret", secret=True),
        SettingField("server", "Address", required=False, default="https://login.example.com"),
    )

    def __init__(self, calendars: Calendars) -> None:
        super().__init__(calendars)

    @hookimpl
    def hub_free_busy(
        self, account: Account, calendars: Sequence[Calendar], window: Window
    ) -> Mapping[str, Sequence[Busy]]:
        """Leave out what nobody knows, as a provider does."""
        known = [one for one in calendars if not one.ref.startswith("unknown")]
        return super().hub_free_busy(account, known, window)  # type: ignore[no-any-return]

    @hookimpl
    def hub_provider(self) -> Provider:
        token = Operation(
            "token", "POST", CONNECTION_HOST, "/token", frozenset({Purpose.CONNECT}), DataCategory.ACCOUNT
        )
        sees, cannot = ("when you are busy",), ("see who you meet",)
        levels = (
            ConnectLevel("all", "See busy times and write", CALENDAR_PURPOSES, ("read", "write"), sees, cannot),
            ConnectLevel("busy", "See busy times only", BUSY, ("read",), sees, cannot, lists_calendars=False),
        )
        return Provider("fake", "Elsewhere", (token,), levels, Revocation.NONE, "nothing", settings=self.fields)


def hub_connect(setup: Any, answer: Mapping[str, str] | None) -> Form | Redirect | Grant:
    """Send the owner off; then exchange what came back, with the verifier that was kept."""
    server = setup.settings["server"]
    if answer is None:
        verifier = secrets.token_urlsafe(48)
        asked = {"response_type": "code", "client_id": setup.settings["client_id"], "state": setup.state}
        asked |= {"redirect_uri": setup.redirect_url, "code_challenge_method": "S256", "scope": _scope(setup.level)}
        return Redirect(f"{server}/authorize?{urlencode(asked | {'code_challenge': s256(verifier)})}", {"v": verifier})
    if "error" in answer:
        word = {"access_denied": "declined", "consent_required": "admin_blocked"}.get(answer["error"], "authorization")
        raise Refused(word, "You did not agree at Elsewhere, so nothing was connected.")
    given = {"code": answer["code"], "code_verifier": setup.keep["v"], "redirect_uri": setup.redirect_url}
    got = setup.http.post(f"{server}/token", data=given | {"client_secret": setup.settings["client_secret"]}).json()
    if "error" in got:
        raise Refused("token_request", "Elsewhere does not take the code.")
    scopes = tuple(got["scope"].split())
    lacking = [one for one in _scope(setup.level).split() if one not in scopes]
    return Grant(
        AuthScheme.BEARER,
        {"access_token": got["access_token"]},
        (server,),
        got["account"],
        {"api": server},
        scopes,
        limits=tuple(f"Without the permission {one!r} less can be done." for one in lacking),
    )


def _scope(level: str) -> str:
    return "read write" if level == "all" else "read"


class _Registry(Registry):
    def keys(self, provider: str) -> Any:
        return SimpleNamespace(hub_connect=hub_connect)


@contextmanager
def elsewhere(world: World, *, set_up: bool = True, **settings: Any) -> Iterator[Elsewhere]:
    """Let the world's provider be one that asks on its own pages; the operator has entered its settings."""
    server = Elsewhere()
    with serve(server) as server.origin:
        module: Any = ElsewherePlugin(world.calendars)
        registry = _Registry([Candidate("fake", "tests", lambda: module)])
        old = world.hub
        old.broker.close()
        public = {
            "egress_allow": (server.origin,),
            "public_url": "http://127.0.0.1:8000",
            "trusted_hosts": ("localhost",),
        }
        changed = old.settings.model_copy(update={**public, **settings})
        parts = {"database": old.database, "keyring": old.keyring, "registry": registry, "clock": world.clock}
        broker = Broker(settings=changed, **parts)  # type: ignore[arg-type]
        world.hub = replace(old, settings=changed, registry=registry, broker=broker)
        server.returns_to = f"{changed.base_url}/connect/return"
        broker.configure("fake", {"server": server.origin})
        if set_up:
            broker.configure("fake", {"client_id": "app-1", "client_secret": SECRET})
        yield server
        broker.close()
