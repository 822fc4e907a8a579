import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hub.core.errors import Refused
from hub.core.purpose import Purpose
from hub.store.connection import end_connection
from hub.vault.border import Failure, Handle, Request
from hub.vault.guard import Guard
from tests.vault.conftest import NOW, PASSWORD, Reply, Server, Vault


def test_only_the_operator_opens_a_private_address(vault: Vault, server: Server) -> None:
    # The same connection, once in a hub whose operator listed the origin, once in one whose operator did not.
    connection = vault.connect(server.origin)
    listed, unlisted = vault.broker, vault.new_broker(Guard())
    assert vault.open(connection).call(lambda account: account.http.get(server.origin + "/a").text) == "ok"
    vault.broker = unlisted
    with pytest.raises(Refused) as caught:
        vault.open(connection).call(lambda account: account.http.get(server.origin + "/a").text)
    assert caught.value.reason == "scheme"
    assert len(server.seen) == 1
    vault.broker = listed


def test_a_redirect_is_followed_by_a_new_brokered_call(vault: Vault, server: Server) -> None:
    server.answer = lambda seen: Reply(301, [("Location", "/new/")]) if seen.path == "/old/" else Reply()
    opened = vault.open(vault.connect(server.origin))
    response = opened.call(lambda account: account.http.request("PROPFIND", server.origin + "/old/"))
    assert response.status_code == 200
    assert [(seen.method, seen.path) for seen in server.seen] == [("PROPFIND", "/old/"), ("PROPFIND", "/new/")]
    assert len({seen.headers["Authorization"] for seen in server.seen}) == 1


def test_nothing_that_a_plugin_holds_shows_the_credential(vault: Vault, server: Server) -> None:
    opened = vault.open(vault.connect(server.origin))
    response = opened.account.http.get(server.origin + "/a")
    for thing in (opened, opened.account, opened.account.http, response, response.request, response.raw):
        shown = repr(thing) + repr(getattr(thing, "__dict__", ""))
        assert PASSWORD not in shown
        assert "Basic " not in shown


def test_the_vault_is_imported_without_any_sdk() -> None:
    code = (
        "import sys, hub.vault.broker, hub.vault.accounts;"
        "print([name for name in ('caldav', 'lxml', 'icalendar', 'googleapiclient') if name in sys.modules])"
    )
    root = Path(__file__).parent.parent.parent
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=True)
    assert done.stdout.strip() == "[]"


def test_an_end_does_not_wait_behind_calls_that_never_pause(vault: Vault, server: Server) -> None:
    """However many are let through at once, one that comes after the end has asked comes after the end."""
    connection, over = vault.connect(server.origin), threading.Event()
    handle = Handle(vault.business, connection, 1, Purpose.CHECK_AVAILABILITY, "test")
    answered = [0] * 12

    def call(number: int) -> str:
        while not over.is_set():
            told = vault.broker.send(handle, Request("GET", server.origin + "/a"))
            if isinstance(told, Failure):
                return told.reason
            answered[number] += 1
        return "never"

    with ThreadPoolExecutor(12) as pool:
        jobs = [pool.submit(call, number) for number in range(12)]
        while sum(answered) < 50:
            time.sleep(0.01)
        began = time.monotonic()
        with vault.database.writing() as conn:
            end_connection(conn, vault.business, connection, NOW)
        took = time.monotonic() - began
        time.sleep(0.5)
        over.set()
        assert {job.result() for job in jobs} == {"disconnected"}
    assert took < 5.0
