"""Secrets are planted in every connection, and then looked for in all that a whole run lets out.

Pages and API as every role, behind links and for strangers, errors, logs of every library at every level, mails,
payloads, databases with their write-ahead logs, figures, commands and backups. What is looked for is also found: a run
without one of the guards shows it.
"""

from __future__ import annotations

import base64
import io
import logging
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from hub.actions.api_keys import make_key
from hub.actions.ask import ask_provider
from hub.actions.connect import connect
from hub.actions.connections import list_connections
from hub.actions.disconnect import disconnect
from hub.actions.effects import EFFECTS
from hub.actions.sessions import find_session
from hub.actions.sign_in import sign_in
from hub.actions.sync import sync_calendar
from hub.actions.try_mail import send_test_mail
from hub.app import close_hub, create_hub
from hub.cli.main import cli
from hub.core.errors import HubError
from hub.core.purpose import Purpose
from hub.core.role import API_RIGHTS
from hub.core.security import OPERATOR, Visit
from hub.jobs.perform import drain
from hub.jobs.periodic import PERIODIC
from hub.parts import Hub
from hub.settings import load_settings
from hub.vault import credentials
from hub.web.app import create_app
from hub.web.current import SESSION
from hub.web.door import Who
from hub.web.limits import Limiter
from hub.web.table import TABLE
from tests.browser.pages import Places
from tests.canary.conftest import FIGURES, MAIL_PASSWORD, ROOTS, WRONG, Output, Run, connect_mail
from tests.visitors import NAMES, token_of

ROLES = [name for name in NAMES if name != "cyd"]


