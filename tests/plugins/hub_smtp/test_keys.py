"""Connecting a mail server by its form, with the broker in between."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from hub.actions.connect import connect
from hub.parts import Hub
from hub.plugin import Form
from hub.store.business import AGENCY
from hub.store.connection import Connection
from hub.vault.keycalls import Connected
from hub.vault.names import open_account_names
from tests.mailserver import PASSWORD, USER, MailServer, mail_server, scripted


def typed(server: MailServer, /, **given: str) -> dict[str, str]:
    answer = {"server": "127.0.0.1", "port": str(server.port), "username": USER, "password": PASSWORD}
    return {**answer, "sender": "hub@agency.test", **given}


def problem(hub: Hub, server: MailServer, /, **given: str) -> str:
    step = connect(hub, AGENCY, "smtp", "send", typed(server, **given))
    assert isinstance(step, Form), step
    with hub.database.reading() as conn:
        assert conn.execute(select(Connection.id).where(Connection.business_id == AGENCY)).first() is None
    return step.problem


def test_the_form_asks_for_server_account_and_sender(hub: Hub) -> None:
    form = connect(hub, AGENCY, "smtp", "send")
    assert isinstance(form, Form)
    assert [field.name for field in form.fields if field.secret] == ["password"]
    assert {field.name for field in form.fields if field.required} == {"server", "security", "sender"}


def test_an_account_is_granted_once_the_server_let_it_in(hub: Hub, server: MailServer) -> None:
    step = connect(hub, AGENCY, "smtp", "send", typed(server, sender_name="Our agency"))
    assert isinstance(step, Connected), step
    assert step.origins == (server.origin,)
    assert server.steps == ["AUTH PLAIN", "MAIL over tls"]
    assert server.mails == []
    with hub.database.reading() as conn:
        row = conn.execute(select(Connection.__table__).where(Connection.business_id == AGENCY)).one()
        assert open_account_names(conn, hub.keyring, row).name == "hub@agency.test"
    assert sorted(row.purposes) == ["connect", "send_message"]
    assert PASSWORD not in str(row._mapping)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"password": "wrong"}, "does not accept this user name and password"),
        ({"username": "", "password": ""}, "wants a user name and password (530). Give both."),
        ({"username": ""}, "give both"),
        ({"server": "https://mail.test/"}, "Server:"),
        ({"server": "mail.test\r\nRCPT TO:<eve@x.test>"}, "Server:"),
        ({"port": "0"}, "Port:"),
        ({"port": "smtp"}, "Port:"),
        ({"security": "ssl"}, "Encryption:"),
        ({"sender": "the agency"}, "Sender address:"),
        ({"sender": "a@b.test> X"}, "Sender address:"),
        ({"sender_name": "Ada\nBcc"}, "Sender name:"),
        ({"security": "tls"}, "egress_allow"),  # the operator listed the other scheme
        ({"server": "10.0.0.1", "port": ""}, "egress_allow"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(hub: Hub, server: MailServer, given: dict[str, str], words: str) -> None:
    assert words in problem(hub, server, **given)
    assert server.mails == []


def test_a_sender_that_the_server_does_not_allow_is_said_before_the_first_mail(hub: Hub, server: MailServer) -> None:
    server.say = lambda step, about: "553 5.7.1 not yours" if (step, about) == ("MAIL", "eve@agency.test") else None
    assert "no mail from this sender address (553)" in problem(hub, server, sender="eve@agency.test")
    assert isinstance(connect(hub, AGENCY, "smtp", "send", typed(server)), Connected)


def test_a_server_without_encryption_is_for_the_operator_to_allow(make_hub: Callable[..., Hub]) -> None:
    with mail_server(auth=False) as server:
        open_hand = {"username": "", "password": ""}
        hub = make_hub()
        assert "egress_allow" in problem(hub, server, security="none", **open_hand)
        hub = make_hub(server.origin)
        assert "STARTTLS" in problem(hub, server, **open_hand)
        step = connect(hub, AGENCY, "smtp", "send", typed(server, security="none", **open_hand))
        assert isinstance(step, Connected)


def test_a_server_that_is_not_there_or_busy_is_said_so(server: MailServer, make_hub: Callable[..., Hub]) -> None:
    with scripted(b"421 4.3.2 too busy\r\n") as busy:
        hub = make_hub(busy.origin)
        port = busy.origin.rpartition(":")[2]
        assert "right now (421)" in problem(hub, server, port=port)
    assert "cannot be reached" in problem(hub, server, port=port)
