"""Real loopback servers, and a vault with one provider behind which they stand."""

from __future__ import annotations

import base64
import http.server
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
import trustme

from hub.core.provider import (
    CONNECTION_HOST,
    AuthScheme,
    ConnectLevel,
    DataCategory,
    Form,
    Grant,
    Operation,
    Provider,
    Revocation,
)
from hub.core.purpose import Purpose
from hub.settings import load_settings
from hub.store.business import add_business
from hub.store.database import Database
from hub.vault.accounts import OpenAccount, open_account
from hub.vault.broker import Broker
from hub.vault.guard import Guard
from hub.vault.keycalls import Connected
from hub.vault.keys import Keyring
from hub.vault.roots import Roots
from tests.consents import give

PASSWORD = "correct-horse-battery-staple"
PAIR = base64.b64encode(f"ada:{PASSWORD}".encode()).decode()
TOKEN = "ya29.canary-access-token"
NOW = 1_800_000_000


@dataclass(slots=True)
class Seen:
    """A request as the server saw it."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Reply:
    """What the server answers; ``raw`` goes out as it is and then the connection ends."""

    status: int = 200
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b"ok"
    raw: Callable[[Any], None] | None = None


class Server:
    """A web server on loopback that answers what ``answer`` says and remembers what it saw."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.seen: list[Seen] = []
        self.answer: Callable[[Seen], Reply] = lambda seen: Reply()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            timeout = 20

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except OSError:
                    self.close_connection = True

            def __getattr__(self, name: str) -> Callable[[], None]:
                if name.startswith("do_"):
                    return self._any
                raise AttributeError(name)

            def _any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                seen = Seen(self.command, self.path, dict(self.headers.items()), body)
                outer.seen.append(seen)
                reply = outer.answer(seen)
                if reply.raw is not None:
                    reply.raw(self.wfile)
                    self.close_connection = True
                    return
                self.send_response(reply.status)
                for name, value in reply.headers:
                    self.send_header(name, value)
                if not any(name == "Content-Length" for name, _ in reply.headers):
                    self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(reply.body)

            def log_message(self, *_: object) -> None:
                pass

        class Quiet(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: object, client_address: object) -> None:
                pass

        self._server = Quiet(("127.0.0.1", 0), Handler)
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = int(self._server.server_port)
        self.origin = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def make_server() -> Iterator[Callable[..., Server]]:
    """Start servers; they end with the test."""
    servers: list[Server] = []

    def make(tls: ssl.SSLContext | None = None) -> Server:
        servers.append(Server(tls))
        return servers[-1]

    yield make
    for server in servers:
        server.close()


@pytest.fixture
def server(make_server: Callable[..., Server]) -> Server:
    return make_server()


@pytest.fixture
def tls_server(authority: trustme.CA, make_server: Callable[..., Server]) -> Callable[..., Server]:
    """Start a server whose certificate is for the given names."""

    def make(*names: str) -> Server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*names).configure_cert(context)
        return make_server(context)

    return make


EVERYTHING = frozenset(Purpose)


def operations() -> tuple[Operation, ...]:
    """Declare what a CalDAV plugin might, with one purpose left out of writing."""
    events, any_path = DataCategory.EVENTS, "/{rest+}"
    reading = EVERYTHING - {Purpose.CREATE_EVENT}
    return (
        Operation("read", "GET", CONNECTION_HOST, any_path, reading, events),
        Operation("head", "HEAD", CONNECTION_HOST, any_path, reading, events),
        Operation("find", "PROPFIND", CONNECTION_HOST, any_path, reading, events),
        Operation("report", "REPORT", CONNECTION_HOST, any_path, reading, events),
        Operation("write", "PUT", CONNECTION_HOST, "/cal/{event}", frozenset({Purpose.CREATE_EVENT}), events),
        Operation("post", "POST", CONNECTION_HOST, "/token", frozenset({Purpose.CONNECT}), events),
    )


class Plugins:
    """A registry with one plugin, "dav"; its key hooks are what the test sets."""

    def __init__(self) -> None:
        self.revocation = Revocation.NONE
        self.hooks: Any = self
        self.grant: Grant | None = None
        self._provider: Provider | None = None

    def provider(self, name: str) -> Provider:
        if self._provider is None or self._provider.revocation is not self.revocation:
            levels = (
                ConnectLevel("full", "Full", EVERYTHING),
                ConnectLevel("busy", "Busy times", frozenset({Purpose.CHECK_AVAILABILITY})),
            )
            self._provider = Provider("dav", "DAV", operations(), levels, self.revocation, "Nothing.")
        return self._provider

    def keys(self, provider: str) -> Any:
        return self.hooks

    def hub_connect(self, setup: Any, answer: Mapping[str, str] | None) -> Form | Grant:
        return self.grant or Form(())


class Vault:
    """A keyring and a broker over real databases; the clock stands still until it is moved."""

    def __init__(self, database: Database, keystore: Database, guard: Guard, timeout: float = 5.0) -> None:
        self.database, self.keystore = database, keystore
        self.now = NOW
        self.roots = Roots(credential=b"c" * 32, data=b"d" * 32)
        self.keyring = self.new_keyring()
        self.plugins = Plugins()
        self.settings = load_settings({}, egress_timeout=timeout, egress_max_bytes=200_000)
        self.broker = self.new_broker(guard)
        with database.writing() as conn:
            self.business = add_business(conn, "Ada's salon", "Europe/Berlin", NOW)
            self.other = add_business(conn, "Cyd's clinic", "Europe/Berlin", NOW)

    def clock(self) -> int:
        return self.now

    def new_keyring(self) -> Keyring:
        return Keyring(self.database, self.keystore, self.roots, clock=self.clock)

    def new_broker(self, guard: Guard) -> Broker:
        return Broker(
            settings=self.settings,
            database=self.database,
            keyring=self.keyring,
            registry=self.plugins,
            clock=self.clock,
            guard=guard,
        )

    def connect(self, origin: str, scheme: AuthScheme = AuthScheme.BASIC, level: str = "full", **about: Any) -> str:
        """Connect an account at an origin and return the connection's id."""
        bearer = {"access_token": TOKEN, "refresh_token": "1//canary-refresh-token"}
        secret = about.pop(
            "secret", bearer if scheme is AuthScheme.BEARER else {"username": "ada", "password": PASSWORD}
        )
        again = about.pop("again", None)
        self.plugins.grant = Grant(scheme, secret, (origin,), "ada@example.test", **about)
        made = self.broker.connect(self.business, "dav", level, {}, connection=again)
        assert isinstance(made, Connected)
        if again is None:
            with self.database.writing() as conn:
                give(conn, self.business, made.connection, self.now)
        return made.connection

    def open(self, connection: str, purpose: Purpose = Purpose.CHECK_AVAILABILITY) -> OpenAccount:
        return open_account(
            self.database, self.keyring, self.broker, self.business, connection, purpose, "hub_free_busy"
        )


@pytest.fixture
def vault(database: Database, keystore: Database, server: Server) -> Iterator[Vault]:
    """A vault whose operator listed the origin of ``server``."""
    vault = Vault(database, keystore, Guard([server.origin]))
    yield vault
    vault.broker.close()
