"""What a stranger finds who tries the addresses that scanners try: on the application as it is really served."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import pytest

from hub.run.parent import READY_FD
from hub.testing.servers import free_port

ROOT = Path(__file__).parents[2]
_TELLING = ("traceback", "werkzeug", "gunicorn", "flask", "sqlalchemy", "python/", str(ROOT).lower())
"""Words that no answer says of how the hub is made."""


@dataclass(frozen=True)
class Answer:
    """What was answered."""

    status: int
    headers: dict[str, str]
    text: str


@dataclass(frozen=True)
class Served:
    """`hub work web`, on a port of this machine."""

    port: int

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        """Send a request."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        found = Answer(
            answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode("latin-1")
        )
        connection.close()
        return found

    def raw(self, request: bytes) -> str:
        """Send bytes, and return what comes back until the line ends."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as line:
            line.sendall(request)
            line.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: line.recv(65536), b"")).decode("latin-1")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A new hub, as it is started everywhere."""
    port, folder = free_port(), tmp_path_factory.mktemp("served")
    reading, writing = os.pipe()
    env = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    env |= {"HUB_DATA_DIR": str(folder), "HUB_WEB_PORT": str(port), READY_FD: str(writing)}
    env["HUB_QUEUE_URL"] = f"unix://{folder}/nobody.sock"  # rates are counted in the process alone
    command = [sys.executable, "-m", "hub.cli", "work", "web"]
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=env, pass_fds=[writing], stdout=log, stderr=log)
    os.close(writing)
    assert os.read(reading, 1) == b".", (folder / "log.txt").read_text()
    os.close(reading)
    yield Served(port)
    process.send_signal(signal.SIGTERM)
    process.wait(20)


_NOTHING = (
    # the debugger of the library, and consoles
    "/console?__debugger__=yes&cmd=resource&f=debugger.js",
    "/?__debugger__=yes&cmd=pinauth&pin=000-000-000&s=1",
    "/debug",
    "/_debug_toolbar/",
    "/actuator/env",
    "/server-status",
    "/phpinfo.php",
    # what lies beside the code
    "/.git/HEAD",
    "/.git/config",
    "/.env",
    "/.svn/entries",
    "/.DS_Store",
    "/data/hub.sqlite",
    "/hub.sqlite",
    "/keys/credential.root",
    "/config/default.toml",
    "/pyproject.toml",
    "/backup.zip",
    # figures and documents that are not where they are
    "/metrics",
    "/api/v1/metrics",
    "/swagger.json",
    "/openapi.json",
    "/docs",
    "/redoc",
    "/api/v1/",
    # lists of folders, and ways out of them
    "/static/",
    "/static",
    "/static/../hub/settings.py",
    "/static/%2e%2e/%2e%2e/settings.py",
    "/static/..%2f..%2fsettings.py",
    "/static//etc/passwd",
    "/templates/layout.html",
    # users that others have
    "/admin",
    "/admin/login",
    "/wp-login.php",
    "/manager/html",
)


@pytest.mark.parametrize("path", _NOTHING)
def test_there_is_nothing_where_scanners_look(served: Served, path: str) -> None:
    answer = served.ask("GET", path)
    # The two of the debugger are pages that there are, which do not know what was asked.
    expected = (303,) if "__debugger__" in path else (404,)
    assert answer.status in expected, answer.text
    _says_nothing(answer)


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "PROPFIND", "PUT", "DELETE", "DEBUG"])
@pytest.mark.parametrize("path", ["/", "/health/live", "/api/v1/openapi.json", "/b/nobody"])
def test_a_method_that_a_page_does_not_have_is_refused_and_sends_nothing_back(
    served: Served, method: str, path: str
) -> None:
    answer = served.ask(method, path, **{"X-Canary": "c4n4ry"})
    assert answer.status in (400, 404, 405, 501), answer.text
    assert "c4n4ry" not in answer.text
    _says_nothing(answer)


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /health/live HTTP/1.1\r\nHost: \x00\r\n\r\n",
        b"GET http://[::1 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST /sign-in HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_what_is_no_request_is_refused_without_a_trace(served: Served, request_: bytes) -> None:
    said = served.raw(request_)
    assert not said or " 4" in said.partition("\r\n")[0] or " 5" in said.partition("\r\n")[0], said[:200]
    _says_nothing(Answer(0, {}, said))


def test_no_answer_says_what_the_hub_is_made_of_and_which_version(served: Served) -> None:
    for path in ("/", "/sign-in", "/health/live", "/health/ready", "/nothing", "/api/v1/businesses", "/api/docs"):
        answer = served.ask("GET", path)
        assert "x-powered-by" not in answer.headers
        assert "via" not in answer.headers
        assert answer.headers.get("server", "") in ("", "gunicorn", "hub")
        if path != "/api/docs":
            _says_nothing(answer)


def test_nobody_has_an_account_from_the_start(served: Served) -> None:
    first = served.ask("GET", "/sign-in")
    assert first.status in (200, 303)
    for name, password in (("admin@example.com", "admin"), ("owner@example.com", "password"), ("demo", "demo")):
        body = f"email={name}&password={password}".encode()
        answer = served.ask("POST", "/sign-in", body, **{"Content-Type": "application/x-www-form-urlencoded"})
        assert answer.status in (303, 403, 404)
        assert "hub_session" not in answer.headers.get("set-cookie", "")
    assert served.ask("GET", "/console").status in (303, 404)


def test_the_document_of_the_api_is_open_and_names_no_business_key_or_address(served: Served) -> None:
    answer = served.ask("GET", "/api/v1/openapi.json")
    assert answer.status == 200
    document = json.loads(answer.text)
    assert "servers" not in document
    assert str(served.port) not in answer.text
    assert served.ask("GET", "/api/v1/businesses").status == 401


def _says_nothing(answer: Answer) -> None:
    """Nothing in a body tells how the hub is made."""
    said = answer.text.partition("\r\n\r\n")[2] if answer.status == 0 else answer.text
    found = [word for word in _TELLING if word in said.lower()]
    assert not found, f"{found} in {said[:400]}"
