"""One refresh in flight over all processes, and an honest end whatever is lost on the way."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from hub.core.errors import Retry
from hub.core.provider import Grant, Revocation
from hub.core.purpose import Purpose
from hub.store.business import add_business
from hub.store.connection import Credential, end_connection, find_connection
from hub.store.crash import CrashPoint
from hub.store.database import Database
from hub.store.refresh import Refresh
from hub.vault.border import Answer, Failure, Handle, Request, Result
from hub.vault.broker import Broker
from hub.vault.refresh import FINAL, LEASE, PAUSE
from tests.crash.harness import ROOT, run_until_killed, scenario_environment
from tests.tokens import NOW, TokenPlugin, TokenServer, connect_tokens, token_broker, token_server

EXPIRED = {"expires_at": str(NOW - 1)}


@dataclass
class Scene:
    """One account with an expired token, and a broker in this process."""

    server: TokenServer
    database: Database
    broker: Broker
    plugin: TokenPlugin
    business: str
    connection: str
    now: int

    def send(self, path: str = "/events") -> Result:
        handle = Handle(self.business, self.connection, 1, Purpose.CHECK_AVAILABILITY, "test")
        return self.broker.send(handle, Request("GET", self.server.origin + path))

    def version(self) -> int:
        with self.database.reading() as conn:
            mine = Credential.business_id == self.business
            return int(conn.execute(select(Credential.version).where(mine)).scalar_one())

    def disconnect(self) -> None:
        with self.database.writing() as conn:
            end_connection(conn, self.business, self.connection, self.now)

    def environment(self) -> dict[str, str]:
        about = {"origin": self.server.origin, "business": self.business, "connection": self.connection}
        return {"TOKENS": json.dumps(about)}


@pytest.fixture
def scene(database: Database, keystore: Database) -> Iterator[Scene]:
    with token_server() as server:
        with database.writing() as conn:
            business = add_business(conn, "Ada's salon", "Europe/Berlin", NOW)
        plugin = TokenPlugin()
        made = Scene(server, database, None, plugin, business, "", NOW)  # type: ignore[arg-type]
        made.broker = token_broker(database, keystore, server.origin, plugin, lambda: made.now)
        made.connection = connect_tokens(made.broker, database, business, server.sign_in("ada") | EXPIRED)
        yield made
        made.broker.close()


def word(result: Result) -> int | str:
    return result.status if isinstance(result, Answer) else result.reason


def test_fifty_calls_of_two_processes_with_an_expired_token_make_one_refresh(
    scene: Scene, tmp_path: Path, database_url: str
) -> None:
    scene.server.before = lambda path: time.sleep(0.3) if path == "/token" else None
    command = [sys.executable, "-m", "tests.crash.tokens", "calls"]
    env = scenario_environment(tmp_path, database_url, scene.environment())
    with subprocess.Popen(command, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as two:
        assert two.stdout is not None
        assert two.stdin is not None
        assert two.stdout.readline() == "ready\n"
        with ThreadPoolExecutor(25) as pool:
            jobs = [pool.submit(scene.send) for _ in range(25)]
            two.stdin.write("go\n")
            two.stdin.close()
            here = [word(job.result()) for job in jobs]
        there = json.loads(two.stdout.readline())
    assert (here, there) == ([200] * 25, [200] * 25)
    assert (scene.server.count("/token"), scene.server.count("/events")) == (1, 50)
    assert scene.version() == 2


def test_a_refresh_that_fails_for_now_is_not_repeated_by_everybody_who_waits(scene: Scene) -> None:
    scene.server.before = lambda path: (503, b"later") if path == "/token" else None
    with ThreadPoolExecutor(10) as pool:
        found = [word(job.result()) for job in [pool.submit(scene.send) for _ in range(10)]]
    assert found == ["refresh"] * 10
    assert scene.server.count("/token") == 1
    scene.server.before = lambda path: None
    scene.now += PAUSE
    assert word(scene.send()) == 200


def test_a_limit_of_the_token_endpoint_is_kept_for_as_long_as_it_asks(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(setup: Any, grant: Grant) -> Grant:
        asked.append(1)
        raise Retry("So many were asked for.", after=120, code="quota")

    asked: list[int] = []
    monkeypatch.setattr(scene.plugin, "hub_refresh", refuse)
    for wait in (0, PAUSE, 114):
        scene.now += wait
        assert word(scene.send()) == "refresh"
    assert len(asked) == 1
    monkeypatch.undo()
    scene.now += 1
    assert word(scene.send()) == 200


@pytest.mark.parametrize(
    ("told", "expected", "asked"),
    [
        ((400, b'{"error": "invalid_grant"}'), "refresh_refused", 1),
        ((200, b'{"error": "invalid_grant"}'), "refresh_refused", 1),
        ((400, b'{"error": "invalid_grant", "why": "admin_blocked"}'), "admin_blocked", 1),
        ((400, b'{"error": "invalid_grant", "why": "because"}'), "refresh_refused", 1),
        ((400, b"<html>Bad request</html>"), "refresh", 1),
        ((200, b"<html>Sign in</html>"), "refresh", 1),
        ((503, b""), "refresh", 1),
        ((200, b"x" * 300_000), "too_large", 1),
        (
            (200, b'{"access_token": "a-token-of-ben", "refresh_token": "b-token-of-ben", "sub": "ben"}'),
            "other_account",
            1,
        ),
    ],
)
def test_whatever_the_provider_answers_the_next_call_asks_it_nothing_at_once(
    scene: Scene, told: tuple[int, bytes], expected: str, asked: int
) -> None:
    scene.server.before = lambda path: told if path == "/token" else None
    first, second = scene.send(), scene.send()
    assert isinstance(first, Failure)
    assert first.reason in (expected, "refresh")
    assert (scene.server.count("/token"), scene.server.count("/events")) == (asked, 0)
    assert isinstance(second, Failure)
    assert scene.version() == 1
    if expected in FINAL:
        scene.now += 86_400
        assert word(scene.send()) == expected == word(second)
        assert scene.server.count("/token") == 1  # not again, until it is connected anew


def test_connecting_again_ends_what_was_given_up(scene: Scene) -> None:
    scene.server.before = lambda path: (400, b'{"error": "invalid_grant"}') if path == "/token" else None
    assert word(scene.send()) == "refresh_refused"
    scene.server.before = lambda path: None
    answer = scene.server.sign_in("ada") | EXPIRED
    connect_tokens(scene.broker, scene.database, scene.business, answer, connection=scene.connection)
    handle = Handle(scene.business, scene.connection, 2, Purpose.CHECK_AVAILABILITY, "test")
    assert word(scene.broker.send(handle, Request("GET", scene.server.origin + "/events"))) == 200


def test_a_late_answer_cannot_revive_a_disconnected_account_and_is_given_back(scene: Scene) -> None:
    def end(path: str) -> None:
        if path == "/token":
            scene.disconnect()

    scene.server.before = end
    assert word(scene.send()) == "disconnected"
    assert scene.version() == 1
    assert scene.server.count("/revoke") == 1
    assert (scene.server.accounts, scene.server.access, scene.server.count("/events")) == ({}, {}, 0)


@pytest.mark.parametrize("revocation", [Revocation.NONE, Revocation.GRANT])
def test_a_late_token_is_given_back_only_where_that_ends_nothing_else(scene: Scene, revocation: Revocation) -> None:
    scene.plugin._provider = TokenPlugin(revocation)._provider
    scene.server.before = lambda path: scene.disconnect() if path == "/token" else None
    assert word(scene.send()) == "disconnected"
    assert scene.server.count("/revoke") == 0


def test_a_call_that_waits_too_long_is_told_to_come_back(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.vault.refresh.WAIT", 0.2)
    entered, leave = threading.Event(), threading.Event()

    def slow(path: str) -> None:
        if path == "/token":
            entered.set()
            leave.wait(10)

    scene.server.before = slow
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(scene.send)
        assert entered.wait(10)
        assert word(scene.send()) == "refresh"
        leave.set()
        assert word(first.result()) == 200


@pytest.mark.crash
@pytest.mark.parametrize(
    ("point", "rotates", "expected"),
    [
        (CrashPoint.REFRESH_BEFORE_BEGIN, True, 200),
        (CrashPoint.REFRESH_BEFORE_CALL, True, 200),
        (CrashPoint.REFRESH_AFTER_CALL, True, "refresh_lost"),
        (CrashPoint.REFRESH_AFTER_CALL, False, 200),
        (CrashPoint.REFRESH_BEFORE_COMMIT, True, "refresh_lost"),
        (CrashPoint.REFRESH_AFTER_COMMIT, True, 200),
    ],
)
def test_after_a_crash_one_token_works_or_the_account_is_to_be_connected_again(
    scene: Scene, tmp_path: Path, database_url: str, point: CrashPoint, rotates: bool, expected: int | str
) -> None:
    scene.server.rotates = rotates
    where = {"data_dir": tmp_path, "database_url": database_url, "environment": scene.environment()}
    run_until_killed("call", point, module="tests.crash.tokens", **where)  # type: ignore[arg-type]
    before = scene.server.count("/token")
    scene.now += LEASE + 1
    assert word(scene.send()) == expected
    assert word(scene.send()) == expected
    assert scene.server.count("/token") - before <= 1  # no loop
    with scene.database.reading() as conn:
        assert find_connection(conn, scene.business, scene.connection).health == "ok"  # the caller notes it


@pytest.mark.crash
def test_nobody_asks_while_the_turn_of_a_dead_process_lasts(
    scene: Scene, tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.vault.refresh.WAIT", 0.2)
    where = {"data_dir": tmp_path, "database_url": database_url, "environment": scene.environment()}
    run_until_killed("call", CrashPoint.REFRESH_BEFORE_CALL, module="tests.crash.tokens", **where)  # type: ignore[arg-type]
    assert word(scene.send()) == "refresh"
    assert scene.server.count("/token") == 0
    with scene.database.reading() as conn:
        row = conn.execute(select(Refresh.__table__).where(Refresh.business_id == scene.business)).one()
    assert (row.version, row.until, row.problem) == (1, NOW + LEASE, "")
