"""The broker over a socket says what the broker in the process says; and what is said when it is not there."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from hub.core.errors import (
    HubError,
    InputError,
    NeedsReconnect,
    PluginBroken,
    Retry,
    Unavailable,
    UnknownId,
)
from hub.core.provider import AuthScheme, Form, Grant, Redirect, SettingField
from hub.core.purpose import Purpose
from hub.vault.accounts import OpenAccount, open_account
from hub.vault.border import Answer, Failure, Outcome, Request, RoundTrip
from hub.vault.door import BrokerDoor
from hub.vault.keycalls import Connected
from hub.vault.provider_settings import Configuration
from hub.vault.remote import RemoteBroker
from hub.vault.session import BorderError
from hub.vault.wire import MOST_HEAD, pack
from tests.consents import give
from tests.vault.conftest import PASSWORD, Reply, Seen, Server, Vault
from tests.vault.serving import HANDLE, MAX_BYTES, Echo, Served, remote, served, short_folder

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder() -> Iterator[Path]:
    with short_folder() as folder:
        yield folder


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
def far(echo: Echo, folder: Path) -> Iterator[Served]:
    with served(echo, folder / "socket") as far:
        yield far


@pytest.fixture
def near(far: Served) -> Iterator[RemoteBroker]:
    with remote(far.place) as near:
        yield near


def ask(broker: BrokerDoor, number: object = 1, body: bytes = b"") -> Any:
    return broker.send(HANDLE, Request("GET", f"https://x.test/{number}", (), body))


# The same through both


@dataclass(frozen=True)
class Case:
    """A request through an account, and what the server answers to it."""

    reply: Callable[[Seen], Reply] = lambda seen: Reply()
    method: str = "GET"
    path: str = "/cal/one"
    purpose: Purpose = Purpose.CHECK_AVAILABILITY
    options: dict[str, Any] = field(default_factory=dict)
    url: str = ""


def redirected(status: int, to: str) -> Callable[[Seen], Reply]:
    return lambda seen: (
        Reply(status, [("Location", to)]) if seen.path == "/cal/one" else Reply(body=seen.method.encode())
    )


def slowly(seen: Seen) -> Reply:
    time.sleep(0.6)
    return Reply()


CASES = {
    "json": Case(lambda seen: Reply(headers=[("Content-Type", "application/json")], body=b'{"a": "\xc3\xa9"}')),
    "76 kB of bytes": Case(lambda seen: Reply(body=bytes(range(256)) * 300)),
    "204": Case(lambda seen: Reply(204, [("Content-Length", "0")], b"")),
    "304": Case(lambda seen: Reply(304, [("ETag", '"1"'), ("Content-Length", "0")], b"")),
    "HEAD": Case(lambda seen: Reply(headers=[("Content-Length", "1234")]), method="HEAD"),
    "302 followed": Case(redirected(302, "/cal/two")),
    "302 not followed": Case(redirected(302, "/cal/two"), options={"allow_redirects": False}),
    "302 of a PROPFIND": Case(redirected(302, "/cal/two"), method="PROPFIND"),
    "307 with a body": Case(
        redirected(307, "/cal/two"), method="PUT", purpose=Purpose.CREATE_EVENT, options={"data": b"BEGIN:VCALENDAR"}
    ),
    "a redirect to elsewhere": Case(redirected(302, "https://other.test/cal/two")),
    "a redirect in a circle": Case(lambda seen: Reply(302, [("Location", "/cal/one")])),
    "latin-1": Case(
        lambda seen: Reply(headers=[("X-Name", "Z\xfcrich"), ("Content-Type", "text/plain")], body=b"Z\xfcrich")
    ),
    "repeated headers": Case(
        lambda seen: Reply(headers=[("Link", "</1>"), ("Link", "</2>"), ("DAV", "1"), ("DAV", "2")])
    ),
    "what was sent comes back": Case(
        lambda seen: Reply(body=json.dumps([seen.path, seen.headers.get("X-Mine"), seen.body.decode()]).encode()),
        method="REPORT",
        path="/cal/one?a=%2F&b=%C3%A9",
        options={"data": "Grüße".encode(), "headers": {"X-Mine": "yes", "Depth": "1"}},
    ),
    "500": Case(lambda seen: Reply(500, body=b"broken")),
    "503 with a pause": Case(lambda seen: Reply(503, [("Retry-After", "7")])),
    "404": Case(lambda seen: Reply(404, body=b"nothing")),
    "401": Case(lambda seen: Reply(401)),
    "undeclared": Case(method="DELETE"),
    "another purpose": Case(method="PUT"),
    "another origin": Case(url="https://other.test/cal/one"),
    "an address that can be read in two ways": Case(path="/cal/../one;x"),
    "a body that is too large": Case(method="REPORT", options={"data": b"x" * (MAX_BYTES + 1)}),
    "an answer that is too large": Case(lambda seen: Reply(body=b"x" * (MAX_BYTES + 1))),
    "headers that are too large": Case(options={"headers": {"X-Large": "x" * (MOST_HEAD + 1)}}),
    "a time-out": Case(slowly, options={"timeout": 0.2}),
    "cut off": Case(lambda seen: Reply(raw=lambda out: out.write(b"HTTP/1.1 200 OK\r\nContent-Le"))),
    "the password echoed": Case(lambda seen: Reply(body=PASSWORD.encode())),
}


def observed(vault: Vault, broker: BrokerDoor, connection: str, server: Server, case: Case) -> Any:
    """Everything that a plugin can see of one call, and what its caller hears afterwards."""
    server.answer = case.reply
    opened = open_account(
        vault.database, vault.keyring, broker, vault.business, connection, case.purpose, "hub_free_busy"
    )
    seen: Any
    try:
        found = opened.account.http.request(case.method, case.url or server.origin + case.path, **case.options)
    except BorderError as error:
        seen = ("failure", error.failure)
    except requests.RequestException as error:
        seen = (type(error), str(error))
    else:
        headers = [(name, value) for name, value in found.raw.headers.items() if name != "Date"]
        body = hashlib.sha256(found.content).hexdigest()
        past = [(one.status_code, one.url) for one in found.history]
        line = (found.status_code, found.reason, found.raw.version, found.url, found.encoding)
        seen = (line, headers, body, past, str(found.request.method), list(found.request.headers.items()))
    return seen, heard(opened)


def heard(opened: OpenAccount) -> Any:
    try:
        opened.check()
    except HubError as error:
        return type(error), error.message, error.code, vars(error)
    return None


@pytest.mark.parametrize("name", CASES)
def test_both_transports_say_the_same(vault: Vault, server: Server, folder: Path, name: str) -> None:
    connection = vault.connect(server.origin)
    with served(vault.broker, folder / "socket") as far, remote(far.place) as near:
        here = observed(vault, vault.broker, connection, server, CASES[name])
        requests_here = [(one.method, one.path, one.body) for one in server.seen]
        server.seen.clear()
        there = observed(vault, near, connection, server, CASES[name])
    assert there == here
    assert [(one.method, one.path, one.body) for one in server.seen] == requests_here


def test_a_server_that_is_down_is_the_same_through_both(vault: Vault, server: Server, folder: Path) -> None:
    connection = vault.connect(server.origin)
    server.close()
    with served(vault.broker, folder / "socket") as far, remote(far.place) as near:
        here, there = (observed(vault, one, connection, server, Case()) for one in (vault.broker, near))
    assert there == here
    assert here[0] == ("failure", Failure(Outcome.UNREACHABLE, "connect"))
    server.close = lambda: None  # type: ignore[method-assign]


def test_a_disconnected_account_is_the_same_through_both(vault: Vault, server: Server, folder: Path) -> None:
    connection = vault.connect(server.origin)
    with served(vault.broker, folder / "socket") as far, remote(far.place) as near:
        opened = [
            open_account(
                vault.database,
                vault.keyring,
                one,
                vault.business,
                connection,
                Purpose.CHECK_AVAILABILITY,
                "hub_free_busy",
            )
            for one in (vault.broker, near)
        ]
        assert near.disconnect(vault.business, connection)
        for each in opened:
            with pytest.raises(BorderError, match="disconnected"):
                each.account.http.get(f"{server.origin}/cal/one")
    assert server.seen == []


# Connecting


def test_an_account_is_connected_used_and_ended_over_the_socket(vault: Vault, server: Server, folder: Path) -> None:
    with served(vault.broker, folder / "socket") as far, remote(far.place) as near:
        assert near.connect(vault.business, "dav", "full", None) == Form(())
        secret = {"username": "ada", "password": PASSWORD}
        vault.plugins.grant = Grant(AuthScheme.BASIC, secret, (server.origin,), "ada@example.test")
        made = near.connect(vault.business, "dav", "full", {"url": server.origin})
        assert made == Connected(made.connection, 1, "ada@example.test", (server.origin,))  # type: ignore[union-attr]
        assert isinstance(made, Connected)
        with vault.database.writing() as conn:
            give(conn, vault.business, made.connection, vault.now)
        handle = open_account(
            vault.database, vault.keyring, near, vault.business, made.connection, Purpose.CHECK_AVAILABILITY
        ).handle
        answer = near.send(handle, Request("GET", f"{server.origin}/cal/one"))
        assert isinstance(answer, Answer)
        assert server.seen[-1].headers["Authorization"].startswith("Basic ")
        again = near.connect(vault.business, "dav", "full", {}, connection=made.connection)
        assert isinstance(again, Connected)
        assert again.epoch == 2
        assert near.disconnect(vault.business, made.connection)
        assert near.revoke(vault.business, made.connection).is_over


def test_forms_and_redirects_come_as_they_were_made(echo: Echo, near: RemoteBroker) -> None:
    fields = (SettingField("url", "URL", "Where?"), SettingField("password", "Password", secret=True, required=False))
    trip = RoundTrip("https://hub.test/back", "s", {"verifier": "ü"})
    for step in (Form(fields, "Das war falsch: é"), Redirect("https://x.test/?a=b", {"state": "s"})):
        echo.connected = lambda step=step: step
        given = near.connect("b", "p", "l", {"url": "ü"}, connection="c", trip=trip)
        assert given == step
        assert echo.calls[-1] == ("b", "p", "l", {"url": "ü"}, "c", trip)


def test_settings_of_a_provider_are_entered_and_shown_over_the_socket(echo: Echo, near: RemoteBroker) -> None:
    assert near.configure("p", {"client_id": "ü"}, user="u") == Configuration({}, ("client_id",))
    assert near.configuration("p") == Configuration({})
    assert echo.calls == [("configure", "p", {"client_id": "ü"}, "u"), ("configuration", "p")]


@pytest.mark.parametrize(
    "error", [InputError("url", "no."), UnknownId("connection", "x"), PluginBroken("off"), Retry("x")]
)
def test_an_error_of_the_broker_is_raised_as_itself(echo: Echo, near: RemoteBroker, error: HubError) -> None:
    def fail() -> None:
        raise error

    echo.during = fail
    for call in (lambda: near.connect("b", "p", "l", None), lambda: near.revoke("b", "c")):
        with pytest.raises(type(error)) as caught:
            call()
        assert str(caught.value) == str(error)
        assert caught.value.__context__ is None


def test_a_mistake_inside_the_broker_is_said_without_its_text(echo: Echo, near: RemoteBroker) -> None:
    def fail() -> None:
        raise ValueError("canary")

    echo.during = fail
    with pytest.raises(HubError) as caught:
        near.disconnect("b", "c")
    assert "ValueError" in caught.value.message
    assert "canary" not in caught.value.message


def test_a_form_that_is_no_plain_text_is_the_plugins_fault(echo: Echo, near: RemoteBroker) -> None:
    echo.connected = lambda: Form((), problem=b"bytes")  # type: ignore[arg-type]
    with pytest.raises(PluginBroken):
        near.connect("b", "p", "l", None)
    echo.connected = lambda: Form((), problem="x" * (MOST_HEAD + 1))
    with pytest.raises(PluginBroken):
        near.connect("b", "p", "l", None)
    with pytest.raises(InputError, match="too large"):
        near.connect("b", "p", "l", {"file": "x" * (MOST_HEAD + 1)})


# Many at once


def test_calls_of_many_threads_are_not_mixed_up(echo: Echo, near: RemoteBroker) -> None:
    wrong: list[object] = []

    def run(thread: int) -> None:
        for number in range(50):
            body = bytes([thread]) * (number * 97)
            answer = ask(near, f"{thread}-{number}", body)
            if answer.body != f"https://x.test/{thread}-{number}|".encode() + body:
                wrong.append((thread, number, answer))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(echo.calls) == 400


def test_a_forked_child_does_not_speak_on_its_parents_connections(echo: Echo, far: Served) -> None:
    script = """
