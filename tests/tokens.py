"""A strict provider with tokens as a server on loopback, its plugin, and a broker for it in any process.

Refresh tokens work once: one that comes a second time ends everything that came from it, as providers do that look for
theft (RFC 9700, 4.14).
"""

from __future__ import annotations

import http.server
import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs

from hub.core.errors import NeedsReconnect, Retry
from hub.core.provider import (
    CONNECTION_HOST,
    AuthScheme,
    ConnectLevel,
    DataCategory,
    Grant,
    Operation,
    Provider,
    Revocation,
)
from hub.core.purpose import Purpose
from hub.settings import load_settings
from hub.store.database import Database
from hub.vault.broker import Broker
from hub.vault.guard import Guard
from hub.vault.keycalls import Connected
from hub.vault.keys import Keyring
from hub.vault.roots import Roots
from tests.consents import give

NOW = 1_800_000_000
ROOTS = Roots(credential=b"c" * 32, data=b"d" * 32)


class TokenServer:
    """The provider. ``accounts`` maps each refresh token that works to its account and family.

    ``lies``: it says that a token is revoked, and goes on. ``before`` is called with the path before each answer, and
    may return a status and a body in place of it.
    """

    def __init__(self) -> None:
        self.accounts: dict[str, tuple[str, int]] = {}
        self.access: dict[str, tuple[str, int]] = {}
        self.used: dict[str, tuple[str, int]] = {}
        self.calls: list[tuple[str, float]] = []
        self.lies = False
        self.rotates = True
        self.before: Callable[[str], tuple[int, bytes] | None] = lambda path: None
        self._families = itertools.count(1)
        self._lock = threading.Lock()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                self._say(outer.answer(self.path, {name: one[0] for name, one in parse_qs(body).items()}))

            def do_GET(self) -> None:
                token = self.headers.get("Authorization", "").removeprefix("Bearer ")
                self._say(outer.answer(self.path, {"access_token": token}))

            def _say(self, told: tuple[int, bytes]) -> None:
                self.send_response(told[0])
                self.send_header("Content-Length", str(len(told[1])))
                self.end_headers()
                self.wfile.write(told[1])

            def log_message(self, *_: object) -> None:
                pass

        class Quiet(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, request: object, client_address: object) -> None:
                pass

        self.server = Quiet(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.server.server_port}"

    def sign_in(self, account: str) -> dict[str, str]:
        """Return the answer with which an account is connected: a new family of tokens."""
        with self._lock:
            family = next(self._families)
            refresh, access = f"refresh-{family}-0", f"access-{family}-0"
            self.accounts[refresh] = self.access[access] = (account, family)
        return {"access_token": access, "refresh_token": refresh, "account": account, "origin": self.origin}

    def count(self, path: str) -> int:
        """Return how many requests came to a path."""
        return sum(one == path for one, _ in self.calls)

    def answer(self, path: str, said: Mapping[str, str]) -> tuple[int, bytes]:
        """Answer one request."""
        with self._lock:
            self.calls.append((path, time.monotonic()))
        told = self.before(path)
        if told is not None:
            return told
        with self._lock:
            if path == "/token":
                return self._refresh(said.get("refresh_token", ""))
            if path == "/revoke":
                return self._revoke(said.get("token", ""))
            return (200, b"ok") if said["access_token"] in self.access else (401, b"no")

    def _refresh(self, token: str) -> tuple[int, bytes]:
        if token in self.used:
            self._end(lambda one: one == self.used[token])
        if token not in self.accounts:
            return 400, b'{"error": "invalid_grant"}'
        account, family = self.accounts[token]
        number = len(self.calls)
        access, fresh = f"access-{family}-{number}", f"refresh-{family}-{number}"
        if self.rotates:
            self.used[token] = self.accounts.pop(token)
            self.accounts[fresh] = (account, family)
        self.access = {one: whose for one, whose in self.access.items() if whose[1] != family}
        self.access[access] = (account, family)
        said = {"access_token": access, "refresh_token": fresh if self.rotates else token, "expires_in": 3600}
        return 200, json.dumps(said).encode()

    def _revoke(self, token: str) -> tuple[int, bytes]:
        whose = self.accounts.get(token)
        if whose is None:
            return 400, b'{"error": "invalid_token"}'
        if not self.lies:
            self._end(lambda one: one[0] == whose[0] if self.ends_all else one == whose)
        return 200, b""

    ends_all = False

    def _end(self, which: Callable[[tuple[str, int]], bool]) -> None:
        self.accounts = {token: one for token, one in self.accounts.items() if not which(one)}
        self.access = {token: one for token, one in self.access.items() if not which(one)}


