"""`hub probe` against real and broken servers: a table, a verdict, an exit code, and nothing left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
import trustme
from click.testing import CliRunner, Result

from hub.cli.probe import NOT_TRIED, SAFE, UNSAFE, command
from hub.core.errors import Retry
from hub.run import probe
from hub.run.probe import Trial, Verdict, probing, results
from hub.testing.checks.catalogue import CHECKS
from hub.testing.faulty import Fault, faulty
from hub.testing.servers import Server, free_port, radicale, xandikos


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with radicale(tmp_path / "radicale") as server:
        yield server


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    def run(server: Server, *options: str, url: str = "", password: str = "") -> Result:
        monkeypatch.setenv("HUB_PROBE_PASSWORD", password or server.password)
        monkeypatch.setenv("COLUMNS", "200")
        return CliRunner().invoke(command, ["caldav", "--url", url or server.url, "--user", server.username, *options])

    return run


@pytest.fixture
def _a_few_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the probe try less, where a test is about what comes before and after the checks."""
    monkeypatch.setattr(probe, "CHECKS", probe.CHECKS[:3])


def calendars(server: Server) -> str:
    with requests.Session() as session:
        session.trust_env = False
        session.auth = (server.username, server.password)
        return session.request("PROPFIND", server.home, headers={"Depth": "1"}).text


def test_a_sound_server_is_safe_and_left_as_it_was(server: Server, run: Callable[..., Result]) -> None:
    result = run(server)
    assert result.exit_code == SAFE, result.output
    assert all(check.title in result.output for check in CHECKS if not check.needs | check.faults)
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


@pytest.mark.usefixtures("_a_few_checks")
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


@pytest.mark.usefixtures("_a_few_checks")
def test_a_calendar_is_named_by_the_end_of_its_address_as_well(server: Server, run: Callable[..., Result]) -> None:
    as_ada(server, "MKCALENDAR", f"{server.home}mine/")
    assert run(server, "--calendar", "mine").exit_code == SAFE
    assert "nothing" in one_sentence(run(server, "--calendar", "nothing"))


@pytest.mark.usefixtures("_a_few_checks")
def test_who_may_make_no_calendar_is_told_the_way_out(tmp_path: Path, run: Callable[..., Result]) -> None:
    with restricted(tmp_path, "rw") as server:
        assert "--calendar" in one_sentence(run(server))
        assert run(server, "--calendar", "room").exit_code == SAFE


def test_a_calendar_that_may_only_be_read_is_one_sentence(tmp_path: Path, run: Callable[..., Result]) -> None:
    with restricted(tmp_path, "r") as server:
        assert "read-only" in one_sentence(run(server, "--calendar", "room"))


def test_a_server_that_takes_no_events_is_one_sentence(server: Server, run: Callable[..., Result]) -> None:
    with faulty(server.origin) as front:
        front.break_with(Fault.UNAUTHORIZED, "PUT")
        assert "cannot be written" in one_sentence(run(server, url=front.url))
    assert "frontdesk-probe" not in calendars(server)


@pytest.mark.usefixtures("_a_few_checks")
def test_what_cannot_be_removed_is_named(server: Server, run: Callable[..., Result]) -> None:
    as_ada(server, "MKCALENDAR", f"{server.home}mine/")
    with faulty(server.origin) as front:
        front.break_with(Fault.UNAUTHORIZED, "DELETE")
        made = run(server, url=front.url)
        kept = run(server, "--calendar", "mine", url=front.url)
    assert "delete it by hand" in made.output
    assert "delete them by hand" in kept.output


def test_a_server_that_goes_away_is_no_verdict(server: Server) -> None:
    trial = Trial("caldav", server.url, server.username, server.password)
    with probing(trial) as subject:
        assert next(results(subject)).verdict is Verdict.WORKS
        subject.ask = gone
        with pytest.raises(Retry):
            next(results(subject))


def test_an_address_with_a_password_is_not_repeated(server: Server, run: Callable[..., Result]) -> None:
    result = run(server, url=server.url.replace("://", "://ada:battery-staple@"))
    assert "apart" in one_sentence(result)
    assert "battery-staple" not in result.output


def test_without_a_password_nothing_is_tried(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HUB_PROBE_PASSWORD", raising=False)
    result = CliRunner().invoke(command, ["caldav", "--url", server.url, "--user", server.username], input="")
    assert result.exit_code == NOT_TRIED
    assert "HUB_PROBE_PASSWORD" in result.output


@pytest.mark.usefixtures("_a_few_checks")
def test_a_server_of_an_own_authority_is_tried_where_the_operator_names_that(
    server: Server, tmp_path: Path, run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with faulty(server.origin, tls=context) as front:
        assert "egress_ca_file" in one_sentence(run(server, url=front.url))
        monkeypatch.setenv("HUB_EGRESS_CA_FILE", str(tmp_path / "ca.pem"))
        result = run(server, url=front.url)
        assert result.exit_code == SAFE, result.output
        monkeypatch.setenv("HUB_EGRESS_CA_FILE", str(tmp_path / "none.pem"))
        assert "none.pem" in one_sentence(run(server, url=front.url))


def as_ada(server: Server, method: str, url: str) -> None:
    with requests.Session() as session:
        session.trust_env = False
        session.auth = (server.username, server.password)
        assert session.request(method, url).ok


def one_sentence(result: Result) -> str:
    """Return what was printed by a probe that could not be tried: no table, no traceback."""
    assert result.exit_code == NOT_TRIED, result.output
    assert "Could not be tried to the end" in result.output
    assert "works" not in result.output
    assert "Traceback" not in result.output
    return result.output


@contextlib.contextmanager
def restricted(folder: Path, permissions: str) -> Iterator[Server]:
    """Run Radicale with a calendar of Ada's and these rights in it, and none to make another."""
    with radicale(folder / "radicale") as server:
        as_ada(server, "MKCALENDAR", f"{server.home}room/")
    rights = folder / "rights"
    home = "[home]\nuser: ada\ncollection: (ada)?\npermissions: R\n"
    rights.write_text(f"{home}[room]\nuser: ada\ncollection: ada/room(/.*)?\npermissions: {permissions}\n")
    options = ("--rights-type=from_file", f"--rights-file={rights}")
    with radicale(folder / "radicale", options=options) as server:
        yield server


def gone(hook: str, **_arguments: object) -> object:
    raise Retry("The server is gone.", after=0)


@pytest.fixture
def _in_the_foreground() -> Iterator[None]:
    """Let child processes hear Ctrl-C, also where the tests themselves run in the background and do not."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_in_the_foreground")
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
        process.send_signal(number)  # the impatient do it twice
        output, _ = process.communicate(timeout=30)
    assert process.returncode == NOT_TRIED, output
    assert "Stopped" in output
    assert "frontdesk-probe" not in calendars(server)