def test_no_secret_of_a_connection_stands_in_anything_that_is_let_out(
    run: Run, every_log: io.StringIO, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = Output()
    for name, value in run.environment.items():
        monkeypatch.setenv(name, value)
    hub = create_hub(load_settings())
    try:
        live(hub, run, output)
        look(hub, run, output, monkeypatch)
    finally:
        close_hub(hub)
    for command in (["doctor"], ["plugins"], ["ledger"], ["outbox"], ["--help"], ["backup", str(tmp_path / "copies")]):
        result = CliRunner().invoke(cli, command)
        output.add(f"hub {command[0]}", result.output + repr(result.exception))
    output.add("logs", every_log.getvalue())
    for number, mail in enumerate(run.mails.mails):
        output.add(f"mail {number}", mail.original_content or b"")
    output.add_files("data", run.folder, but=(run.folder / "demo", *(run.folder / "keys" / one for one in ROOTS)))
    output.add_files("backup", tmp_path / "copies")
    assert run.mails.mails, "no mail went out, so none was looked at"
    shown = [where for where, content in output.found.items() if content.startswith(b"200 OK")]
    assert len([where for where in shown if where.endswith(" as owner")]) > 50
    assert len([where for where in shown if where.startswith("api.")]) > 15
    assert output.found["an error of ours"].startswith(b"500 ")
    assert {"hub doctor", "hub backup", "logs", "data hub.sqlite", "metrics"} <= output.found.keys()
    assert any(where.startswith("backup ") for where in output.found)
    assert {name: output.holding(secret) for name, secret in run.canaries.items()} == {
        name: [] for name in run.canaries
    }


def test_without_its_seal_a_secret_is_found_in_the_database(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, put, plain = Output(), credentials.store.put_credential, credentials._to_bytes
    said: list[bytes] = []
    monkeypatch.setattr(credentials, "_to_bytes", lambda grant: said.append(plain(grant)) or said[-1])
    monkeypatch.setattr(
        credentials.store, "put_credential", lambda *given: put(*given[:5], given[5] + said[-1], *given[6:])
    )
    hub = create_hub(load_settings(run.environment))
    try:
        connect_mail(hub, run)
        kept.add_files("data", run.folder, but=(run.folder / "demo", run.folder / "keys"))
    finally:
        close_hub(hub)
    assert any(where.startswith("data hub.sqlite") for where in kept.holding(MAIL_PASSWORD))


def test_a_secret_that_a_library_logs_is_found_whatever_its_shape(every_log: io.StringIO) -> None:
    kept = Output()
    for number, text in enumerate(
        (f"{WRONG}", base64.b64encode(f"ada:{WRONG}".encode()).decode(), WRONG.encode().hex(), f"x{WRONG!r}")
    ):
        logging.getLogger(f"some.library.{number}").debug("sent %s", text)
        kept.add(str(number), every_log.getvalue().splitlines()[-1])
    assert kept.holding(WRONG) == ["0", "1", "2", "3"]


def live(hub: Hub, run: Run, output: Output) -> None:
    """Do what a hub does in its days, the wrong things too."""
    business = Places(hub, create_app(hub, Limiter(""))).business
    connect_mail(hub, run)
    owner = find_session(hub, token(hub, run, "owner"))
    assert owner is not None
    send_test_mail(hub, OPERATOR, owner.user)
    for found in list_connections(hub, business):
        for calendar in found.calendars:
            sync_calendar(hub, business, calendar.id)
    drain(hub, EFFECTS)
    typed = {"url": f"{run.place.origin}/", "username": "ada", "password": WRONG}
    for answer in (typed, {**typed, "url": f"http://ada:{WRONG}@127.0.0.1/"}, {**typed, "url": "http://10.0.0.1/"}):
        with suppress(HubError):
            output.add("a form with a mistake", repr(connect(hub, business, "caldav", "calendar", answer)))
    first = list_connections(hub, business)[0]
    for purpose, hook in ((Purpose.SEND_MESSAGE, "hub_free_busy"), (Purpose.SHOW_CALENDARS, "hub_free_busy")):
        try:
            ask_provider(hub, business, first.id, purpose, hook, calendars=[], window=None)
        except Exception as error:
            output.add("errors", repr(error) + repr(getattr(error, "__dict__", "")))
    disconnect(hub, OPERATOR, business, first.id)
    drain(hub, EFFECTS)
    for task in PERIODIC:
        with suppress(HubError):
            task.run(hub)


def look(hub: Hub, run: Run, output: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at every page as everybody, at the API with every scope, and at the same with the database out of order."""
    app = create_app(hub, Limiter(""))
    app.testing = False
    places = Places(hub, app)
    visitors = {who: app.test_client() for who in (*ROLES, "stranger")}
    for who in ROLES:
        visitors[who].set_cookie(SESSION, token(hub, run, who))
    session = find_session(hub, token(hub, run, "owner"))
    assert session is not None
    key = make_key(hub, OPERATOR, session.user, "Program", API_RIGHTS, everywhere=True).token
    output.add("metrics", _answer(app.test_client(), "/metrics", {"Authorization": f"Bearer {FIGURES}"}))
    for door in TABLE:
        if "GET" not in door.methods or door.endpoint.startswith(("assets.", "metrics.", "api.api_try")):
            continue
        try:
            address = places.address(door.endpoint)
        except (AssertionError, AttributeError):
            continue  # an example of what stands in its address is not in the demo
        if door.who is Who.KEY:
            output.add(door.endpoint, _answer(app.test_client(), address, {"Authorization": f"Bearer {key}"}))
            continue
        for who, client in visitors.items():
            output.add(f"{door.endpoint} as {who}", _answer(client, address, {}))
    monkeypatch.setattr("hub.web.console.connections.list_connections", _broken)
    output.add("an error of ours", _answer(visitors["owner"], places.address("console.connections"), {}))


def token(hub: Hub, run: Run, who: str) -> str:
    """Return the token of a new sign-in of somebody of a role; the owner is the demo's."""
    if who != "owner":
        return token_of(hub, who)
    return sign_in(hub, Visit(address="127.0.0.1"), run.place.email, run.place.password).token


def _answer(client: FlaskClient, address: str, headers: dict[str, str]) -> str:
    answer = client.get(address, headers=headers)
    return f"{answer.status}\n{answer.headers}\n{answer.get_data(as_text=True)}"


def _broken(*_: Any, **__: Any) -> Any:
    raise RuntimeError("the database is in pieces")
