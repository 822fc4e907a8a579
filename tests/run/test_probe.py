"""`hub probe` against real and broken servers: a table, a verdict, an exit code, and nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner, Result

from hub.cli.probe import NOT_TRIED, SAFE, UNSAFE, command
from hub.testing.checks.catalogue import CHECKS
from hub.testing.faulty import Fault, faulty
from hub.testing.servers import Server, free_port, radicale, xandikos


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with radicale(tmp_path / "radicale") as server:
        yield server


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Result]]:
    before = signal.getsignal(signal.SIGTERM)

    def run(server: Server, *options: str, url: str = "", password: str = "") -> Result:
        monkeypatch.setenv("HUB_PROBE_PASSWORD", password or server.password)
        monkeypatch.setenv("COLUMNS", "200")
        return CliRunner().invoke(command, ["caldav", "--url", url or server.url, "--user", server.username, *options])

    yield run
    signal.signal(signal.SIGTERM, before)


def calendars(server: Server) -> str:
    with requests.Session() as session:
        session.trust_env = False
        session.auth = (server.username, server.password)
        return session.request("PROPFIND", server.home, headers={"Depth": "1"}).text


def test_a_sound_server_is_safe_and_left_as_it_was(server: Server, run: Callable[..., Result]) -> None:
    result = run(server)
    assert result.exit_code == SAFE, result.output
    assert all(check.title in result.output for check in CHECKS)
    assert "Booking on this server is safe." in result.output
    assert server.password not in result.output
    assert "frontdesk-probe" not in calendars(server)


def test_a_server_without_passwords_is_tried_as_well(tmp_path: Path, run: Callable[..., Result]) -> None:
    with xandikos(tmp_path / "xandikos") as server:
        assert run(server).exit_code == SAFE


def test_a_wrong_password_could_not_be_tried(server: Server, run: Callable[..., Result]) -> None:
    result = run(server, password="wrong")
    assert result.exit_code == NOT_TRIED
    assert "does not accept" in result.output


def test_a_server_that_is_down_could_not_be_tried(server: Server, run: Callable[..., Result]) -> None:
    result = run(server, url=f"http://127.0.0.1:{free_port()}/")
    assert result.exit_code == NOT_TRIED
    assert "cannot be reached" in result.output


def test_what_is_no_address_could_not_be_tried(server: Server, run: Callable[..., Result]) -> None:
    assert run(server, url="http://").exit_code == NOT_TRIED


def test_a_server_that_hides_events_is_not_safe(server: Server, run: Callable[..., Result]) -> None:
    with faulty(server.origin) as front:
        front.break_with(Fault.GARBAGE)
        result = run(server, url=front.url)
    assert result.exit_code == UNSAFE
    assert "would not be safe" in result.output


def test_a_limit_is_named_and_is_safe(server: Server, run: Callable[..., Result]) -> None:
    with faulty(server.origin) as front:
        front.break_with(Fault.NO_QUERY)
        result = run(server, url=front.url)
    assert result.exit_code == SAFE, result.output
    assert "limit" in result.output


def test_an_existing_calendar_is_used_only_if_it_is_empty(server: Server, run: Callable[..., Result]) -> None:
    with requests.Session() as session:
        session.trust_env = False
        session.auth = (server.username, server.password)
        session.request("MKCALENDAR", f"{server.home}mine/")
        ref = f"{server.home}mine/"
        assert run(server, "--calendar", ref).exit_code == SAFE
        assert ".ics" not in session.request("PROPFIND", ref, headers={"Depth": "1"}).text
        session.put(
            f"{ref}a.ics",
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:a\r\n"
            "DTSTAMP:20240101T000000Z\r\nDTSTART:20240101T000000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
        )
        result = run(server, "--calendar", ref)
        assert result.exit_code == NOT_TRIED
        assert "not empty" in result.output
        assert "a.ics" in session.request("PROPFIND", ref, headers={"Depth": "1"}).text


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopping_it_removes_the_scratch_calendar(server: Server, number: signal.Signals) -> None:
    environ = {**os.environ, "HUB_PROBE_PASSWORD": server.password}
    line = [sys.executable, "-m", "hub.cli", "probe", "caldav", "--url", server.url, "--user", server.username]
    with subprocess.Popen(line, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        deadline = time.monotonic() + 30
        while "frontdesk-probe" not in calendars(server):
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < deadline
        process.send_signal(number)
        output, _ = process.communicate(timeout=30)
    assert process.returncode == NOT_TRIED, output
    assert "Stopped" in output
    assert "frontdesk-probe" not in calendars(server)
