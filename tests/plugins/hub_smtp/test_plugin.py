"""A mail handed over by the plugin, through the broker in the process and through the one behind a socket."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select

from hub.actions.ask import ask_provider
from hub.actions.connect import connect
from hub.core.errors import NeedsReconnect, Refused, Retry
from hub.core.purpose import Purpose
from hub.parts import Hub
from hub.plugin import Message, Sent
from hub.store.business import AGENCY
from hub.store.key_use import KeyUse
from hub.vault.keycalls import Connected
from tests.mailserver import PASSWORD, USER, MailServer
from tests.vault.serving import remote, served, short_folder

MESSAGE = Message("hub@agency.test", ("ada@example.com",), b"Subject: Hello\r\n\r\nBye\r\n", "1@agency.test")


@pytest.fixture
def connection(hub: Hub, server: MailServer) -> str:
    answer = {"server": "127.0.0.1", "port": str(server.port), "username": USER, "password": PASSWORD}
    step = connect(hub, AGENCY, "smtp", "send", {**answer, "sender": "hub@agency.test"})
    assert isinstance(step, Connected), step
    return step.connection


@pytest.fixture(params=["in the process", "behind a socket"])
def reached(hub: Hub, request: pytest.FixtureRequest) -> Iterator[Hub]:
    if request.param == "in the process":
        yield hub
        return
    with short_folder() as folder, served(hub.broker, folder / "s") as far, remote(far.place) as near:
        yield replace(hub, broker=near)


def send(hub: Hub, connection: str) -> object:
    return ask_provider(hub, AGENCY, connection, Purpose.SEND_MESSAGE, "hub_send_message", message=MESSAGE)


def test_a_mail_is_taken_and_the_use_of_the_key_is_written_down(
    reached: Hub, connection: str, server: MailServer
) -> None:
    sent = send(reached, connection)
    assert isinstance(sent, Sent)
    assert "4711" in sent.reference
    assert [mail.content for mail in server.mails] == [MESSAGE.raw]
    with reached.database.reading() as conn:
        uses = conn.execute(select(KeyUse.operation, KeyUse.purpose).where(KeyUse.business_id == AGENCY)).all()
    assert ("send_mail", "send_message") in [tuple(use) for use in uses]


@pytest.mark.parametrize(
    ("line", "error"), [("451 later", Retry), ("550 5.1.1 nobody", Refused), ("530 who are you", NeedsReconnect)]
)
def test_a_no_says_what_to_do(
    reached: Hub, connection: str, server: MailServer, line: str, error: type[Exception]
) -> None:
    server.say = lambda step, about: line if step == "RCPT" else None
    with pytest.raises(error) as caught:
        send(reached, connection)
    if isinstance(caught.value, Retry):
        assert not caught.value.sent
    if isinstance(caught.value, Refused):
        assert caught.value.reason == "smtp_550"
    assert server.mails == []


def test_an_account_that_may_only_send_reads_no_calendar(hub: Hub, connection: str) -> None:
    with pytest.raises(Refused, match="purpose"):
        ask_provider(hub, AGENCY, connection, Purpose.CHECK_AVAILABILITY, "hub_send_message", message=MESSAGE)


def test_after_a_disconnect_no_mail_goes_out(hub: Hub, connection: str, server: MailServer) -> None:
    hub.broker.disconnect(AGENCY, connection)
    with pytest.raises(Refused, match="disconnected"):
        send(hub, connection)
    assert server.mails == []


def test_a_message_says_nothing_of_itself_in_logs() -> None:
    assert repr(MESSAGE) == "Message('1@agency.test')"
