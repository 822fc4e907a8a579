"""The agency's mail server: for owners, because whoever chooses it reads the links that make accounts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hub.actions.connections import list_connections
from hub.actions.effects import EFFECTS
from hub.actions.try_mail import sends_mail
from hub.app import close_hub, create_hub
from hub.jobs.perform import drain
from hub.settings import load_settings
from hub.store.business import AGENCY
from hub.web.app import create_app
from hub.web.current import SESSION
from hub.web.limits import Limiter
from tests.mailserver import mail_server
from tests.post import settle, with_post
from tests.tables import nothing_changed
from tests.visitors import token_of
from tests.web.conftest import Browser
from tests.world import World

SignedIn = Callable[[str], Browser]
SEEN = ("console_session", "security_event")
PATH = "/console/agency-mail"


def test_without_one_the_page_says_what_that_means(signed_in: SignedIn) -> None:
    page = signed_in("owner").get(PATH).text
    assert "No plugin sends mails" in page


def test_an_owner_tries_it_with_a_mail_to_themselves(world: World, enter: SignedIn) -> None:
    post = with_post(world)
    ada = enter("owner")
    assert "Send a test mail to me" in ada.get(PATH).text
    assert "in the outbox" in ada.follow(ada.post(f"{PATH}/test")).text
    settle(world)
    assert [one.recipients for one in post.taken] == [("owner@example.com",)]
    assert "The mail server took it." in ada.get(PATH).text


def test_an_owner_disconnects_it(world: World, enter: SignedIn) -> None:
    with_post(world)
    ada = enter("owner")
    ada.get(PATH)
    (found,) = list_connections(world.hub, AGENCY)
    ada.post(f"{PATH}/{found.id}/end")
    assert not sends_mail(world.hub)
    assert ada.post(f"{PATH}/test").status_code == 409


@pytest.mark.parametrize("who", ["admin", "agent", "auditor"])
def test_nobody_else_chooses_who_reads_the_mails_to_owners(world: World, enter: SignedIn, who: str) -> None:
    with_post(world)
    visitor = enter(who)
    visitor.get("/console")
    (found,) = list_connections(world.hub, AGENCY)
    with nothing_changed(world.hub, but=SEEN):
        for path in (PATH, f"{PATH}/connect/post"):
            assert visitor.get(path).status_code == 403
        for path in (f"{PATH}/test", f"{PATH}/connect/post", f"{PATH}/{found.id}/end"):
            assert visitor.post(path).status_code == 403


def test_only_what_sends_mails_can_be_connected(enter: SignedIn) -> None:
    ada = enter("owner")
    assert ada.get(f"{PATH}/connect/none").status_code == 404
    assert ada.get(f"{PATH}/connect/calendars").status_code == 404


def test_an_owner_connects_a_server_and_a_new_one_takes_its_place(tmp_path: Path) -> None:
    with mail_server(auth=False) as server:
        hub = create_hub(load_settings({}, data_dir=tmp_path / "data", egress_allow=(server.origin,)))
        client = create_app(hub, Limiter("")).test_client()
        client.set_cookie(SESSION, token_of(hub, "owner"))
        ada = Browser(client)
        path = f"{PATH}/connect/smtp"
        given = {
            "level": "send",
            "answer-server": "127.0.0.1",
            "answer-port": str(server.port),
            "answer-security": "none",
            "answer-sender": "hub@agency.test",
        }
        try:
            page = ada.get(path).text
            assert ada.post(path, given).status_code == 422  # nobody agreed to anything
            given["agreed"] = page.partition('name="agreed" value="')[2][:64]
            answer = ada.post(path, {**given, "answer-port": "1"})
            assert answer.status_code == 422
            assert 'value="hub@agency.test"' in answer.text
            for _ in range(2):
                ada.get(path)
                assert "Saved" in ada.follow(ada.post(path, given)).text
            health = sorted(one.health for one in list_connections(hub, AGENCY))
            assert health == ["disconnected", "ok"]
            ada.post(f"{PATH}/test")
            drain(hub, EFFECTS)
            assert [one["Subject"] for one in server.messages] == ["A test from Our agency"]
        finally:
            close_hub(hub)
