from __future__ import annotations

import json
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.testing.servers import free_port

ROOT = Path(__file__).parents[2]
CANARY = "c4n4ry-of-ada"
TOKEN = secrets.token_urlsafe(32)

_PROGRAM = """
import sys
from flask import Flask
from hub.logs import set_up_logs
from hub.settings import load_settings
from hub.web.server import serve

def make_app():
    app = Flask("tests.app")
    app.wsgi_app = lambda environ, start: answer(environ, start)
    return app

def answer(environ, start):
    if environ["PATH_INFO"] == "/well":
        start("200 OK", [])
        return [b"well"]
    raise KeyError(environ["PATH_INFO"])

set_up_logs("DEBUG", as_json=True, process="web")
serve(load_settings({}, web_port=int(sys.argv[1])), make_app)
"""


class Server:
    def __init__(self, errors: Path) -> None:
        self.errors, self.port = errors, free_port()
        with errors.open("wb") as out:
            command = [sys.executable, "-c", _PROGRAM, str(self.port)]
            self.process = subprocess.Popen(command, cwd=ROOT, stderr=out, stdout=out)

    def get(self, path: str) -> int:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        deadline = time.monotonic() + 20
        while True:
            try:
                with opener.open(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                    return int(answer.status)
            except urllib.error.HTTPError as error:
                error.close()
                return error.code
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.05)

    def stop(self) -> str:
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(20) == 0
        return self.errors.read_text()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "errors.txt")
    yield server
    server.process.kill()
    server.process.wait()


def test_what_gunicorn_says_of_an_error_is_a_line_of_the_hubs_log_without_the_address(server: Server) -> None:
    assert server.get("/well") == 200
    assert server.get(f"/b/manage/{TOKEN}?name={CANARY}") == 500
    assert server.get(f"/{CANARY}") == 500
    said = server.stop()
    lines = [json.loads(line) for line in said.splitlines()]
    assert CANARY not in said
    assert TOKEN not in said
    errors = [line for line in lines if line["logger"] == "gunicorn.error" and line["level"] == "ERROR"]
    assert [line["exception"] for line in errors] == ["KeyError", "KeyError"]
    assert {line["process"] for line in lines} == {"web"}