@contextmanager
def token_server() -> Iterator[TokenServer]:
    """Run a provider for the length of the block."""
    made = TokenServer()
    thread = threading.Thread(target=made.server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()


class TokenPlugin:
    """The plugin and the registry that knows it alone."""

    def __init__(self, revocation: Revocation = Revocation.TOKEN) -> None:
        purposes = frozenset(Purpose)
        key = frozenset({Purpose.CONNECT})
        operations = (
            Operation("read", "GET", CONNECTION_HOST, "/{rest+}", purposes, DataCategory.EVENTS),
            Operation("token", "POST", CONNECTION_HOST, "/token", key, DataCategory.ACCOUNT),
            Operation("revoke", "POST", CONNECTION_HOST, "/revoke", key, DataCategory.ACCOUNT),
        )
        levels = (ConnectLevel("full", "Full", purposes),)
        self._provider = Provider("tokens", "Tokens", operations, levels, revocation, "Your events.")

    def provider(self, name: str) -> Provider:
        return self._provider

    def keys(self, provider: str) -> Any:
        return self

    def hub_connect(self, setup: Any, answer: Mapping[str, str]) -> Grant:
        secret = {"access_token": answer["access_token"], "refresh_token": answer["refresh_token"]}
        about = {"account_id": answer["account"], "expires_at": int(answer.get("expires_at", NOW + 3600))}
        return Grant(AuthScheme.BEARER, secret, (answer["origin"],), f"{answer['account']}@example.test", **about)  # type: ignore[arg-type]

    def hub_refresh(self, setup: Any, grant: Grant) -> Grant:
        told = setup.http.post(f"{grant.origins[0]}/token", data={"refresh_token": grant.secret["refresh_token"]})
        said = _json(told)
        if said.get("error") == "invalid_grant":
            raise NeedsReconnect("It is over.", code=said.get("why"))
        if told.status_code != 200 or "access_token" not in said:
            raise Retry("It cannot be refreshed now.", sent=told.status_code >= 500)
        secret = {name: said[name] for name in ("access_token", "refresh_token")}
        return Grant(AuthScheme.BEARER, secret, (), "", expires_at=NOW + 3600, account_id=said.get("sub", ""))

    def hub_revoke(self, setup: Any, grant: Grant) -> None:
        told = setup.http.post(f"{grant.origins[0]}/revoke", data={"token": grant.secret["refresh_token"]})
        if _json(told).get("error") == "invalid_token":
            raise NeedsReconnect("It is over.")
        if told.status_code != 200:
            raise Retry("It cannot be revoked now.")


def _json(told: Any) -> dict[str, Any]:
    try:
        said = told.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def token_broker(database: Database, keystore: Database, origin: str, plugin: TokenPlugin, clock: Any) -> Broker:
    """Return a broker whose provider is at that origin."""
    keyring = Keyring(database, keystore, ROOTS, clock=clock)
    settings = load_settings({}, egress_timeout=5, egress_max_bytes=200_000)
    parts = {"settings": settings, "database": database, "keyring": keyring, "registry": plugin, "clock": clock}
    return Broker(**parts, guard=Guard([origin]))


def connect_tokens(broker: Broker, database: Database, business: str, answer: Mapping[str, str], **more: Any) -> str:
    """Connect an account with what `TokenServer.sign_in` gave, and return the connection's id."""
    made = broker.connect(business, "tokens", "full", answer, **more)
    assert isinstance(made, Connected)
    if "connection" not in more:
        with database.writing() as conn:
            give(conn, business, made.connection, NOW)
    return made.connection
