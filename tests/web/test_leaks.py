"""An answer that holds a live token is not sent, whoever made the mistake and wherever in it the token stands."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Blueprint, Flask, Response, jsonify, redirect
from sqlalchemy import select
from werkzeug.test import TestResponse

from hub.core.errors import HubError
from hub.core.provider import AuthScheme, Grant
from hub.store.connection import Granted, add_connection
from hub.store.ids import new_id
from hub.store.security import SecurityEvent
from hub.vault.credentials import store_credential
from hub.vault.token_watch import TokenWatch
from hub.web.app import create_app
from hub.web.door import Who, door
from hub.web.limits import Limiter
from tests.web.conftest import Browser
from tests.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

TOKEN = f"ya29.{secrets.token_urlsafe(60)}"


@pytest.fixture
def leaky(world: World) -> Flask:
    """An application that lets the token of a live connection out in every way, as a mistake would."""
    connection, granted = new_id(), Granted("all", (), ())
    grant = Grant(AuthScheme.BEARER, {"access_token": TOKEN}, (), "ada")
    with world.hub.database.writing() as conn:
        add_connection(conn, world.business, connection, "fake", granted, world.clock())
        store_credential(conn, world.hub.keyring, world.business, connection, grant, world.clock())
    pages = Blueprint("leaky", __name__)
    coded = base64.urlsafe_b64encode(TOKEN.encode()).decode()
    views: dict[str, Callable[[], Any]] = {
        "body": lambda: f"<p>Your token is {TOKEN}.</p>",
        "json": lambda: jsonify({"connection": {"token": TOKEN}}),
        "base64url": lambda: jsonify({"data": coded}),
        "header": lambda: Response("ok", headers={"X-Debug": TOKEN}),
        "cookie": lambda: Response("ok", headers={"Set-Cookie": f"kept={TOKEN}; Path=/"}),
        "redirect": lambda: redirect(f"https://ada.example/?code={TOKEN}"),
        "broken": lambda: (f"it broke: {TOKEN}", 500),
        "stream": lambda: Response(_bits(), mimetype="text/csv"),
        "harmless": lambda: "ok",
    }
    for name, view in views.items():
        pages.add_url_rule(f"/leaky/{name}", name, view)
    doors = [door(f"leaky.{name}", "GET", Who.ANYONE) for name in views]
    return create_app(world.hub, Limiter(""), more=[(pages, doors)])


def _bits() -> Iterator[str]:
    yield "time,token\n"
    yield f"now,{TOKEN[:30]}"
    yield f"{TOKEN[30:]}\n"


WAYS = ["body", "json", "base64url", "header", "cookie", "redirect", "broken"]


def shows(answer: TestResponse) -> bool:
    said = f"{answer.headers}{answer.text}"
    return TOKEN in said or base64.urlsafe_b64encode(TOKEN.encode()).decode() in said


def test_an_answer_with_a_live_token_is_kept_back_whichever_way_it_would_go_out(leaky: Flask) -> None:
    client = leaky.test_client()
    answers = {way: client.get(f"/leaky/{way}") for way in WAYS}
    assert {way: (answer.status_code, shows(answer)) for way, answer in answers.items()} == dict.fromkeys(
        WAYS, (500, False)
    )
    for answer in answers.values():
        assert answer.headers["X-Request-Id"] in answer.text
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_without_the_look_the_same_answers_go_out(leaky: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TokenWatch, "holds", lambda *_, **__: False)
    client = leaky.test_client()
    assert {way: shows(client.get(f"/leaky/{way}")) for way in WAYS} == dict.fromkeys(WAYS, True)


def test_what_is_sent_bit_by_bit_ends_where_a_token_would_be_whole(leaky: Flask) -> None:
    client, got = leaky.test_client(), list[bytes]()
    with pytest.raises(HubError) as caught:
        got.extend(client.get("/leaky/stream", buffered=False).iter_encoded())
    assert caught.value.code == "leak"
    assert TOKEN.encode() not in b"".join(got)


def test_a_leak_is_an_event_a_figure_and_stands_on_the_page_of_the_vault(
    leaky: Flask, world: World, signed_in: Callable[[str], Browser]
) -> None:
    client = leaky.test_client()
    client.get("/leaky/harmless")
    client.get("/leaky/body")
    with world.hub.database.reading() as conn:
        events = conn.execute(select(SecurityEvent.kind, SecurityEvent.outcome, SecurityEvent.route)).all()
    assert [tuple(one) for one in events if one.kind == "leak_stopped"] == [("leak_stopped", "refused", "leaky.body")]
    assert leaky.extensions["leaks"].answers == 2
    assert leaky.extensions["leaks"].leaks == 1
    page = signed_in("auditor").get("/console/vault").text
    assert "0 leaks in 0 answers that this process looked at" in page  # of another process
    assert "1 answers or mails with a live token were kept back" in page


def test_an_answer_is_kept_back_also_when_that_cannot_be_written_down(
    leaky: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise HubError("The store is away.")

    monkeypatch.setattr("hub.web.leaks.record", broken)
    assert leaky.test_client().get("/leaky/body").status_code == 500