import os, sys
from hub.core.purpose import Purpose
from hub.vault.border import Handle, Request
from hub.vault.remote import RemoteBroker
broker = RemoteBroker(__import__("pathlib").Path(sys.argv[1]), timeout=5, max_bytes=200_000)
handle = Handle("b", "c", 1, Purpose.CONNECT)
ask = lambda name: broker.send(handle, Request("GET", name)).body.decode() == name + "|"
ready = ask("before")
child = os.fork()
name = "parent" if child else "child"
ready = ready and all(ask(f"{name}-{number}") for number in range(200))
if child:
    ready = ready and os.waitpid(child, 0)[1] == 0 and ask("after")
broker.close()
sys.exit(0 if ready else 1)
"""
    done = subprocess.run([sys.executable, "-c", script, str(far.place)], cwd=ROOT, timeout=60, check=False)
    assert done.returncode == 0
    assert len(echo.calls) == 402


# Not there, gone, silent


def test_without_a_broker_nothing_is_sent_and_the_caller_hears_it(vault: Vault, server: Server, folder: Path) -> None:
    connection = vault.connect(server.origin)
    with remote(folder / "nobody") as near:
        assert ask(near) == Failure(Outcome.UNREACHABLE, "broker", sent=False)
        opened = open_account(
            vault.database, vault.keyring, near, vault.business, connection, Purpose.CHECK_AVAILABILITY, "hook"
        )
        with pytest.raises(Unavailable, match="hub work broker"):
            opened.call(lambda account: account.http.get(f"{server.origin}/cal/one"))
        for call in (
            lambda: near.connect("b", "p", "l", None),
            lambda: near.disconnect("b", "c"),
            lambda: near.revoke("b", "c"),
        ):
            with pytest.raises(Unavailable, match="hub work broker"):
                call()


def test_a_connection_that_the_broker_closed_is_replaced(echo: Echo, folder: Path) -> None:
    with remote(folder / "socket") as near:
        for number in range(3):
            with served(echo, folder / "socket"):
                assert ask(near, number).status == 200
            assert ask(near) == Failure(Outcome.UNREACHABLE, "broker")
    assert len(echo.calls) == 3


class Odd:
    """The far end of a socket, played by a test: it takes connections and does what it is told with each."""

    def __init__(self, place: Path) -> None:
        self.asked = 0
        self.answer: Callable[[socket.socket], None] = lambda sock: None
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(place))
        self._listener.listen()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while True:
            sock, _ = self._listener.accept()
            with sock:
                if sock.recv(100_000) == b"end":
                    return
                self.asked += 1
                self.answer(sock)

    def close(self, place: Path) -> None:
        with socket.socket(socket.AF_UNIX) as sock:
            sock.connect(str(place))
            sock.sendall(b"end")
        self._thread.join()
        self._listener.close()


@pytest.fixture
def odd(folder: Path) -> Iterator[Odd]:
    odd = Odd(folder / "odd")
    yield odd
    odd.close(folder / "odd")


LOST = Failure(Outcome.UNKNOWN, "broker_lost", sent=True)
ODD_ANSWERS = {
    "nothing": b"",
    "a piece": pack({"is": "done", "done": True}, b"", 10)[:-1],
    "garbage": b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "a length over the limit": b"\x00\x00\x00\x02\xff\xff\xff\xff{}",
    "no reply": pack({"is": "moo"}, b"", 10),
    "a reply to another question": pack({"is": "redirect", "url": "", "keep": {}}, b"", 10),
}


@pytest.mark.parametrize("name", ODD_ANSWERS)
def test_a_call_that_was_written_is_never_written_again(odd: Odd, folder: Path, name: str) -> None:
    odd.answer = lambda sock: sock.sendall(ODD_ANSWERS[name])
    with remote(folder / "odd") as near:
        assert ask(near) == LOST
        assert odd.asked == 1
        with pytest.raises(Unavailable, match="look whether"):
            near.disconnect("b", "c")
        assert odd.asked == 2


def test_a_lost_call_is_told_as_one_whose_outcome_nobody_knows(odd: Odd, folder: Path, vault: Vault) -> None:
    connection = vault.connect("https://x.test")
    with remote(folder / "odd") as near:
        opened = open_account(
            vault.database, vault.keyring, near, vault.business, connection, Purpose.CHECK_AVAILABILITY
        )
        with pytest.raises(Retry) as caught:
            opened.call(lambda account: account.http.get("https://x.test/cal/one"))
        assert caught.value.code == "unknown"


def test_a_broker_that_is_silent_is_not_waited_for_for_ever(
    odd: Odd, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.vault.remote.SPARE_SECONDS", 0.1)
    odd.answer = lambda sock: time.sleep(0.6)
    with remote(folder / "odd", timeout=0.1) as near:
        began = time.monotonic()
        assert ask(near) == LOST
        assert 0.25 < time.monotonic() - began < 0.6


def test_a_socket_of_another_user_is_no_broker(far: Served, echo: Echo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.vault.remote.is_known_user", lambda sock, users: False)
    with remote(far.place) as near:
        assert ask(near) == Failure(Outcome.UNREACHABLE, "broker")
    assert echo.calls == []


def test_connections_are_used_again_and_not_kept_without_end(echo: Echo, near: RemoteBroker) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for number in range(20):
        ask(near, number)
    assert len(os.listdir("/proc/self/fd")) - before == 2  # one connection, seen from both its ends
    barrier = threading.Barrier(30)
    echo.during = lambda: barrier.wait(10) and None
    threads = [threading.Thread(target=ask, args=(near, number)) for number in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    echo.during = lambda: None
    assert settled(before + 2 * 16) > before
    near.close()
    assert settled(before) == before
    assert ask(near).status == 200


def settled(most: int) -> int:
    """Wait until this process has no more than so many open files, and return how many."""
    deadline = time.monotonic() + 5
    while (now := len(os.listdir("/proc/self/fd"))) > most:
        assert time.monotonic() < deadline, f"{now} files are open, not {most}"
        time.sleep(0.01)
    return now


def test_a_refusal_names_no_password(far: Served, folder: Path) -> None:
    with remote(folder / "nobody") as near, pytest.raises(Unavailable) as caught:
        near.connect("b", "p", "l", {"password": PASSWORD})
    assert PASSWORD not in repr(caught.value)
    assert caught.value.__context__ is None


def test_the_credential_is_needed_again_after_a_401(vault: Vault, server: Server, folder: Path) -> None:
    connection = vault.connect(server.origin)
    server.answer = lambda seen: Reply(401)
    with served(vault.broker, folder / "socket") as far, remote(far.place) as near:
        opened = open_account(
            vault.database, vault.keyring, near, vault.business, connection, Purpose.CHECK_AVAILABILITY
        )
        with pytest.raises(NeedsReconnect):
            opened.call(lambda account: account.http.get(f"{server.origin}/cal/one"))


def test_both_brokers_are_doors(vault: Vault, folder: Path) -> None:
    """Checked by the type checker where they are put into a hub; here by their parameters."""
    import inspect

    for name in ("send", "connect", "disconnect", "revoke", "close"):
        kinds = [inspect.signature(getattr(one, name)) for one in (BrokerDoor, type(vault.broker), RemoteBroker)]
        assert len({str(kind) for kind in kinds}) == 1, name
